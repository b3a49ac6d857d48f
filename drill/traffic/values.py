"""Values over time: numbers, expressions, distributions and recordings, later entries over earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from cloudwatch.alarms import Metric
from cloudwatch.distribution import Floats
from cloudwatch.quotas import LARGEST
from cloudwatch.series import Series, together
from drill.expressions import Expression
from drill.grid import Bools, Grid
from drill.scenarios.model import Samples
from drill.selection import Selection, UnknownNameError
from drill.traffic.entries import Entry, blamed_on

Recording = Callable[[Path, str | None], Sequence[tuple[float, float, float]]]
"""From a file and a column to samples: seconds since 1970, value, how many of it."""

Column = tuple[Floats, Floats]
"""For each step a value, and how many samples there are of it."""


@dataclass(frozen=True)
class Values:
    """The values of a scenario; metrics of which the same is said share one series."""

    selection: Selection
    entries: Sequence[Entry[Samples]]
    grid: Grid
    recording: Recording

    def series(self, metric: Metric) -> Series | None:
        """Return what the scenario says of a metric; None: it says nothing."""
        layers = self._layers.get(metric)
        if not layers:
            return None
        if layers not in self._stacks:
            self._stacks[layers] = self._stack(layers)
        return self._stacks[layers]

    @cached_property
    def _stacks(self) -> dict[tuple[Entry[Samples], ...], Series | None]:
        return {}

    @cached_property
    def _layers(self) -> Mapping[Metric, tuple[Entry[Samples], ...]]:
        found: dict[Metric, list[Entry[Samples]]] = {}
        for entry in self.entries:
            try:
                metrics = self.selection.metrics(entry.happens)
            except UnknownNameError:
                if not entry.usual:
                    raise
                continue
            for metric in metrics:
                found.setdefault(metric, []).append(entry)
        return {metric: tuple(layers) for metric, layers in found.items()}

    def _stack(self, layers: Sequence[Entry[Samples]]) -> Series | None:
        columns: list[Column] = []
        usual: list[Column] = []
        for entry in layers:
            during = self._during(entry.happens)
            new = usual if entry.happens.value == "as before" else self._said(entry, during, columns)
            columns = _replaced(columns, during, new)
            if entry.usual:
                usual = columns
        parts = [
            Series.of_values(
                np.where(weights > 0, values, np.nan),
                start_s=self.grid.first_s,
                step_s=self.grid.step_s,
                samples=weights,
            )
            for values, weights in columns
            if weights.any()
        ]
        return together(parts) if parts else None

    def _said(self, entry: Entry[Samples], during: Bools, columns: Sequence[Column]) -> list[Column]:
        """Return what an entry says, as columns; none: there are no samples."""
        said, grid = entry.happens, self.grid
        if said.csv is not None:
            with blamed_on(entry.placed, "csv"):
                return _taken(self._recorded(entry, during))
        if said.values is not None:
            with blamed_on(entry.placed, "values"):
                return _taken(
                    [
                        (np.full(grid.steps, value), grid.whole(np.full(grid.steps, per_min), during))
                        for value, per_min in said.values
                    ]
                )
        if not isinstance(said.value, Expression):
            return []
        with blamed_on(entry.placed, "samples"):
            weights = grid.whole(said.samples.values(grid.t, during=during), during)
        with blamed_on(entry.placed, "value"):
            values = said.value.values(grid.t, _mean(columns, grid), during=during)
            return _taken([(np.nan_to_num(values), np.where(np.isnan(values), 0.0, weights))])

    def _during(self, said: Samples) -> Bools:
        """Return for each step whether an entry is about it; a recording is not before its first row."""
        during = self.grid.during(said)
        return during if said.csv is None else during & (self.grid.t >= (said.from_s or 0.0))

    def _recorded(self, entry: Entry[Samples], during: Bools) -> list[Column]:
        """Return a recording whose first row is played when the entry begins, or at the start."""
        said, grid = entry.happens, self.grid
        rows = self.recording(entry.placed.folder / str(said.csv), said.column)
        if not rows:
            return []
        shift_s = grid.begins_s + (said.from_s or 0.0) - min(time_s for time_s, _, _ in rows)
        steps: dict[int, list[tuple[float, float]]] = {}
        for time_s, value, weight in rows:
            step = int((time_s + shift_s - grid.first_s) // grid.step_s)
            if 0 <= step < grid.steps and during[step]:
                steps.setdefault(step, []).append((value, weight))
        columns = []
        for position in range(max(map(len, steps.values()), default=0)):
            values, weights = np.zeros(grid.steps), np.zeros(grid.steps)
            for step, some in steps.items():
                if position < len(some):
                    values[step], weights[step] = some[position]
            columns.append((values, weights))
        return columns


def _taken(columns: list[Column]) -> list[Column]:
    """Return columns as they are.

    Raises:
        ValueError: CloudWatch takes no such value.
    """
    for values, weights in columns:
        wrong = np.flatnonzero((np.abs(values) > LARGEST) & (weights > 0))
        if wrong.size:
            raise ValueError(f"CloudWatch takes values up to 2^360 (found: {values[wrong[0]]:g})")
    return columns


def _replaced(columns: Sequence[Column], during: Bools, new: Sequence[Column]) -> list[Column]:
    """Return columns in whose place others stand during some steps."""
    kept = [(values, np.where(during, 0.0, weights)) for values, weights in columns]
    put = [(values, np.where(during, weights, 0.0)) for values, weights in new]
    if len(kept) == len(put) == 1:
        return [(np.where(during, put[0][0], kept[0][0]), kept[0][1] + put[0][1])]
    return [(values, weights) for values, weights in (*kept, *put) if weights.any()]


def _mean(columns: Sequence[Column], grid: Grid) -> Floats:
    """Return for each step the mean of the samples that its minute held before; NaN where it held none."""
    if not columns:
        return np.full(grid.steps, np.nan)
    weights = np.sum([weights for _, weights in columns], axis=0)
    summed = np.sum([values * weights for values, weights in columns], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = grid.by_minute(summed).sum(axis=1) / grid.by_minute(weights).sum(axis=1)
    return grid.of_minutes(mean)
