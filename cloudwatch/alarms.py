"""The typed model of metric alarms and composite alarms, with AWS's attributes only.

The catalog, a synthesized configuration, a live account, a file and a request of PutMetricAlarm become the
same values; `cloudwatch.validation` validates them. `cloudwatch.api` reads the format of AWS's APIs.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm, MetricDataQuery, PutCompositeAlarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from cloudwatch import quotas
from cloudwatch.states import State
from cloudwatch.suppression import Suppressor

LowSamples = Literal["evaluate", "ignore"]
Treatment = Literal["missing", "ignore", "breaching", "notBreaching"]
Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "GreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
]

TREATMENTS: Final[tuple[Treatment, ...]] = get_args(Treatment)
OPERATORS: Final[tuple[Comparison, ...]] = get_args(Comparison)
BANDS: Final[tuple[Comparison, ...]] = OPERATORS[4:]
"""The operators that compare with the band of an anomaly detector."""

ONLY_QUERY: Final = "metric"
"""Id of the query of an alarm on a single metric, which has no id in AWS."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: a namespace, a name and dimensions, sorted by their names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Return the metric for messages: `AWS/Lambda Errors FunctionName=pay`."""
        return " ".join((self.namespace, self.name, *(f"{name}={value}" for name, value in self.dimensions)))


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic of a metric: one datapoint for every period."""

    metric: Metric
    stat: str
    """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or an extended statistic such as `p99`."""
    period_s: int
    unit: str | None = None
    """Only samples in this unit count; None for all units.

    "Metric data points that specify a unit of measure are aggregated separately". Without a unit CloudWatch
    "retrieves all unit types that have been published for the metric" (PutMetricAlarm, Unit).
    """


@dataclass(frozen=True, slots=True)
class Query:
    """A query of metric math: a statistic, or an expression over other queries."""

    id: str
    asks: Statistic | str
    """A statistic, or the text of an expression."""
    period_s: int | None = None
    """Period of an expression, if it is given; a statistic has its own period."""


@dataclass(frozen=True, slots=True)
class Actions:
    """ARNs (or names) of the topics that an alarm notifies, for each state."""

    alarm: tuple[str, ...] = ()
    ok: tuple[str, ...] = ()
    insufficient_data: tuple[str, ...] = ()

    def of(self, state: State) -> tuple[str, ...]:
        """Return the topics that are notified when the alarm enters a state."""
        if state == "ALARM":
            return self.alarm
        return self.ok if state == "OK" else self.insufficient_data


@dataclass(frozen=True, slots=True)
class MetricAlarm:
    """A metric alarm."""

    name: str
    queries: tuple[Query, ...]
    """One statistic, or metric math."""
    returned: str
    """Id of the query that is compared."""
    comparison: Comparison
    threshold: float | None
    """None if the band of an anomaly detector is compared."""
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: Treatment = "missing"
    low_samples: LowSamples = "evaluate"
    """Treatment of percentiles with too few samples: `ignore` keeps the state of the alarm."""
    band: str | None = None
    """Id of the band that replaces the threshold (`ThresholdMetricId`)."""
    actions: Actions = Actions()
    description: str = ""
    unit: str = ""
    """Unit of the threshold, for texts; empty if it is not known."""
    service: str | None = None
    """The service of the alarm, if it is known."""
    place: str = field(default="", compare=False)
    """Where the alarm was read, for messages: a file or stack and a location; empty if the name suffices."""

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The statistics among the queries."""
        return tuple(query.asks for query in self.queries if isinstance(query.asks, Statistic))

    @property
    def period_s(self) -> int:
        """Seconds per datapoint; all queries of an alarm share it (PutMetricAlarm, Metrics)."""
        for query in self.queries:
            period_s = query.asks.period_s if isinstance(query.asks, Statistic) else query.period_s
            if period_s is not None:
                return period_s
        return quotas.MINUTE_S

    @property
    def evaluated_every_s(self) -> int:
        """Seconds between two evaluations."""
        return quotas.evaluated_every_s(self.period_s, self.evaluation_periods)


@dataclass(frozen=True, slots=True)
class CompositeAlarm:
    """A composite alarm."""

    name: str
    rule: str
    """In CloudWatch's syntax; alarms by their names."""
    actions: Actions = Actions()
    suppressor: Suppressor | None = None
    description: str = ""
    service: str | None = None
    place: str = field(default="", compare=False)
    """Where the alarm was read, as for a metric alarm."""


Alarm = MetricAlarm | CompositeAlarm


def pairs(dimensions: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return dimensions, sorted by their names."""
    return tuple(sorted(dimensions.items()))


def in_order(queries: Iterable[Query]) -> tuple[Query, ...]:
    """Return queries with statistics before expressions, each sorted by their ids.

    Terraform keeps them as a set, so their order in an account may differ from that in the configuration.
    """
    return tuple(sorted(queries, key=lambda query: (isinstance(query.asks, str), query.id)))
