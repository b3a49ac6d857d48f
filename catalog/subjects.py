"""A monitored subject, a service or a part of the platform: templates applied to it."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.naming import Names
from catalog.own import Own, replaced
from catalog.specs import (
    SYMBOLS,
    Alarm,
    AllOf,
    AnyOf,
    Composite,
    InAlarm,
    LeftOut,
    Math,
    Metric,
    NotInAlarm,
    Rule,
    Series,
    Unit,
    leaves,
)
from catalog.suppression.trees import Share, any_of, fitted
from catalog.templates import (
    LOGS,
    SHARED,
    AlarmTemplate,
    CompositeTemplate,
    Fact,
    Facts,
    GraphTemplate,
    MetricTemplate,
    Percent,
    SeriesTemplate,
    Watched,
    lacking,
    metrics_of,
    needed_by,
)
from catalog.texts import Writer, number, window
from catalog.tuning import effective, m_of_n, merged, threshold_of
from cloudwatch.alarms import Comparison
from config.alarms import AlarmTunings, Tuning
from config.formats import DurationUnit, Format
from config.models import Environment

LATE_S = 60
"""Delay of any metric in seconds, in addition to its own (`MetricTemplate.delay_s`, `late_by`)."""

_DURATIONS: Mapping[DurationUnit, Unit] = {
    "s": "Seconds",
    "ms": "Milliseconds",
    "us": "Microseconds",
    "ns": "None",
}

_OF_SAMPLES = ("SampleCount", "TC", "tc", "PR")
"""Beginnings of statistics that count samples, or are a share of them: their unit is not that of a sample."""

_ABOVE_THE_BAND: Comparison = "GreaterThanUpperThreshold"
"""Operator with an anomaly band: only above it. A service that becomes faster is not a failure."""


@dataclass(frozen=True)
class Subject:
    """The values that templates require to become alarms."""

    env: Environment
    names: Names
    parts: tuple[str, ...]
    """The first parts of the names of its alarms."""
    writer: Writer
    runbook: str
    """File in docs/runbooks."""
    dimensions: Mapping[str, str]
    facts: Facts
    facts_words: Mapping[str, str]
    built_in: Sequence[AlarmTemplate]
    """The alarms of its kind."""
    general: AlarmTunings
    """Alarm settings of its kind."""
    own: AlarmTunings = field(default_factory=dict)
    """Alarm settings of its own."""
    defined: Own = field(default_factory=Own)
    """The metrics and alarms that the configuration defines for it."""
    log_metrics: str = ""
    """Namespace of the metrics from its log."""
    log: Format | None = None
    """The format of its log; None if it writes none."""

    @functools.cached_property
    def key(self) -> str:
        """Prefix of the keys of its alarms."""
        return "_".join(self.parts)

    def alarms(self) -> Iterator[tuple[AlarmTemplate, Alarm]]:
        """Yield its alarms, each with its template."""
        for template in self.templates:
            if self.left_out(template) is None:
                yield template, self.alarm(template)

    def all_left_out(self) -> Iterator[LeftOut]:
        """Yield the alarms of its kind that it does not have, with reasons."""
        for template in self.templates:
            left_out = self.left_out(template)
            if left_out is not None:
                yield left_out

    @functools.cached_property
    def templates(self) -> tuple[AlarmTemplate, ...]:
        """Its alarms: those of its kind, as they are tuned, and its own."""
        return (
            *(effective(template, self.tuned(template)) for template in self.built_in),
            *self.defined.templates.values(),
        )

    @functools.cached_property
    def _tuned(self) -> dict[str, Tuning]:
        keys = dict.fromkeys((*(template.key for template in self.built_in), *self.defined.alarms))
        return {key: merged(self.general.get(key), self.own.get(key)) for key in keys}

    def tuned(self, template: AlarmTemplate) -> Tuning:
        """Return the settings of an alarm: its own, then those of its kind."""
        return self._tuned[template.key]

    def threshold(self, template: AlarmTemplate) -> float | Percent | None:
        """Return the threshold of an alarm, as `catalog.tuning.threshold_of`."""
        return threshold_of(template, self.tuned(template))

    def datapoints(self, template: AlarmTemplate, tuning: Tuning) -> tuple[int, int]:
        """Return M and N: the datapoints that must breach, and those that are evaluated.

        The newest periods of a delayed metric are empty: N is then higher, unless it is configured.
        """
        m, n = m_of_n(template, tuning)
        if tuning.evaluation_periods is None:
            n = max(n, self.least_periods(template, tuning))
        return m, n

    def late_by(self, metrics: Iterable[MetricTemplate]) -> Fact | None:
        """Return the fact that delays metrics; None if only the metrics themselves do."""
        facts = (self.facts[metric.late_by] for metric in metrics if metric.late_by)
        return max(facts, key=lambda fact: fact.value, default=None)

    def delay_s(self, metrics: Collection[MetricTemplate]) -> float:
        """Return the seconds that metrics arrive late at most, without `LATE_S`."""
        late = self.late_by(metrics)
        return max(metric.delay_s for metric in metrics) + (late.value / 1000 if late else 0)

    def least_periods(self, template: AlarmTemplate, tuning: Tuning, late_s: int = LATE_S) -> int:
        """Return the periods that an alarm must evaluate to see M datapoints of a delayed metric; else 0.

        Args:
            template: the alarm.
            tuning: its settings.
            late_s: seconds that any metric may arrive late.
        """
        delay_s = self.delay_s(metrics_of(template.watches))
        # Missing data are the failure: with more periods, the alarm would see no more of it.
        if not delay_s or template.missing == "breaching":
            return 0
        m, _ = m_of_n(template, tuning)
        return m - 1 + math.ceil((delay_s + late_s) / (tuning.period_s or template.period_s))

    def left_out(self, template: AlarmTemplate) -> LeftOut | None:
        """Return why it does not have an alarm, or None when it has it."""
        service = self.writer.service
        missing = self.missing(template)
        if missing is not None:
            words = self.facts_words.get(missing, f"it has no {missing}")
            return LeftOut(service=service, kind_key=template.key, why="not applicable", reason=words)
        tuning = self.tuned(template)
        if tuning.enabled is False:
            reason = tuning.reason or ""
            return LeftOut(service=service, kind_key=template.key, why="switched off", reason=reason)
        if template.opt_in and not tuning.enabled:
            return LeftOut(service=service, kind_key=template.key, why="opt-in", reason=template.opt_in)
        return None

    def missing(self, template: AlarmTemplate) -> str | None:
        """Return a fact or a dimension that an alarm requires and the subject does not have; else None."""
        limit = self.threshold(template)
        return self.lacks((*template.needed, *((limit.of,) if isinstance(limit, Percent) else ())))

    def lacks(self, needed: Iterable[str | None]) -> str | None:
        """Return the first of the facts and dimensions that the subject does not have; None if it has all."""
        return lacking(needed, self.facts, self.dimensions)

    def metric(self, template: SeriesTemplate, period_s: int) -> Metric:
        """Return a series of this subject with this period."""
        of = template.metric
        return Metric(
            namespace={LOGS: self.log_metrics, SHARED: self.names.metrics_namespace}.get(
                of.namespace, of.namespace
            ),
            name=of.name,
            # A suffix after a colon distinguishes two resources with the same dimension.
            dimensions={
                **{
                    key.partition(":")[0]: self.dimensions[key]
                    for key in (*of.dimensions, *of.optional)
                    if key in of.dimensions or key in self.dimensions
                },
                **dict(of.fixed),
            },
            stat=template.stat,
            period_s=period_s,
            label=template.label,
        )

    def ms_per_unit(self, metric: MetricTemplate) -> float:
        """Return the milliseconds of a unit of a metric of durations; 1 for other metrics."""
        if self.log and metric.namespace == LOGS and metric.unit == "Milliseconds":
            return 1000 / self.log.units_per_s
        return 1000 if metric.unit == "Seconds" else 1

    def unit(self, metric: MetricTemplate) -> Unit:
        """Return the unit of a metric: durations of a log have that of its lines; CloudWatch has no ns."""
        if self.log and metric.namespace == LOGS and metric.unit == "Milliseconds":
            return _DURATIONS[self.log.duration_unit]
        return metric.unit

    def has(self, watched: Watched) -> bool:
        """Return whether a series has data."""
        return self.lacks(needed_by(watched)) is None

    def graphs(self, templates: Iterable[GraphTemplate]) -> Iterator[GraphTemplate]:
        """Yield the graphs of this subject, each with the series that have data."""
        for template in templates:
            series = tuple(filter(self.has, template.series))
            if series and self.lacks([template.needs]) is None:
                yield template.model_copy(update={"series": series})

    def series(self, template: Watched, period_s: int, *, min_samples: int | None = None) -> Series:
        """Return a series of this subject, metric math included; durations of a log in milliseconds."""
        if isinstance(template, SeriesTemplate):
            metric, expression = self.metric(template, period_s), self._in_ms(template, "duration")
            if expression == "duration":
                return metric
            return Math(expression=expression, metrics={"duration": metric}, label=template.label)
        expression = template.expression.replace("{period_s}", str(period_s))
        expression = expression.replace("{min_samples}", str(min_samples))
        in_ms = {key: self._in_ms(part, key) for key, part in template.series.items()}
        return Math(
            expression=replaced(expression, {key: f"({part})" for key, part in in_ms.items() if part != key}),
            metrics={
                key: self.metric(series_template, period_s)
                for key, series_template in template.series.items()
            },
            label=template.label,
        )

    def _in_ms(self, template: SeriesTemplate, id_: str) -> str:
        """Return the expression of a series in milliseconds: the id, unless it has durations of a log."""
        ms = self.ms_per_unit(template.metric)
        if template.metric.namespace != LOGS or ms == 1 or template.stat.startswith(_OF_SAMPLES):
            return id_
        return f"{ms:g} * {id_}" if ms > 1 else f"{id_} / {1 / ms:.0f}"

    def alarm(self, template: AlarmTemplate) -> Alarm:
        """Return the alarm of a template that it has."""
        tuning = self.tuned(template)
        m, n = self.datapoints(template, tuning)
        min_samples = tuning.min_samples or template.min_samples
        watches = self.series(template.watches, tuning.period_s or template.period_s, min_samples=min_samples)
        threshold, limit = self._limit(template, tuning)
        enough = f", with at least {min_samples} samples per datapoint" if min_samples else ""
        condition = f"{limit} {window(watches.period_s, m, n)}{enough}"
        runbook = template.runbook or f"{self.runbook}#{template.key}"
        band = tuning.anomaly_band
        return Alarm(
            key=f"{self.key}_{template.key}",
            name=self.names.resource(*self.parts, template.key),
            service=self.writer.service,
            kind_key=template.key,
            owner=self.writer.owner,
            watches=watches,
            comparison=_ABOVE_THE_BAND if band else template.comparison,
            threshold=threshold,
            anomaly_band=band,
            unit=template.watches.unit,
            condition=condition,
            evaluation_periods=n,
            datapoints_to_alarm=m,
            treat_missing_data=template.missing,
            severity=template.severity,
            topic=None if template.part_of else template.severity,
            summary=template.summary,
            runbook=runbook,
            description=self.writer.describe(
                template.summary, condition=condition, look=template.look, runbook=runbook
            ),
        )

    def _limit(self, template: AlarmTemplate, tuning: Tuning) -> tuple[float | None, str]:
        """Return the threshold and its description."""
        if tuning.anomaly_band:
            band = number(tuning.anomaly_band)
            return None, f"more than {band} standard deviations above the expected {template.watches.label}"
        symbol, words, limit = SYMBOLS[template.comparison], template.unit_words, self.threshold(template)
        if limit is None:
            message = f"{self.key}: alarm {template.key} has no threshold; check() reports that"
            raise ValueError(message)
        value = self.value(limit)
        said = f"{symbol} {number(value)} {words}"
        if isinstance(limit, Percent):
            said += f", {number(limit.value)} % of {self.facts[limit.of].words},"
        return value, said

    def most(self, watches: Watched | MetricTemplate) -> Fact | None:
        """Return the highest value of a metric of this subject; None if there is no limit."""
        metric = watches.metric if isinstance(watches, SeriesTemplate) else watches
        if isinstance(metric, MetricTemplate) and metric.most_with not in {None, *self.facts}:
            return None
        return self.facts.get(watches.most) if isinstance(watches.most, str) else watches.most

    def value(self, limit: float | Percent) -> float:
        """Return a threshold of this subject in the unit of its alarm."""
        return limit.value * self.facts[limit.of].value / 100 if isinstance(limit, Percent) else limit


@dataclass(frozen=True)
class Grouping:
    """The composites over the alarms of one service, or of the platform."""

    names: Names
    key: str
    writer: Writer
    runbook: str
    alarms: Sequence[tuple[AlarmTemplate, Alarm]]

    def composites(
        self, templates: Sequence[CompositeTemplate]
    ) -> Iterator[tuple[CompositeTemplate, Composite]]:
        """Yield the composites of `templates` that have alarms; parts come first.

        If a rule is too long for CloudWatch, composites of groups of its alarms are among the parts.
        """
        parts = {alarm.key: template.part_of for template, alarm in self.alarms}
        short = {alarm.key: template.key for template, alarm in self.alarms}
        names = {alarm.key: alarm.name for _, alarm in self.alarms}
        for template, key, rule in composed(templates, self.key, parts):
            causes: Sequence[str] = ()
            if template.rule is None:
                causes = tuple(leaves(rule))
                group = functools.partial(self._group, template, key)
                level, groups = fitted([(cause, names[cause]) for cause in causes], Share(), group)
                yield from ((template, composite) for composite in groups)
                rule = any_of(level)  # noqa: PLW2901  # the same, shorter
            yield template, self._composite(template, key, rule, [short[cause] for cause in causes])
            short[key], names[key] = template.key, self.names.resource(self.key, template.key)

    def _group(self, template: CompositeTemplate, key: str, number: int, rule: AnyOf) -> Composite:
        """Return the composite of a group of the alarms of another, which does not notify."""
        summary, runbook = f"{template.summary}: group {number}", f"{self.runbook}#{template.key}"
        return Composite(
            key=f"{key}-{number}",
            name=self.names.resource(self.key, template.key, str(number)),
            service=self.writer.service,
            kind_key=template.key,
            owner=self.writer.owner,
            rule=rule,
            severity=template.severity,
            is_condition=bool(self.writer.service),
            summary=summary,
            runbook=runbook,
            description=self.writer.describe(summary, look=template.look, runbook=runbook),
        )

    def _composite(
        self, template: CompositeTemplate, key: str, rule: Rule, parts: Sequence[str]
    ) -> Composite:
        runbook = f"{self.runbook}#{template.key}"
        return Composite(
            key=key,
            name=self.names.resource(self.key, template.key),
            service=self.writer.service,
            kind_key=template.key,
            owner=self.writer.owner,
            rule=rule,
            severity=template.severity,
            topic=None if template.part_of else template.topic or template.severity,
            is_condition=bool(template.part_of and self.writer.service),
            summary=template.summary,
            runbook=runbook,
            description=self.writer.describe(
                template.summary,
                look=template.look,
                runbook=runbook,
                causes=tuple(dict.fromkeys(parts)),
            ),
        )


def composed(
    templates: Sequence[CompositeTemplate], prefix: str, alarms: Mapping[str, str | None]
) -> Iterator[tuple[CompositeTemplate, str, Rule]]:
    """Yield the composites that have alarms, each with its key and rule; parts come first.

    Args:
        templates: the composites of a kind.
        prefix: the first part of the keys, of the alarms in a template's rule as well.
        alarms: key of each alarm -> key of the template of the composite that it is part of.
    """
    parts = dict(alarms)
    for template in templates:
        own = tuple(InAlarm(alarm=key) for key, part_of in parts.items() if part_of == template.key)
        rule: Rule | None
        if template.rule is None:
            rule = AnyOf(any_of=own) if own else None
        else:
            rule = _concrete(template.rule, prefix, set(alarms))
        if rule is not None:
            key = f"{prefix}_{template.key}"
            parts[key] = template.part_of
            yield template, key, rule


def _concrete(rule: Rule, prefix: str, existing: set[str]) -> Rule | None:
    """Return a kind's rule for one service, or nothing when it needs an alarm that is switched off.

    Without one part, "any of" has the other parts; "all of" could never be true and is dropped.
    """
    if isinstance(rule, InAlarm):
        key = f"{prefix}_{rule.alarm}"
        return InAlarm(alarm=key) if key in existing else None
    if isinstance(rule, NotInAlarm):
        message = f"{prefix}: the rule of a kind must not contain NOT"
        raise TypeError(message)
    if isinstance(rule, AnyOf):
        parts = tuple(
            part for part in (_concrete(in_alarm, prefix, existing) for in_alarm in rule.any_of) if part
        )
        return AnyOf(any_of=parts) if parts else None
    all_parts = tuple(_concrete(in_alarm, prefix, existing) for in_alarm in rule.all_of)
    present = tuple(part for part in all_parts if part)
    return AllOf(all_of=present) if len(present) == len(all_parts) else None
