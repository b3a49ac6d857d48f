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

from cloudwatch import maths
from cloudwatch.evaluation import Settings, evaluation_range
from cloudwatch.maths import Expression
from cloudwatch.statistics import check_statistic
from local_aws.emission import LOGS, MINUTE_S, REPORTED
from local_aws.metrics import Metric, datapoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from cloudwatch.evaluation import Comparison
    from cloudwatch.statistics import Statistic
    from local_aws.clock import Clock
    from local_aws.metrics import Metrics
    from local_aws.protocols import Value

SHORT_S = 10
"""How often alarms with periods under a minute are evaluated."""

_LONG_S, _HOUR_S = 86_400, 3600
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
    stat: Statistic
    period_s: int
    unit: str | None

    def values(self, metrics: Metrics, clock: Clock, end_s: int, count: int) -> npt.NDArray[np.float64]:
        """Return the last so many datapoints before a simulated time, oldest first; NaN: none."""
        start_s = end_s - count * self.period_s
        samples = metrics.between(self.metric, clock.real_s(start_s), clock.real_s(end_s), self.unit)
        if not len(samples.at_s):
            return np.full(count, np.nan)
        step_s = SHORT_S if self.period_s % MINUTE_S else MINUTE_S
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
        if "Threshold" not in config or "ThresholdMetricId" in config:
            return None
        queries = {query["Id"]: _query(query) for query in config.get("Metrics") or []}
        if not queries:
            stat = config.get("ExtendedStatistic") or config.get("Statistic", "Average")
            queries = {"m": _metric({"Metric": config, "Stat": stat, **config})}
        shown = [query["Id"] for query in config.get("Metrics") or [] if query.get("ReturnData", True)]
        periods = [query.period_s for query in queries.values() if isinstance(query, Query)]
        periods += [query["Period"] for query in config.get("Metrics") or [] if query.get("Period")]
        count = int(config["EvaluationPeriods"])
        result = shown[0] if shown else "m"
        maths.check_alarm(
            {key: None if isinstance(query, Query) else query for key, query in queries.items()}, result
        )
        return cls(
            config=config,
            settings=Settings(
                count,
                int(config.get("DatapointsToAlarm", count)),
                config.get("TreatMissingData", "missing"),
            ),
            comparison=config["ComparisonOperator"],
            threshold=float(config["Threshold"]),
            queries=queries,
            result=result,
            period_s=int(periods[0]) if periods else MINUTE_S,
            ignores_few=config.get("EvaluateLowSampleCountPercentile") == "ignore",
        )

    def is_due(self, at_s: int) -> bool:
        """Tell whether the alarm is evaluated at this simulated time."""
        if self.period_s * self.settings.evaluation_periods > _LONG_S:
            return at_s % _HOUR_S == 0
        return self.period_s < MINUTE_S or at_s % MINUTE_S == 0

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
        values = maths.evaluate_all(found, starts_s, self.period_s)[self.result]
        return Datapoints(starts_s, np.broadcast_to(values, starts_s.shape), None)


def _query(query: Value) -> Query | Expression:
    if query.get("MetricStat"):
        return _metric(query["MetricStat"])
    return maths.parse(query["Expression"])


def _metric(given: Value) -> Query:
    metric = given["Metric"]
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or []}
    return Query(
        Metric.of(metric["Namespace"], metric["MetricName"], dimensions),
        check_statistic(given["Stat"]),
        int(given["Period"]),
        given.get("Unit"),
    )


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
