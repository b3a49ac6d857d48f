"""The rule of a composite alarm, as the proof looks at it: whom it names and when it is true.

It is read as everywhere else (`cloudwatch.rules`), except that terms joined by both AND and OR are refused,
because CloudWatch does not say which of them it reads first.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

from cloudwatch import rules
from cloudwatch.errors import RuleError
from cloudwatch.rules import And, AtLeast, Group, In, Not, Or, Truth
from verify import terms
from verify.terms import FALSE, TRUE, Leaf, Term


class AmbiguousRuleError(RuleError):
    """A rule joins terms by AND and by OR at once; CloudWatch does not say which of them it reads first."""


class Mention(NamedTuple):
    """One alarm in a rule."""

    alarm: str
    """Its name."""
    fires: bool
    """Whether its going into ALARM speaks for the composite's doing so."""


class Rule(NamedTuple):
    """A rule, read."""

    mentions: tuple[Mention, ...]
    term: Term
    """When it is true."""

    @property
    def children(self) -> frozenset[str]:
        """The names of the alarms."""
        return frozenset(mention.alarm for mention in self.mentions)


class _Part(NamedTuple):
    """A part of a rule."""

    term: Term
    negated: Term
    """The same with a NOT before it."""
    is_and: bool = False
    """Whether AND joins it, without parentheses around."""


@functools.lru_cache(maxsize=4096)
def read(text: str) -> Rule:
    """Read a rule.

    Raises:
        RuleError: it is not one.
        AmbiguousRuleError: it joins terms by AND and by OR at once.
    """
    rule = rules.parse(text)
    mentions = tuple(_mentions(rule))[::-1]
    return Rule(mentions, _term(rule))


def _term(rule: rules.Rule) -> Term:
    """Return when a rule is true.

    Raises:
        AmbiguousRuleError: it joins terms by AND and by OR at once.
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
                message = "it joins by AND and by OR at once: put parentheses around one of them"
                raise AmbiguousRuleError(message)
            is_and = isinstance(step, And)
            least = len(operands) if is_and else 1
            parts[-step.operands :] = [_of(least, operands)._replace(is_and=is_and)]
    return parts[0].term


def _of(least: int, parts: list[_Part]) -> _Part:
    """Return "at least so many of these"; not so is "at least so many others are not"."""
    if len(parts) == 1 and least == 1:
        return parts[0]
    return _Part(
        terms.AtLeast(least, tuple(pair.term for pair in parts)),
        terms.AtLeast(len(parts) - least + 1, tuple(pair.negated for pair in parts)),
    )


def _negated(part: _Part) -> _Part:
    return _Part(part.negated, part.term)


def _leaf(alarm: str, state: str) -> _Part:
    if state == "INSUFFICIENT_DATA":
        return _Part(FALSE, TRUE)
    fires = state == "ALARM"
    return _Part(Leaf(alarm, in_alarm=fires), Leaf(alarm, in_alarm=not fires))


def _at_least(step: AtLeast) -> _Part:
    parts = [_leaf(alarm, step.state) for alarm in step.alarms]
    least = math.ceil(step.number * len(parts) / 100) if step.percent else step.number
    return _of(least, list(map(_negated, parts)) if step.negated else parts)


def _mentions(rule: rules.Rule) -> Iterator[Mention]:
    """Yield the alarms from the last to the first: so a NOT is seen before what it negates."""
    negations = [False]
    for step in reversed(rule.steps):
        negated = negations.pop()
        if isinstance(step, In):
            yield Mention(step.alarm, fires=_fires(step.state, negated=negated))
        elif isinstance(step, AtLeast):
            fires = _fires(step.state, negated=negated != step.negated)
            yield from (Mention(alarm, fires=fires) for alarm in reversed(step.alarms))
        elif isinstance(step, Not):
            negations.append(not negated)
        elif isinstance(step, Group):
            negations.append(negated)
        elif isinstance(step, And | Or):
            negations += [negated] * step.operands


def _fires(state: str, *, negated: bool) -> bool:
    """Tell whether an alarm's going into ALARM speaks for the composite's doing so."""
    return state != "INSUFFICIENT_DATA" and (state == "ALARM") != negated
