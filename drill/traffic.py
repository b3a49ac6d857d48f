"""What happens in a scenario, as samples: log lines through filters, values over time, recordings.

Later entries replace what earlier ones said for the same metric and time; what filters make of log lines is
added to it, as a metric to which two write holds the samples of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from config.errors import ConfigError, Problem
from drill import patterns, publishing
from drill.errors import DrillError
from drill.grid import Bools, Floats, Grid
from drill.model import Metric, System
from drill.publishing import MetricFilter
from drill.scenarios.model import Band, Lines, Samples, Silence
from drill.scenarios.reading import Placed, Scenario
from drill.selection import Selection, UnknownNameError
from drill.series import Series, constant, together

_EVENT_BYTES = 26
"""What CloudWatch Logs counts for each event beside its text (API Reference, PutLogEvents)."""

Recording = Callable[[Path, str | None], Sequence[tuple[float, float, float]]]
"""From a file and a column to samples: seconds since 1970, value, how many."""


@dataclass(frozen=True, slots=True)
class Written:
    """A log line, and how many of it are written in each step."""

    text: str
    count: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """One entry of the scenario for some metrics."""

    placed: Placed
    entry: Samples
    usual: bool


@dataclass(frozen=True)
class Traffic:
    """The samples of every metric in one scenario."""

    system: System
    scenario: Scenario
    grid: Grid
    recording: Recording

    def __post_init__(self) -> None:
        """Look at everything that happens, so that what means nothing is refused before anything is computed.

        Raises:
            ConfigError: with every problem, each with its file and line.
        """
        problems: list[Problem] = []
        for placed, usual in self._entries():
            if usual:
                continue
            entry = placed.happens
            try:
                if isinstance(entry, Samples):
                    self.selection.metrics(entry)
                elif isinstance(entry, Lines):
                    self.selection.groups(entry)
                elif isinstance(entry, Silence):
                    self.selection.silent_groups(entry)
                elif isinstance(entry, Band):
                    self.selection.full_names(entry.band)
            except UnknownNameError as error:
                key = next(iter(type(entry).model_fields.keys() & {"metric", "log", "silence", "band"}))
                problems.append(Problem(placed.place, key, str(error)))
        if problems:
            raise ConfigError(problems)

    def _entries(self) -> Iterable[tuple[Placed, bool]]:
        yield from ((one, True) for one in self.scenario.usual)
        yield from ((one, False) for one in self.scenario.happens)

    @cached_property
    def selection(self) -> Selection:
        """The names of the system."""
        return Selection(self.system)

    @cached_property
    def nothing(self) -> Series:
        """A series without a sample."""
        return constant(None, start_s=self.grid.first_s, steps=self.grid.steps, step_s=self.grid.step_s)

    def series(self, metric: Metric) -> Series:
        """Return the samples of a metric; metrics to which the same happens share one object."""
        if metric not in self._made:
            layers = self._layers.get(metric, ())
            parts = [
                *([self._layered(layers)] if layers else []),
                *self._from_filters(metric),
                *([] if layers else self._of_log_group(metric)),
            ]
            key = tuple(map(id, parts))
            if key not in self._joined:
                self._joined[key] = (together(parts) if parts else self.nothing, parts)
            self._made[metric] = self._joined[key][0]
        return self._made[metric]

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and upper bound that an alarm (its full name) compares with; None: none is given."""
        found: tuple[Floats, Floats] | None = None
        for placed, _ in self._entries():
            entry = placed.happens
            if not isinstance(entry, Band) or alarm not in self._bands(placed):
                continue
            lower, upper = found or (np.full(self.grid.steps, np.nan), np.full(self.grid.steps, np.nan))
            during = self.grid.during(entry)
            with _at(placed, "band"):
                found = (
                    np.where(during, entry.lower.values(self.grid.t, lower), lower),
                    np.where(during, entry.upper.values(self.grid.t, upper), upper),
                )
        return found

    def lines(self, log_group: str) -> tuple[Written, ...]:
        """Return what is written to a log group; groups to which the same is written share one object."""
        entries, silences = self._lines_of.get(log_group, ()), self._silences_of.get(log_group, ())
        key = (*map(id, entries), *map(id, silences))
        if key not in self._written:
            heard = np.ones(self.grid.steps, np.bool_)
            for placed in silences:
                heard &= ~self.grid.during(placed.happens)
            self._written[key] = tuple(self._lines(placed, heard) for placed in entries)
        return self._written[key]

    # --- log lines

    @cached_property
    def _written(self) -> dict[tuple[int, ...], tuple[Written, ...]]:
        return {}

    @cached_property
    def _lines_of(self) -> Mapping[str, tuple[Placed, ...]]:
        found: dict[str, list[Placed]] = {}
        for placed, usual in self._entries():
            if isinstance(placed.happens, Lines):
                try:
                    groups = self.selection.groups(placed.happens)
                except UnknownNameError:
                    # What is usual is said for every system, and need not be there in each.
                    groups = () if usual else self.selection.groups(placed.happens)
                for group in groups:
                    found.setdefault(group, []).append(placed)
        return {group: tuple(some) for group, some in found.items()}

    @cached_property
    def _silences_of(self) -> Mapping[str, tuple[Placed, ...]]:
        found: dict[str, list[Placed]] = {}
        for placed, _ in self._entries():
            if isinstance(placed.happens, Silence):
                for group in self.selection.silent_groups(placed.happens):
                    found.setdefault(group, []).append(placed)
        return {group: tuple(some) for group, some in found.items()}

    def _lines(self, placed: Placed, heard: Bools) -> Written:
        entry = placed.happens
        assert isinstance(entry, Lines)  # noqa: S101  # `_lines_of` takes no others
        with _at(placed, "per_min"):
            per_min = entry.per_min.values(self.grid.t)
        return Written(entry.text, self.grid.whole(per_min, self.grid.during(entry) & heard))

    @cached_property
    def _filters(self) -> Mapping[tuple[str, str], tuple[MetricFilter, ...]]:
        found: dict[tuple[str, str], list[MetricFilter]] = {}
        for one in self.system.filters:
            found.setdefault((one.namespace, one.metric), []).append(one)
        return {key: tuple(some) for key, some in found.items()}

    def _from_filters(self, metric: Metric) -> Iterable[Series]:
        for one in self._filters.get((metric.namespace, metric.name), ()):
            made = self._published(one).get(metric.dimensions)
            if made is not None:
                yield made

    def _published(self, one: MetricFilter) -> Mapping[tuple[tuple[str, str], ...], Series]:
        """Return what a filter makes of its log group's lines: dimensions -> samples."""
        lines = self.lines(one.log_group)
        key = (one.pattern, one.value, one.default_value, one.dimensions, id(lines))
        if key not in self._filtered:
            self._filtered[key] = self._publish(one, lines)
        return self._filtered[key]

    @cached_property
    def _filtered(self) -> dict[object, Mapping[tuple[tuple[str, str], ...], Series]]:
        return {}

    def _publish(
        self, one: MetricFilter, lines: Sequence[Written]
    ) -> Mapping[tuple[tuple[str, str], ...], Series]:
        grid = self.grid
        found: dict[tuple[tuple[str, str], ...], list[Series]] = {}
        matched = np.zeros(grid.steps, np.bool_)
        arrived = np.zeros(grid.steps, np.bool_)
        for line in lines:
            arrived |= line.count > 0
            if not patterns.compile(one.pattern).matches(line.text):
                continue
            matched |= line.count > 0
            for sample in publishing.samples(one, [(line.text, 1.0)]):
                values = np.where(line.count > 0, sample.value, np.nan)
                found.setdefault(tuple(sorted(sample.dimensions)), []).append(
                    Series.of_values(values, start_s=grid.first_s, step_s=grid.step_s, samples=line.count)
                )
        if one.default_value is not None and (empty := arrived & ~matched).any():
            values = np.where(empty, one.default_value, np.nan)
            found.setdefault((), []).append(
                Series.of_values(values, start_s=grid.first_s, step_s=grid.step_s)
            )
        return {dimensions: together(parts) for dimensions, parts in found.items()}

    def _of_log_group(self, metric: Metric) -> Iterable[Series]:
        """Yield what CloudWatch Logs says itself of a log group (User Guide, "Monitoring usage …")."""
        if metric.namespace != "AWS/Logs" or [name for name, _ in metric.dimensions] != ["LogGroupName"]:
            return
        lines = self.lines(metric.dimensions[0][1])
        if metric.name not in {"IncomingLogEvents", "IncomingBytes"} or not lines:
            return
        key = (metric.name, id(lines))
        if key not in self._incoming:
            each = [
                1.0 if metric.name == "IncomingLogEvents" else len(line.text.encode()) + _EVENT_BYTES
                for line in lines
            ]
            summed = np.sum([line.count * size for line, size in zip(lines, each, strict=True)], axis=0)
            self._incoming[key] = Series.of_values(
                np.where(summed > 0, summed, np.nan), start_s=self.grid.first_s, step_s=self.grid.step_s
            )
        yield self._incoming[key]

    @cached_property
    def _incoming(self) -> dict[object, Series]:
        return {}

    # --- values over time

    @cached_property
    def _made(self) -> dict[Metric, Series]:
        return {}

    @cached_property
    def _joined(self) -> dict[tuple[int, ...], tuple[Series, list[Series]]]:
        return {}

    @cached_property
    def _stacks(self) -> dict[tuple[int, ...], Series]:
        return {}

    @cached_property
    def _layers(self) -> Mapping[Metric, tuple[_Layer, ...]]:
        found: dict[Metric, list[_Layer]] = {}
        for placed, usual in self._entries():
            entry = placed.happens
            if not isinstance(entry, Samples):
                continue
            layer = _Layer(placed, entry, usual)
            try:
                metrics = self.selection.metrics(entry)
            except UnknownNameError:
                if not usual:
                    raise
                continue
            for metric in metrics:
                found.setdefault(metric, []).append(layer)
        return {metric: tuple(layers) for metric, layers in found.items()}

    def _layered(self, layers: Sequence[_Layer]) -> Series:
        key = tuple(id(layer) for layer in layers)
        if key not in self._stacks:
            self._stacks[key] = self._stack(layers)
        return self._stacks[key]

    def _stack(self, layers: Sequence[_Layer]) -> Series:
        columns: list[tuple[Floats, Floats]] = []
        usual: list[tuple[Floats, Floats]] = []
        for layer in layers:
            during = self.grid.during(layer.entry)
            if layer.entry.value == "as before":
                columns = _replaced(columns, during, usual)
            else:
                with _at(layer.placed, "metric"):
                    columns = _replaced(
                        columns, during, self._columns(layer, during, _mean(columns, self.grid))
                    )
            if layer.usual:
                usual = columns
        grid = self.grid
        parts = [
            Series.of_values(
                np.where(weights > 0, values, np.nan),
                start_s=grid.first_s,
                step_s=grid.step_s,
                samples=weights,
            )
            for values, weights in columns
            if weights.any()
        ]
        return together(parts) if parts else self.nothing

    def _columns(self, layer: _Layer, during: Bools, before: Floats) -> list[tuple[Floats, Floats]]:
        """Return what an entry says, as columns: for each step a value, and how many samples there are of it."""
        entry, grid = layer.entry, self.grid
        if entry.value == "missing":
            return []
        if entry.csv is not None:
            return self._recorded(layer, during)
        if entry.values is not None:
            return [
                (np.full(grid.steps, value), grid.whole(np.full(grid.steps, per_min), during))
                for value, per_min in entry.values
            ]
        assert entry.value is not None and not isinstance(entry.value, str)  # noqa: S101, PT018  # as validated
        values = entry.value.values(grid.t, before)
        weights = grid.whole(entry.samples.values(grid.t, before), during)
        return [(np.where(np.isnan(values), 0.0, values), np.where(np.isnan(values), 0.0, weights))]

    def _recorded(self, layer: _Layer, during: Bools) -> list[tuple[Floats, Floats]]:
        entry, grid = layer.entry, self.grid
        rows = self.recording(layer.placed.folder / str(entry.csv), entry.column)
        if not rows:
            return []
        shift_s = grid.begins_s + (entry.from_s or 0.0) - min(time_s for time_s, _, _ in rows)
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

    # --- bands

    def _bands(self, placed: Placed) -> frozenset[str]:
        entry = placed.happens
        assert isinstance(entry, Band)  # noqa: S101  # `band` asks for no others
        if id(placed) not in self._band_names:
            try:
                names = self.selection.full_names(entry.band)
            except UnknownNameError:
                names = ()
            self._band_names[id(placed)] = frozenset(names)
        return self._band_names[id(placed)]

    @cached_property
    def _band_names(self) -> dict[int, frozenset[str]]:
        return {}


def _replaced(
    columns: Sequence[tuple[Floats, Floats]], during: Bools, new: Sequence[tuple[Floats, Floats]]
) -> list[tuple[Floats, Floats]]:
    """Return columns in which other columns stand during some steps."""
    kept = [(values, np.where(during, 0.0, weights)) for values, weights in columns]
    put = [(values, np.where(during, weights, 0.0)) for values, weights in new]
    if len(kept) == len(put) == 1:
        return [(np.where(during, put[0][0], kept[0][0]), kept[0][1] + put[0][1])]
    return [(values, weights) for values, weights in (*kept, *put) if weights.any()]


def _mean(columns: Sequence[tuple[Floats, Floats]], grid: Grid) -> Floats:
    """Return the value that was there before, for each step; NaN where there was none."""
    if not columns:
        return np.full(grid.steps, np.nan)
    weights = np.sum([weight for _, weight in columns], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sum([value * weight for value, weight in columns], axis=0) / weights)


class _at:  # noqa: N801  # reads as a word of the language
    """Says where the fault is, when what is inside raises one."""

    def __init__(self, placed: Placed, key: str) -> None:
        self._placed, self._key = placed, key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DrillError | ValueError) and not isinstance(error, ConfigError):
            raise ConfigError([Problem(self._placed.place, self._key, str(error))]) from error
