"""A recorded series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """Samples of the same value."""

    time_s: float
    """Seconds since 1970."""
    value: float
    samples: float | None
    """Number of samples; None if the file does not have it."""

    @property
    def weighted(self) -> tuple[float, float, float]:
        """Seconds since 1970, value and number of samples, which is 1 if it is not known."""
        return self.time_s, self.value, 1.0 if self.samples is None else self.samples


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded series."""

    names: tuple[str, ...]
    """Its names in the file, such as the column, or id and label."""
    points: tuple[Point, ...]
    """In the order of time. Missing data has no point."""


def in_order(names: Iterable[str], points: Iterable[Point]) -> Recorded:
    """Return a series with its distinct, non-empty names."""
    return Recorded(
        tuple(dict.fromkeys(filter(None, names))), tuple(sorted(points, key=lambda point: point.time_s))
    )
