"""Format numbers, times and texts for people."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, timezone

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ASCII = {
    **dict.fromkeys(map(ord, "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"), "-"),
    **dict.fromkeys(map(ord, "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{PRIME}"), "'"),
    **dict.fromkeys(map(ord, "“”„"), '"'),
    ord("≥"): ">=",
    ord("≤"): "<=",
    ord("→"): "->",
    ord("ß"): "ss",
    ord("æ"): "ae",
    ord("ø"): "o",
}
"""Replacements in ASCII for characters that Unicode normalization does not change."""
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_ROUND_FROM = 999.5  # from here, four significant digits have no decimals


def number(value: float) -> str:
    """Format a value with four significant digits and grouped thousands: 28.24, 12,346, 5."""
    if abs(value) >= _ROUND_FROM:
        return f"{value:,.0f}"
    return format(value, ".4g")


def duration(seconds: float) -> str:
    """Format a duration in its two largest units: 45 s, 3 min, 2 h 5 min, 4 d."""
    remaining_s = round(seconds)
    if remaining_s < _MINUTE_S:
        return f"{remaining_s} s"
    units = ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min"), (1, "s"))
    parts = []
    for unit_s, name in units:
        count, remaining_s = divmod(remaining_s, unit_s)
        parts.append(f"{count} {name}" if count else "")
    first = next(index for index, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)


def utc(moment: datetime) -> str:
    """Format a time in UTC, to the second."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def read_time(text: object) -> datetime | None:
    """Parse an ISO 8601 time in the forms of CloudWatch (`+0000`), SNS and EventBridge (`Z`).

    Returns:
        The time in UTC; None if it is not valid or has no offset.
    """
    if not isinstance(text, str):
        return None
    # Python 3.10, the oldest runtime, supports neither `Z` nor an offset without a colon.
    plain = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", re.sub(r"Z$", "+00:00", text.strip()))
    plain = re.sub(r"(\.\d+)", lambda part: part[1][:7].ljust(7, "0"), plain)
    try:
        moment = datetime.fromisoformat(plain)
        return moment.astimezone(timezone.utc) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def before(moment: datetime, *, minutes: int) -> datetime:
    """Return the time some minutes earlier; the time itself if there is none, in the year 1."""
    try:
        return moment - timedelta(minutes=minutes)
    except OverflowError:
        return moment


def clean(text: str) -> str:
    """Remove control characters other than line breaks and tabs, and lone surrogates."""
    return _CONTROLS.sub(" ", text.replace("\r\n", "\n")).strip()


def one_line(text: str) -> str:
    """Return a text without line breaks and repeated spaces."""
    return " ".join(clean(text).split())


def capital(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def clip(text: str, limit: int, *, mark: str = "…") -> str:
    """Cut a text to `limit` characters, including the mark that shows the cut."""
    return text if len(text) <= limit else text[: limit - len(mark)].rstrip() + mark


def ascii_only(text: str) -> str:
    """Return a text in ASCII: letters without accents, similar characters for others, else `?`."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return letters.encode("ascii", "replace").decode()
