"""Times in recorded files: ISO 8601 with a zone, or seconds or milliseconds since 1970."""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from typing import Final

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:[eE]\+?\d+)?")
_CONSOLE: Final = re.compile(r"\d{4}/\d{2}/\d{2} \d{2}:\d{2}(?::\d{2})?")
_MILLISECONDS_FROM: Final = 100_000_000_000
"""Numbers from here on are milliseconds: the year 1973. As seconds it is the year 5138."""
_LAST_S: Final = 253_402_300_800
"""The end of the year 9999, the maximum of datetime."""


def seconds(text: str, *, is_console: bool = False) -> float:
    """Return seconds since 1970.

    Args:
        text: the time.
        is_console: whether to accept `2026/03/01 12:00:00`, the format of the console, in UTC.

    Raises:
        ValueError: it is not a time, or has no time zone.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        if not math.isfinite(number) or number >= _LAST_S * 1000:
            message = f"{text} is not a valid time"
            raise ValueError(message)
        return number / 1000 if number >= _MILLISECONDS_FROM else number
    if is_console and _CONSOLE.fullmatch(text):
        return _parsed(text.replace("/", "-")).replace(tzinfo=timezone.utc).timestamp()
    parsed = _parsed(text)
    if parsed.tzinfo is None:
        message = f"{text} has no time zone: write {text}Z if it is UTC"
        raise ValueError(message)
    return parsed.timestamp()


def _parsed(text: str) -> datetime:
    # Python 3.10 supports neither `Z` nor fractions of other than 3 or 6 digits.
    plain = re.sub(r"(?<=\d)[zZ]$", "+00:00", text)
    plain = re.sub(r"(?<=:\d\d)\.(\d+)", lambda match: f".{match[1][:6]:0<6}", plain)
    plain = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", plain) if "T" in text or " " in text else plain
    if "T" not in plain and " " not in plain:
        message = f"{text} is not a time such as 2026-03-01T12:00:00Z, or seconds or milliseconds since 1970"
        raise ValueError(message)
    try:
        return datetime.fromisoformat(plain)
    except ValueError as error:
        message = f"{text} is not a time such as 2026-03-01T12:00:00Z, or seconds or milliseconds since 1970"
        raise ValueError(message) from error
