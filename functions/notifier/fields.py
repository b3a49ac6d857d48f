"""Tolerant reading of external JSON: a value of an unexpected type is treated as missing.

A message must be delivered whatever AWS adds to it or leaves out: these functions raise no errors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def text(source: Mapping[str, Any], key: str) -> str:
    """Return a text; empty if it is missing."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def mapping(source: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a JSON object; empty if it is missing."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def mappings(source: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; empty if it is missing."""
    value = source.get(key)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def texts(source: Mapping[str, Any], key: str) -> list[str]:
    """Return the texts of a list; empty if it is missing."""
    value = source.get(key)
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def finite(source: Mapping[str, Any], key: str) -> float | None:
    """Return a number; None if it is missing, not finite, or too large for a float."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
