"""A recorded series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """Some samples of one value."""

    time_s: float
    """Seconds since 1970."""
    value: float
    samples: float
    """How many."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One series."""

    names: tuple[str, ...]
    """What the file calls it, such as its column, or its id and its label."""
    points: tuple[Point, ...]
    """In the order of time; what is missing has none."""


def in_order(names: Iterable[str], points: Iterable[Point]) -> Recorded:
    """Return a series by whichever of the names are not empty, each once."""
    return Recorded(
        tuple(dict.fromkeys(filter(None, names))), tuple(sorted(points, key=lambda point: point.time_s))
    )
