"""How errors repeat what was found: short, on one line, with nothing in it that cannot be seen."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 40
"""How many characters of what was found an error repeats."""


def visible(text: str) -> str:
    """Return a text as an error repeats it."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(name if name.isprintable() else ascii(name)[1:-1] for name in short)
