"""The rule of a composite alarm as verification needs it: the alarms it references and when it is true.

The syntax is that of `cloudwatch.rules`, except that operands joined by both AND and OR without parentheses
are rejected, because CloudWatch does not document the precedence.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

from cloudwatch import rules
from cloudwatch.errors import RuleError
from cloudwatch.rules import And, AtLeast, Group, In, Not, Or, Truth
from verify import logic
from verify.logic import FALSE, TRUE, Expression, Leaf


class AmbiguousRuleError(RuleError):
    """A rule mixes AND and OR without parentheses; CloudWatch does not document the precedence."""


class Reference(NamedTuple):
    """A reference to an alarm in a rule."""

    alarm: str
    """The alarm's name."""
    fires: bool
    """Whether the alarm's state ALARM helps to make the rule true."""


class Rule(NamedTuple):
    """A parsed rule."""

    references: tuple[Reference, ...]
    expression: Expression
    """When the rule is true."""

    @property
    def children(self) -> frozenset[str]:
        """The names of the alarms."""
        return frozenset(reference.alarm for reference in self.references)


class _Part(NamedTuple):
    """A part of a rule."""

    expression: Expression
    negated: Expression
    """The negation of the expression."""
    is_and: bool = False
    """Whether it is an AND without parentheses."""


@functools.lru_cache(maxsize=4096)
def read(text: str) -> Rule:
    """Parse a rule.

    Raises:
        RuleError: the syntax is not valid.
        AmbiguousRuleError: the rule mixes AND and OR without parentheses.
    """
    rule = rules.parse(text)
    references = tuple(_references(rule))[::-1]
    return Rule(references, _expression(rule))


def _expression(rule: rules.Rule) -> Expression:
    """Return when a rule is true.

    Raises:
        AmbiguousRuleError: the rule mixes AND and OR without parentheses.
    """
    parts: list[_Part] = []
    for step in rule.steps:
        if isinstance(step, In):
            parts.append(_leaf(step.alarm, step.state))
        elif isinstance(step, Truth):
            parts.append(_Part(TRUE, FALSE) if step.value else _Part(FALSE, TRUE))
        elif isinstance(step, AtLeast):
            parts.append(_at_least(step))
        elif isinstance(step, Not):
            parts.append(_negated(parts.pop()))
        elif isinstance(step, Group):
            parts.append(parts.pop()._replace(is_and=False))
        else:
            operands = parts[-step.operands :]
            if any(operand.is_and for operand in operands):
                message = "AND and OR are mixed without parentheses: add parentheses"
                raise AmbiguousRuleError(message)
            is_and = isinstance(step, And)
            least = len(operands) if is_and else 1
            parts[-step.operands :] = [_joined(least, operands)._replace(is_and=is_and)]
    return parts[0].expression


def _joined(least: int, parts: list[_Part]) -> _Part:
    """Return "at least `least` parts are true"; its negation is "at least n - `least` + 1 are false"."""
    if len(parts) == 1 and least == 1:
        return parts[0]
    return _Part(
        logic.AtLeast(least, tuple(part.expression for part in parts)),
        logic.AtLeast(len(parts) - least + 1, tuple(part.negated for part in parts)),
    )


def _negated(part: _Part) -> _Part:
    return _Part(part.negated, part.expression)


def _leaf(alarm: str, state: str) -> _Part:
    if state == "INSUFFICIENT_DATA":
        return _Part(FALSE, TRUE)
    fires = state == "ALARM"
    return _Part(Leaf(alarm, in_alarm=fires), Leaf(alarm, in_alarm=not fires))


def _at_least(step: AtLeast) -> _Part:
    parts = [_leaf(alarm, step.state) for alarm in step.alarms]
    least = math.ceil(step.number * len(parts) / 100) if step.percent else step.number
    return _joined(least, list(map(_negated, parts)) if step.negated else parts)


def _references(rule: rules.Rule) -> Iterator[Reference]:
    """Yield the references from the last to the first, so that a NOT comes before its operand."""
    negations = [False]
    for step in reversed(rule.steps):
        negated = negations.pop()
        if isinstance(step, In):
            yield Reference(step.alarm, fires=_fires(step.state, negated=negated))
        elif isinstance(step, AtLeast):
            fires = _fires(step.state, negated=negated != step.negated)
            yield from (Reference(alarm, fires=fires) for alarm in reversed(step.alarms))
        elif isinstance(step, Not):
            negations.append(not negated)
        elif isinstance(step, Group):
            negations.append(negated)
        elif isinstance(step, And | Or):
            negations += [negated] * step.operands


def _fires(state: str, *, negated: bool) -> bool:
    """Return whether an alarm's state ALARM helps to make the rule true."""
    return state != "INSUFFICIENT_DATA" and (state == "ALARM") != negated
