"""Texts in error messages: short, on one line, and printable."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 40
"""Number of characters of a text that an error message contains."""


def visible(text: str) -> str:
    """Return a text for an error message: shortened, with escapes for characters that are not printable."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in short)
