"""What is wrong with a text or a value that CloudWatch would not take: one sentence, and where it is."""

from __future__ import annotations


class InputError(ValueError):
    """Something that CloudWatch would refuse; the message says what, and what is allowed.

    Attributes:
        message: one sentence.
        position: the character of the text that was read, counted from 0; None if it is about no text.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class TextError(InputError):
    """A text in one of AWS's languages that AWS would not take.

    Attributes:
        position: as for `InputError`; 0 if it is about the text as a whole.
    """

    position: int

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message, position)


class PatternError(TextError):
    """A filter pattern, or a selector, that CloudWatch Logs would not take."""


class MathError(TextError):
    """A metric math expression that CloudWatch refuses, or that cannot be computed here."""


class UnsupportedMathError(MathError):
    """An expression that CloudWatch accepts and that cannot be computed here."""


class RuleError(TextError):
    """A composite alarm's rule that CloudWatch would not take."""


class CycleError(InputError):
    """Composite alarms wait for one another, and CloudWatch evaluates none of them.

    Attributes:
        cycle: the names along it, each a child of the one before; the first one stands at the end again.
    """

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(f"rules lead back to where they begin: {' -> '.join(cycle)}")
        self.cycle = cycle


class RecordError(InputError):
    """A JSON object of AWS's APIs, of CloudFormation or of Terraform that is not what AWS accepts.

    Attributes:
        where: the object: a file and what is in it, a resource's address, an alarm's name.
        text: what is wrong, without where.
    """

    def __init__(self, where: str, text: str) -> None:
        super().__init__(f"{where}: {text}")
        self.where = where
        self.text = text


class UnsupportedRecordError(RecordError):
    """An object that AWS accepts and whose effect is not evaluated here."""
