"""What is rehearsed: alarms, composites, log filters, topics and queues, wherever they were read from.

The values say what AWS knows of them and no more, so that a catalog, a synthesized configuration and a live
account are the same to the engine. `drill/sources/` makes them.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm, MetricDataQuery, PutCompositeAlarm; Amazon
CloudWatch Logs API Reference, PutMetricFilter; Amazon SNS API Reference, Subscribe; Amazon SQS API Reference,
SetQueueAttributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cloudwatch.evaluation import Comparison, Treatment
from cloudwatch.publishing import MetricFilter
from cloudwatch.states import State
from cloudwatch.suppression import Suppressor

LowSamples = Literal["evaluate", "ignore"]
Severity = Literal["page", "ticket"]
"""What a notification of a topic is: it wakes somebody, or it waits for the morning."""


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
    `drill.checking` refuses an alarm that asks for another.
    """


@dataclass(frozen=True, slots=True)
class Query:
    """One line of metric math: a statistic, or an expression over other queries."""

    id: str
    asks: Statistic | str
    """A statistic, or the text of an expression."""


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
        return tuple(one.asks for one in self.queries if isinstance(one.asks, Statistic))

    @property
    def period_s(self) -> int:
        """Seconds per datapoint; all metrics of an alarm share it (PutMetricAlarm, Metrics)."""
        return self.statistics[0].period_s


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


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who hears of a topic."""

    protocol: str
    """`sqs`, `lambda`, `email`, `https`, …"""
    endpoint: str
    name: str
    """As a scenario calls it: the queue's or function's short name, the address, the URL."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that alarms notify."""

    arn: str
    """What alarms' actions say."""
    name: str
    severity: Severity | None
    """Whether it wakes somebody; None when it is nobody's topic of a severity."""
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue in which notifications arrive."""

    name: str
    """As a scenario calls it."""
    full_name: str
    """In AWS, which is its dimension `QueueName`."""
    visibility_timeout_s: int = 30
    """How long a message that was received is hidden; 30 s unless set (SQS, SetQueueAttributes)."""
    max_receives: int | None = None
    """How often a message may be received before it moves to the dead-letter queue."""
    dead_letters: str | None = None
    """Name of that queue."""


@dataclass(frozen=True, slots=True)
class System:
    """Everything that one rehearsal is about."""

    title: str
    """Where it is from, for people: `prod`, `prod, as synthesized`, `eu-west-1 of 123456789012`."""
    alarms: tuple[MetricAlarm, ...]
    composites: tuple[CompositeAlarm, ...] = ()
    filters: tuple[MetricFilter, ...] = ()
    topics: tuple[Topic, ...] = ()
    queues: tuple[Queue, ...] = ()
    log_groups: Mapping[str, str] = field(default_factory=dict)
    """Service -> name of the log group that it writes to."""
    short_names: Mapping[str, str] = field(default_factory=dict)
    """What else a scenario may call an alarm -> its name in AWS."""
    prefix: str = ""
    """Of an account: only alarms whose names begin so were read."""

    @property
    def all_alarms(self) -> tuple[MetricAlarm | CompositeAlarm, ...]:
        """Metric alarms and composites."""
        return (*self.alarms, *self.composites)
