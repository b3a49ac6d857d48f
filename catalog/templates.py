"""What a kind of service declares once; `catalog.build` makes it concrete for each service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import Field

from catalog.specs import Comparison, MissingData, Rule, Spec, Unit
from config.models import LogFormat, Severity

LOGS = "logs"
"""Stands for the service's own log metrics in `MetricTemplate.namespace`."""


class MetricTemplate(Spec):
    """A metric of every service of a kind; `dimensions` are filled in from the service's resources."""

    namespace: str
    name: str
    dimensions: tuple[str, ...] = ()
    unit: Unit

    def stat(self, stat: str, label: str) -> SeriesTemplate:
        """Return the series of one statistic of this metric."""
        return SeriesTemplate(metric=self, stat=stat, label=label)


class SeriesTemplate(Spec):
    """A metric and a statistic."""

    metric: MetricTemplate
    stat: str
    label: str


class MathTemplate(Spec):
    """Metric math over series; `{period_s}` in the expression becomes the graph's period in seconds."""

    expression: str
    series: dict[str, SeriesTemplate]
    label: str


class FilterTemplate(Spec):
    """A metric filter of every service whose log has a given format."""

    key: str
    formats: tuple[LogFormat, ...]
    pattern: str
    metric: MetricTemplate
    value: str
    default_value: float | None = None


class AlarmTemplate(Spec):
    """An alarm of every service of a kind. Its threshold comes from config unless it has its own."""

    key: str
    watches: SeriesTemplate
    comparison: Comparison = "GreaterThanThreshold"
    threshold: float | None = None
    unit_words: str
    """The unit as people say it, such as "failed invocations"."""
    period_s: int
    evaluation_periods: int = Field(ge=1)
    datapoints_to_alarm: int = Field(ge=1)
    missing: MissingData
    severity: Severity = "warning"
    says: str
    """What is happening, in one sentence without the numbers."""
    look: str
    """Where to look first."""


class CompositeTemplate(Spec):
    """A composite of every service of a kind; its rule names the kind's alarm keys."""

    key: str
    rule: Rule
    severity: Severity
    says: str
    look: str


class GraphTemplate(Spec):
    """A graph of every service of a kind."""

    role: str
    title: str
    unit_label: str
    series: tuple[SeriesTemplate | MathTemplate, ...]
    thresholds: tuple[str, ...] = ()
    needs: Literal["container_insights", "function_insights"] | None = None
    """The optional source without which the graph would stay empty; it is left out then."""


class Kind(Spec):
    """A kind of service: everything that follows from a service being of it."""

    name: Literal["lambda", "ecs"]
    resources: Callable[..., Mapping[str, str]]
    """(names, service name) -> the values of the dimensions that its metrics have."""
    resource: str
    """The dimension that holds the service's own name in AWS."""
    filters: tuple[FilterTemplate, ...]
    alarms: tuple[AlarmTemplate, ...]
    composites: tuple[CompositeTemplate, ...]
    graphs: tuple[GraphTemplate, ...]
