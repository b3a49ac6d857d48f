"""Errors of the drill: one message each, and where in the text it is when there is a text."""

from __future__ import annotations


class DrillError(ValueError):
    """What cannot be rehearsed: why, and at which character (from 0) of the text that was read, if of one."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class MathError(DrillError):
    """A metric math expression that CloudWatch refuses, or that cannot be computed here."""


class RuleError(DrillError):
    """A composite alarm's rule is not what CloudWatch takes.

    Attributes:
        message: what is wrong, and what would be right.
        position: where in the rule's text, in characters from 0; 0 if it is about the rule as a whole.
    """


class PatternError(DrillError):
    """A filter pattern, or a selector, that CloudWatch Logs would not take.

    Attributes:
        message: one sentence: what is wrong, and what is allowed there.
        position: offset of the character it is about, counted from 0.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class CycleError(DrillError):
    """Composite alarms wait for one another, and CloudWatch evaluates none of them.

    Attributes:
        cycle: the names along it, each a child of the one before; the first one stands at the end again.
    """

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(f"rules lead back to where they begin: {' -> '.join(cycle)}")
        self.cycle = cycle
