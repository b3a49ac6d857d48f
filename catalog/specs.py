"""The values of the catalog; Terraform, dashboards, documents and tests are views of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloudwatch.alarms import Comparison, Treatment
from cloudwatch.quotas import DESCRIPTION_CHARACTERS
from config.notifications import Severity
from config.types import MetricUnit

Unit = MetricUnit
Topic = Literal["critical", "warning", "fallback"]
"""Topics: one per severity, and `fallback` for failures of notifications."""

SYMBOLS: Mapping[Comparison, str] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "GreaterThanUpperThreshold": "> the band of",
    "LessThanLowerThreshold": "< the band of",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band of",
}
"""The comparisons in texts."""


class Spec(BaseModel):
    """Base of every spec: frozen; an unknown attribute is an error on import."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Metric(Spec):
    """One time series: a metric, its dimensions, and how its samples become datapoints."""

    namespace: str
    name: str
    dimensions: dict[str, str] = {}
    stat: str
    """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99`."""
    period_s: int
    """Seconds per datapoint."""
    label: str

    def with_period(self, period_s: int) -> Metric:
        """Return the same series at another resolution, in seconds."""
        return Metric.model_validate({**self.model_dump(), "period_s": period_s})


_VARIABLE = re.compile(r"\b[a-z]\w*")
"""IDs of metric math begin with a lower-case letter, functions are in capitals (CloudWatch User Guide, "Using
math expressions")."""


class Math(Spec):
    """One time series computed from others by CloudWatch metric math."""

    expression: str
    metrics: dict[str, Metric] = Field(min_length=1)
    """The inputs, by the id that the expression uses; all of one period."""
    label: str

    @property
    def period_s(self) -> int:
        """Seconds per datapoint."""
        return next(iter(self.metrics.values())).period_s

    def drawn(self, position: int) -> tuple[dict[str, str], str]:
        """Return the ids of its inputs in a graph, and the expression with them.

        Args:
            position: its position in the graph, which makes the ids unique.
        """
        # The position comes first: otherwise `m1` of series 1 and `m` of series 11 would have the same ID.
        ids = {key: f"s{position}_{key}" for key in self.metrics}
        return ids, _VARIABLE.sub(lambda match: ids.get(match[0], match[0]), self.expression)


Series = Metric | Math


def metrics_of(series: Series) -> tuple[Metric, ...]:
    """Return the metrics that a series is made of."""
    return (series,) if isinstance(series, Metric) else tuple(series.metrics.values())


class LogGroup(Spec):
    """A log group that services or the platform write to."""

    key: str
    name: str
    service: str | None = None
    """The service that writes to it; none for the platform's own."""
    writer: Literal["service", "collector", "insights", "delivery", "notifier", "events"]
    owned: bool = True
    """Whether the platform creates it, with retention, encryption and archive. Groups of existing services
    are only read, by metric filters and queries."""


class LogFilter(Spec):
    """A metric filter: log lines of one group that become samples of one metric."""

    key: str
    name: str
    service: str | None = None
    """The service whose lines it reads; none for the platform's own."""
    log_group_key: str
    pattern: str
    namespace: str
    metric: str
    value: str
    default_value: float | None = None
    dimensions: dict[str, str] = {}
    """Name of each dimension of the metric -> the field of the line that is its value."""
    unit: Unit


class Alarm(Spec):
    """A metric alarm: condition, route, description and runbook."""

    key: str
    """Stable id `<service>_<alarm>`: the Terraform address; never changes with a threshold."""
    name: str
    service: str | None = None
    """Its service; None for the platform."""
    kind_key: str
    """Key of the alarm within its kind, as in the configuration."""
    owner: str
    watches: Series
    comparison: Comparison
    threshold: float | None = None
    """Threshold in `unit`; None with an anomaly band."""
    anomaly_band: float | None = None
    """Width of the anomaly detection band in standard deviations, instead of a threshold."""
    unit: Unit
    condition: str
    """Measured quantity, threshold and datapoints: "> 8000 ms duration at the 99th percentile in …"."""
    evaluation_periods: int = Field(ge=1)
    datapoints_to_alarm: int = Field(ge=1)
    treat_missing_data: Treatment
    severity: Severity
    topic: Topic | None = None
    """The topic that it notifies; None if a composite notifies for it, or if it is only a suppressor."""
    summary: str
    runbook: str | None = None
    """Heading of a file in docs/runbooks, `<file>.md#<heading>`, or an https:// URL."""
    description: str = Field(min_length=1, max_length=DESCRIPTION_CHARACTERS)
    """AlarmDescription in CloudWatch."""

    @model_validator(mode="after")
    def _can_fire(self) -> Alarm:
        if self.datapoints_to_alarm > self.evaluation_periods:
            message = f"{self.key}: datapoints_to_alarm exceeds evaluation_periods"
            raise ValueError(message)
        if (self.threshold is None) == (self.anomaly_band is None):
            message = f"{self.key}: requires either a threshold or an anomaly band"
            raise ValueError(message)
        return self

    @property
    def belongs_to(self) -> str | None:
        """The service whose own stack could contain it; None for the platform."""
        return self.service

    @property
    def period_s(self) -> int:
        """Seconds per datapoint."""
        return self.watches.period_s

    @property
    def window_s(self) -> int:
        """Evaluation range in seconds."""
        return self.period_s * self.evaluation_periods

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics it watches."""
        return metrics_of(self.watches)


class InAlarm(Spec):
    """True while one alarm is in ALARM."""

    alarm: str
    """Key of a metric alarm or composite."""


class NotInAlarm(Spec):
    """True while one alarm is not in ALARM."""

    not_in_alarm: str
    """Key of a metric alarm or composite."""


class AnyOf(Spec):
    """True while one of its parts is."""

    any_of: tuple[Rule, ...] = Field(min_length=1)


class AllOf(Spec):
    """True while all of its parts are."""

    all_of: tuple[Rule, ...] = Field(min_length=1)


Rule = Annotated[InAlarm | NotInAlarm | AnyOf | AllOf, Field()]


class Suppressor(Spec):
    """The alarm that suppresses a composite's actions while it is in ALARM.

    Source: CloudWatch User Guide, "Suppressing composite alarm actions".
    """

    alarm: str
    """Key of a metric alarm or composite."""
    wait_s: int = Field(ge=0)
    """Seconds that a change waits for the suppressor to enter ALARM."""
    extension_s: int = Field(ge=0)
    """Seconds after the suppressor has left ALARM before actions run again."""


class Composite(Spec):
    """A composite alarm: a rule over other alarms."""

    key: str
    name: str
    service: str | None = None
    kind_key: str
    owner: str
    rule: Rule
    severity: Severity
    topic: Topic | None = None
    """The topic that it notifies; None if a composite notifies for it, or if it is only a suppressor."""
    suppressor: Suppressor | None = None
    is_condition: bool = False
    """Whether it is a condition over alarms of its service only, which does not notify."""
    summary: str
    runbook: str | None = None
    description: str = Field(min_length=1, max_length=DESCRIPTION_CHARACTERS)

    @property
    def belongs_to(self) -> str | None:
        """The service whose own stack could contain it; None for a composite over several services."""
        return self.service if self.is_condition else None

    def children(self) -> tuple[str, ...]:
        """Return the keys of the alarms in the rule, each once, in order."""
        return tuple(dict.fromkeys(leaves(self.rule)))


class LogLine(Spec):
    """What is logged of an AWS event: the form that EventBridge requires for a log group.

    Sources: EventBridge User Guide, "Amazon EventBridge input transformation" (indices of arrays); API
    Reference, Target (InputTransformer); AWS CDK API Reference, aws_events_targets.LogGroupTargetInput.
    """

    input_paths: dict[str, str]
    """Name -> JSON path in the event."""
    input_template: str
    """JSON with `timestamp` and `message`, and the names in angle brackets."""


class EventRule(Spec):
    """A rule on AWS events, which sends them to the log group of events."""

    key: str
    name: str
    pattern: dict[str, Any]
    """The event pattern (EventBridge User Guide, "Event patterns")."""
    summary: str
    line: LogLine | None = None
    """What is logged; None for the event itself."""


class Event(EventRule):
    """An AWS event that notifies like an alarm, because AWS has no metric for it."""

    severity: Severity
    topic: Topic
    runbook: str


class Window(Spec):
    """A maintenance window: a schedule sets a metric, and the metric an alarm that suppresses others."""

    key: str
    name: str
    cron: str
    timezone: str
    duration_min: int
    reason: str
    metric: Metric
    alarm: str
    """Key of the alarm that is in ALARM during the window."""


class Slo(Spec):
    """A service level objective with its error budget."""

    key: str
    """`<service>_<name>`."""
    service: str
    name: str
    objective_percent: float
    window_days: int
    summary: str
    """The SLO in one sentence."""
    budget: Math
    """Remaining error budget in percent, over the time range of the query."""
    burn_rates: tuple[str, ...]
    """Keys of its composites, the fastest first."""


def leaves(rule: Rule) -> Iterator[str]:
    """Yield the keys of the alarms in a rule, in order."""
    if isinstance(rule, InAlarm | NotInAlarm):
        yield rule.alarm if isinstance(rule, InAlarm) else rule.not_in_alarm
        return
    for part in rule.any_of if isinstance(rule, AnyOf) else rule.all_of:
        yield from leaves(part)


def holds(rule: Rule, in_alarm: Container[str]) -> bool:
    """Return whether a rule is true while only these alarms are in ALARM."""
    if isinstance(rule, InAlarm):
        return rule.alarm in in_alarm
    if isinstance(rule, NotInAlarm):
        return rule.not_in_alarm not in in_alarm
    if isinstance(rule, AnyOf):
        return any(holds(part, in_alarm) for part in rule.any_of)
    return all(holds(part, in_alarm) for part in rule.all_of)


class Graph(Spec):
    """A graph: series that share an axis, and the alarms whose thresholds it shows."""

    title: str
    series: tuple[Series, ...] = Field(min_length=1)
    unit_label: str
    thresholds: tuple[str, ...] = ()
    """Keys of the alarms whose thresholds or bands are shown."""
    role: str
    """What the graph shows (`errors`, `latency`, …). Graphs of one role are compared across services."""


class Widget(Spec):
    """An own widget of the configuration: a graph or a text."""

    graph: Graph | None = None
    text: str = ""
    width: int
    """Columns, of 24."""
    height: int


class WholeView(Spec):
    """The own metrics and widgets of the environment as a whole, on the dashboard."""

    graphs: tuple[Graph, ...]
    widgets: tuple[Widget, ...]


class Query(Spec):
    """A saved Logs Insights query over the logs of all services."""

    key: str
    name: str
    text: str


class ExistingResource(Spec):
    """A resource that exists already and that the configuration names: the platform does not create it."""

    type: str
    """Its type in Terraform, such as `aws_lambda_function`."""
    name: str
    """Its name in AWS; of an alias, `<function>:<alias>`."""


CountedBy = Literal["make deploy", "AWS events", "reveille deployment"]
"""What counts the deployments of a service."""


class ServiceView(Spec):
    """A service in dashboards and documents."""

    name: str
    kind: str
    kind_title: str
    """Title of the kind."""
    description: str
    owner: str
    resource: str
    """Its name in AWS."""
    existing: bool
    """Whether it exists already: the platform watches it and does not create it."""
    log_group_key: str | None
    """Its log group; None if it has none, or it is not known."""
    runbook: str
    """File in docs/runbooks for services of this kind."""
    deployments: Metric | None
    """Metric with a sample for each deployment; None if deployments are not counted."""
    counted_by: CountedBy | None
    """What writes the samples; None if deployments are not counted."""
    graphs: tuple[Graph, ...]
    widgets: tuple[Widget, ...] = ()
    """Its own widgets."""


ENVIRONMENT_NAME = "environment"
"""Name of the environment as a whole: the first part of the keys of its own alarms."""


def is_of_environment(alarm: Alarm | Composite) -> bool:
    """Return whether an alarm is one of the environment as a whole, and not of a service or the platform."""
    return alarm.service is None and alarm.key.startswith(f"{ENVIRONMENT_NAME}_")


class LeftOut(Spec):
    """An alarm of its kind that a service, or the platform, does not have, and why."""

    service: str | None
    kind_key: str
    why: Literal["not applicable", "switched off", "opt-in"]
    reason: str


class PublishedMetric(Spec):
    """A metric that the platform publishes, other than by a metric filter, or that others publish."""

    namespace: str
    name: str
    dimensions: dict[str, str] = {}
    by: str
    """What writes it."""
    is_declared: bool = False
    """Whether only the configuration states that it exists: code or a resource outside of it publishes it."""


class Subscription(Spec):
    """A subscription of a topic. Messages that cannot be delivered go to the dead-letter queue."""

    key: str
    """Part of its Terraform address, different for each subscription of a topic."""
    protocol: Literal["sqs", "lambda", "email", "http", "https"]
    endpoint: str
    """An address; for a queue and a function, its name in AWS."""


class TopicRoute(Spec):
    """A topic and its subscriptions."""

    key: str
    name: str
    severity: Severity | None = None
    """Severity of the alarms that publish to it; None for `fallback` and for the topics of e-mail."""
    alarms_publish: bool = True
    """Whether alarms publish to it; the notifier publishes to the others."""
    ok_notifications: bool = True
    """Whether alarms also publish the state OK."""
    subscriptions: tuple[Subscription, ...]


class Queue(Spec):
    """A queue of notifications."""

    key: str
    name: str
    retention_s: int
    max_receives: int | None = None
    """Times a message is received before it is moved to `dead_letters`."""
    dead_letters: str | None = None
    """Key of another queue."""


class Delivery(Spec):
    """Deliveries of the notifier for one severity."""

    mail_topic: str | None
    """Key of the topic for e-mail; None without addresses."""
    references: dict[str, tuple[str, ...]]
    """Channel -> references to its secrets."""


class Routes(Spec):
    """All routes of notifications."""

    topics: tuple[TopicRoute, ...]
    queues: tuple[Queue, ...]
    deliveries: dict[Severity, Delivery]

    def topic(self, key: str) -> TopicRoute:
        """Return the topic with this key."""
        return next(topic for topic in self.topics if topic.key == key)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The references to secrets that the notifier reads, each once."""
        deliveries = self.deliveries.values()
        return tuple(
            sorted(
                {
                    secret
                    for delivery in deliveries
                    for keys in delivery.references.values()
                    for secret in keys
                }
            )
        )


class Catalog(Spec):
    """Everything that is monitored in one environment."""

    services: tuple[ServiceView, ...]
    existing: tuple[ExistingResource, ...]
    """The resources that existing services name."""
    log_groups: tuple[LogGroup, ...]
    filters: tuple[LogFilter, ...]
    alarms: tuple[Alarm, ...]
    composites: tuple[Composite, ...]
    slos: tuple[Slo, ...]
    rules: tuple[EventRule, ...]
    """The rules on AWS events; those that notify are an `Event`."""
    windows: tuple[Window, ...]
    published: tuple[PublishedMetric, ...]
    left_out: tuple[LeftOut, ...]
    queries: tuple[Query, ...]
    whole: WholeView | None
    """What the configuration defines for the environment as a whole."""
    deployments: Metric
    """Metric with a sample for each deployment; graphs show it as a marker."""
    routes: Routes
    """Topics, subscriptions, queues and recipients."""
    event_dead_letters: Queue | None
    """Queue of the AWS events that could not be delivered; None without rules."""

    @functools.cached_property
    def events(self) -> tuple[Event, ...]:
        """The AWS events that notify."""
        return tuple(rule for rule in self.rules if isinstance(rule, Event))

    @functools.cached_property
    def _alarms_by_key(self) -> dict[str, Alarm | Composite]:
        return {item.key: item for item in self.all_alarms}

    def alarm(self, key: str) -> Alarm:
        """Return the metric alarm with this key."""
        alarm = self._alarms_by_key[key]
        if not isinstance(alarm, Alarm):
            raise KeyError(key)
        return alarm

    def log_group(self, key: str) -> LogGroup:
        """Return the log group with this key."""
        return next(group for group in self.log_groups if group.key == key)

    def alarm_name(self, key: str) -> str:
        """Return the name in AWS of the metric alarm or composite with this key."""
        return self._alarms_by_key[key].name

    @property
    def all_alarms(self) -> tuple[Alarm | Composite, ...]:
        """Metric alarms and composites."""
        return (*self.alarms, *self.composites)
