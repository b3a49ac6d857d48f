"""The states of metric alarms over a whole rehearsal, for all evaluations at once.

What is computed for one alarm is kept for all that are alike: the services of a platform mostly are.

Source: Amazon CloudWatch User Guide, "Alarm evaluation" (when alarms are evaluated, and over which
datapoints). Those of each step are in `cloudwatch`: `statistics`, `maths` and `evaluation`.
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


class Happening(Protocol):
    """What happens: samples of metrics, and bands."""

    def series(self, metric: Metric) -> Series:
        """Return the samples of a metric."""

    def band(self, alarm: str) -> tuple[Floats, Floats] | None:
        """Return the lower and the upper bound for each step, for an alarm's full name; None: no band."""


@dataclass(frozen=True)
class MetricAlarms:
    """Evaluates metric alarms against what happens.

    What the rehearsal itself makes (dead letters, which are so many messages more) comes as `made`.
    """

    grid: Grid
    happening: Happening
    extra: int
    """Datapoints that an alarm looks at beyond its evaluation periods."""

    def changes(self, alarm: MetricAlarm, made: Mapping[Metric, Series]) -> tuple[Change, ...]:
        """Return the changes of an alarm, which begins in INSUFFICIENT_DATA, in order."""
        return tuple(
            Change(at_s, alarm.name, STATES[old], STATES[new]) for at_s, old, new in self._moves(alarm, made)
        )

    def line(self, alarm: MetricAlarm, made: Mapping[Metric, Series]) -> Line:
        """Return what an alarm compares: the newest datapoint of each evaluation."""
        every = self._every(alarm)
        values = self._matrix(alarm, made)[:, -1]
        bound: float | tuple[Floats, Floats]
        if alarm.threshold is None:
            band = self.happening.band(alarm.name)
            none = np.full(values.shape, np.nan)
            bound = (band[0][every], band[1][every]) if band else (none, none)
        else:
            bound = alarm.threshold
        return Line(alarm.name, self.grid.ends_s[every], values, bound, alarm.unit)

    def _moves(self, alarm: MetricAlarm, made: Mapping[Metric, Series]) -> tuple[tuple[float, int, int], ...]:
        settings = (alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data)
        # A band is an alarm's own.
        compared = (alarm.comparison, alarm.name if alarm.threshold is None else alarm.threshold)
        key = (self._inputs(alarm, made), alarm.returned, compared, settings, alarm.low_samples)
        if key not in self._kept_moves:
            self._kept_moves[key] = self._computed(alarm, made)
        return self._kept_moves[key]

    @cached_property
    def _kept_moves(self) -> dict[object, tuple[tuple[float, int, int], ...]]:
        return {}

    def _inputs(self, alarm: MetricAlarm, made: Mapping[Metric, Series]) -> tuple[object, ...]:
        """Return what makes alarms alike: the same samples, asked in the same way.

        Series are compared by identity, and kept here, so that no later one can take the place of one that
        is gone.
        """
        return tuple(
            (query.id, self._series(query.asks.metric, made), query.asks.stat, query.asks.period_s)
            if isinstance(query.asks, Statistic)
            else (query.id, query.asks)
            for query in alarm.queries
        )

    def _computed(
        self, alarm: MetricAlarm, made: Mapping[Metric, Series]
    ) -> tuple[tuple[float, int, int], ...]:
        every = self._every(alarm)
        matrix = self._matrix(alarm, made)
        bound: float | tuple[Floats, Floats]
        if alarm.threshold is None:
            band = self.happening.band(alarm.name)
            if band is None:
                # Without a band there is no datapoint to compare.
                return ()
            length = matrix.shape[1]
            lower, upper = (self._windows(bounds, alarm, length)[every] for bounds in band)
            bound = (lower, upper)
        else:
            bound = alarm.threshold
        breaching = evaluation.breaches(matrix, alarm.comparison, bound)
        settings = Settings(alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data)
        found = evaluation.states(breaching, settings, "INSUFFICIENT_DATA", self._few(alarm, made))
        before = np.concatenate(([STATES.index("INSUFFICIENT_DATA")], found[:-1]))
        at = np.flatnonzero(found != before)
        ends_s = self.grid.ends_s[every]
        return tuple((float(ends_s[i]), int(before[i]), int(found[i])) for i in at)

    def _few(self, alarm: MetricAlarm, made: Mapping[Metric, Series]) -> npt.NDArray[np.bool_] | None:
        """Return which datapoints of each evaluation are of too few samples; None: that is no matter."""
        if alarm.low_samples == "evaluate":
            return None
        length = evaluation.evaluation_range(alarm.evaluation_periods, self.extra)
        found: npt.NDArray[np.bool_] | None = None
        for statistic in alarm.statistics:
            needed = evaluation.samples_needed(statistic.stat)
            if needed:
                count = statistics.sliding(
                    self._series(statistic.metric, made), "SampleCount", statistic.period_s
                )
                # Without a sample there is a gap and no percentile; its count is NaN, below nothing.
                few = np.asarray(self._windows(count, alarm, length)[self._every(alarm)] < needed, np.bool_)
                found = few if found is None else found | few
        return found

    def _every(self, alarm: MetricAlarm) -> npt.NDArray[np.int64]:
        """Return the steps at whose ends an alarm is evaluated."""
        apart_s = alarm.evaluated_every_s
        if apart_s not in self._evaluated:
            self._evaluated[apart_s] = np.flatnonzero(self.grid.ends_s % apart_s == 0)
        return self._evaluated[apart_s]

    @cached_property
    def _evaluated(self) -> dict[int, npt.NDArray[np.int64]]:
        return {}

    def _matrix(self, alarm: MetricAlarm, made: Mapping[Metric, Series]) -> Floats:
        """Return the datapoints of each evaluation, oldest first: evaluations by evaluation range."""
        length = evaluation.evaluation_range(alarm.evaluation_periods, self.extra)
        every = self._every(alarm)
        compared = next(item for item in alarm.queries if item.id == alarm.returned)
        if isinstance(compared.asks, Statistic):
            return self._windows(self._sliding(compared.asks, made), alarm, length)[every]
        queries = {item.id: query for item in alarm.queries if (query := self._query(item, made)) is not None}
        if all(is_elementwise(number) for number in queries.values() if not isinstance(number, np.ndarray)):
            found = evaluate_all(queries, self.grid.ends_s - alarm.period_s, alarm.period_s)
            return self._windows(found[alarm.returned], alarm, length)[every]
        request = length + self._before(queries.values(), length)
        back_s = np.arange(request, 0, -1, dtype=np.float64) * alarm.period_s
        wide = {
            key: self._windows(number, alarm, request)[every] if isinstance(number, np.ndarray) else number
            for key, number in queries.items()
        }
        times_s = self.grid.ends_s[every][:, None] - back_s
        return evaluate_all(wide, times_s, alarm.period_s)[alarm.returned][:, -length:]

    @staticmethod
    def _before(queries: Iterable[maths.Expression | Floats], length: int) -> int:
        """Return how many datapoints before the evaluation range metric math is computed from.

        Those that `RATE`, `DIFF` and `DIFF_TIME` need for the oldest of the range. CloudWatch does not say
        how far it looks for them: one evaluation range is assumed. What is computed over all of a request,
        such as an average of a metric, is computed over the evaluation range.
        """
        expressions = [query for query in queries if not isinstance(query, np.ndarray)]
        back = [expression for expression in expressions if looks_back(expression)]
        others = [expression for expression in expressions if expression not in back]
        return length if back and all(map(is_elementwise, others)) else 0

    def _query(self, query: Query, made: Mapping[Metric, Series]) -> maths.Expression | Floats | None:
        """Return a query's datapoints, or its expression; None: it is a band, which is given."""
        if isinstance(query.asks, Statistic):
            return self._sliding(query.asks, made)
        expression = maths.parse(query.asks)
        return None if maths.band_of(expression) else expression

    def _sliding(self, statistic: Statistic, made: Mapping[Metric, Series]) -> Floats:
        return statistics.sliding(self._series(statistic.metric, made), statistic.stat, statistic.period_s)

    def _windows(self, values: Floats, alarm: MetricAlarm, length: int) -> Floats:
        return statistics.evaluations(values, max(1, alarm.period_s // self.grid.step_s), length)

    def _series(self, metric: Metric, made: Mapping[Metric, Series]) -> Series:
        said = self.happening.series(metric)
        if metric not in made:
            return said
        if (said, made[metric]) not in self._raised:
            self._raised[said, made[metric]] = raised(said, made[metric])
        return self._raised[said, made[metric]]

    @cached_property
    def _raised(self) -> dict[tuple[Series, Series], Series]:
        return {}
