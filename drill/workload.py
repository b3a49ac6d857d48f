"""The workload of a scenario, as samples of metrics."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from catalog.baseline import Healthy
from catalog.kinds import logs
from catalog.known_metrics import documented
from catalog.samples import is_count
from cloudwatch import embedded, patterns, publishing
from cloudwatch.alarms import Metric
from cloudwatch.distribution import Floats
from cloudwatch.embedded import Sample
from cloudwatch.publishing import MetricFilter
from cloudwatch.quotas import LARGEST
from cloudwatch.series import Series, constant, together
from config.errors import ConfigError, Problem
from config.formats import Format
from config.logs import Logs, ServiceLogs
from config.words import did_you_mean
from drill.expressions import Expression
from drill.grid import Bools, Grid
from drill.model import System
from drill.scenarios.model import HAPPENINGS, Band, Happening, Lines, NoLogs, Request, Samples, Span
from drill.scenarios.reading import Placed, Scenario, Sending
from drill.selection import Selection, UnknownNameError

One = TypeVar("One", bound=Happening)


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[One]):
    """An entry of a scenario, compared by identity, as it is a cache key."""

    placed: Placed[One]
    baseline: bool
    """Whether it is part of a baseline."""
    optional: bool
    """Whether it is ignored in systems without what it names."""

    @property
    def happens(self) -> One:
        """What happens."""
        return self.placed.happens


def of_kind(
    scenario: Scenario, kind: type[One], formats: Mapping[str, Format] | None = None
) -> tuple[Entry[One], ...]:
    """Return the entries of one kind: the baseline, then the effects of requests, then `happens`.

    Args:
        scenario: the scenario.
        kind: the kind of entries.
        formats: service -> the format of its log, in which it logs requests; by default JSON.
    """
    requests = _described(scenario.invoke, scenario.head.duration, formats or {})
    return tuple(
        Entry(Placed(placed.place, placed.folder, placed.happens), is_baseline, optional)
        for entries, is_baseline, optional in (
            (scenario.baseline, True, True),
            (requests, False, True),
            (scenario.happens, False, False),
        )
        for placed in entries
        if isinstance(placed.happens, kind)
    )


def _described(
    sendings: Sequence[Sending], over_s: float, formats: Mapping[str, Format]
) -> Iterator[Placed[Lines | Samples]]:
    """Yield the effects of requests in a rehearsal: metrics of Lambda, and log lines of the function.

    The samples replace the baseline of these metrics: a function receives no other requests meanwhile.
    """
    by_service: dict[str, list[Sending]] = {}
    for sending in sendings:
        by_service.setdefault(sending.request.service, []).append(sending)
        for line in _logged(sending.request, formats.get(sending.request.service) or _json()):
            yield Placed(sending.place, sending.folder, line)
    for service, of_service in by_service.items():
        ends_s = [sending.request.ends_s(over_s) for sending in of_service]
        gaps_s = [time_s for sending in of_service for gap in sending.request.gaps for time_s in gap]
        edges_s = sorted({*(sending.request.begins_s for sending in of_service), *ends_s, *gaps_s})
        for from_s, to_s in itertools.pairwise(edges_s):
            sent = [sending.request for sending in of_service if _is_sent(sending.request, from_s, over_s)]
            failed = sum(request.per_min for request in sent if request.fault)
            total = sum(request.per_min for request in sent)
            for metric, values in (
                ("Invocations", [(1.0, total)]),
                ("Errors", [(0.0, total - failed), (1.0, failed)]),
                ("Duration", [(request.takes_ms, request.per_min) for request in sent]),
            ):
                if total:
                    samples = Samples.model_construct(
                        **{**_SPAN, "from_s": from_s, "to_s": to_s},
                        metric=f"{_LAMBDA} {metric}",
                        service=service,
                        values=tuple(values),
                    )
                    yield Placed(of_service[0].place, of_service[0].folder, samples)


def _is_sent(request: Request, at_s: float, over_s: float) -> bool:
    in_gap = any(begin <= at_s < end for begin, end in request.gaps)
    return request.begins_s <= at_s < request.ends_s(over_s) and not in_gap


@functools.cache
def _json() -> Format:
    """Return the format of services of which no catalog is known."""
    return Logs().format_of("lambda", ServiceLogs())


_ERRORS = frozenset({"ERROR", "CRITICAL"})


def _logged(request: Request, log: Format) -> Iterator[Lines]:
    """Yield the lines that a function logs for each request (functions/README.md)."""
    is_failed = request.fault == "error"  # a request that times out only logs the line about the fault
    lines = [is_failed] if request.log_level is None else [request.log_level in _ERRORS, is_failed]
    span = {name: getattr(request, name) for name in _SPAN}
    if request.at_s is None and request.from_s is None:
        span["from_s"] = 0.0  # there are no requests in the warm-up
    for is_error in lines:
        yield Lines.model_construct(
            **span,
            log=logs.line(log, request.takes_ms, is_error=is_error),
            service=request.service,
            log_group=None,
            per_min=Expression.parse(str(request.per_min)),
        )


@contextlib.contextmanager
def located_at(placed: Placed[Happening], key: str) -> Iterator[None]:
    """Add the place to errors of a computation.

    Raises:
        ConfigError: for every ValueError, with file, line and key.
    """
    try:
        yield
    except ValueError as error:
        raise ConfigError([Problem(placed.place, key, str(error))]) from error


_LAMBDA = "AWS/Lambda"
_SPAN: Mapping[str, Any] = {name: field.default for name, field in Span.model_fields.items()}
"""The times of an entry for the whole scenario."""

_CATALOG = "the baseline of the catalog"
"""The place of entries of the baseline of the catalog, which is not a file."""


def _of_catalog(happens: One) -> Entry[One]:
    """Return an entry of the baseline of the catalog. It refers to no file."""
    return Entry(Placed(_CATALOG, Path(), happens), baseline=True, optional=True)


def _healthy(healthy: Healthy) -> Entry[Samples]:
    """Return the entry of metrics with the same baseline."""
    return _of_catalog(Samples.model_construct(**_SPAN, metric="*", values=healthy.values, unit=healthy.unit))


def _embedded_error(text: str) -> str | None:
    """Return the metric of AWS/Logs that counts a line as not valid in the embedded metric format."""
    try:
        embedded.samples(text)
    except embedded.EmbeddedMetricError as error:
        return error.metric
    return None


def _handled(line: str) -> Entry[Lines]:
    """Return the entry of log groups of healthy services that write the same line."""
    per_min = Expression.parse(str(logs.HANDLED_PER_MIN))
    return _of_catalog(Lines.model_construct(**_SPAN, log=line, service="*", log_group=None, per_min=per_min))


Dimensions = tuple[tuple[str, str], ...]

_EVENT_BYTES = 26
"""Bytes that CloudWatch Logs adds for each event (API Reference, PutLogEvents)."""


@dataclass(frozen=True, slots=True)
class Written:
    """A log line, and how often it is written in each step."""

    text: str
    count: Floats


@dataclass(frozen=True)
class LogLines:
    """The log lines of a scenario. Log groups with the same lines share results."""

    selection: Selection
    entries: Sequence[Entry[Lines]]
    stops: Sequence[Entry[NoLogs]]
    grid: Grid

    def written(self, log_group: str) -> tuple[Written, ...]:
        """Return the lines that are written to a log group."""
        entries, stops = self._entries_of.get(log_group, ()), self._stops_of.get(log_group, ())
        key = (entries, stops)
        if key not in self._written:
            is_writing = np.ones(self.grid.steps, np.bool_)
            for stop in stops:
                is_writing &= ~self.grid.during(stop.happens)
            self._written[key] = tuple(self._lines(entry, is_writing) for entry in entries)
        return self._written[key]

    def published(self, metric: Metric, unit: str | None) -> Iterable[Series]:
        """Yield the samples that metric filters publish to a metric, in one unit or in all units."""
        for metric_filter in self._filters.get((metric.namespace, metric.name), ()):
            if unit not in {None, metric_filter.unit}:
                continue
            lines = self.written(metric_filter.log_group)
            key = (
                metric_filter.pattern,
                metric_filter.value,
                metric_filter.default_value,
                metric_filter.dimensions,
                id(lines),
            )
            if key not in self._published:
                self._published[key] = self._publish(metric_filter, lines)
            series = self._published[key].get(metric.dimensions)
            if series is not None:
                yield series

    def units(self, metric: Metric) -> set[str]:
        """Return the units in which lines of the scenario publish a metric."""
        filters = self._filters.get((metric.namespace, metric.name), ())
        published = {item.unit for item in filters if self.written(item.log_group)}
        return published | {unit for unit, _ in self._embedded.get(metric, ())}

    def counted(self, metric: Metric) -> Iterable[Series]:
        """Yield the metrics that CloudWatch Logs publishes of a log group.

        Source: CloudWatch Logs User Guide, "Monitoring usage with CloudWatch metrics".
        """
        if metric.namespace != "AWS/Logs" or [name for name, _ in metric.dimensions] != ["LogGroupName"]:
            return
        lines = self.written(metric.dimensions[0][1])
        counted: Sequence[Written] = ()
        if metric.name in {"IncomingLogEvents", "IncomingBytes"}:
            counted = lines
        elif metric.name in embedded.ERRORS:
            counted = [line for line in lines if _embedded_error(line.text) == metric.name]
        if not counted:
            return
        key = (metric.name, id(lines))
        if key not in self._counted:
            self._counted[key] = self._count(counted, in_bytes=metric.name == "IncomingBytes")
        yield self._counted[key]

    def embedded(self, metric: Metric, unit: str | None) -> Iterable[Series]:
        """Yield the samples in lines in the embedded metric format, in one unit or in all units."""
        for own, series in self._embedded.get(metric, ()):
            if unit in {None, own}:
                yield series

    @cached_property
    def _samples_in(self) -> Mapping[Entry[Lines], tuple[Sample, ...]]:
        """The samples in the line of each entry; none if the line is not valid."""
        texts = {entry: entry.happens.text for entries in self._entries_of.values() for entry in entries}
        return {
            entry: () if _embedded_error(text) else embedded.samples(text) for entry, text in texts.items()
        }

    @cached_property
    def _embedded(self) -> Mapping[Metric, Sequence[tuple[str, Series]]]:
        """The metrics in lines, with their units. A line is written many times: a sample has its time."""
        by_metric: dict[Metric, list[tuple[str, Series]]] = {}
        for group, entries in self._entries_of.items():
            for entry, line in zip(entries, self.written(group), strict=True):
                for sample in self._samples_in[entry]:
                    values = np.where(line.count > 0, sample.value, np.nan)
                    series = self._series(values, line.count)
                    by_metric.setdefault(sample.metric, []).append((sample.unit, series))
        return by_metric

    def described(self, metric: Metric) -> Bools:
        """Return for each step whether an entry is about the lines of a metric, even if they stop."""
        groups = {
            metric_filter.log_group
            for metric_filter in self._filters.get((metric.namespace, metric.name), ())
        }
        if metric.namespace == "AWS/Logs":
            groups |= {value for name, value in metric.dimensions if name == "LogGroupName"}
        about = {group: self._entries_of.get(group, ()) for group in groups}
        for group, entries in self._entries_of.items():
            publishing = tuple(
                entry for entry in entries if any(of.metric == metric for of in self._samples_in[entry])
            )
            if publishing:
                about.setdefault(group, publishing)
        spans: list[Span] = [entry.happens for entries in about.values() for entry in entries]
        spans += [entry.happens for group in about for entry in self._stops_of.get(group, ())]
        return _any(map(self.grid.during, spans), self.grid)

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
        handled = functools.cache(_handled)
        by_group = {group: [handled(line)] for group, line in self.selection.system.baseline.lines.items()}
        for entry in self.entries:
            try:
                groups = self.selection.groups(entry.happens)
            except UnknownNameError:
                if not entry.optional:
                    raise
                continue
            for group in groups:
                by_group.setdefault(group, []).append(entry)
        return {group: tuple(entries) for group, entries in by_group.items()}

    @cached_property
    def _stops_of(self) -> Mapping[str, tuple[Entry[NoLogs], ...]]:
        by_group: dict[str, list[Entry[NoLogs]]] = {}
        for entry in self.stops:
            for group in self.selection.stopped_groups(entry.happens):
                by_group.setdefault(group, []).append(entry)
        return {group: tuple(entries) for group, entries in by_group.items()}

    @cached_property
    def _filters(self) -> Mapping[tuple[str, str], tuple[MetricFilter, ...]]:
        by_metric: dict[tuple[str, str], list[MetricFilter]] = {}
        for metric_filter in self.selection.system.filters:
            by_metric.setdefault((metric_filter.namespace, metric_filter.metric), []).append(metric_filter)
        return {metric: tuple(filters) for metric, filters in by_metric.items()}

    def _lines(self, entry: Entry[Lines], is_writing: Bools) -> Written:
        during = self.grid.during(entry.happens)
        with located_at(entry.placed, "per_min"):
            per_min = entry.happens.per_min.values(self.grid.t, during=during)
            return Written(entry.happens.text, self.grid.whole(per_min, during & is_writing))

    def _publish(self, metric_filter: MetricFilter, lines: Sequence[Written]) -> Mapping[Dimensions, Series]:
        """Return the samples that a filter publishes for lines: dimensions -> samples.

        A matching line has the same samples in every minute. The default value is only published in minutes
        without a matching line.
        """
        by_dimensions: dict[Dimensions, list[Series]] = {}
        matched = np.zeros(self.grid.steps, np.bool_)
        arrived = np.zeros(self.grid.steps, np.bool_)
        default: tuple[publishing.Sample, ...] = ()
        for line in lines:
            arrived |= line.count > 0
            samples = publishing.samples(metric_filter, [(line.text, 1.0)])
            if not patterns.compile(metric_filter.pattern).matches(line.text):
                default = samples
                continue
            matched |= line.count > 0
            for sample in samples:
                values = np.where(line.count > 0, sample.value, np.nan)
                series = self._series(values, line.count)
                by_dimensions.setdefault(tuple(sorted(sample.dimensions)), []).append(series)
        empty = self._empty_minutes(arrived, matched)
        for sample in default if empty.any() else ():
            series = self._series(np.where(empty, sample.value, np.nan), sample.count)
            by_dimensions.setdefault(sample.dimensions, []).append(series)
        return {dimensions: together(parts) for dimensions, parts in by_dimensions.items()}

    def _empty_minutes(self, arrived: Bools, matched: Bools) -> Bools:
        """Return the last step of each minute in which lines arrived and none matched.

        The default value is published once a minute ("the value emitted … during a period when logs are
        ingested but no matching logs are found", and metric filters report each minute), whatever the steps.
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


Recording = Callable[[Path, str | None], Sequence[tuple[float, float, float]]]
"""File and column -> samples: seconds since 1970, value, number of samples."""

Column = tuple[Floats, Floats]
"""For each step a value, and its number of samples."""


@dataclass(frozen=True)
class Values:
    """The values of a scenario. Metrics with the same entries share one series."""

    selection: Selection
    entries: Sequence[Entry[Samples]]
    grid: Grid
    recording: Recording

    def described(self, metric: Metric) -> Bools:
        """Return for each step whether an entry is about a metric, even if it has no samples."""
        return _any((self._during(entry.happens) for entry in self._layers.get(metric, ())), self.grid)

    def series(self, metric: Metric, unit: str | None) -> Series | None:
        """Return the series of a metric in one unit or in all; None if the scenario has no entry for it."""
        layers = self._layers.get(metric)
        if not layers:
            return None
        has_units = any(entry.happens.unit is not None for entry in layers)
        key = (layers, unit if has_units else None, self._of(metric))
        if key not in self._stacks:
            self._stacks[key] = self._stack(*key)
        return self._stacks[key]

    def _of(self, metric: Metric) -> Events | None:
        """Return the events of which a metric counts some; None if it counts none.

        AWS publishes a sample for each event (`known_metrics.AWS_METRICS`), and so do metric filters that
        count lines.
        """
        known = documented(metric.namespace, metric.name)
        if "sample" not in known:
            is_counted = (metric.namespace, metric.name) in self._counted_lines
            return Events(None, None, has_zeros=True) if is_counted else None
        of, besides = (
            self.series(replace(metric, name=known[key]), None) if key in known else None
            for key in ("of", "besides")
        )
        return Events(of, besides, has_zeros=known["sample"] == "0 or 1")

    @cached_property
    def _counted_lines(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of each metric of which every sample from a log is a line, or 0."""
        counts: dict[tuple[str, str], bool] = {}
        for item in self.selection.system.filters:
            key = (item.namespace, item.metric)
            counts[key] = counts.get(key, True) and is_count(item.value, item.default_value)
        return frozenset(key for key, is_counted in counts.items() if is_counted)

    def units(self, metric: Metric) -> set[str]:
        """Return the units of the entries for a metric that have one."""
        return {entry.happens.unit for entry in self._layers.get(metric, ()) if entry.happens.unit}

    @cached_property
    def _stacks(self) -> dict[object, Series | None]:
        return {}

    @cached_property
    def _layers(self) -> Mapping[Metric, tuple[Entry[Samples], ...]]:
        healthy, published = functools.cache(_healthy), self.selection.system.baseline.metrics
        by_metric = {
            metric: [healthy(published[metric])] for metric in self.selection.watched if metric in published
        }
        for entry in self.entries:
            try:
                metrics = self.selection.metrics(entry.happens)
            except UnknownNameError:
                if not entry.optional:
                    raise
                continue
            for metric in metrics:
                by_metric.setdefault(metric, []).append(entry)
        return {metric: tuple(layers) for metric, layers in by_metric.items()}

    def _stack(self, layers: Sequence[Entry[Samples]], unit: str | None, of: Events | None) -> Series | None:
        """Return the samples of entries in one unit, or in all units, as events if `of` is not None.

        An entry replaces the earlier ones during its time, unless both have a unit and the units differ:
        CloudWatch keeps them apart. The samples of an entry without a unit are in the unit of each alarm.
        """
        by_unit: dict[str | None, list[Column]] = {}
        baseline: dict[str | None, list[Column]] = {}
        for entry in layers:
            during, own = self._during(entry.happens), entry.happens.unit
            replaced = {None, own} if own is not None else {None, *by_unit}
            if entry.happens.value == "baseline":
                new = {key: baseline.get(key, []) for key in replaced}
            else:
                before = [column for key in replaced for column in by_unit.get(key, ())]
                new = {own: self._described(entry, during, before)}
            by_unit |= {key: _replaced(by_unit.get(key, ()), during, new.get(key, ())) for key in replaced}
            if entry.baseline:
                baseline = dict(by_unit)
        columns = [
            column
            for key, of_unit in by_unit.items()
            if unit is None or key in {None, unit}
            for column in of_unit
        ]
        if of is not None:
            columns = _events(columns, of, self.grid)
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

    def _described(self, entry: Entry[Samples], during: Bools, columns: Sequence[Column]) -> list[Column]:
        """Return the samples of an entry as columns; empty without samples."""
        samples, grid = entry.happens, self.grid
        if samples.csv is not None:
            with located_at(entry.placed, "csv"):
                return _checked(self._recorded(entry, during))
        if samples.values is not None:
            with located_at(entry.placed, "values"):
                return _checked(
                    [
                        (np.full(grid.steps, value), grid.whole(np.full(grid.steps, per_min), during))
                        for value, per_min in samples.values
                    ]
                )
        if not isinstance(samples.value, Expression):
            return []
        with located_at(entry.placed, "samples"):
            weights = grid.whole(samples.samples.values(grid.t, during=during), during)
        with located_at(entry.placed, "value"):
            values = samples.value.values(grid.t, _mean(columns, grid), during=during)
            return _checked([(np.nan_to_num(values), np.where(np.isnan(values), 0.0, weights))])

    def _during(self, samples: Samples) -> Bools:
        """Return for each step whether an entry applies. A recording begins with its first row."""
        during = self.grid.during(samples)
        return during if samples.csv is None else during & (self.grid.t >= (samples.from_s or 0.0))

    def _recorded(self, entry: Entry[Samples], during: Bools) -> list[Column]:
        """Return a recording, with its first row at the begin of the entry, or at the start."""
        samples, grid = entry.happens, self.grid
        rows = self.recording(entry.placed.folder / str(samples.csv), samples.column)
        if not rows:
            return []
        shift_s = grid.begins_s + (samples.from_s or 0.0) - min(time_s for time_s, _, _ in rows)
        steps: dict[int, list[tuple[float, float]]] = {}
        for time_s, value, weight in rows:
            step = int((time_s + shift_s - grid.first_s) // grid.step_s)
            if 0 <= step < grid.steps and during[step]:
                steps.setdefault(step, []).append((value, weight))
        columns = []
        for position in range(max(map(len, steps.values()), default=0)):
            values, weights = np.zeros(grid.steps), np.zeros(grid.steps)
            for step, rows_of_step in steps.items():
                if position < len(rows_of_step):
                    values[step], weights[step] = rows_of_step[position]
            columns.append((values, weights))
        return columns


def _checked(columns: list[Column]) -> list[Column]:
    """Return columns after a check of their values.

    Raises:
        ValueError: CloudWatch rejects a value.
    """
    for values, weights in columns:
        too_large = np.flatnonzero((np.abs(values) > LARGEST) & (weights > 0))
        if too_large.size:
            raise ValueError(
                f"must be at most 2^360, the limit of CloudWatch (found: {values[too_large[0]]:g})"
            )
    return columns


class Events(NamedTuple):
    """What a metric counts.

    Attributes:
        of: all events, each of which has a sample; None if that is no metric.
        besides: the other events, each of which has a sample of 0; None if that is no metric.
        has_zeros: whether events that do not count have a sample of 0.
    """

    of: Series | None
    besides: Series | None
    has_zeros: bool


def _events(columns: Sequence[Column], events: Events, grid: Grid) -> list[Column]:
    """Return the samples that AWS publishes for a number of events: 70 is 70 samples of 1.

    Args:
        columns: the values of a scenario, whose sums are numbers of events.
        events: what is counted.
        grid: the steps.
    """
    ones, zeros = np.zeros(grid.steps), np.zeros(grid.steps)
    for values, weights in columns:
        counted = np.maximum(values, 0) * weights
        ones += counted
        zeros += np.maximum(weights - counted, 0)
    if not events.has_zeros:
        return [(np.ones(grid.steps), ones)]
    samples = grid.by_minute(ones + zeros).sum(axis=1)
    if events.of is not None:
        others = np.maximum(grid.by_minute(events.of.total).sum(axis=1) - samples, 0)
        grid.by_minute(zeros)[:, -1] += np.where(samples > 0, others, 0)
    if events.besides is not None:
        others = grid.by_minute(events.besides.total).sum(axis=1)
        grid.by_minute(zeros)[:, -1] += np.where(samples > 0, others, 0)
    return [(np.ones(grid.steps), ones), (np.zeros(grid.steps), zeros)]


def _any(parts: Iterable[Bools], grid: Grid) -> Bools:
    """Return for each step whether it is in one of several parts of a scenario."""
    return np.asarray(np.any([np.zeros(grid.steps, np.bool_), *parts], axis=0))


def _replaced(columns: Sequence[Column], during: Bools, new: Sequence[Column]) -> list[Column]:
    """Return columns, replaced by others during some steps."""
    kept = [(values, np.where(during, 0.0, weights)) for values, weights in columns]
    put = [(values, np.where(during, weights, 0.0)) for values, weights in new]
    if len(kept) == len(put) == 1:
        return [(np.where(during, put[0][0], kept[0][0]), kept[0][1] + put[0][1])]
    return [(values, weights) for values, weights in (*kept, *put) if weights.any()]


def _mean(columns: Sequence[Column], grid: Grid) -> Floats:
    """Return for each step the mean of the previous samples of its minute; NaN without samples."""
    if not columns:
        return np.full(grid.steps, np.nan)
    weights = np.sum([weights for _, weights in columns], axis=0)
    summed = np.sum([values * weights for values, weights in columns], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = grid.by_minute(summed).sum(axis=1) / grid.by_minute(weights).sum(axis=1)
    return grid.of_minutes(mean)


@dataclass(frozen=True)
class Bands:
    """The bands of a scenario. Later entries replace earlier ones."""

    selection: Selection
    entries: Sequence[Entry[Band]]
    grid: Grid

    def of(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and upper bound of an alarm (its full name) for each step; None without a band."""
        entries = [entry for entry in self.entries if alarm in self._names[entry]]
        edge = self.selection.system.baseline.bands.get(alarm)
        if not entries and edge is None:
            return None
        lower = np.full(self.grid.steps, np.nan if edge is None else 0.0)
        upper = np.full(self.grid.steps, np.nan if edge is None else edge)
        for entry in entries:
            during = self.grid.during(entry.happens)
            with located_at(entry.placed, "lower"):
                below = entry.happens.lower.values(self.grid.t, lower, during=during)
            with located_at(entry.placed, "upper"):
                above = entry.happens.upper.values(self.grid.t, upper, during=during)
                _check_order(below, above)
            lower, upper = np.where(during, below, lower), np.where(during, above, upper)
        return lower, upper

    @cached_property
    def _names(self) -> dict[Entry[Band], frozenset[str]]:
        names = {}
        for entry in self.entries:
            try:
                names[entry] = frozenset(self.selection.full_names(entry.happens.band))
            except UnknownNameError:  # noqa: PERF203  # few entries
                if not entry.optional:
                    raise
                names[entry] = frozenset()
        return names


def _check_order(lower: Floats, upper: Floats) -> None:
    """Reject a band with an upper bound below its lower bound.

    Raises:
        ValueError: an upper bound is below a lower bound.
    """
    wrong = np.flatnonzero(upper < lower)
    if wrong.size:
        low, high = lower[wrong[0]], upper[wrong[0]]
        raise ValueError(f"must not be below lower (found: {high:g}, and lower is {low:g})")


def problems(selection: Selection, scenario: Scenario) -> Iterator[Problem]:
    """Yield each name that does not exist in a system, with its file, line and key."""
    functions = _functions(selection)
    for sending in scenario.invoke:
        service = sending.request.service
        if service not in functions:
            known = ", ".join(sorted(functions)) or "none"
            hint = did_you_mean(service, functions)
            where = selection.system.title
            text = f"no such Lambda function in {where}; known: {known} (found: {service}){hint}"
            yield Problem(sending.place, "service", text)
    for placed in scenario.happens:
        try:
            _look_up(selection, placed.happens)
        except UnknownNameError as error:  # noqa: PERF203  # all are reported
            yield Problem(placed.place, _key(placed.happens), str(error))


def _look_up(selection: Selection, happening: Happening) -> None:
    """Look up the names in an entry.

    Raises:
        UnknownNameError: a name does not exist.
    """
    if isinstance(happening, Samples):
        selection.metrics(happening)
    elif isinstance(happening, Lines):
        selection.groups(happening)
    elif isinstance(happening, NoLogs):
        selection.stopped_groups(happening)
    elif isinstance(happening, Band):
        _look_up_band(selection, happening)
    else:
        selection.queue(happening.consumer)


def _look_up_band(selection: Selection, band: Band) -> None:
    names = selection.full_names(band.band)
    banded = {alarm.name for alarm in selection.system.alarms if alarm.threshold is None}
    if not banded.intersection(names):
        message = f"matches no alarm with an anomaly band (found: {', '.join(band.band)})"
        raise UnknownNameError(message)


def _key(happening: Happening) -> str:
    """Return the key that identifies an entry."""
    return next(key for key, model in HAPPENINGS.items() if isinstance(happening, model))


def _functions(selection: Selection) -> frozenset[str]:
    """Return the services that are Lambda functions: those with an alarm on a metric of Lambda."""
    services_of = (services for metric, services in selection.watched.items() if metric.namespace == _LAMBDA)
    return frozenset().union(*services_of)


@dataclass(frozen=True)
class Workload:
    """The workload of one scenario.

    Samples that metric filters publish, and those in log lines, are added to the samples of the same metric
    from `metric` entries.
    """

    system: System
    scenario: Scenario
    grid: Grid
    recording: Recording

    def series(self, metric: Metric, unit: str | None = None) -> Series:
        """Return the samples of a metric in one unit, or in all. The same samples are one object."""
        if (metric, unit) not in self._series_of:
            described = self._values.series(metric, unit)
            parts = [
                *([described] if described is not None else []),
                *self._lines.published(metric, unit),
                *self._lines.embedded(metric, unit),
                *(self._lines.counted(metric) if described is None else []),
            ]
            key = tuple(map(id, parts))
            if key not in self._joined:
                self._joined[key] = together(parts) if parts else self._empty
            self._series_of[metric, unit] = self._joined[key]
        return self._series_of[metric, unit]

    def notes(self) -> tuple[str, ...]:
        """Return the alarms without a unit on metrics with samples in several units, each as a sentence.

        "If the metric is published with multiple types of units and you don't specify a unit, the alarm's
        behavior is not defined" (PutMetricAlarm, Unit).
        """
        notes = []
        for alarm in self.system.alarms:
            for statistic in alarm.statistics if any(of.unit is None for of in alarm.statistics) else ():
                units = self._values.units(statistic.metric) | self._lines.units(statistic.metric)
                if statistic.unit is None and len(units) > 1:
                    listed = ", ".join(sorted(units))
                    text = f"{alarm.name} has no unit, and {statistic.metric} has samples in {listed}"
                    notes.append(
                        f"{text}: AWS does not define the result, and the rehearsal uses all of them"
                    )
        return tuple(dict.fromkeys(notes))

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and upper bound of an alarm (its full name) for each step; None without a band."""
        return self._bands.of(alarm)

    def is_unknown(self, metric: Metric, until_s: float) -> bool:
        """Return whether neither the scenario nor the baseline describes a metric.

        Args:
            metric: the metric.
            until_s: a time after the first step, in seconds since 1970. It has no samples before, and no
                entry is about it in the step that ends then.
        """
        last = self._last_step(until_s)
        return not self._described(metric)[last] and not self.series(metric).count[: last + 1].any()

    def described_from_s(self, metric: Metric, after_s: float) -> float | None:
        """Return when the first entry about a metric begins after a time; None if there is none.

        Args:
            metric: the metric.
            after_s: a time after the first step, in seconds since 1970.

        Returns:
            The time in seconds from the start of the scenario.
        """
        following = slice(self._last_step(after_s) + 1, None)
        begins_s = self.grid.t[following][self._described(metric)[following]]
        return float(begins_s[0]) if begins_s.size else None

    def _last_step(self, until_s: float) -> int:
        """Return the step that ends at a time."""
        return int(until_s - self.grid.first_s) // self.grid.step_s - 1

    def _described(self, metric: Metric) -> Bools:
        """Return for each step whether an entry is about a metric."""
        return self._values.described(metric) | self._lines.described(metric)

    @cached_property
    def selection(self) -> Selection:
        """The names of the system."""
        return Selection(self.system)

    @cached_property
    def _lines(self) -> LogLines:
        entries = of_kind(self.scenario, Lines, self.system.baseline.formats)
        stops = of_kind(self.scenario, NoLogs)
        return LogLines(self.selection, entries, stops, self.grid)

    @cached_property
    def _values(self) -> Values:
        return Values(self.selection, of_kind(self.scenario, Samples), self.grid, self.recording)

    @cached_property
    def _bands(self) -> Bands:
        return Bands(self.selection, of_kind(self.scenario, Band), self.grid)

    @cached_property
    def _series_of(self) -> dict[tuple[Metric, str | None], Series]:
        return {}

    @cached_property
    def _joined(self) -> dict[tuple[int, ...], Series]:
        # The parts are kept by their caches, so that their ids are not reused.
        return {}

    @cached_property
    def _empty(self) -> Series:
        return constant(None, start_s=self.grid.first_s, steps=self.grid.steps, step_s=self.grid.step_s)
