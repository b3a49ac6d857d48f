"""A metric alarm parsed from its configuration, and its datapoints.

An alarm is evaluated in simulated time: its last period ends with the minute that is evaluated. Anomaly
detection is not supported: there is no model of the band, so an alarm with a band is not evaluated.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm; Amazon CloudWatch User Guide, "Alarm evaluation"
(alarms are evaluated every minute, those with periods under a minute every 10 seconds, those that look back
longer than a day every hour).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cloudwatch import api, maths, validation
from cloudwatch.errors import InputError
from cloudwatch.evaluation import Settings, evaluation_range
from cloudwatch.maths import Expression
from cloudwatch.maths.evaluation import evaluate_all
from cloudwatch.quotas import FAST_S, MINUTE_S, evaluated_every_s
from cloudwatch.records import Record
from cloudwatch.statistics import check_statistic
from local_aws.emission import LOGS, REPORTED
from local_aws.metrics import Metric, datapoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from cloudwatch.alarms import Comparison, MetricAlarm, Statistic
    from cloudwatch.statistics import Statistic as StatisticSpec
    from local_aws.clock import Clock
    from local_aws.metrics import Metrics
    from local_aws.protocols import Value

_AWS_NAMESPACES = frozenset(
    {"ContainerInsights", "ECS/ContainerInsights", "LambdaInsights", "CloudWatchSynthetics"}
)
"""Namespaces of AWS services that do not begin with `AWS/`."""

_BAND = "ANOMALY_DETECTION_BAND"


@dataclass(frozen=True, slots=True)
class Query:
    """A statistic of a metric.

    Args:
        metric: the metric.
        stat: the statistic.
        period_s: the period in seconds.
        unit: the unit of the samples; None for all units.
    """

    metric: Metric
    stat: StatisticSpec
    period_s: int
    unit: str | None

    def values(self, metrics: Metrics, clock: Clock, end_s: int, count: int) -> npt.NDArray[np.float64]:
        """Return the last `count` datapoints before a simulated time, oldest first; NaN if missing."""
        start_s = end_s - count * self.period_s
        samples = metrics.between(self.metric, clock.real_s(start_s), clock.real_s(end_s), self.unit)
        if not len(samples.at_s):
            return np.full(count, np.nan)
        step_s = FAST_S if self.period_s % MINUTE_S else MINUTE_S
        return datapoints(
            samples,
            self.stat,
            self.period_s,
            start_s=start_s,
            step_s=step_s,
            count=count,
            clock=clock.simulated,
        )


@dataclass(frozen=True, slots=True)
class Datapoints:
    """The datapoints of an alarm, oldest first.

    Args:
        starts_s: the start of each period in simulated time, in seconds since 1970.
        values: the values; NaN if a datapoint is missing.
        counts: the number of samples of each datapoint; None for expressions.
    """

    starts_s: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class Watch:
    """A parsed metric alarm.

    Args:
        config: the input of PutMetricAlarm.
        settings: the settings of the evaluation, such as M of N.
        comparison: the comparison operator.
        threshold: the threshold.
        queries: id -> metric or expression.
        result: the id of the query that is compared with the threshold.
        period_s: the period of its datapoints, in seconds.
        ignores_low_sample_counts: the state does not change while a percentile has too few samples.
    """

    config: Value
    settings: Settings
    comparison: Comparison
    threshold: float
    queries: Mapping[str, Query | Expression]
    result: str
    period_s: int
    ignores_low_sample_counts: bool

    @classmethod
    def of(cls, config: Value) -> Watch | None:
        """Parse an alarm. Return None for an alarm with an anomaly band, which cannot be evaluated here.

        Raises:
            InputError: the alarm is not valid on CloudWatch.
        """
        alarm = read_metric_alarm(config)
        if alarm.threshold is None:
            return None
        for problem in validation.metric_alarm(alarm):
            if not problem.is_unsupported:
                raise InputError(str(problem))
        queries = {query.id: _query(query.asks) for query in alarm.queries}
        expressions = {key: None if isinstance(query, Query) else query for key, query in queries.items()}
        maths.check_alarm(expressions, alarm.returned)
        return cls(
            config=config,
            settings=Settings(alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data),
            comparison=alarm.comparison,
            threshold=alarm.threshold,
            queries=queries,
            result=alarm.returned,
            period_s=alarm.period_s,
            ignores_low_sample_counts=alarm.low_samples == "ignore",
        )

    def is_due(self, at_s: int) -> bool:
        """Return whether the alarm is evaluated at this simulated time."""
        return at_s % evaluated_every_s(self.period_s, self.settings.evaluation_periods) == 0

    def is_evaluable(self, metrics: Metrics) -> bool:
        """Return whether at least one metric of the alarm is emitted here or has samples of PutMetricData.

        For any other alarm, missing data says nothing about the service.
        """
        watched = [query.metric for query in self.queries.values() if isinstance(query, Query)]
        return not watched or any(_is_emitted(metric, metrics) for metric in watched)

    def datapoints(
        self, metrics: Metrics, clock: Clock, end_s: int, *, looks_back: bool = True, fills: bool = True
    ) -> Datapoints:
        """Return the datapoints of the evaluation range that ends at a simulated time.

        Args:
            metrics: the samples.
            clock: the clock.
            end_s: the simulated time, in seconds since 1970.
            looks_back: whether more than N datapoints are evaluated.
            fills: whether expressions have values where no metric has one, as those of `FILL`.
        """
        n = self.settings.evaluation_periods
        count = evaluation_range(n) if looks_back else n
        starts_s = end_s - self.period_s * np.arange(count, 0, -1)
        series = {
            key: query.values(metrics, clock, end_s, count) if isinstance(query, Query) else query
            for key, query in self.queries.items()
        }
        result = self.queries[self.result]
        if isinstance(result, Query):
            counts = Query(result.metric, check_statistic("SampleCount"), result.period_s, result.unit)
            return Datapoints(
                starts_s, np.asarray(series[self.result]), counts.values(metrics, clock, end_s, count)
            )
        values = np.broadcast_to(evaluate_all(series, starts_s, self.period_s)[self.result], starts_s.shape)
        if not fills:
            sampled = [column for column in series.values() if isinstance(column, np.ndarray)]
            values = np.where(np.any(~np.isnan(sampled), axis=0), values, np.nan)
        return Datapoints(starts_s, values, None)


def read_metric_alarm(config: Value) -> MetricAlarm:
    """Return the input of PutMetricAlarm as a typed alarm.

    Raises:
        RecordError: the input is not a valid alarm, or its type is not supported.
    """
    return api.metric_alarm(Record(f"alarm {config.get('AlarmName')}", config))


def _query(asks: Statistic | str) -> Query | Expression:
    if isinstance(asks, str):
        return maths.parse(asks)
    metric = Metric.of(asks.metric.namespace, asks.metric.name, dict(asks.metric.dimensions))
    return Query(metric, check_statistic(asks.stat), asks.period_s, asks.unit)


def _is_emitted(metric: Metric, metrics: Metrics) -> bool:
    """Return whether a metric has samples or can get samples in the local AWS."""
    if metric in metrics:
        return True
    if metric.namespace == LOGS:
        # A log group without entries may belong to a container, and no containers run here.
        return metric._replace(name="IncomingLogEvents") in metrics
    if metric.namespace.startswith("AWS/") or metric.namespace in _AWS_NAMESPACES:
        return metric.name in REPORTED.get(metric.namespace, ())
    return True
