"""The system of a rehearsal: alarms, metric filters, topics, subscriptions and queues.

Alarms are those of `cloudwatch.alarms`. `drill/sources/` creates the values.

Sources: Amazon SNS API Reference, Subscribe; Amazon SQS API Reference, SetQueueAttributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from catalog.baseline import Baseline
from cloudwatch.alarms import Alarm, CompositeAlarm, MetricAlarm
from cloudwatch.publishing import MetricFilter

Severity = Literal["page", "ticket"]
"""The severity of notifications of a topic."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a topic."""

    protocol: str
    """`sqs`, `lambda`, `email`, `https`, …"""
    endpoint: str
    name: str
    """Its name in scenarios: the short name of a queue or function, an e-mail address, a URL."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that alarms notify."""

    arn: str
    """The ARN in the actions of alarms."""
    name: str
    severity: Severity | None
    """The severity of its notifications; None if it has none."""
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that receives notifications."""

    name: str
    """Its name in scenarios."""
    full_name: str
    """Its name in AWS, the value of the dimension `QueueName`."""
    visibility_timeout_s: int = 30
    """How long a received message is hidden. Default: 30 s (SQS, SetQueueAttributes)."""
    max_receives: int | None = None
    """How often a message may be received before it moves to the dead-letter queue."""
    dead_letters: str | None = None
    """Name of the dead-letter queue."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An alarm, or something else, that was found and is not rehearsed."""

    name: str
    """The name of the alarm in AWS; where it is not known, an address."""
    reason: str
    """Why it cannot be rehearsed, with its place."""


@dataclass(frozen=True, slots=True)
class System:
    """The system of a rehearsal."""

    title: str
    """Its origin: `prod`, `prod, as synthesized`, `eu-west-1 of 123456789012`."""
    alarms: tuple[MetricAlarm, ...]
    composites: tuple[CompositeAlarm, ...] = ()
    filters: tuple[MetricFilter, ...] = ()
    topics: tuple[Topic, ...] = ()
    queues: tuple[Queue, ...] = ()
    log_groups: Mapping[str, str] = field(default_factory=dict)
    """Service -> name of the log group that it writes to."""
    short_names: Mapping[str, str] = field(default_factory=dict)
    """Other name of an alarm -> its name in AWS."""
    baseline: Baseline = field(default_factory=Baseline)
    """What it publishes while it is healthy: that of the catalog. Empty for alarms without a catalog."""
    left_out: tuple[LeftOut, ...] = ()
    """What is not rehearsed. No alarm in it is in `alarms` or `composites`."""
    notes: tuple[str, ...] = ()
    """What differs from AWS in a rehearsal of these alarms, each as a sentence."""
    prefix: str = ""
    """With a live account: the prefix of the names of the alarms that were read."""

    @property
    def all_alarms(self) -> tuple[Alarm, ...]:
        """Metric alarms and composites."""
        return (*self.alarms, *self.composites)
