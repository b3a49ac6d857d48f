"""What is wrong with what a person gave the drill, in one sentence."""

from __future__ import annotations


class DrillError(ValueError):
    """Something given to the drill is not what AWS takes, or not what the drill reads."""


class RuleError(DrillError):
    """A composite alarm's rule is not what CloudWatch takes.

    Attributes:
        message: what is wrong, and what would be right.
        position: where in the rule's text, in characters from 0; 0 if it is about the rule as a whole.
    """

    def __init__(self, message: str, position: int) -> None:
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
