"""Fewer values for the eye: at most so many columns, each with its least and greatest value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from drill.report.compared import Compared

_IN_ALL: Final = 30_000
"""Columns of all lines of a page together that are worth a try: most take 25 bytes or more."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How finely a page is drawn."""

    columns: int = 720
    """Of a line at most: about one per pixel of a wide screen's track."""
    spans: int = 240
    """Of a state bar at most."""

    @classmethod
    def of(cls, lines: int) -> Detail:
        """Return where to begin with so many lines on a page."""
        detail = cls()
        while lines * detail.columns > _IN_ALL:
            detail = detail.coarser()
        return detail

    def coarser(self) -> Detail:
        """Return half of it."""
        return Detail(self.columns // 2, self.spans // 2)


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """A line in columns; a column without any value has NaN."""

    times_s: np.ndarray
    """The newest time of each column."""
    first: np.ndarray
    """The least or the greatest value, whichever came first."""
    last: np.ndarray
    """The other one; the same where a column is one value."""
    lower: np.ndarray
    upper: np.ndarray
    breaching: np.ndarray
    """Whether any value of a column breached."""
    missing: np.ndarray
    """Whether any datapoint of a column was missing."""
    each: int
    """Datapoints per column."""


def reduced(line: Compared, most: int) -> Reduced:
    """Return what a line looks like with at most so many columns."""
    size = len(line.values)
    each = max(math.ceil(size / most), 1)
    starts = np.arange(0, size, each)
    missing = line.breaching < 0
    least = np.fmin.reduceat(line.values, starts) if size else line.values
    greatest = np.fmax.reduceat(line.values, starts) if size else line.values
    rising = _rising(line.values, starts, each)
    ends = np.minimum(starts + each, size) - 1
    return Reduced(
        line.times_s[ends],
        np.where(rising, least, greatest),
        np.where(rising, greatest, least),
        line.lower[ends],
        line.upper[ends],
        np.maximum.reduceat(line.breaching, starts) > 0 if size else missing,
        np.logical_or.reduceat(missing, starts) if size else missing,
        each,
    )


def _rising(values: np.ndarray, starts: np.ndarray, each: int) -> np.ndarray:
    """Tell of each column whether its least value came before its greatest."""
    if each == 1:
        return np.ones(len(starts), dtype=bool)
    whole = np.full(len(starts) * each, np.nan)
    whole[: len(values)] = values
    grid = whole.reshape(-1, each)
    least = np.where(np.isnan(grid), np.inf, grid).argmin(axis=1)
    greatest = np.where(np.isnan(grid), -np.inf, grid).argmax(axis=1)
    return np.asarray(least <= greatest)
