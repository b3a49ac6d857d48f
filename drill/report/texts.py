"""Words and numbers for people, from texts and values that anybody may have made up."""

from __future__ import annotations

import math
import unicodedata
from typing import Final

_DIRECTIONS: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
"""Characters that turn the text around them, so that it reads as another (Unicode Standard Annex 9)."""
_NOT_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of characters, and separators of lines that are no newline."""
_SIGNS: Final = {
    "Percent": " %",
    "Milliseconds": " ms",
    "Microseconds": " µs",
    "Seconds": " s",
    "Bytes": " B",
}
_UNNAMED: Final = frozenset({"", "None", "Count"})
_EXACT: Final = 10_000
"""From here on a value is shown without decimals; smaller ones have four significant digits."""
_HUGE: Final = 1e15


_WITHOUT_LINES: Final = str.maketrans("", "", "\n\t")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return a text that neither moves a cursor nor breaks XML: what is no text is written as `\x1b`.

    Args:
        text: anything.
        lines: whether newlines and tabs stay what they are.
    """
    kept = "\n\t" if lines else ""
    if text.isprintable() or (lines and text.translate(_WITHOUT_LINES).isprintable()):
        return text
    return "".join(one if one in kept or _is_text(one) else _written(one) for one in text)


def _is_text(one: str) -> bool:
    # The last two code points of each plane are no characters, and XML refuses those of the first.
    stands = one not in _DIRECTIONS and unicodedata.category(one) not in _NOT_TEXT
    return stands and ord(one) & 0xFFFE != 0xFFFE  # noqa: PLR2004 - the pattern of their last two


def _written(one: str) -> str:
    return one.encode("unicode_escape").decode("ascii")


def count(number: int, noun: str) -> str:
    """Return `1 page`, `2 pages`, `0 pages`, `1,440 datapoints`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def number(value: float) -> str:
    """Return a value with as many digits as anybody reads: `0.0123`, `4.2`, `12,346`."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else "no data"
    size = abs(value)
    if size >= _HUGE:
        return f"{value:.3g}"
    return f"{value:,.0f}" if size >= _EXACT else f"{value:,.4g}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit: `5 %`, `250 ms`, `3 Count/Second`; counts stand alone."""
    return number(value) + (suffix(unit) if math.isfinite(value) else "")


def suffix(unit: str) -> str:
    """Return what stands behind a value of a unit (CloudWatch's StandardUnit): ` %`, ` ms`."""
    return "" if unit in _UNNAMED else _SIGNS.get(unit, f" {unit}")
