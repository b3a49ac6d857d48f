"""The workload of a scenario: what is described in it, as samples of metrics."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from cloudwatch import patterns, publishing
from cloudwatch.alarms import Metric
from cloudwatch.distribution import Floats
from cloudwatch.publishing import MetricFilter
from cloudwatch.quotas import LARGEST
from cloudwatch.series import Series, constant, together
from config.errors import ConfigError, Problem
from config.explain import did_you_mean
from drill.expressions import Expression
from drill.grid import Bools, Grid
from drill.model import System
from drill.scenarios.model import HAPPENINGS, Band, Happening, Lines, Request, Samples, Silence, Span
from drill.scenarios.reading import Placed, Scenario, Sending
from drill.selection import Selection, UnknownNameError

One = TypeVar("One", bound=Happening)


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[One]):
    """Something that happens; compared by identity, so that what is made of it can be kept."""

    placed: Placed
    happens: One
    usual: bool
    """It is from a file of usual happenings."""
    optional: bool
    """It need not mean anything in every system."""


def of_kind(scenario: Scenario, kind: type[One]) -> tuple[Entry[One], ...]:
    """Return everything of one kind that happens: the usual first, then what requests cause."""
    requests = _described(scenario.invoke, scenario.head.duration)
    return tuple(
        Entry(placed, placed.happens, usual, optional)
        for some, usual, optional in (
            (scenario.usual, True, True),
            (requests, False, True),
            (scenario.happens, False, False),
        )
        for placed in some
        if isinstance(placed.happens, kind)
    )


def _described(sendings: Sequence[Sending], over_s: float) -> Iterator[Placed]:
    """Yield what requests cause in a rehearsal: Lambda's samples, and the function's log lines.

    The samples replace the usual ones of these metrics: a function gets no other requests meanwhile.
    """
    by_service: dict[str, list[Sending]] = {}
    for sending in sendings:
        by_service.setdefault(sending.request.service, []).append(sending)
        for line in _logged(sending.request):
            yield Placed(sending.place, sending.folder, line)
    for service, some in by_service.items():
        ends_s = [sending.request.ends_s(over_s) for sending in some]
        gaps_s = [time_s for sending in some for gap in sending.request.gaps for time_s in gap]
        edges_s = sorted({*(sending.request.begins_s for sending in some), *ends_s, *gaps_s})
        for from_s, to_s in itertools.pairwise(edges_s):
            sent = [sending.request for sending in some if _is_sent(sending.request, from_s, over_s)]
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
                    yield Placed(some[0].place, some[0].folder, samples)


def _is_sent(request: Request, at_s: float, over_s: float) -> bool:
    in_gap = any(begin <= at_s < end for begin, end in request.gaps)
    return request.begins_s <= at_s < request.ends_s(over_s) and not in_gap


def _logged(request: Request) -> Iterator[Lines]:
    """Yield the lines that a function writes of each request (functions/README.md)."""
    # A request that waits for its timeout has no line of its own, only the one that says so.
    own = {"error": "ERROR", "timeout": "WARNING", None: "INFO"}[request.fault]
    levels = [own] if request.log_level is None else [request.log_level, own]
    span = {name: getattr(request, name) for name in _SPAN}
    if request.at_s is None and request.from_s is None:
        span["from_s"] = 0.0  # there are no requests in the warm-up
    for level in levels:
        yield Lines.model_construct(
            **span,
            log={"level": level, "message": "drill", "duration_ms": request.takes_ms},
            service=request.service,
            log_group=None,
            per_min=Expression.parse(str(request.per_min)),
        )


@contextlib.contextmanager
def blamed_on(placed: Placed, key: str) -> Iterator[None]:
    """Say where the fault is, when computing something finds one.

    Raises:
        ConfigError: for every ValueError, with file, line and key.
    """
    try:
        yield
    except ValueError as error:
        raise ConfigError([Problem(placed.place, key, str(error))]) from error


_LAMBDA = "AWS/Lambda"
_SPAN: Mapping[str, Any] = {name: field.default for name, field in Span.model_fields.items()}
"""The times of something that always happens."""

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
            for silence in silences:
                heard &= ~self.grid.during(silence.happens)
            self._written[key] = tuple(self._lines(entry, heard) for entry in entries)
        return self._written[key]

    def published(self, metric: Metric) -> Iterable[Series]:
        """Yield what filters publish to a metric."""
        for metric_filter in self._filters.get((metric.namespace, metric.name), ()):
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
                if not entry.optional:
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
        for metric_filter in self.selection.system.filters:
            found.setdefault((metric_filter.namespace, metric_filter.metric), []).append(metric_filter)
        return {key: tuple(some) for key, some in found.items()}

    def _lines(self, entry: Entry[Lines], heard: Bools) -> Written:
        during = self.grid.during(entry.happens)
        with blamed_on(entry.placed, "per_min"):
            per_min = entry.happens.per_min.values(self.grid.t, during=during)
            return Written(entry.happens.text, self.grid.whole(per_min, during & heard))

    def _publish(self, metric_filter: MetricFilter, lines: Sequence[Written]) -> Mapping[Dimensions, Series]:
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
            made = publishing.samples(metric_filter, [(line.text, 1.0)])
            if not patterns.compile(metric_filter.pattern).matches(line.text):
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
                if not entry.optional:
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
                if not entry.optional:
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


def problems(selection: Selection, scenario: Scenario) -> Iterator[Problem]:
    """Yield each name that means nothing in a system, with its file, line and key."""
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
        except UnknownNameError as error:  # noqa: PERF203  # all of them are said
            yield Problem(placed.place, _key(placed.happens), str(error))


def _look_up(selection: Selection, happening: Happening) -> None:
    """Look up what an entry names.

    Raises:
        UnknownNameError: there is no such thing.
    """
    if isinstance(happening, Samples):
        selection.metrics(happening)
    elif isinstance(happening, Lines):
        selection.groups(happening)
    elif isinstance(happening, Silence):
        selection.silent_groups(happening)
    elif isinstance(happening, Band):
        _look_up_band(selection, happening)
    else:
        selection.queue(happening.consumer)


def _look_up_band(selection: Selection, item: Band) -> None:
    names = selection.full_names(item.band)
    banded = {alarm.name for alarm in selection.system.alarms if alarm.threshold is None}
    if not banded.intersection(names):
        message = f"no such alarm compares with a band (found: {', '.join(item.band)})"
        raise UnknownNameError(message)


def _key(happening: Happening) -> str:
    """Return the key that says what happens."""
    return next(key for key, model in HAPPENINGS.items() if isinstance(happening, model))


def _functions(selection: Selection) -> frozenset[str]:
    """Return the services that are Lambda functions: those of which an alarm watches such a metric."""
    watched = (services for metric, services in selection.watched.items() if metric.namespace == _LAMBDA)
    return frozenset().union(*watched)


@dataclass(frozen=True)
class Workload:
    """Everything that happens in one scenario.

    What filters make of log lines is added to what is said of the same metric: a metric to which two write
    holds the samples of both.
    """

    system: System
    scenario: Scenario
    grid: Grid
    recording: Recording

    def series(self, metric: Metric) -> Series:
        """Return the samples of a metric; metrics to which the same happens share one object."""
        if metric not in self._made:
            said = self._values.series(metric)
            parts = [
                *([said] if said is not None else []),
                *self._lines.published(metric),
                *(self._lines.counted(metric) if said is None else []),
            ]
            key = tuple(map(id, parts))
            if key not in self._joined:
                self._joined[key] = together(parts) if parts else self._nothing
            self._made[metric] = self._joined[key]
        return self._made[metric]

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and the upper bound for each step, for an alarm's full name; None: no band."""
        return self._bands.of(alarm)

    @cached_property
    def selection(self) -> Selection:
        """The names of the system."""
        return Selection(self.system)

    @cached_property
    def _lines(self) -> LogLines:
        entries, silences = of_kind(self.scenario, Lines), of_kind(self.scenario, Silence)
        return LogLines(self.selection, entries, silences, self.grid)

    @cached_property
    def _values(self) -> Values:
        return Values(self.selection, of_kind(self.scenario, Samples), self.grid, self.recording)

    @cached_property
    def _bands(self) -> Bands:
        return Bands(self.selection, of_kind(self.scenario, Band), self.grid)

    @cached_property
    def _made(self) -> dict[Metric, Series]:
        return {}

    @cached_property
    def _joined(self) -> dict[tuple[int, ...], Series]:
        # Parts are kept by those who made them, so that no other series can have their ids.
        return {}

    @cached_property
    def _nothing(self) -> Series:
        return constant(None, start_s=self.grid.first_s, steps=self.grid.steps, step_s=self.grid.step_s)
