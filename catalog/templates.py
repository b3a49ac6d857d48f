"""Templates that a kind of service declares once; `catalog.build` applies them to each service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from catalog.known_metrics import documented
from catalog.specs import Rule, Spec, Topic, Unit
from cloudwatch.alarms import Comparison, Treatment
from config.notifications import Severity

LOGS = "logs"
"""Stands for the service's own log metrics in `MetricTemplate.namespace`."""
LOG = "log"
"""The fact of a service that has a log."""
SHARED = "shared"
"""Stands there for the metrics of all services of the environment, which a dimension tells apart."""


class BaselineTemplate(Spec):
    """The samples of a metric while its resource is healthy. A drill plays them (`catalog.baseline`)."""

    values: tuple[tuple[float, float], ...] = ()
    """Each value, in the unit of the metric, with its samples a minute; empty if nothing is published."""
    percent_of: str | None = None
    """The fact of which the values are percentages, such as "desired_count"; it is 0 without the fact."""

    def of(self, facts: Facts) -> tuple[tuple[float, float], ...]:
        """Return each value of a subject with these facts, with its samples a minute."""
        if self.percent_of is None:
            return self.values
        fact = facts.get(self.percent_of)
        whole = fact.value if fact else 0
        return tuple((value * whole / 100, per_min) for value, per_min in self.values)


def steady(value: float, *, percent_of: str | None = None) -> BaselineTemplate:
    """Return the baseline of a metric with the same value in every minute.

    Args:
        value: the value, in the unit of the metric, or in percent of `percent_of`.
        percent_of: a fact, as for `BaselineTemplate`.
    """
    return BaselineTemplate(values=((value, 1),), percent_of=percent_of)


ONLY_FAILURES = BaselineTemplate()
"""The baseline of a metric that is published only when something fails."""
FROM_LOG = BaselineTemplate()
"""The baseline of a metric whose samples come from the lines of a log: `catalog.kinds.logs.line`."""


class Fact(Spec):
    """A property of a service that alarms depend on: a number, and its text."""

    value: float = 1
    words: str = ""
    """Such as "the timeout of 10 s"."""
    at: tuple[str, ...] = ()
    """Where it is set: keys of the service, such as `("timeout_s",)`, or of the environment."""
    of_environment: bool = False
    """Whether `at` has keys of the environment."""


WHOLE = Fact(value=100)
"""100 percent."""

Facts = Mapping[str, Fact]


Sample = Literal["1", "0 or 1"]
"""What a sample of a metric that counts events is, as in `known_metrics.AWS_METRICS`."""

EVENT = Fact(value=1, words="the value of a sample, which is one event")
"""The highest value of a sample of a metric that counts events."""


class MetricTemplate(Spec):
    """A metric of every service of a kind; `dimensions` are filled in from the service's resources."""

    namespace: str
    name: str
    dimensions: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    """Dimensions in addition, for the services that have the resource, such as an alias."""
    fixed: tuple[tuple[str, str], ...] = ()
    """Dimensions with their values, of an own metric of the configuration."""
    unit: Unit
    baseline: BaselineTemplate
    """What a healthy resource publishes. Required: without it, an alarm on the metric would break drills."""
    least: Fact | None = Fact(value=0)
    """The lowest value of a sample. None: no limit."""
    most: Fact | str | None = None
    """The highest value of a sample: a constant, or the key of the fact that limits it. None: no limit."""
    most_with: str | None = None
    """The fact with which `most` is the highest value; without the fact, there is no limit."""
    sample: Sample | None = None
    """What a sample is, of a metric that counts events; its `most` is then `EVENT`."""
    needs: str | None = None
    """The fact without which it is not published: alarms, graphs and events of it are left out."""
    delay_s: int = 0
    """Seconds that its samples arrive later than those of other metrics."""
    late_by: str | None = None
    """A fact in milliseconds: how late its samples are at most, in addition to `delay_s`."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The facts and the dimensions without which it has no data."""
        log = (LOG,) if self.namespace == LOGS else ()
        return (*((self.needs,) if self.needs else ()), *log, *self.dimensions)

    def stat(self, stat: str, label: str) -> SeriesTemplate:
        """Return the series of one statistic of this metric."""
        return SeriesTemplate(metric=self, stat=stat, label=label)


class Namespace(NamedTuple):
    """A namespace, and the dimensions and the delay of metrics in it."""

    name: str
    dimensions: tuple[str, ...] = ()
    """As in `MetricTemplate`."""
    optional: tuple[str, ...] = ()
    """As in `MetricTemplate`."""
    delay_s: int = 0
    """As in `MetricTemplate`."""

    def metric(  # noqa: PLR0913 - the arguments of a metric
        self,
        name: str,
        unit: Unit,
        baseline: BaselineTemplate,
        *,
        most: Fact | str | None = None,
        most_with: str | None = None,
        late_by: str | None = None,
        needs: str | None = None,
        sample: Sample | None = None,
    ) -> MetricTemplate:
        """Return a metric of this namespace; the arguments are those of `MetricTemplate`.

        What AWS documents about its samples and statistics is added.
        """
        known = documented(self.name, name)
        sample = sample or known.get("sample")
        return MetricTemplate(
            namespace=self.name,
            name=name,
            dimensions=self.dimensions,
            optional=self.optional,
            unit=unit,
            baseline=baseline,
            most=most or (EVENT if sample else None),
            most_with=most_with,
            sample=sample,
            delay_s=self.delay_s,
            late_by=late_by,
            needs=needs,
        )


BETWEEN_SAMPLES = ("Average", "Minimum", "Maximum", "p", "tm", "wm", "IQM", "TM(", "WM(")
"""Beginnings of statistics whose value is not above the highest sample (CloudWatch User Guide, "CloudWatch
statistics definitions")."""


class SeriesTemplate(Spec):
    """A metric and a statistic."""

    metric: MetricTemplate
    stat: str
    label: str

    @property
    def unit(self) -> Unit:
        """The unit of its values: a count of samples has none of the samples' unit."""
        return "Count" if self.stat == "SampleCount" else self.metric.unit

    @property
    def least(self) -> Fact | None:
        """The lowest value: that of a sample, or zero if samples are counted, or added and not negative."""
        least = self.metric.least
        is_sum = self.stat.startswith(("Sum", "ts", "TS("))
        if self.stat.startswith(BETWEEN_SAMPLES) or (is_sum and (least is None or least.value == 0)):
            return least
        return None if is_sum and least is not None and least.value < 0 else Fact(value=0)

    @property
    def most(self) -> Fact | str | None:
        """The highest value: that of a sample, 100 for a share of samples, none if samples are added."""
        if self.stat.startswith("PR("):
            return WHOLE
        return self.metric.most if self.stat.startswith(BETWEEN_SAMPLES) else None


class MathTemplate(Spec):
    """Metric math over series.

    `{period_s}` in the expression becomes the period in seconds, `{min_samples}` the alarm's minimum.
    Durations of a log are in milliseconds in it.
    """

    expression: str
    series: dict[str, SeriesTemplate] = Field(min_length=1)
    label: str
    unit: Unit = "None"
    least: Fact | None = Fact(value=0)
    """The lowest value. None: no limit."""
    most: Fact | str | None = None
    """The highest value, as in `MetricTemplate`."""


Watched = SeriesTemplate | MathTemplate


def metrics_of(watched: Watched) -> tuple[MetricTemplate, ...]:
    """Return the metrics that a series is made of."""
    series = (watched,) if isinstance(watched, SeriesTemplate) else watched.series.values()
    return tuple(series_template.metric for series_template in series)


def needed_by(watched: Watched) -> tuple[str, ...]:
    """Return the facts and the dimensions without which a series has no data."""
    return tuple(dict.fromkeys(key for metric in metrics_of(watched) for key in metric.needed))


def lacking(needed: Iterable[str | None], facts: Facts, dimensions: Mapping[str, str]) -> str | None:
    """Return the first of the facts and dimensions that a subject does not have; None if it has all."""
    return next((key for key in needed if key not in {None, *facts, *dimensions}), None)


class Percent(Spec):
    """A relative threshold: a percentage of a fact of the service."""

    value: float
    of: str
    """The fact, such as "timeout_ms"."""
    words: str = ""
    """The fact in texts of all services, such as "the timeout"."""


class FilterTemplate(Spec):
    """A metric filter of a service, from the format of its log."""

    key: str
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
    """None: the configuration must set it."""
    unit_words: str
    """The measured quantity with its unit, such as "failed invocations"."""
    period_s: int
    evaluation_periods: int = Field(ge=1)
    datapoints_to_alarm: int = Field(ge=1)
    missing: Treatment
    severity: Severity = "warning"
    part_of: str | None = None
    """Key of the composite that notifies for it; without one it notifies directly."""
    needs: str | None = None
    """A fact that the alarm requires, such as a queue."""
    opt_in: str | None = None
    """Why it is off by default, until `enabled: true` is configured."""
    min_samples: int | None = Field(default=None, ge=1)
    """For a rate: samples that a datapoint must have."""
    anomaly_upper: float | None = Field(default=None, gt=0)
    """The upper edge of the anomaly band of a healthy service, in the unit of the metric and for `period_s`.
    None: an anomaly band must not be configured instead of the threshold."""
    summary: str
    """What happens, in one sentence without the threshold."""
    any_stat: str | None = None
    """The summary with another statistic than that of `watches`. None: the summary is true with any."""
    look: str
    """The next step, as a continuation of "Look at"."""
    runbook: str | None = None
    """The runbook of an own alarm of the configuration, as `Alarm.runbook`. None: a section of its kind's."""

    @model_validator(mode="after")
    def _bands_are_over_one_metric(self) -> AlarmTemplate:
        if self.anomaly and not isinstance(self.watches, SeriesTemplate):
            message = f"{self.key}: an anomaly band requires a single metric, not metric math"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _minimum_is_used(self) -> AlarmTemplate:
        used = isinstance(self.watches, MathTemplate) and "{min_samples}" in self.watches.expression
        if used != (self.min_samples is not None):
            message = f"{self.key}: min_samples and {{min_samples}} in the expression require each other"
            raise ValueError(message)
        return self

    @property
    def anomaly(self) -> bool:
        """Whether an anomaly band may be configured instead of the threshold."""
        return self.anomaly_upper is not None

    @property
    def shares(self) -> Mapping[str, str]:
        """Name of each limit of which a threshold may be a share -> its fact: the name without the unit."""
        most = self.watches.most
        facts = (
            *self._relative,
            *((most,) if isinstance(most, str) else ()),
            *((self.threshold.of,) if isinstance(self.threshold, Percent) else ()),
        )
        return {fact.removesuffix("_ms").removesuffix("_s"): fact for fact in facts}

    @property
    def needed(self) -> tuple[str, ...]:
        """The facts and the dimensions that it requires; without its limit, a metric has no meaning."""
        relative = (self.threshold.of,) if isinstance(self.threshold, Percent) else ()
        limit = (self.watches.most,) if isinstance(self.watches.most, str) else ()
        own = (self.needs,) if self.needs else ()
        return tuple(dict.fromkeys((*own, *needed_by(self.watches), *relative, *self._relative, *limit)))

    @property
    def _relative(self) -> tuple[str, ...]:
        """The facts to which its metrics are relative: what is normal is a percentage of them."""
        normal = (metric.baseline.percent_of for metric in metrics_of(self.watches))
        return tuple(dict.fromkeys(fact for fact in normal if fact))

    @property
    def tunable(self) -> frozenset[str]:
        """The keys that may be configured for it."""
        always = {
            "threshold",
            "period_s",
            "evaluation_periods",
            "datapoints_to_alarm",
            "comparison",
            "missing",
            "enabled",
            "reason",
        }
        return frozenset(
            always
            | ({"stat"} if isinstance(self.watches, SeriesTemplate) else set())
            | ({"min_samples"} if self.min_samples is not None else set())
            | ({"anomaly_band"} if self.anomaly else set())
        )


class CompositeTemplate(Spec):
    """A composite of every service of a kind."""

    key: str
    rule: Rule | None = None
    """Rule over the keys of the kind. None: any of the alarms and composites that are part of it."""
    severity: Severity
    topic: Topic | None = None
    """The topic that it notifies, if it is not the topic of its severity."""
    part_of: str | None = None
    """Key of the composite that notifies for it; without one it notifies directly."""
    needs: str | None = None
    """The fact that it requires; without it, the composite is left out."""
    summary: str
    look: str


class GraphTemplate(Spec):
    """A graph of every service of a kind."""

    role: str
    title: str
    unit_label: str
    series: tuple[Watched, ...]
    thresholds: tuple[str, ...] = ()
    needs: str | None = None
    """The fact that the graph requires; without it, the graph is left out."""


class EventsTemplate(Spec):
    """What an SLO counts: valid events, and those of them that are bad."""

    key: str
    """Its key in `slos.<name>.events`."""
    words: str
    """What is counted, such as "invocations"."""
    bad_words: str
    """What makes one bad, such as "fail"."""
    valid: SeriesTemplate
    bad: SeriesTemplate
    counts_good: bool = False
    """Whether `bad` counts the good events instead."""
    latency: MetricTemplate | None = None
    """For SLOs on latency: the metric whose samples are the durations."""
