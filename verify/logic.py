"""The logic of a composite rule: when it is true, and which alarms are needed to make it true.

An expression has negations only at its leaves, so two forms suffice: one alarm, and at least a number of
operands. INSUFFICIENT_DATA counts as not in ALARM: an alarm here is in ALARM or in OK.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

Names = frozenset[str]

_NO_ALARMS: Names = frozenset()


@dataclass(frozen=True)
class Leaf:
    """One alarm that has to be in ALARM, or has to be not in ALARM."""

    alarm: str
    in_alarm: bool


@dataclass(frozen=True)
class AtLeast:
    """At least `number` operands are true: all for AND, 1 for OR, 0 for TRUE, more than exist for FALSE."""

    number: int
    operands: tuple[Expression, ...]


Expression = Leaf | AtLeast

TRUE = AtLeast(0, ())
FALSE = AtLeast(1, ())


def holds(expression: Expression, in_alarm: Container[str]) -> bool:
    """Return whether an expression is true while the alarms `in_alarm` are in ALARM, and no others."""
    if isinstance(expression, Leaf):
        return (expression.alarm in in_alarm) == expression.in_alarm
    return sum(holds(operand, in_alarm) for operand in expression.operands) >= expression.number


def fewest(expression: Expression) -> Names | None:
    """Return a smallest set of alarms that makes an expression true; None if there is none."""
    if isinstance(expression, Leaf):
        return frozenset({expression.alarm}) if expression.in_alarm else _NO_ALARMS
    return _fewest_of(expression.number, expression.operands)


def fewest_partners(expression: Expression, alarm: str) -> Names | None:
    """Return a smallest set of alarms that makes an expression true together with `alarm`.

    None if the state ALARM of `alarm` does not help to make it true. Whether the expression is false without
    `alarm` is not checked: see `holds`.
    """
    if isinstance(expression, Leaf):
        return _NO_ALARMS if expression.alarm == alarm and expression.in_alarm else None
    sets: list[Names] = []
    for operand in expression.operands:
        partners = fewest_partners(operand, alarm)
        if partners is not None:
            siblings = (sibling for sibling in expression.operands if sibling is not operand)
            needed = _fewest_of(expression.number - 1, siblings)
            sets += [partners | needed] if needed is not None else []
    return min(sets, key=len, default=None)


def _fewest_of(number: int, operands: Iterable[Expression]) -> Names | None:
    """Return the alarms of the `number` operands that need the fewest alarms."""
    if number <= 0:
        return _NO_ALARMS
    sets = sorted((names for names in map(fewest, operands) if names is not None), key=len)
    return frozenset().union(*sets[:number]) if len(sets) >= number else None
