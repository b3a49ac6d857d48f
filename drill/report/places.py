"""Where an expectation is written."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from drill.rehearsal import Verdict

_PLACE: Final = re.compile(r"(?s)(.*):([1-9][0-9]{0,8})")


class Place(NamedTuple):
    """A file and a line in it; no line where none is known."""

    file: str
    line: int | None


def place(verdict: Verdict) -> Place:
    """Return where an expectation is written: `drills/outage.yaml:14`."""
    match = _PLACE.fullmatch(verdict.place)
    return Place(match[1], int(match[2])) if match else Place(verdict.place, None)
