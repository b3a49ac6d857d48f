"""What a kind of service declares once; `catalog.build` makes it concrete for each service."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from catalog.specs import Rule, Spec, Topic, Unit
from cloudwatch.alarms import Comparison, Treatment
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

    @property
    def unit(self) -> Unit:
        """The unit of its values: a count of samples has none of the samples' unit."""
        return "Count" if self.stat == "SampleCount" else self.metric.unit


class MathTemplate(Spec):
    """Metric math over series.

    `{period_s}` in the expression becomes the period in seconds, `{min_samples}` the alarm's minimum.
    """

    expression: str
    series: dict[str, SeriesTemplate] = Field(min_length=1)
    label: str
    unit: Unit = "None"


Watched = SeriesTemplate | MathTemplate


class Percent(Spec):
    """A threshold relative to the service: so many per cent of one of its facts."""

    value: float
    of: str
    """The fact, such as "timeout_ms"."""
    words: str
    """The same for people, such as "the timeout"."""


class Fact(Spec):
    """Something of a service that alarms depend on: a number, and how people say it."""

    value: float = 1
    words: str = ""
    """Such as "the timeout of 10 s"."""


Facts = Mapping[str, Fact]


class FilterTemplate(Spec):
    """A metric filter of every service whose log has a given format."""

    key: str
    formats: tuple[LogFormat, ...]
    pattern: str
    metric: MetricTemplate
    value: str
    default_value: float | None = None


class AlarmTemplate(Spec):
    """An alarm of every service of a kind."""

    key: str
    watches: Watched
    comparison: Comparison = "GreaterThanThreshold"
    threshold: float | Percent | None = None
    """None: config has to say it."""
    unit_words: str
    """The unit as people say it, such as "failed invocations"."""
    period_s: int
    evaluation_periods: int = Field(ge=1)
    datapoints_to_alarm: int = Field(ge=1)
    missing: Treatment
    severity: Severity = "warning"
    part_of: str | None = None
    """Key of the composite that speaks for it; without one it notifies by itself."""
    needs: str | None = None
    """A fact without which the alarm would have nothing to watch, such as a queue."""
    opt_in: str | None = None
    """Why it is off until config says `enabled: true`."""
    min_samples: int | None = Field(default=None, ge=1)
    """For a rate: samples that a datapoint needs before it counts."""
    late_by: str | None = None
    """A fact in milliseconds by which its metric may arrive later than the time it is filed under."""
    anomaly: bool = False
    """Whether config may ask for an anomaly band instead of the threshold."""
    says: str
    """What is happening, in one sentence without the numbers."""
    look: str
    """Where to look first."""

    @model_validator(mode="after")
    def _bands_are_over_one_metric(self) -> AlarmTemplate:
        if self.anomaly and not isinstance(self.watches, SeriesTemplate):
            message = f"{self.key}: an anomaly band is over one metric, not over metric math"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _minimum_is_used(self) -> AlarmTemplate:
        used = isinstance(self.watches, MathTemplate) and "{min_samples}" in self.watches.expression
        if used != (self.min_samples is not None):
            message = f"{self.key}: min_samples and {{min_samples}} in the expression go together"
            raise ValueError(message)
        return self

    @property
    def needed_facts(self) -> tuple[str, ...]:
        """The facts without which it cannot be."""
        relative = (self.threshold.of,) if isinstance(self.threshold, Percent) else ()
        return tuple(dict.fromkeys((*((self.needs,) if self.needs else ()), *relative)))

    @property
    def tunable(self) -> frozenset[str]:
        """The keys that config may say about it."""
        always = {
            "threshold",
            "period_s",
            "evaluation_periods",
            "datapoints_to_alarm",
            "enabled",
            "reason",
        }
        return frozenset(
            always
            | ({"min_samples"} if self.min_samples is not None else set())
            | ({"anomaly_band"} if self.anomaly else set())
        )


class CompositeTemplate(Spec):
    """A composite of every service of a kind."""

    key: str
    rule: Rule | None = None
    """Over the kind's keys; none: any of the alarms and composites that are part of it."""
    severity: Severity
    topic: Topic | None = None
    """The topic it notifies, when that is not the one of its severity."""
    part_of: str | None = None
    """Key of the composite that speaks for it; without one it notifies by itself."""
    says: str
    look: str


class GraphTemplate(Spec):
    """A graph of every service of a kind."""

    role: str
    title: str
    unit_label: str
    series: tuple[Watched, ...]
    thresholds: tuple[str, ...] = ()
    needs: str | None = None
    """The fact without which the graph would stay empty; it is left out then."""


class EventsTemplate(Spec):
    """What an objective counts: events that are valid, and those of them that are bad."""

    key: str
    """As config names it in `slos.<name>.events`."""
    words: str
    """What is counted, such as "invocations"."""
    bad_words: str
    """What makes one bad, such as "fail"."""
    valid: SeriesTemplate
    bad: SeriesTemplate
    latency: MetricTemplate | None = None
    """For objectives on latency: the metric whose samples are the durations."""
    late_by: str | None = None
    """As of an alarm: a short window must be longer, or it would be empty whenever it is looked at."""
    needs: str | None = None
