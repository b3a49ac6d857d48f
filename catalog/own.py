"""Own metrics, alarms and widgets of the configuration, as templates of one service or of the environment.

An own alarm becomes an `AlarmTemplate`, as the alarms of a kind are: composites, suppression, graphs, drills
and documents do not distinguish them. What is not valid is left out here; `catalog.own_rules` reports it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.kinds.kind import Kind
from catalog.known_metrics import documented
from catalog.naming import Names
from catalog.samples import is_count
from catalog.specs import LogFilter, LogGroup, PublishedMetric, Unit
from catalog.templates import (
    EVENT,
    FROM_LOG,
    LOG,
    LOGS,
    ONLY_FAILURES,
    SHARED,
    AlarmTemplate,
    EventsTemplate,
    Fact,
    Facts,
    GraphTemplate,
    MathTemplate,
    MetricTemplate,
    Sample,
    SeriesTemplate,
    Watched,
    lacking,
    steady,
)
from catalog.tuning import in_unit
from cloudwatch import maths
from cloudwatch.alarms import Comparison
from cloudwatch.errors import InputError
from cloudwatch.maths.syntax import Call, Chain, Expression, Name, Number, Word, walk
from config.alarms import AlarmTunings, Slo, Tuning
from config.errors import Location
from config.metrics import OwnMetric, OwnMetrics
from config.models import Environment
from config.services import Service

RUNBOOK: Final = "environment.md#own-alarms"
"""The runbook of an own alarm without one."""
_RUNBOOKS = "docs/runbooks/"
ROLE: Final = "own"
"""Role of the graphs of own metrics."""
_SIZES = ("bytes", "bits")
_MINUTE_S = 60
_EVALUATION_PERIODS, _DATAPOINTS = 5, 3
"""Defaults of a new alarm, as `config.alarms.Tuning` states."""
_ARITHMETIC = ("+", "-", "*", "/")
_CHOICES = {"IF": 1, "FILL": 0}
"""Functions that return one of their arguments -> the first of these."""


@dataclass(frozen=True)
class Own:
    """What the configuration defines for one service, or for the environment as a whole."""

    at: Location = ()
    """Where: `("services", name)`, or `()` for the environment."""
    metrics: OwnMetrics = field(default_factory=dict)
    settings: AlarmTunings = field(default_factory=dict)
    """Its alarms, with the settings of built-in ones."""
    offered: Mapping[str, SeriesTemplate] = field(default_factory=dict)
    """The series of its kind that it has."""
    has_log: bool = False
    """Whether it has a log group, on which metric filters can be."""

    @classmethod
    def of_service(
        cls, name: str, config: Service, kind: Kind[Any], dimensions: Mapping[str, str], facts: Facts
    ) -> Own:
        """Return what the configuration of a service defines.

        Args:
            name: the service.
            config: its configuration.
            kind: its kind.
            dimensions: the dimensions of its metrics, as in `Part`.
            facts: its facts.
        """
        offered = {
            key: _within(series, facts)
            for key, series in kind.series.items()
            if lacking(series.metric.needed, facts, dimensions) is None
        }
        return cls(("services", name), config.metrics, config.alarms, offered, has_log=LOG in facts)

    @classmethod
    def of_environment(cls, env: Environment) -> Own:
        """Return what the configuration defines for the environment as a whole."""
        return cls((), env.metrics, env.alarms.environment)

    @property
    def alarms_at(self) -> Location:
        """Where its alarms are."""
        return (*self.at, "alarms") if self.at else ("alarms", "environment")

    @property
    def alarms(self) -> Mapping[str, Tuning]:
        """Its new alarms."""
        return {key: tuning for key, tuning in self.settings.items() if tuning.is_own}

    @functools.cached_property
    def series(self) -> Mapping[str, SeriesTemplate]:
        """The series that alarms, SLOs and widgets can name, by id."""
        own = ((key, self._metric(key, metric)) for key, metric in self.metrics.items())
        return {
            **self.offered,
            **{
                key: template.stat(_stat(self.metrics[key], template.unit), self._label(key))
                for key, template in own
                if template is not None
            },
        }

    def _label(self, key: str) -> str:
        return self.metrics[key].label or key.replace("_", " ")

    def _metric(self, key: str, metric: OwnMetric) -> MetricTemplate | None:
        """Return the template of a metric; None if it has several series, or is not valid."""
        base_key, base = (key, metric) if metric.of is None else (metric.of, self.metrics.get(metric.of))
        if base is None or base.of is not None or bool(base.pattern and base.dimensions) != bool(metric.of):
            return None
        if base.pattern and not self.has_log:
            return None
        at, of_environment = ("metrics", key), not self.at
        nothing = FROM_LOG if base.pattern else ONLY_FAILURES

        def limit(name: str, words: str, value: float | None) -> Fact | None:
            if value is None:
                return None
            return Fact(value=value, words=words, at=(*at, name), of_environment=of_environment)

        known = documented(base.namespace or "", str(base.name))
        sample = _sample(base) if base.pattern else known.get("sample")
        return MetricTemplate(
            namespace=base.namespace or (LOGS if base.pattern else SHARED),
            name=base.name or base_key,
            fixed=tuple(metric.dimensions.items()),
            unit=unit_of(base),
            baseline=nothing if metric.healthy is None else steady(metric.healthy),
            least=limit("least", "the lowest value of the metric", metric.least),
            most=_most(base, sample) or limit("most", "the highest value of the metric", metric.most),
            sample=sample,
        )

    @functools.cached_property
    def templates(self) -> Mapping[str, AlarmTemplate]:
        """The new alarms that are valid, by key."""
        made = ((key, self._alarm(key, tuning)) for key, tuning in self.alarms.items())
        return {key: template for key, template in made if template is not None}

    def _alarm(self, key: str, tuning: Tuning) -> AlarmTemplate | None:
        watches = self._watched(key, tuning)
        if watches is None or not isinstance(tuning.threshold, float) or tuning.summary is None:
            return None
        periods = tuning.evaluation_periods or _EVALUATION_PERIODS
        return AlarmTemplate(
            key=key,
            watches=watches,
            comparison=_comparison(tuning),
            threshold=tuning.threshold,
            unit_words=tuning.unit_words or in_unit(watches.unit, watches.label),
            period_s=tuning.period_s or _MINUTE_S,
            evaluation_periods=periods,
            datapoints_to_alarm=tuning.datapoints_to_alarm or min(_DATAPOINTS, periods),
            missing=tuning.missing or "notBreaching",
            part_of=tuning.part_of,
            min_samples=tuning.min_samples,
            summary=tuning.summary,
            look=tuning.look or "its graph on the dashboard",
            runbook=tuning.runbook.removeprefix(_RUNBOOKS) if tuning.runbook else RUNBOOK,
        )

    def _watched(self, key: str, tuning: Tuning) -> Watched | None:
        """Return what an alarm watches; None if it is not valid."""
        if tuning.metric is not None:
            series = self.series.get(tuning.metric)
            if series is None or tuning.stat in {None, series.stat}:
                return series
            return series.metric.stat(str(tuning.stat), f"{tuning.stat} of {series.label}")
        drawn = self._expression(key, tuning)
        if drawn is None or tuning.min_samples is None:
            return drawn
        samples = tuning.samples or divisor(str(tuning.expression))
        if samples is None or samples not in self.series:
            return None
        # As for the rates of the kinds: data of a period of a minute may only be late.
        counted = f"FILL({samples}, 0)" if (tuning.period_s or _MINUTE_S) > _MINUTE_S else samples
        calm = _not_breaching(_comparison(tuning), tuning.threshold)
        low, high = _value(drawn.least), _value(drawn.most)
        return drawn.model_copy(
            update={
                "least": _reached(None if low is None else min(low, calm)),
                "most": _reached(None if high is None else max(high, calm)),
                "expression": f"IF({counted} >= {{min_samples}}, {drawn.expression}, {calm:.15g})",
                "series": {**drawn.series, samples: self.series[samples]},
            }
        )

    def _expression(self, key: str, tuning: Tuning) -> MathTemplate | None:
        """Return the metric math of an alarm, without the minimum of samples; None if it is not valid."""
        ids = ids_of(str(tuning.expression))
        if not ids or not self.series.keys() >= set(ids):
            return None
        series = {id_: self.series[id_] for id_ in ids}
        least, most = bounds(maths.parse(str(tuning.expression)), series)
        return MathTemplate(
            expression=str(tuning.expression),
            series=series,
            label=key.replace("-", " "),
            least=_reached(least),
            most=_reached(most),
        )

    def graphs(self) -> tuple[GraphTemplate, ...]:
        """Return a graph of each own metric, with the alarms on it, and of each expression."""
        alarms = self.templates
        graphs = []
        for key in self.metrics:
            if (series := self.series.get(key)) is None:
                continue
            watched = {key: alarms[key].watches for key in self._alarms_on(key) if key in alarms}
            lines = {line.stat: line for line in watched.values() if isinstance(line, SeriesTemplate)}
            graphs.append(
                GraphTemplate(
                    role=ROLE,
                    title=f"{series.label[:1].upper()}{series.label[1:]}",
                    unit_label=in_unit(series.unit, "") or series.label,
                    series=tuple({series.stat: series, **lines}.values()),
                    thresholds=tuple(watched),
                )
            )
        for key, tuning in self.alarms.items():
            drawn = self._expression(key, tuning) if tuning.expression and key in alarms else None
            if drawn is not None:
                graphs.append(
                    GraphTemplate(
                        role=ROLE,
                        title=f"{drawn.label[:1].upper()}{drawn.label[1:]}",
                        unit_label=tuning.unit_words or drawn.label,
                        series=(drawn,),
                        thresholds=(key,),
                    )
                )
        return tuple(graphs)

    def _alarms_on(self, metric: str) -> list[str]:
        return [key for key, tuning in self.alarms.items() if tuning.metric == metric]

    def events(self, slo: Slo) -> EventsTemplate | None:
        """Return what an SLO counts that names own metrics; None if one of them is not valid."""
        valid, counted = (self.series.get(str(key)) for key in (slo.valid, slo.bad or slo.good))
        if valid is None or counted is None:
            return None
        is_good = slo.bad is None
        words = f"do not count as {counted.label}" if is_good else f"count as {counted.label}"
        return EventsTemplate(
            key=ROLE,
            words=valid.label,
            bad_words=words,
            valid=valid,
            bad=counted,
            counts_good=is_good,
        )

    def filters(self, names: Names, group: LogGroup, log_metrics: str) -> Iterator[LogFilter]:
        """Yield the metric filters of a service's own metrics.

        Args:
            names: the names of the environment.
            group: a log group of the service.
            log_metrics: the namespace of the metrics from its log.
        """
        for key, metric in self.metrics.items() if self.has_log else ():
            if metric.pattern is None:
                continue
            yield LogFilter(
                key=filter_key(group, key),
                name=names.resource(group.key.replace("_", "-"), f"metric-{key}"),
                service=group.service,
                log_group_key=group.key,
                pattern=metric.pattern,
                namespace=metric.namespace or log_metrics,
                metric=metric.name or key,
                value=metric.value or "1",
                default_value=metric.default_value,
                dimensions=metric.dimensions,
                unit=unit_of(metric),
            )

    def published(self, names: Names) -> Iterator[PublishedMetric]:
        """Yield the metrics that others publish, as the configuration states."""
        for key, metric in self.metrics.items():
            if metric.name is None or metric.pattern is not None:
                continue
            yield PublishedMetric(
                namespace=metric.namespace or names.metrics_namespace,
                name=metric.name,
                dimensions=metric.dimensions,
                by=f"others, as {'.'.join(map(str, (*self.at, 'metrics', key)))} states",
                is_declared=True,
            )


def _sample(metric: OwnMetric) -> Sample | None:
    """Return what a sample of a metric out of the log is, if it counts lines."""
    if not is_count(metric.value or "1", metric.default_value):
        return None
    return "1" if metric.default_value is None else "0 or 1"


def _most(metric: OwnMetric, sample: Sample | None) -> Fact | None:
    """Return the highest sample of a metric that counts events, or out of the log with a number as value."""
    value = _number(metric.value or "1") if metric.pattern else None
    if sample or value is None:
        return EVENT if sample else None
    return Fact(value=max(value, metric.default_value or 0), words="the value of a sample, which is one line")


def _number(text: str) -> float | None:
    """Return the number that a text is; None for a selector."""
    try:
        return float(text)
    except ValueError:
        return None


def _within(series: SeriesTemplate, facts: Facts) -> SeriesTemplate:
    """Return a series without its limit if the limit is a fact that the service does not have."""
    metric = series.metric
    if not isinstance(metric.most, str) or metric.most in facts:
        return series
    return series.model_copy(update={"metric": metric.model_copy(update={"most": None})})


def filter_key(group: LogGroup, metric: str) -> str:
    """Return the key of the metric filter of an own metric on a log group."""
    return f"{group.key}_metric-{metric}"


def unit_of(metric: OwnMetric) -> Unit:
    """Return the unit of the samples of a metric."""
    if metric.pattern is not None:
        return metric.unit or ("Count" if metric.value is None else "None")
    known: Unit = documented(metric.namespace or "", str(metric.name)).get("unit", "None")
    return metric.unit or known


def _stat(metric: OwnMetric, unit: Unit) -> str:
    """Return the statistic of a metric: its own, else one that fits its unit."""
    if metric.stat is not None:
        return metric.stat
    is_logged = metric.pattern is not None or metric.of is not None
    is_added = unit == "Count" or unit.lower().endswith(_SIZES) or (is_logged and unit == "None")
    return "Sum" if is_added else "Average"


def _comparison(tuning: Tuning) -> Comparison:
    return tuning.comparison or "GreaterThanThreshold"


def _not_breaching(comparison: Comparison, threshold: float | str | None) -> float:
    """Return a value that does not breach: 0, or one beside the threshold."""
    limit = float(threshold or 0)
    if comparison.startswith("LessThan"):
        return limit + 1 if "OrEqual" in comparison else limit
    return min(0, limit - 1 if "OrEqual" in comparison else limit)


def parsed(expression: str) -> Expression | None:
    """Return a parsed expression; None if it is not valid."""
    try:
        return maths.parse(expression)
    except InputError:
        return None


def ids_of(expression: str) -> Sequence[str]:
    """Return the ids in an expression; empty if it is not valid."""
    tree = parsed(expression)
    return maths.names(tree) if tree is not None else ()


def replaced(expression: str, by: Mapping[str, str]) -> str:
    """Return an expression with other text instead of some of its ids; it must be valid."""
    if not by:
        return expression
    names = [part for part in walk(maths.parse(expression)) if isinstance(part, Name) and part.id in by]
    for name in sorted(names, key=lambda name: name.position, reverse=True):
        at = name.position
        expression = f"{expression[:at]}{by[name.id]}{expression[at + len(name.id) :]}"
    return expression


def _value(limit: Fact | str | None) -> float | None:
    """Return a limit that is the same for all services; None without one."""
    return limit.value if isinstance(limit, Fact) else None


def _reached(value: float | None) -> Fact | None:
    return None if value is None else Fact(value=value, words="the limit of the values of the expression")


def bounds(expression: Expression, series: Mapping[str, SeriesTemplate]) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value of an expression, where they are simple; None: not known.

    A comparison or a logical operator is 0 or 1; a choice (`IF`, `FILL`) is between the limits of its parts.
    """
    if isinstance(expression, Number):
        return expression.value, expression.value
    if isinstance(expression, Name):
        of = series[expression.id]
        return _value(of.least), _value(of.most)
    if isinstance(expression, Chain) and expression.rest[0][0] not in _ARITHMETIC:
        return 0, 1
    if isinstance(expression, Call) and expression.function in _CHOICES:
        chosen = expression.arguments[_CHOICES[expression.function] :]
        # A word is how FILL repeats or interpolates values.
        parts = [bounds(part, series) for part in chosen if not isinstance(part, Word)]
        lows = [low for low, _ in parts if low is not None]
        highs = [high for _, high in parts if high is not None]
        return (
            min(lows) if len(lows) == len(parts) else None,
            max(highs) if len(highs) == len(parts) else None,
        )
    return None, None


def divisor(expression: str) -> str | None:
    """Return the series by which an expression divides, also within FILL; None if there is not just one."""
    tree = parsed(expression)
    found = {
        name
        for part in (walk(tree) if tree is not None else ())
        if isinstance(part, Chain)
        for operator, operand in part.rest
        if operator == "/"
        for name in _divisors(operand)
    }
    return found.pop() if len(found) == 1 else None


def _divisors(operand: Expression) -> Sequence[str | None]:
    """Return the id of a divisor; None in it if it is neither a series nor a number."""
    if isinstance(operand, Call) and operand.function == "FILL":
        operand = operand.arguments[0]
    if isinstance(operand, Name):
        return (operand.id,)
    return (None,) if maths.names(operand) else ()
