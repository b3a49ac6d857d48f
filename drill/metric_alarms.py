"""The states of metric alarms during a rehearsal, computed for all evaluations at once.

Results are cached for alarms with the same inputs and settings, as many services of a platform have.

Source: Amazon CloudWatch User Guide, "Alarm evaluation" (when alarms are evaluated, and over which
datapoints). The steps are in `cloudwatch`: `statistics`, `maths` and `evaluation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from cloudwatch import evaluation, maths, statistics
from cloudwatch.alarms import Metric, MetricAlarm, Query, Statistic
from cloudwatch.composites import Change
from cloudwatch.distribution import Floats
from cloudwatch.evaluation import Settings
from cloudwatch.maths.evaluation import evaluate_all, is_elementwise, looks_back
from cloudwatch.series import Series, raised
from cloudwatch.states import STATES
from drill.grid import Grid
from drill.rehearsal import Line


class MetricSource(Protocol):
    """The source of samples of metrics, and of bands."""

    def series(self, metric: Metric, unit: str | None = None) -> Series:
        """Return the samples of a metric in one unit; in all units if it is None."""

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and upper bound of an alarm (its full name) for each step; None without a band."""


@dataclass(frozen=True)
class MetricAlarms:
    """Evaluates metric alarms.

    Metrics that the rehearsal itself causes (numbers of dead letters) are passed as `effects`.
    """

    grid: Grid
    source: MetricSource
    extra: int
    """Datapoints that an alarm retrieves beyond its evaluation periods."""
    is_known_before: bool = True
    """Whether it is known that metrics have no samples before the first step."""

    def changes(self, alarm: MetricAlarm, effects: Mapping[Metric, Series]) -> tuple[Change, ...]:
        """Return the changes of an alarm in order. It starts in INSUFFICIENT_DATA."""
        return tuple(
            Change(at_s, alarm.name, STATES[old], STATES[new])
            for at_s, old, new in self._moves(alarm, effects)
        )

    def line(self, alarm: MetricAlarm, effects: Mapping[Metric, Series]) -> Line:
        """Return the values that an alarm compares: the newest datapoint of each evaluation."""
        every = self._every(alarm)
        values = self._matrix(alarm, effects)[:, -1]
        bound: float | tuple[Floats, Floats]
        if alarm.threshold is None:
            band = self.source.band(alarm.name)
            none = np.full(values.shape, np.nan)
            bound = (band[0][every], band[1][every]) if band else (none, none)
        else:
            bound = alarm.threshold
        return Line(alarm.name, self.grid.ends_s[every], values, bound, alarm.unit)

    def _moves(
        self, alarm: MetricAlarm, effects: Mapping[Metric, Series]
    ) -> tuple[tuple[float, int, int], ...]:
        settings = (alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data)
        # Every alarm has its own band.
        compared = (alarm.comparison, alarm.name if alarm.threshold is None else alarm.threshold)
        key = (self._inputs(alarm, effects), alarm.returned, compared, settings, alarm.low_samples)
        if key not in self._cached_moves:
            self._cached_moves[key] = self._computed(alarm, effects)
        return self._cached_moves[key]

    @cached_property
    def _cached_moves(self) -> dict[object, tuple[tuple[float, int, int], ...]]:
        return {}

    def _inputs(self, alarm: MetricAlarm, effects: Mapping[Metric, Series]) -> tuple[object, ...]:
        """Return the inputs of an alarm, as part of a cache key.

        Series are compared by identity. The cache keeps them, so that an identity is not reused.
        """
        return tuple(
            (query.id, self._series(query.asks, effects), query.asks.stat, query.asks.period_s)
            if isinstance(query.asks, Statistic)
            else (query.id, query.asks)
            for query in alarm.queries
        )

    def _computed(
        self, alarm: MetricAlarm, effects: Mapping[Metric, Series]
    ) -> tuple[tuple[float, int, int], ...]:
        every = self._every(alarm)
        matrix = self._matrix(alarm, effects)
        bound: float | tuple[Floats, Floats]
        if alarm.threshold is None:
            band = self.source.band(alarm.name)
            if band is None:
                # Without a band no datapoint can be compared.
                return ()
            length = matrix.shape[1]
            lower, upper = (self._windows(bounds, alarm, length)[every] for bounds in band)
            bound = (lower, upper)
        else:
            bound = alarm.threshold
        breaching = evaluation.breaches(matrix, alarm.comparison, bound)
        settings = Settings(alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data)
        undecided = self._undecided(alarm, effects, matrix)
        states = evaluation.states(breaching, settings, "INSUFFICIENT_DATA", undecided)
        before = np.concatenate(([STATES.index("INSUFFICIENT_DATA")], states[:-1]))
        at = np.flatnonzero(states != before)
        ends_s = self.grid.ends_s[every]
        return tuple((float(ends_s[i]), int(before[i]), int(states[i])) for i in at)

    def _undecided(
        self, alarm: MetricAlarm, effects: Mapping[Metric, Series], matrix: Floats
    ) -> npt.NDArray[np.bool_] | None:
        """Return which datapoints keep the state, if it depends on them; None if that is not relevant.

        These are percentiles of too few samples, and datapoints from before the first step: all that end
        before it, and those that begin before it and are missing.
        """
        few = self._few(alarm, effects)
        if self.is_known_before:
            return few
        back_s = np.arange(matrix.shape[1], 0, -1, dtype=np.float64) * alarm.period_s
        starts_s = self.grid.ends_s[self._every(alarm)][:, None] - back_s
        ends_before = starts_s + alarm.period_s <= self.grid.first_s
        before = ends_before | ((starts_s < self.grid.first_s) & np.isnan(matrix))
        return before if few is None else before | few

    def _few(self, alarm: MetricAlarm, effects: Mapping[Metric, Series]) -> npt.NDArray[np.bool_] | None:
        """Return which datapoints of each evaluation have too few samples; None if that is not relevant."""
        if alarm.low_samples == "evaluate":
            return None
        length = evaluation.evaluation_range(alarm.evaluation_periods, self.extra)
        few: npt.NDArray[np.bool_] | None = None
        for statistic in alarm.statistics:
            needed = evaluation.samples_needed(statistic.stat)
            if needed:
                count = statistics.sliding(
                    self._series(statistic, effects), "SampleCount", statistic.period_s
                )
                # Without samples there is no percentile. The count is then NaN, which is not below anything.
                windows = self._windows(count, alarm, length)[self._every(alarm)]
                of_statistic = np.asarray(windows < needed, np.bool_)
                few = of_statistic if few is None else few | of_statistic
        return few

    def _every(self, alarm: MetricAlarm) -> npt.NDArray[np.int64]:
        """Return the steps at whose end an alarm is evaluated."""
        apart_s = alarm.evaluated_every_s
        if apart_s not in self._evaluated:
            self._evaluated[apart_s] = np.flatnonzero(self.grid.ends_s % apart_s == 0)
        return self._evaluated[apart_s]

    @cached_property
    def _evaluated(self) -> dict[int, npt.NDArray[np.int64]]:
        return {}

    def _matrix(self, alarm: MetricAlarm, effects: Mapping[Metric, Series]) -> Floats:
        """Return the datapoints of each evaluation, oldest first: evaluations by evaluation range."""
        length = evaluation.evaluation_range(alarm.evaluation_periods, self.extra)
        every = self._every(alarm)
        compared = next(query for query in alarm.queries if query.id == alarm.returned)
        if isinstance(compared.asks, Statistic):
            return self._windows(self._sliding(compared.asks, effects), alarm, length)[every]
        queries = {
            query.id: value for query in alarm.queries if (value := self._query(query, effects)) is not None
        }
        if all(is_elementwise(value) for value in queries.values() if not isinstance(value, np.ndarray)):
            results = evaluate_all(queries, self.grid.ends_s - alarm.period_s, alarm.period_s)
            return self._windows(results[alarm.returned], alarm, length)[every]
        request = length + self._before(queries.values(), length)
        back_s = np.arange(request, 0, -1, dtype=np.float64) * alarm.period_s
        wide = {
            key: self._windows(value, alarm, request)[every] if isinstance(value, np.ndarray) else value
            for key, value in queries.items()
        }
        times_s = self.grid.ends_s[every][:, None] - back_s
        return evaluate_all(wide, times_s, alarm.period_s)[alarm.returned][:, -length:]

    @staticmethod
    def _before(queries: Iterable[maths.Expression | Floats], length: int) -> int:
        """Return how many datapoints before the evaluation range metric math needs.

        `RATE`, `DIFF` and `DIFF_TIME` need them for the oldest of the range. CloudWatch does not document how
        many it retrieves: one evaluation range is assumed. Functions over a whole request, such as an average
        of a metric, use the evaluation range.
        """
        expressions = [query for query in queries if not isinstance(query, np.ndarray)]
        back = [expression for expression in expressions if looks_back(expression)]
        without_history = [expression for expression in expressions if expression not in back]
        return length if back and all(map(is_elementwise, without_history)) else 0

    def _query(self, query: Query, effects: Mapping[Metric, Series]) -> maths.Expression | Floats | None:
        """Return the datapoints of a query, or its expression; None for a band."""
        if isinstance(query.asks, Statistic):
            return self._sliding(query.asks, effects)
        expression = maths.parse(query.asks)
        return None if maths.band_of(expression) else expression

    def _sliding(self, statistic: Statistic, effects: Mapping[Metric, Series]) -> Floats:
        return statistics.sliding(self._series(statistic, effects), statistic.stat, statistic.period_s)

    def _windows(self, values: Floats, alarm: MetricAlarm, length: int) -> Floats:
        return statistics.evaluations(values, max(1, alarm.period_s // self.grid.step_s), length)

    def _series(self, statistic: Statistic, effects: Mapping[Metric, Series]) -> Series:
        """Return the samples of a statistic's metric in its unit."""
        metric = statistic.metric
        series = self.source.series(metric, statistic.unit)
        if metric not in effects:
            return series
        if (series, effects[metric]) not in self._raised:
            self._raised[series, effects[metric]] = raised(series, effects[metric])
        return self._raised[series, effects[metric]]

    @cached_property
    def _raised(self) -> dict[tuple[Series, Series], Series]:
        return {}
