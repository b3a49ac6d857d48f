"""What a JSON object of a filter such as `python -m drill match` may say: its keys and their types.

JSON has what AWS has not: numbers that are none (`NaN`), that no floating point holds, and truth values that
Python takes for numbers. None of them gets through here.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from cloudwatch.words import visible
from drill.errors import DrillError

Word = TypeVar("Word", bound=str)

_LARGEST: Final = 2**31 - 1
"""Of the type Integer of AWS's APIs."""
_LONG: Final = 10**40
"""Python refuses to print integers of thousands of digits."""
_COMPARED: Final = 40
"""How many characters of a word are compared with those that were perhaps meant: it takes quadratic time."""


def refuse_unknown(given: Mapping[str, Any], known: Collection[str], required: Collection[str]) -> None:
    """Refuse an object with keys that nobody reads, or without one that is needed.

    Raises:
        DrillError: it is one; with the key that was perhaps meant.
    """
    for key in given:
        if key not in known:
            message = f"{shown(key)} is no key here: there are {', '.join(known)}{_meant(key, known)}"
            raise DrillError(message)
    for key in required:
        if given.get(key) is None:
            message = f"{key} is missing"
            raise DrillError(message)


def one_of(value: object, key: str, known: Sequence[Word]) -> Word:
    """Return a word out of several.

    Args:
        value: what stands at the key.
        key: its name, for the error.
        known: the words.

    Raises:
        DrillError: it is none of them; with the one that was perhaps meant.
    """
    if not isinstance(value, str) or value not in known:
        message = f"{key} must be one of {', '.join(known)} (found: {shown(value)}){_meant(value, known)}"
        raise DrillError(message)
    return known[known.index(value)]


def text(value: object, key: str) -> str:
    """Return a text.

    Raises:
        DrillError: it is none.
    """
    if not isinstance(value, str):
        message = f"{key} must be text (found: {shown(value)})"
        raise DrillError(message)
    return value


def truth(value: object, key: str) -> bool:
    """Return true or false.

    Raises:
        DrillError: it is neither.
    """
    if not isinstance(value, bool):
        message = f"{key} must be true or false (found: {shown(value)})"
        raise DrillError(message)
    return value


def integer(value: object, key: str) -> int:
    """Return a whole number, as large as CloudWatch's are.

    Raises:
        DrillError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        message = f"{key} must be a whole number of 32 bits (found: {shown(value)})"
        raise DrillError(message)
    return value


def number(value: object, key: str) -> float:
    """Return a number.

    Args:
        value: what stands at the key.
        key: its name, for the error.

    Raises:
        DrillError: it is none, or none that a metric can have (PutMetricData, MetricDatum: no NaN, no
            infinity).
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{key} must be a number (found: {shown(value)})"
        raise DrillError(message)
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        message = f"{key} must be a finite number (found: {shown(value)})"
        raise DrillError(message)
    return found


def numbers(values: object, key: str) -> list[float]:
    """Return a list of numbers; where it has null, NaN.

    Raises:
        DrillError: it is none, or something in it is neither a number nor null.
    """
    if not isinstance(values, list):
        message = f"{key} must be a list of numbers and null (found: {shown(values)})"
        raise DrillError(message)
    return [
        math.nan if value is None else number(value, f"{key}[{place}]") for place, value in enumerate(values)
    ]


def shown(value: object) -> str:
    """Return a value as an error names it."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int) and abs(value) >= _LONG:
        return "a very large number"
    return visible(str(value))


def _meant(word: object, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word[:_COMPARED], known, 1) if isinstance(word, str) else []
    return f"; did you mean {close[0]}?" if close else ""
