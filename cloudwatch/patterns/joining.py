"""Combination of predicates into one: by halves, which is faster than `all()` and `any()`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Value = TypeVar("Value")


def every(predicates: Sequence[Callable[[Value], bool]]) -> Callable[[Value], bool]:
    """Return the conjunction of one or more predicates; evaluation stops at the first false."""
    if len(predicates) == 1:
        return predicates[0]
    half = len(predicates) // 2
    left, right = every(predicates[:half]), every(predicates[half:])
    return lambda value: left(value) and right(value)


def some(predicates: Sequence[Callable[[Value], bool]]) -> Callable[[Value], bool]:
    """Return the disjunction of one or more predicates; evaluation stops at the first true."""
    if len(predicates) == 1:
        return predicates[0]
    half = len(predicates) // 2
    left, right = some(predicates[:half]), some(predicates[half:])
    return lambda value: left(value) or right(value)
