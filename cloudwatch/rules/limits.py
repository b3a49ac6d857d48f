"""How large a rule may be.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm (AlarmRule).
"""

from __future__ import annotations

from typing import Final

from cloudwatch.errors import RuleError
from cloudwatch.quotas import RULE_ALARMS, RULE_CHARACTERS, RULE_ELEMENTS
from cloudwatch.rules.steps import AtLeast, Group, In, Rule, Truth
from cloudwatch.rules.truth import children

_PAIR: Final = 2
"""Elements of a pair of parentheses: CloudWatch does not say whether it is one, so the larger reading."""


def check_length(text: str) -> None:
    """Refuse a text that is longer than CloudWatch takes, before anybody takes the time to read it.

    Raises:
        RuleError: it is; the position is that of the first character too many.
    """
    if len(text) > RULE_CHARACTERS:
        message = f"the rule has {len(text)} characters; CloudWatch takes {RULE_CHARACTERS}"
        raise RuleError(message, RULE_CHARACTERS)


def check(rule: Rule) -> None:
    """Refuse a rule that is larger than CloudWatch takes.

    Raises:
        RuleError: it is; the position is 0.
    """
    for found, most, what in (
        (rule.characters, RULE_CHARACTERS, "characters"),
        (len(children(rule)), RULE_ALARMS, "alarms"),
        (elements(rule), RULE_ELEMENTS, "elements (alarms, TRUE, FALSE, parentheses)"),
    ):
        if found > most:
            message = f"the rule has {found} {what}; CloudWatch takes {most}"
            raise RuleError(message, 0)


def elements(rule: Rule) -> int:
    """Count what CloudWatch calls elements: alarms, TRUE and FALSE, and every parenthesis."""
    number = 0
    for step in rule.steps:
        if isinstance(step, In):
            number += 1 + _PAIR
        elif isinstance(step, Truth):
            number += 1
        elif isinstance(step, AtLeast):
            number += len(step.alarms) + 2 * _PAIR
        elif isinstance(step, Group):
            number += _PAIR
    return number
