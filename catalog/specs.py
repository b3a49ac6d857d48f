"""The values that describe what is watched; Terraform, dashboards, documents and tests are views of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.models import Severity

Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
]
MissingData = Literal["breaching", "notBreaching", "ignore", "missing"]
Unit = Literal["Count", "Milliseconds", "Percent", "None"]

SYMBOLS: Mapping[Comparison, str] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
"""How each comparison is written for people."""


class Spec(BaseModel):
    """Base of every spec: frozen, and a misspelt attribute is an error on import."""

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


class Math(Spec):
    """One time series computed from others by CloudWatch metric math."""

    expression: str
    metrics: dict[str, Metric]
    """The inputs, by the id that the expression uses."""
    label: str


Series = Metric | Math


class LogGroup(Spec):
    """A log group that the platform owns."""

    key: str
    name: str
    service: str | None = None
    """The service that writes to it; none for the platform's own."""
    writer: Literal["service", "collector", "insights", "delivery"]


class LogFilter(Spec):
    """A metric filter: log lines of one group that become samples of one metric."""

    key: str
    name: str
    service: str
    log_group_key: str
    pattern: str
    namespace: str
    metric: str
    value: str
    default_value: float | None = None
    unit: Unit


class Alarm(Spec):
    """A metric alarm, complete: when it fires, why that matters, and whom it tells."""

    key: str
    """Stable id `<service>_<alarm>`: the Terraform address; never changes with a threshold."""
    name: str
    service: str
    kind_key: str
    """Key of the alarm within its kind, as config tunes it."""
    metric: Metric
    comparison: Comparison
    threshold: float
    unit: Unit
    evaluation_periods: int = Field(ge=1)
    datapoints_to_alarm: int = Field(ge=1)
    treat_missing_data: MissingData
    severity: Severity
    description: str = Field(min_length=1, max_length=1024)
    """What happened and where to look; CloudWatch takes 1,024 characters (API reference, PutMetricAlarm)."""

    @model_validator(mode="after")
    def _m_of_n(self) -> Alarm:
        if self.datapoints_to_alarm > self.evaluation_periods:
            message = f"{self.key}: datapoints_to_alarm exceeds evaluation_periods"
            raise ValueError(message)
        return self

    @property
    def window_s(self) -> int:
        """Seconds that the alarm looks back over."""
        return self.metric.period_s * self.evaluation_periods


class InAlarm(Spec):
    """True while one alarm is in ALARM."""

    alarm: str
    """Key of a metric alarm or composite."""


class AnyOf(Spec):
    """True while one of its parts is."""

    any_of: tuple[Rule, ...] = Field(min_length=1)


class AllOf(Spec):
    """True while all of its parts are."""

    all_of: tuple[Rule, ...] = Field(min_length=1)


Rule = Annotated[InAlarm | AnyOf | AllOf, Field()]


class Composite(Spec):
    """A composite alarm: a rule over other alarms."""

    key: str
    name: str
    service: str | None = None
    rule: Rule
    severity: Severity
    description: str = Field(min_length=1, max_length=1024)

    def children(self) -> tuple[str, ...]:
        """Return the keys of the alarms in the rule, each once, in order."""
        return tuple(dict.fromkeys(_leaves(self.rule)))


def _leaves(rule: Rule) -> Iterator[str]:
    if isinstance(rule, InAlarm):
        yield rule.alarm
        return
    for part in rule.any_of if isinstance(rule, AnyOf) else rule.all_of:
        yield from _leaves(part)


class Graph(Spec):
    """One picture: series that share an axis, and the alarm whose threshold is drawn on it."""

    title: str
    series: tuple[Series, ...] = Field(min_length=1)
    unit_label: str
    thresholds: tuple[str, ...] = ()
    """Keys of the alarms whose lines are drawn."""
    role: str
    """What the graph shows (`errors`, `latency`, …): graphs of one role are compared across services."""


class Query(Spec):
    """A saved Logs Insights query over the logs of all services."""

    key: str
    name: str
    text: str


class ServiceView(Spec):
    """What the catalog knows of one service."""

    name: str
    kind: Literal["lambda", "ecs"]
    description: str
    owner: str
    resource: str
    """The name of the function or ECS service in AWS."""
    log_group_key: str
    graphs: tuple[Graph, ...]


class Catalog(Spec):
    """Everything that is watched in one environment."""

    services: tuple[ServiceView, ...]
    log_groups: tuple[LogGroup, ...]
    filters: tuple[LogFilter, ...]
    alarms: tuple[Alarm, ...]
    composites: tuple[Composite, ...]
    queries: tuple[Query, ...]

    def alarm(self, key: str) -> Alarm:
        """Return the metric alarm with this key."""
        return next(one for one in self.alarms if one.key == key)

    def log_group(self, key: str) -> LogGroup:
        """Return the log group with this key."""
        return next(one for one in self.log_groups if one.key == key)

    def alarm_name(self, key: str) -> str:
        """Return the name in AWS of the metric alarm or composite with this key."""
        both: tuple[Alarm | Composite, ...] = (*self.alarms, *self.composites)
        return next(one.name for one in both if one.key == key)
