"""What is rehearsed: alarms and metric filters with the topics and queues behind them.

Alarms are those of `cloudwatch.alarms`. `drill/sources/` makes the values.

Sources: Amazon SNS API Reference, Subscribe; Amazon SQS API Reference, SetQueueAttributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cloudwatch.alarms import Alarm, CompositeAlarm, MetricAlarm
from cloudwatch.publishing import MetricFilter

Severity = Literal["page", "ticket"]
"""What a notification of a topic is: it wakes somebody, or it waits for the morning."""


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
    def all_alarms(self) -> tuple[Alarm, ...]:
        """Metric alarms and composites."""
        return (*self.alarms, *self.composites)
