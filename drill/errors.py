"""What the drill refuses, and where."""

from __future__ import annotations


class DrillError(ValueError):
    """Something that cannot be rehearsed; the message says what, and what is allowed."""


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
