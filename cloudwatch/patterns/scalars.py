"""Single values of events: as text, and as numbers.

Filter pattern syntax, JSON log events: a selector has to point to a value, not to an object or list; a number
is an integer or a decimal with an optional sign, or either in scientific notation. A string of digits counts
as a number where a number is asked for: in a space-delimited event every field is one, and many services
write numbers of JSON in double quotes. What a number's text is (`1e3`, `12.340`) is not published: here it is
the shortest that reads as the same number, `1000.0` and `12.34`, and digits only for an integer.
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
    """Return a value as a number, None for one that is none."""
    if isinstance(value, str):
        return number(value) if NUMBER.fullmatch(value) else None
    return None if isinstance(value, bool) else value


def number(text: str) -> int | float:
    """Return the number that `text` is, which `NUMBER` has matched: exact while it is an integer."""
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def published(value: Scalar) -> float | None:
    """Return what CloudWatch takes as the value of a metric, None if it is no number or too large."""
    found = number_of(value)
    return float(found) if found is not None and -LARGEST <= found <= LARGEST else None
