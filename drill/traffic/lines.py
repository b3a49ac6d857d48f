"""Log lines: what is written to each log group, and what filters and CloudWatch Logs itself make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cloudwatch import patterns, publishing
from cloudwatch.alarms import Metric
from cloudwatch.distribution import Floats
from cloudwatch.publishing import MetricFilter
from cloudwatch.series import Series, together
from drill.grid import Bools, Grid
from drill.scenarios.model import Lines, Silence
from drill.selection import Selection, UnknownNameError
from drill.traffic.entries import Entry, blamed_on

Dimensions = tuple[tuple[str, str], ...]

_EVENT_BYTES = 26
"""What CloudWatch Logs counts for each event beside its text (API Reference, PutLogEvents)."""


@dataclass(frozen=True, slots=True)
class Written:
    """A log line, and how many of it are written in each step."""

    text: str
    count: Floats


@dataclass(frozen=True)
class LogLines:
    """The lines of a scenario; groups to which the same is written share what is made of it."""

    selection: Selection
    entries: Sequence[Entry[Lines]]
    silences: Sequence[Entry[Silence]]
    grid: Grid

    def written(self, log_group: str) -> tuple[Written, ...]:
        """Return what is written to a log group."""
        entries, silences = self._entries_of.get(log_group, ()), self._silences_of.get(log_group, ())
        key = (entries, silences)
        if key not in self._written:
            heard = np.ones(self.grid.steps, np.bool_)
            for one in silences:
                heard &= ~self.grid.during(one.happens)
            self._written[key] = tuple(self._lines(one, heard) for one in entries)
        return self._written[key]

    def published(self, metric: Metric) -> Iterable[Series]:
        """Yield what filters publish to a metric."""
        for one in self._filters.get((metric.namespace, metric.name), ()):
            lines = self.written(one.log_group)
            key = (one.pattern, one.value, one.default_value, one.dimensions, id(lines))
            if key not in self._published:
                self._published[key] = self._publish(one, lines)
            found = self._published[key].get(metric.dimensions)
            if found is not None:
                yield found

    def counted(self, metric: Metric) -> Iterable[Series]:
        """Yield what CloudWatch Logs says itself of a log group.

        Source: CloudWatch Logs User Guide, "Monitoring usage with CloudWatch metrics".
        """
        if metric.namespace != "AWS/Logs" or [name for name, _ in metric.dimensions] != ["LogGroupName"]:
            return
        lines = self.written(metric.dimensions[0][1])
        if metric.name not in {"IncomingLogEvents", "IncomingBytes"} or not lines:
            return
        key = (metric.name, id(lines))
        if key not in self._counted:
            self._counted[key] = self._count(lines, in_bytes=metric.name == "IncomingBytes")
        yield self._counted[key]

    @cached_property
    def _written(self) -> dict[object, tuple[Written, ...]]:
        return {}

    @cached_property
    def _published(self) -> dict[object, Mapping[Dimensions, Series]]:
        return {}

    @cached_property
    def _counted(self) -> dict[object, Series]:
        return {}

    @cached_property
    def _entries_of(self) -> Mapping[str, tuple[Entry[Lines], ...]]:
        found: dict[str, list[Entry[Lines]]] = {}
        for entry in self.entries:
            try:
                groups = self.selection.groups(entry.happens)
            except UnknownNameError:
                if not entry.usual:
                    raise
                continue
            for group in groups:
                found.setdefault(group, []).append(entry)
        return {group: tuple(some) for group, some in found.items()}

    @cached_property
    def _silences_of(self) -> Mapping[str, tuple[Entry[Silence], ...]]:
        found: dict[str, list[Entry[Silence]]] = {}
        for entry in self.silences:
            for group in self.selection.silent_groups(entry.happens):
                found.setdefault(group, []).append(entry)
        return {group: tuple(some) for group, some in found.items()}

    @cached_property
    def _filters(self) -> Mapping[tuple[str, str], tuple[MetricFilter, ...]]:
        found: dict[tuple[str, str], list[MetricFilter]] = {}
        for one in self.selection.system.filters:
            found.setdefault((one.namespace, one.metric), []).append(one)
        return {key: tuple(some) for key, some in found.items()}

    def _lines(self, entry: Entry[Lines], heard: Bools) -> Written:
        during = self.grid.during(entry.happens)
        with blamed_on(entry.placed, "per_min"):
            per_min = entry.happens.per_min.values(self.grid.t, during=during)
            return Written(entry.happens.text, self.grid.whole(per_min, during & heard))

    def _publish(self, one: MetricFilter, lines: Sequence[Written]) -> Mapping[Dimensions, Series]:
        """Return what a filter makes of lines: dimensions -> samples.

        What a line alone would make of a minute is what it makes of each; that of lines that do not match,
        the default value, only of minutes in which nothing does.
        """
        found: dict[Dimensions, list[Series]] = {}
        matched = np.zeros(self.grid.steps, np.bool_)
        arrived = np.zeros(self.grid.steps, np.bool_)
        without: tuple[publishing.Sample, ...] = ()
        for line in lines:
            arrived |= line.count > 0
            made = publishing.samples(one, [(line.text, 1.0)])
            if not patterns.compile(one.pattern).matches(line.text):
                without = made
                continue
            matched |= line.count > 0
            for sample in made:
                values = np.where(line.count > 0, sample.value, np.nan)
                series = self._series(values, line.count)
                found.setdefault(tuple(sorted(sample.dimensions)), []).append(series)
        empty = self._empty_minutes(arrived, matched)
        for sample in without if empty.any() else ():
            series = self._series(np.where(empty, sample.value, np.nan), sample.count)
            found.setdefault(sample.dimensions, []).append(series)
        return {dimensions: together(parts) for dimensions, parts in found.items()}

    def _empty_minutes(self, arrived: Bools, matched: Bools) -> Bools:
        """Return the last step of each minute in which lines arrived and none matched.

        The default value is for a minute ("the value emitted … during a period when logs are ingested but no
        matching logs are found", and metric filters report each minute): finer steps make no more of it.
        """
        empty = self.grid.by_minute(arrived).any(axis=1) & ~self.grid.by_minute(matched).any(axis=1)
        last = self.grid.by_minute(np.zeros(self.grid.steps, np.bool_))
        last[:, -1] = empty
        return last.reshape(-1)

    def _count(self, lines: Sequence[Written], *, in_bytes: bool) -> Series:
        sizes = [len(line.text.encode()) + _EVENT_BYTES if in_bytes else 1 for line in lines]
        summed = np.sum([line.count * size for line, size in zip(lines, sizes, strict=True)], axis=0)
        return self._series(np.where(summed > 0, summed, np.nan))

    def _series(self, values: Floats, samples: float | Floats = 1.0) -> Series:
        return Series.of_values(values, start_s=self.grid.first_s, step_s=self.grid.step_s, samples=samples)
