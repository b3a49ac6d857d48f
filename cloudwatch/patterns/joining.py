"""Joins questions about one thing into one question: by halves, which is faster than `all()` and `any()`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


def every(questions: Sequence[Callable[[Thing], bool]]) -> Callable[[Thing], bool]:
    """Return whether all of one or more questions are answered with yes; the first no ends it."""
    if len(questions) == 1:
        return questions[0]
    half = len(questions) // 2
    one, other = every(questions[:half]), every(questions[half:])
    return lambda thing: one(thing) and other(thing)


def some(questions: Sequence[Callable[[Thing], bool]]) -> Callable[[Thing], bool]:
    """Return whether any of one or more questions is answered with yes; the first yes ends it."""
    if len(questions) == 1:
        return questions[0]
    half = len(questions) // 2
    one, other = some(questions[:half]), some(questions[half:])
    return lambda thing: one(thing) or other(thing)
