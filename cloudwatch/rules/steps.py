"""A composite alarm's rule as a value: its conditions and operators in postfix order.

`ALARM(a) AND NOT OK(b)` is `In(ALARM, a)`, `In(OK, b)`, `Not()`, `And(2)`: operands first, then the operator.
A rule is processed in one loop with an explicit stack, so that neither five thousand parentheses nor a
thousand NOT exceed Python's recursion limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudwatch.states import State


@dataclass(frozen=True, slots=True)
class In:
    """True while an alarm is in a state: `ALARM("a")`."""

    state: State
    alarm: str
    """The alarm's name, also if the rule has its ARN."""


@dataclass(frozen=True, slots=True)
class Truth:
    """`TRUE` or `FALSE`."""

    value: bool


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True while at least `number` alarms are in a state, or are not: `AT_LEAST(2, NOT OK, (a, b, c))`."""

    number: int
    """Number of alarms; a percentage of them if `percent`."""
    percent: bool
    negated: bool
    """Whether the alarms that are *not* in the state count."""
    state: State
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Negates the preceding operand."""


@dataclass(frozen=True, slots=True)
class Group:
    """Puts parentheses around the preceding operand. They count as elements of the rule."""


@dataclass(frozen=True, slots=True)
class And:
    """Joins the preceding `operands` operands (at least two)."""

    operands: int


@dataclass(frozen=True, slots=True)
class Or:
    """Joins the preceding `operands` operands (at least two)."""

    operands: int


Step = In | Truth | AtLeast | Not | Group | And | Or


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule. Rules are equal if their steps are equal."""

    steps: tuple[Step, ...]
    characters: int = field(default=0, compare=False)
    """Length of the parsed text, which CloudWatch limits; 0 for a rule that was not parsed."""
