"""Play recorded series to alarms: any alarm, any series, without a scenario.

A row of a recording is one sample (or so many), so that a period with one row has that row's value for its
sum, average, minimum, maximum and percentiles: recordings of datapoints play as they are.

Rows that are a period of their alarm apart, or several, are datapoints of that period. Nobody knows one
before its period is over: it plays then, and until the next one. Other rows are samples, and known at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

from cloudwatch import statistics
from cloudwatch.alarms import CompositeAlarm, Metric, MetricAlarm
from cloudwatch.distribution import Floats
from cloudwatch.quotas import MINUTE_S
from cloudwatch.series import Series
from drill import checking
from drill.errors import DrillError
from drill.grid import Grid
from drill.model import System
from drill.rehearsal import Rehearsal
from drill.scenarios.model import Assumptions
from drill.simulation import rehearse
from drill.sources import alarm_file, recording
from drill.sources.recording import Recorded

_MOST_STEPS = 1_000_000
"""Two years of minutes; more is a column of times that are none."""
LOWER, UPPER = "lower", "upper"
"""Columns that are the band of alarms that compare with one."""


def replay(alarms: Path, series: Path) -> Rehearsal:
    """Return what alarms do while recorded series are played to them.

    Args:
        alarms: a file with alarms, JSON.
        series: a file with series, CSV or JSON.

    Raises:
        SourceError: a file cannot be read.
        ConfigError: AWS would refuse an alarm.
        DrillError: the series do not fit the alarms.
    """
    found = alarm_file.read(alarms)
    recorded = recording.read(series)
    system = System(
        title=alarms.name,
        alarms=tuple(metric_alarm for metric_alarm in found if isinstance(metric_alarm, MetricAlarm)),
        composites=tuple(metric_alarm for metric_alarm in found if isinstance(metric_alarm, CompositeAlarm)),
    )
    checking.check(system)
    played = Played(system, recorded, _grid(system, recorded))
    played.check()
    return rehearse(
        system,
        played.grid,
        played,
        named=(alarms.stem, f"{series.name}, played to {alarms.name}"),
        extra=Assumptions().extra_datapoints,
    )


def _grid(system: System, recorded: Sequence[Recorded]) -> Grid:
    """Return the minutes from the first row to the end of the last row's period."""
    times_s = [point.time_s for item in recorded for point in item.points]
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
            f"the series are too long: at most {_MOST_STEPS} steps of {step_s} s "
            f"(found: {begins:%Y-%m-%d} to {ends:%Y-%m-%d})"
        )
        raise DrillError(message)
    return Grid(first_s, first_s, step_s, steps)


@dataclass(frozen=True)
class Played:
    """Recorded series, each for one metric."""

    system: System
    recorded: Sequence[Recorded]
    grid: Grid

    def check(self) -> None:
        """Refuse metrics without a series, and bands without both edges; others may have series, too.

        Raises:
            DrillError: with what there is and what there should be.
        """
        missing = [str(metric) for metric in self._metrics if metric not in self._by_metric]
        if missing:
            columns = ", ".join(recorded.names[0] for recorded in self.recorded if recorded.names)
            message = (
                f"no series for {missing[0]}: name a column after the metric, its query's id, or its label "
                f"(found: {columns or 'columns without names'})"
            )
            raise DrillError(message)
        banded = [alarm.name for alarm in self.system.alarms if alarm.threshold is None]
        if banded and self.band(banded[0]) is None:
            message = f"{banded[0]} compares with a band: it needs the columns {LOWER} and {UPPER}"
            raise DrillError(message)

    def series(self, metric: Metric) -> Series:
        """Return the samples of a metric."""
        return self._series(self._by_metric[metric], self._periods_s[metric])

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the recorded band, which is that of every alarm that has one: an edge holds for a period."""
        edges = [recorded for name in (LOWER, UPPER) for recorded in self.recorded if name in recorded.names]
        if len(edges) != len((LOWER, UPPER)):
            return None
        period_s = next(
            metric_alarm.period_s for metric_alarm in self.system.alarms if metric_alarm.name == alarm
        )
        lower, upper = (
            statistics.sliding(self._series(edge, frozenset({period_s})), "Maximum", period_s)
            for edge in edges
        )
        return lower, upper

    def _series(self, recorded: Recorded, periods_s: frozenset[int]) -> Series:
        """Return what was recorded, for alarms with these periods."""
        later_s = self._later_s(recorded, periods_s)
        if (id(recorded), later_s) not in self._made:
            self._made[id(recorded), later_s] = Series.of_samples(
                [point._replace(time_s=point.time_s + later_s) for point in recorded.points],
                start_s=self.grid.first_s,
                step_s=self.grid.step_s,
                steps=self.grid.steps,
            )
        return self._made[id(recorded), later_s]

    def _later_s(self, recorded: Recorded, periods_s: frozenset[int]) -> int:
        """Return how much later a row plays than its time says: in the last step of its period."""
        times_s = [point.time_s for point in recorded.points]
        first_s = min(times_s, default=0.0)
        if first_s % self.grid.step_s:
            return 0
        whole = [some_s for some_s in periods_s if all((at_s - first_s) % some_s == 0 for at_s in times_s)]
        return max(whole, default=self.grid.step_s) - self.grid.step_s

    @cached_property
    def _made(self) -> dict[tuple[int, int], Series]:
        return {}

    @cached_property
    def _periods_s(self) -> Mapping[Metric, frozenset[int]]:
        """Each metric that an alarm watches -> the periods of those that do."""
        found: dict[Metric, frozenset[int]] = {}
        for alarm in self.system.alarms:
            for statistic in alarm.statistics:
                found[statistic.metric] = found.get(statistic.metric, frozenset()) | {statistic.period_s}
        return found

    @cached_property
    def _metrics(self) -> Mapping[Metric, tuple[str, ...]]:
        """Each metric that an alarm watches -> what its series may be called, the most exact first.

        An id that stands for one metric in one alarm and for another one in another is nobody's name.
        """
        asked: dict[str, dict[Metric, None]] = {}
        for alarm in self.system.alarms:
            for query in alarm.queries:
                if not isinstance(query.asks, str):
                    asked.setdefault(query.id, {})[query.asks.metric] = None
        found: dict[Metric, tuple[str, ...]] = {}
        for key, metrics in asked.items():
            for metric in metrics:
                names = found.get(metric, (str(metric), f"{metric.namespace} {metric.name}", metric.name))
                found[metric] = (*names, key) if len(metrics) == 1 else names
        return found

    @cached_property
    def _by_metric(self) -> Mapping[Metric, Recorded]:
        """The series of each metric that has one.

        Raises:
            DrillError: two series go by the same name of one metric.
        """
        samples = [recorded for recorded in self.recorded if not {LOWER, UPPER} & set(recorded.names)]
        if len(self._metrics) == len(samples) == 1:
            return {next(iter(self._metrics)): samples[0]}
        found: dict[Metric, Recorded] = {}
        for metric, names in self._metrics.items():
            for name in names:
                fitting = [sample for sample in samples if name in sample.names]
                if len(fitting) > 1:
                    message = f"several series for {metric}: {len(fitting)} are called {name}"
                    raise DrillError(message)
                if fitting:
                    found[metric] = fitting[0]
                    break
        return found
