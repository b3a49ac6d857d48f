"""Single values of events: as text, and as numbers.

Filter pattern syntax, JSON log events: a selector must point to a value, not to an object or list; a number
is an integer or a decimal with an optional sign, or either in scientific notation. A string of digits counts
as a number where a number is expected: in a space-delimited event every field is a string, and many services
write numbers of JSON in double quotes. The text of a number (`1e3`, `12.340`) is not documented: here it is
the shortest text of the same number, `1000.0` and `12.34`, and only digits for an integer.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from cloudwatch.quotas import LARGEST

Scalar: TypeAlias = str | int | float | bool | None

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")


def text_of_scalar(value: Scalar) -> str | None:
    """Return a value as text; null has none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else repr(value)


def number_of(value: Scalar) -> int | float | None:
    """Return a value as a number; None if it is not a number."""
    if isinstance(value, str):
        return number(value) if NUMBER.fullmatch(value) else None
    return None if isinstance(value, bool) else value


def number(text: str) -> int | float:
    """Return the number that `text` is, which `NUMBER` has matched: exact while it is an integer."""
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def published(value: Scalar) -> float | None:
    """Return a value as a metric's value; None if it is not a number, or out of CloudWatch's range."""
    converted = number_of(value)
    in_range = converted is not None and -LARGEST <= converted <= LARGEST
    return float(converted) if converted is not None and in_range else None
