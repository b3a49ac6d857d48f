"""What a metric alarm watches, read from its configuration once, and the datapoints that it sees.

An alarm is looked at in simulated time: its periods end with the minute that is evaluated and go back from
there. Anomaly detection is not here: there is no model, so that an alarm over a band sees nothing.

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

_OF_AWS = frozenset({"ContainerInsights", "ECS/ContainerInsights", "LambdaInsights", "CloudWatchSynthetics"})
"""Namespaces of AWS's own metrics that do not begin with `AWS/`."""

_BAND = "ANOMALY_DETECTION_BAND"


@dataclass(frozen=True, slots=True)
class Query:
    """A statistic of a metric.

    Args:
        metric: whose samples are looked at.
        stat: which statistic.
        period_s: of how long.
        unit: the only unit whose samples count; None for all.
    """

    metric: Metric
    stat: StatisticSpec
    period_s: int
    unit: str | None

    def values(self, metrics: Metrics, clock: Clock, end_s: int, count: int) -> npt.NDArray[np.float64]:
        """Return the last so many datapoints before a simulated time, oldest first; NaN: none."""
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
    """What an alarm sees, oldest first.

    Args:
        starts_s: when each period begins, in simulated time.
        values: NaN: no datapoint.
        counts: how many samples each is of; None for expressions.
    """

    starts_s: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class Watch:
    """What a metric alarm watches.

    Args:
        config: the alarm as it was put.
        settings: how datapoints make a state.
        comparison: when a datapoint breaches.
        threshold: what it is compared with.
        queries: metrics and expressions by their ids.
        result: which of them is compared.
        period_s: of its datapoints.
        ignores_few: the state is kept while percentiles have too few samples.
    """

    config: Value
    settings: Settings
    comparison: Comparison
    threshold: float
    queries: Mapping[str, Query | Expression]
    result: str
    period_s: int
    ignores_few: bool

    @classmethod
    def of(cls, config: Value) -> Watch | None:
        """Return what an alarm watches; None for a band of an anomaly detector, which nobody can draw here.

        Raises:
            InputError: CloudWatch would not take it.
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
            ignores_few=alarm.low_samples == "ignore",
        )

    def is_due(self, at_s: int) -> bool:
        """Tell whether the alarm is evaluated at this simulated time."""
        return at_s % evaluated_every_s(self.period_s, self.settings.evaluation_periods) == 0

    def is_known(self, metrics: Metrics) -> bool:
        """Tell whether the local AWS knows anything of what the alarm watches.

        Of metrics that it cannot report and nobody put a sample of, silence says nothing.
        """
        watched = [query.metric for query in self.queries.values() if isinstance(query, Query)]
        return not watched or any(_is_known(metric, metrics) for metric in watched)

    def datapoints(self, metrics: Metrics, clock: Clock, end_s: int) -> Datapoints:
        """Return the evaluation range that ends at a simulated time."""
        count = evaluation_range(self.settings.evaluation_periods)
        starts_s = end_s - self.period_s * np.arange(count, 0, -1)
        found = {
            key: query.values(metrics, clock, end_s, count) if isinstance(query, Query) else query
            for key, query in self.queries.items()
        }
        result = self.queries[self.result]
        if isinstance(result, Query):
            counts = Query(result.metric, check_statistic("SampleCount"), result.period_s, result.unit)
            return Datapoints(
                starts_s, np.asarray(found[self.result]), counts.values(metrics, clock, end_s, count)
            )
        values = evaluate_all(found, starts_s, self.period_s)[self.result]
        return Datapoints(starts_s, np.broadcast_to(values, starts_s.shape), None)


def read_metric_alarm(config: Value) -> MetricAlarm:
    """Return the input of PutMetricAlarm as a value of the typed model.

    Raises:
        RecordError: it is not an alarm, or is of a kind that is not supported.
    """
    return api.metric_alarm(Record(f"alarm {config.get('AlarmName')}", config))


def _query(asks: Statistic | str) -> Query | Expression:
    if isinstance(asks, str):
        return maths.parse(asks)
    metric = Metric.of(asks.metric.namespace, asks.metric.name, dict(asks.metric.dimensions))
    return Query(metric, check_statistic(asks.stat), asks.period_s, asks.unit)


def _is_known(metric: Metric, metrics: Metrics) -> bool:
    """Tell whether samples of a metric would be here if there were any; of AWS's, few are made."""
    if metric in metrics:
        return True
    if metric.namespace == LOGS:
        # Who would write to a group that nobody has written to may be a container: none runs here.
        return metric._replace(name="IncomingLogEvents") in metrics
    if metric.namespace.startswith("AWS/") or metric.namespace in _OF_AWS:
        return metric.name in REPORTED.get(metric.namespace, ())
    return True
