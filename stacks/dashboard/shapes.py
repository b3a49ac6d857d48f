"""Checks of JSON values: each yields what is wrong, with the path to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Check = Callable[[str, Any], Iterator[str]]
"""(path, value) -> problems, each `<path>: <what is allowed> (found: …)`."""

_SHOWN = 60
"""Characters of a wrong value that a message repeats."""


class Field(NamedTuple):
    """A property of an object."""

    check: Check
    required: bool = False


def problem(path: str, allowed: str, found: Any) -> str:
    """Return a problem in one sentence."""
    shown = repr(found)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}…"
    return f"{path or 'body'}: {allowed} (found: {shown})"


def text(*, pattern: str = r"(?s).+", what: str = "text that is not empty", most: int | None = None) -> Check:
    """Return the check of a text.

    Args:
        pattern: what all of it must match.
        what: the pattern in words.
        most: characters at most.
    """
    compiled = re.compile(pattern)

    def check(path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield problem(path, f"must be {what}", value)
        elif most is not None and len(value) > most:
            yield f"{path}: must have at most {most} characters (found: {len(value)})"

    return check


def one_of(*allowed: str) -> Check:
    """Return the check of a text that is one of several."""

    def check(path: str, value: Any) -> Iterator[str]:
        if value not in allowed:
            yield problem(path, f"must be one of {', '.join(allowed)}", value)

    return check


def number() -> Check:
    """Return the check of a number."""

    def check(path: str, value: Any) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield problem(path, "must be a number", value)

    return check


def integer(least: int, most: int | None = None, multiple_of: int = 1) -> Check:
    """Return the check of a whole number within bounds, both included."""
    bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"
    steps = f" and a multiple of {multiple_of}" if multiple_of > 1 else ""

    def check(path: str, value: Any) -> Iterator[str]:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or value < least or (most is not None and value > most) or value % multiple_of:
            yield problem(path, f"must be a whole number {bounds}{steps}", value)

    return check


def flag(path: str, value: Any) -> Iterator[str]:
    """Check true or false."""
    if not isinstance(value, bool):
        yield problem(path, "must be true or false", value)


def several(each: Check, *, least: int = 0, most: int | None = None, what: str = "items") -> Check:
    """Return the check of a list."""
    bounds = f"{least} to {most}" if most is not None else f"at least {least}"

    def check(path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem(path, "must be a list", value)
        elif len(value) < least or (most is not None and len(value) > most):
            yield f"{path}: must have {bounds} {what} (found: {len(value)})"
        else:
            for position, one in enumerate(value):
                yield from each(f"{path}[{position}]", one)

    return check


def structure(known: Mapping[str, Field]) -> Check:
    """Return the check of an object: every property is known, and none that is required is missing."""

    def check(path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem(path, "must be an object", value)
            return
        dot = f"{path}." if path else ""
        for name, one in value.items():
            if name in known:
                yield from known[name].check(f"{dot}{name}", one)
            else:
                yield f"{dot}{name}: no such property; known: {', '.join(sorted(known))}"
        for name, field in known.items():
            if field.required and name not in value:
                yield f"{dot}{name}: is missing"

    return check


def either(first: Check, second: Check, is_second: Callable[[Any], bool]) -> Check:
    """Return the check of a value that comes in two shapes."""

    def check(path: str, value: Any) -> Iterator[str]:
        yield from (second if is_second(value) else first)(path, value)

    return check


def pair(first: Check, second: Check) -> Check:
    """Return the check of a list of two."""

    def check(path: str, value: Sequence[Any]) -> Iterator[str]:
        if len(value) != 2:  # noqa: PLR2004  # a pair
            yield f"{path}: must have 2 items (found: {len(value)})"
            return
        yield from first(f"{path}[0]", value[0])
        yield from second(f"{path}[1]", value[1])

    return check
