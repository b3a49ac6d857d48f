"""Errors for values that CloudWatch would reject: a message of one sentence, and a position."""

from __future__ import annotations


class InputError(ValueError):
    """A value that CloudWatch would reject.

    Attributes:
        message: one sentence: what is wrong and what is allowed.
        position: the character in the parsed text, counted from 0; None if there is no text.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class TextError(InputError):
    """A text in one of AWS's languages that AWS would reject.

    Attributes:
        position: as for `InputError`; 0 if the error concerns the whole text.
    """

    position: int

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message, position)


class PatternError(TextError):
    """A filter pattern or a selector that CloudWatch Logs would reject."""


class MathError(TextError):
    """A metric math expression that CloudWatch rejects, or that is not supported."""


class UnsupportedMathError(MathError):
    """A metric math expression that CloudWatch accepts and that is not supported."""


class RuleError(TextError):
    """A composite alarm's rule that CloudWatch would reject."""


class CycleError(InputError):
    """Composite alarms depend on each other in a cycle, and CloudWatch evaluates none of them.

    Attributes:
        cycle: the names along the cycle, each a child of the one before; the first name also ends it.
    """

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(f"rules form a cycle: {' -> '.join(cycle)}")
        self.cycle = cycle


class RecordError(InputError):
    """A JSON object of AWS's APIs, of CloudFormation or of Terraform that AWS would reject.

    Attributes:
        where: the object: a file and an object in it, a resource's address, an alarm's name.
        text: the problem, without the location.
    """

    def __init__(self, where: str, text: str) -> None:
        super().__init__(f"{where}: {text}")
        self.where = where
        self.text = text


class UnsupportedRecordError(RecordError):
    """An object that AWS accepts and that is not supported."""


class UnknownRecordError(RecordError):
    """An object with a value that is not known before it is applied, where the value has to be known."""
