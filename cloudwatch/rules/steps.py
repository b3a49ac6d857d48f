"""A composite alarm's rule as a value: its conditions and operators in postfix order.

`ALARM(a) AND NOT OK(b)` is `In(ALARM, a)`, `In(OK, b)`, `Not()`, `And(2)`: operands first, then what joins
them. Whoever works through a rule does so in one loop with a stack of his own, so that neither five thousand
parentheses nor a thousand NOT exhaust Python's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudwatch.states import State


@dataclass(frozen=True, slots=True)
class In:
    """True while an alarm is in a state: `ALARM("a")`."""

    state: State
    alarm: str
    """Its name, also where the rule says its ARN."""


@dataclass(frozen=True, slots=True)
class Truth:
    """`TRUE` or `FALSE`."""

    value: bool


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True while so many alarms are in a state, or are not: `AT_LEAST(2, NOT OK, (a, b, c))`."""

    number: int
    """How many; per cent of them if `percent`."""
    percent: bool
    negated: bool
    """Whether those count that are *not* in the state."""
    state: State
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Negates the operand before it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Puts parentheses around the operand before it. They count as elements of the rule."""


@dataclass(frozen=True, slots=True)
class And:
    """Joins so many operands before it, 2 or more."""

    operands: int


@dataclass(frozen=True, slots=True)
class Or:
    """Joins so many operands before it, 2 or more."""

    operands: int


Step = In | Truth | AtLeast | Not | Group | And | Or


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, as `parse` reads it. Rules are equal if they say the same in the same words."""

    steps: tuple[Step, ...]
    characters: int = field(default=0, compare=False)
    """Length of the text that it was read from, which CloudWatch limits; 0 if it was made without one."""
