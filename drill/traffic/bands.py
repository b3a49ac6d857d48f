"""Bands of anomaly detectors: AWS learns them, a scenario gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cloudwatch.distribution import Floats
from drill.grid import Grid
from drill.scenarios.model import Band
from drill.selection import Selection, UnknownNameError
from drill.traffic.entries import Entry, blamed_on


@dataclass(frozen=True)
class Bands:
    """The bands of a scenario, later entries over earlier ones."""

    selection: Selection
    entries: Sequence[Entry[Band]]
    grid: Grid

    def of(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and the upper bound for each step, for an alarm's full name; None: no band."""
        entries = [entry for entry in self.entries if alarm in self._names[entry]]
        if not entries:
            return None
        lower, upper = np.full(self.grid.steps, np.nan), np.full(self.grid.steps, np.nan)
        for entry in entries:
            during = self.grid.during(entry.happens)
            with blamed_on(entry.placed, "lower"):
                below = entry.happens.lower.values(self.grid.t, lower, during=during)
            with blamed_on(entry.placed, "upper"):
                above = entry.happens.upper.values(self.grid.t, upper, during=during)
                _check_order(below, above)
            lower, upper = np.where(during, below, lower), np.where(during, above, upper)
        return lower, upper

    @cached_property
    def _names(self) -> dict[Entry[Band], frozenset[str]]:
        found = {}
        for entry in self.entries:
            try:
                found[entry] = frozenset(self.selection.full_names(entry.happens.band))
            except UnknownNameError:  # noqa: PERF203  # some entries
                if not entry.usual:
                    raise
                found[entry] = frozenset()
        return found


def _check_order(lower: Floats, upper: Floats) -> None:
    """Refuse a band whose upper edge is below its lower one.

    Raises:
        ValueError: it is, somewhere.
    """
    wrong = np.flatnonzero(upper < lower)
    if wrong.size:
        low, high = lower[wrong[0]], upper[wrong[0]]
        raise ValueError(f"must be lower or more (found: {high:g}, and lower is {low:g})")
