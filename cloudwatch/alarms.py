"""The typed model of an alarm: what AWS knows of a metric alarm or a composite alarm, and no more.

The catalog, a synthesized configuration, a live account, a file and a request of PutMetricAlarm become the
same values; `cloudwatch.validation` says whether AWS accepts them. `cloudwatch.api` reads AWS's own words.

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
"""The operators that compare with a band of an anomaly detector."""

ONLY_QUERY: Final = "metric"
"""Id of the query of an alarm on one metric, which has none in AWS."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of CloudWatch: a namespace, a name and dimensions, sorted by their names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Return it as people write it: `AWS/Lambda Errors FunctionName=pay`."""
        return " ".join((self.namespace, self.name, *(f"{name}={value}" for name, value in self.dimensions)))


@dataclass(frozen=True, slots=True)
class Statistic:
    """Datapoints of a metric: one for every period."""

    metric: Metric
    stat: str
    """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or an extended one such as `p99`."""
    period_s: int
    unit: str | None = None
    """Only samples of this unit count; None for all, which is what alarms should have.

    Samples that a scenario writes have no unit, and count. What metric filters publish has one:
    an alarm that asks for another is refused: see `cloudwatch.validation`.
    """


@dataclass(frozen=True, slots=True)
class Query:
    """One line of metric math: a statistic, or an expression over other queries."""

    id: str
    asks: Statistic | str
    """A statistic, or the text of an expression."""
    period_s: int | None = None
    """Of an expression that states one; a statistic has its own."""


@dataclass(frozen=True, slots=True)
class Actions:
    """The topics' ARNs (or names) that an alarm notifies when it enters each state."""

    alarm: tuple[str, ...] = ()
    ok: tuple[str, ...] = ()
    insufficient_data: tuple[str, ...] = ()

    def of(self, state: State) -> tuple[str, ...]:
        """Return whom it notifies when it enters a state."""
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
    """None when the band of an anomaly detector is compared."""
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: Treatment = "missing"
    low_samples: LowSamples = "evaluate"
    """What percentiles of few samples do: they count, or the alarm keeps its state."""
    band: str | None = None
    """Id of the band that is compared instead of a threshold (`ThresholdMetricId`)."""
    actions: Actions = Actions()
    description: str = ""
    unit: str = ""
    """Of the threshold, for people; empty when nobody knows."""
    service: str | None = None
    """The service that it is about, where that is known."""
    place: str = field(default="", compare=False)
    """Where it was read, for messages: a file or a stack, and what is in it; empty when its name says it."""

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The statistics that it is made of."""
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
    """In CloudWatch's grammar; alarms by their names."""
    actions: Actions = Actions()
    suppressor: Suppressor | None = None
    description: str = ""
    service: str | None = None
    place: str = field(default="", compare=False)
    """Where it was read, as of a metric alarm."""


Alarm = MetricAlarm | CompositeAlarm


def pairs(dimensions: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return dimensions, sorted by their names."""
    return tuple(sorted(dimensions.items()))


def in_order(queries: Iterable[Query]) -> tuple[Query, ...]:
    """Return queries, statistics before the expressions over them, each sorted by their ids.

    Terraform keeps them as a set, so an account may list them in another order than they were written.
    """
    return tuple(sorted(queries, key=lambda query: (isinstance(query.asks, str), query.id)))
