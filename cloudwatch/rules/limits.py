"""Validation of the size of a rule.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm (AlarmRule).
"""

from __future__ import annotations

from typing import Final

from cloudwatch.errors import RuleError
from cloudwatch.quotas import RULE_ALARMS, RULE_CHARACTERS, RULE_ELEMENTS
from cloudwatch.rules.steps import AtLeast, Group, In, Rule, Truth
from cloudwatch.rules.truth import children

_PAIR: Final = 2
"""Elements of a pair of parentheses: CloudWatch does not document whether 1 or 2, so the larger number."""


def check_length(text: str) -> None:
    """Reject a rule that is longer than CloudWatch allows, before it is parsed.

    Raises:
        RuleError: it is too long; the position is that of the first excess character.
    """
    if len(text) > RULE_CHARACTERS:
        message = f"the rule must have at most {RULE_CHARACTERS} characters (found: {len(text)})"
        raise RuleError(message, RULE_CHARACTERS)


def check(rule: Rule) -> None:
    """Reject a rule that is larger than CloudWatch allows.

    Raises:
        RuleError: it is too large; the position is 0.
    """
    for count, maximum, unit in (
        (rule.characters, RULE_CHARACTERS, "characters"),
        (len(children(rule)), RULE_ALARMS, "alarms"),
        (elements(rule), RULE_ELEMENTS, "elements (alarms, TRUE, FALSE, parentheses)"),
    ):
        if count > maximum:
            message = f"the rule must have at most {maximum} {unit} (found: {count})"
            raise RuleError(message, 0)


def elements(rule: Rule) -> int:
    """Return the number of elements as CloudWatch counts them: alarms, TRUE, FALSE, every parenthesis."""
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
