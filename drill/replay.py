"""Replay of recorded series: the evaluation of any alarm with any series, without a scenario.

A row of a recording is a sample, or several if it has their number, so the value of the only row of a period
is its sum, average, minimum, maximum and percentiles. Recordings of datapoints therefore have their original
values.

Before the first row nothing is known: an alarm stays in INSUFFICIENT_DATA until its state no longer depends
on earlier datapoints, whatever its treatment of missing data.

Rows whose distance is a period of the alarm, or a multiple, are datapoints of that period. A datapoint is
known at the end of its period, and is valid until the next one. Other rows are samples, known immediately.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

from cloudwatch import statistics
from cloudwatch.alarms import CompositeAlarm, Metric, MetricAlarm, Statistic
from cloudwatch.distribution import Floats
from cloudwatch.evaluation import samples_needed
from cloudwatch.quotas import MINUTE_S
from cloudwatch.series import Series
from drill import checking, leaving_out
from drill.errors import DrillError
from drill.grid import Grid
from drill.model import System
from drill.rehearsal import Rehearsal
from drill.scenarios.model import Assumptions
from drill.simulation import rehearse
from drill.sources import alarm_file, recording
from drill.sources.recording import Recorded

_MOST_STEPS = 1_000_000
"""Two years of minutes. More is likely a wrong column of times."""
LOWER, UPPER = "lower", "upper"
"""Columns with the anomaly band."""


def replay(alarms: Path, series: Path, only: str | None = None) -> Rehearsal:
    """Return the outcome of alarms with recorded series.

    Args:
        alarms: a JSON file with alarms.
        series: a CSV or JSON file with series.
        only: the name of one of the alarms; None for all.

    Raises:
        SourceError: a file cannot be read.
        ConfigError: an alarm is not valid.
        DrillError: the series do not match the alarms.
    """
    read = alarm_file.read(alarms, only)
    recorded = recording.read(series)
    whole = System(
        title=alarms.name,
        alarms=tuple(alarm for alarm in read.alarms if isinstance(alarm, MetricAlarm)),
        composites=tuple(alarm for alarm in read.alarms if isinstance(alarm, CompositeAlarm)),
        left_out=read.left_out,
    )
    system = leaving_out.some(leaving_out.rehearsable(whole, is_deployed=False))
    checking.check(system)
    source = Replayed(system, recorded, _grid(system, recorded))
    source.check()
    system = source.with_counted_samples()
    return rehearse(
        system,
        source.grid,
        source,
        named=(alarms.stem, f"{series.name}, replayed to {alarms.name}"),
        extra=Assumptions().extra_datapoints,
        is_known_before=False,
    )


def _grid(system: System, recorded: Sequence[Recorded]) -> Grid:
    """Return the minutes from the first row to the end of the last row's period."""
    times_s = [point.time_s for series in recorded for point in series.points]
    periods_s = [alarm.period_s for alarm in system.alarms]
    step_s = math.gcd(MINUTE_S, *periods_s)
    first_s = int(min(times_s) // MINUTE_S) * MINUTE_S
    last_s = max(times_s) + max(periods_s, default=MINUTE_S)
    steps = max(1, math.ceil((last_s - first_s) / step_s))
    if steps > _MOST_STEPS:
        begins, ends = (
            datetime.fromtimestamp(value, tz=timezone.utc) for value in (min(times_s), max(times_s))
        )
        message = (
            f"the series is too long: at most {_MOST_STEPS} steps of {step_s} s "
            f"(found: {begins:%Y-%m-%d} to {ends:%Y-%m-%d})"
        )
        raise DrillError(message)
    return Grid(first_s, first_s, step_s, steps)


@dataclass(frozen=True)
class Replayed:
    """Recorded series, each for one metric."""

    system: System
    recorded: Sequence[Recorded]
    grid: Grid

    def check(self) -> None:
        """Reject metrics without a series, and bands without both bounds. Additional series are allowed.

        Raises:
            DrillError: a series is missing.
        """
        missing = [str(metric) for metric in self._metrics if metric not in self._by_metric]
        if missing:
            columns = ", ".join(recorded.names[0] for recorded in self.recorded if recorded.names)
            message = (
                f"no series for {missing[0]}: name a column after the metric, its query's id, or its label "
                f"(found: {columns or 'columns without names'})"
            )
            if len(self.system.all_alarms) > 1:
                message += "; --alarm selects an alarm"
            raise DrillError(message)
        banded = [alarm.name for alarm in self.system.alarms if alarm.threshold is None]
        if banded and self.band(banded[0]) is None:
            message = f"{banded[0]} has an anomaly band: the columns {LOWER} and {UPPER} are required"
            raise DrillError(message)

    def with_counted_samples(self) -> System:
        """Return the system, with a note for alarms that ignore percentiles of few samples without a count.

        A recorded percentile is one row, whatever the number of its samples. If a row does not have this
        number, the alarm evaluates every percentile.
        """
        alarms, notes = [], list[str]()
        for alarm in self.system.alarms:
            uncounted = [
                text
                for statistic in alarm.statistics
                if samples_needed(statistic.stat) and (text := self._uncounted(statistic))
            ]
            if alarm.low_samples == "ignore" and uncounted:
                note = f"{uncounted[0]}: EvaluateLowSampleCountPercentile: ignore is not applied"
                notes.append(f"{alarm.name}: {note}")
                alarms.append(replace(alarm, low_samples="evaluate"))
            else:
                alarms.append(alarm)
        return replace(self.system, alarms=tuple(alarms), notes=tuple(notes))

    def _uncounted(self, statistic: Statistic) -> str:
        """Return which rows of a statistic have no number of samples; empty if all have it."""
        points = self._by_metric[statistic.metric].points
        missing = sum(point.samples is None for point in points)
        rows = "" if missing == len(points) else f" in {missing} of {len(points)} rows"
        text = f"the recording has no number of samples for {statistic.stat} of {statistic.metric.name}{rows}"
        return text if missing else ""

    def series(self, metric: Metric, unit: str | None = None) -> Series:
        """Return the samples of a metric. A recording has no units: its rows are in the unit of the alarm."""
        del unit
        return self._series(self._by_metric[metric], self._periods_s[metric])

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the recorded band of all alarms with a band. A bound is valid for a period."""
        edges = [recorded for name in (LOWER, UPPER) for recorded in self.recorded if name in recorded.names]
        if len(edges) != len((LOWER, UPPER)):
            return None
        period_s = next(of.period_s for of in self.system.alarms if of.name == alarm)
        lower, upper = (
            statistics.sliding(self._series(edge, frozenset({period_s})), "Maximum", period_s)
            for edge in edges
        )
        return lower, upper

    def _series(self, recorded: Recorded, periods_s: frozenset[int]) -> Series:
        """Return a recorded series for alarms with these periods."""
        delay_s = self._delay_s(recorded, periods_s)
        if (id(recorded), delay_s) not in self._cache:
            self._cache[id(recorded), delay_s] = Series.of_samples(
                [point._replace(time_s=point.time_s + delay_s).weighted for point in recorded.points],
                start_s=self.grid.first_s,
                step_s=self.grid.step_s,
                steps=self.grid.steps,
            )
        return self._cache[id(recorded), delay_s]

    def _delay_s(self, recorded: Recorded, periods_s: frozenset[int]) -> int:
        """Return the delay of a row: it is used in the last step of its period."""
        times_s = [point.time_s for point in recorded.points]
        first_s = min(times_s, default=0.0)
        if first_s % self.grid.step_s:
            return 0
        multiples_of = [
            period_s for period_s in periods_s if all((at_s - first_s) % period_s == 0 for at_s in times_s)
        ]
        return max(multiples_of, default=self.grid.step_s) - self.grid.step_s

    @cached_property
    def _cache(self) -> dict[tuple[int, int], Series]:
        return {}

    @cached_property
    def _periods_s(self) -> Mapping[Metric, frozenset[int]]:
        """Each metric of an alarm -> the periods of its alarms."""
        periods_s: dict[Metric, frozenset[int]] = {}
        for alarm in self.system.alarms:
            for statistic in alarm.statistics:
                known_s = periods_s.get(statistic.metric, frozenset())
                periods_s[statistic.metric] = known_s | {statistic.period_s}
        return periods_s

    @cached_property
    def _metrics(self) -> Mapping[Metric, tuple[str, ...]]:
        """Each metric of an alarm -> the possible names of its series, the most specific first.

        The id of a query that refers to different metrics in different alarms is not a name.
        """
        metrics_of: dict[str, dict[Metric, None]] = {}
        for alarm in self.system.alarms:
            for query in alarm.queries:
                if not isinstance(query.asks, str):
                    metrics_of.setdefault(query.id, {})[query.asks.metric] = None
        names_of: dict[Metric, tuple[str, ...]] = {}
        for key, metrics in metrics_of.items():
            for metric in metrics:
                names = names_of.get(metric, (str(metric), f"{metric.namespace} {metric.name}", metric.name))
                names_of[metric] = (*names, key) if len(metrics) == 1 else names
        return names_of

    @cached_property
    def _by_metric(self) -> Mapping[Metric, Recorded]:
        """Metric -> its series.

        Raises:
            DrillError: several series have the same name of a metric.
        """
        samples = [recorded for recorded in self.recorded if not {LOWER, UPPER} & set(recorded.names)]
        if len(self._metrics) == len(samples) == 1:
            return {next(iter(self._metrics)): samples[0]}
        by_metric: dict[Metric, Recorded] = {}
        for metric, names in self._metrics.items():
            for name in names:
                matching = [sample for sample in samples if name in sample.names]
                if len(matching) > 1:
                    message = f"several series for {metric}: {len(matching)} have the name {name}"
                    raise DrillError(message)
                if matching:
                    by_metric[metric] = matching[0]
                    break
        return by_metric
