"""Validation of own metrics, alarms, SLOs and widgets of the configuration, each with its location."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from catalog import aws_alarms
from catalog.kinds import KINDS, resources
from catalog.known_metrics import AWS_METRICS, NAMESPACES, why_unknown
from catalog.naming import Names
from catalog.own import Own, divisor, filter_key, ids_of
from catalog.reach import outcome
from catalog.samples import healthy_datapoint, published, statistic_problem
from catalog.services import Instance, Service
from catalog.specs import Alarm, LogFilter, Math
from catalog.subjects import Subject
from catalog.suppression import sources
from catalog.templates import (
    FROM_LOG,
    ONLY_FAILURES,
    AlarmTemplate,
    MetricTemplate,
    SeriesTemplate,
    metrics_of,
)
from catalog.texts import number
from cloudwatch import maths, patterns, publishing, validation
from cloudwatch.alarms import OPERATORS, Comparison
from cloudwatch.errors import InputError, PatternError
from cloudwatch.statistic import check_statistic
from config.alarms import Slo, Tuning
from config.dashboards import Widget
from config.errors import Location, Text, cut
from config.limits import EXPRESSION_CHARACTERS
from config.metrics import OwnMetric
from config.models import Environment
from config.words import WORD, did_you_mean

Breach = tuple[Location, Text]
"""Location and message."""

_RESERVED: Final = {aws_alarms.RESULT, aws_alarms.OBSERVED, aws_alarms.BAND}
"""Ids that the platform uses in metric math."""
_COUNTED: Final = ("Sum", "SampleCount")
_SIMILAR: Final = 0.9
"""Ratio of similarity above which the name of an AWS metric is a spelling mistake: AWS adds metrics."""
_KEYS: Final = {
    "expression": "expression",
    "statistic": "stat",
    "period": "period_s",
    "evaluation periods": "evaluation_periods",
    "datapoints": "datapoints_to_alarm",
    "metric name": "metric",
}
"""Key of a problem of an alarm -> the key of the configuration."""


def with_hint(sentence: str, word: str, known: Sequence[str]) -> Text:
    """Return a message with the known word that is similar to `word`."""
    return lambda _cite: sentence + did_you_mean(word, known)


def pattern_problem(pattern: str) -> str | None:
    """Return why CloudWatch Logs rejects a pattern; None if it accepts it."""
    try:
        patterns.parse(pattern)
    except PatternError as error:
        return f"is not a filter pattern that CloudWatch Logs accepts: {error} (found: {cut(pattern, 200)})"
    return None


def breaches(env: Environment, services: Sequence[Service], whole: Instance) -> Iterator[Breach]:
    """Yield the breaches of what services, and the environment as a whole, define themselves."""
    named = {service.name: service for service in services}
    logged = any(metric.pattern for service in services for metric in service.config.metrics.values())
    written = _written_by_the_platform(env, services) if logged else {}
    for instance in (*services, whole):
        own = instance.subject.defined
        yield from _of_metrics(instance, written)
        for key, tuning in own.alarms.items():
            yield from (((*own.alarms_at, key, *at), text) for at, text in _of_alarm(instance, key, tuning))
    for service in services:
        at = ("services", service.name)
        yield from _of_widgets((*at, "dashboard"), service.config.dashboard.widgets, service, {})
    yield from _of_widgets(("dashboard",), env.dashboard.widgets, whole, named)


# --- metrics


def _written_by_the_platform(env: Environment, services: Sequence[Service]) -> Mapping[tuple[str, str], str]:
    """Return namespace and name of each metric that the platform writes -> what writes it."""
    names = Names.of(env)
    filters = [
        log_filter
        for service in services
        for log_filter in service.filters()
        if log_filter.key not in _own_filters(service)
    ]
    filters += [
        log_filter for kind in resources.used(env, KINDS) for log_filter in kind.shared_filters(names)
    ]
    written = {_written(log_filter): f"the metric filter {log_filter.name}" for log_filter in filters}
    return written | {
        (metric.namespace, metric.name): f"the platform ({metric.by})"
        for metric in sources.published(env, names, ())
    }


def _own_filters(service: Service) -> Mapping[str, str]:
    """Return the key of each metric filter that the configuration defines -> the key of its metric."""
    metrics = service.config.metrics
    keys = [key for key, metric in metrics.items() if metric.pattern]
    return {filter_key(group, key): key for group in service.log_groups() for key in keys}


def _of_metrics(instance: Instance, written: Mapping[tuple[str, str], str]) -> Iterator[Breach]:
    own = instance.subject.defined
    at = (*own.at, "metrics")
    valid = True
    for key, metric in own.metrics.items():
        for inner, text in _of_metric(instance, key, metric):
            valid = False
            yield (*at, key, *inner), text
    if valid and own.metrics and isinstance(instance, Service) and own.has_log:
        yield from _of_filters(at, instance, written)


def _of_metric(instance: Instance, key: str, metric: OwnMetric) -> Iterator[tuple[Location, Text]]:
    own = instance.subject.defined
    if key in instance.kind.series:
        known = ", ".join(instance.kind.series)
        yield (), f'is a series of kind "{instance.kind.name}": choose another key than {known}'
    elif key in _RESERVED:
        yield (), f"is reserved: choose another key than {', '.join(sorted(_RESERVED))}"
    if metric.stat is not None:
        yield from _of_stat(("stat",), metric.stat)
    if metric.pattern is not None and not own.has_log:
        reason = "this service has no log group" if own.at else "a metric out of a log belongs to a service"
        yield ("pattern",), f"requires a log: {reason}"
    elif metric.pattern is not None and (metric.namespace or "").startswith("AWS/"):
        text = f"must not begin with AWS/, the namespaces of AWS services (found: {metric.namespace})"
        yield ("namespace",), text
    elif metric.of is not None:
        yield from _of_part(own, metric)
    elif metric.namespace is not None:
        yield from _of_namespace(metric, metric.namespace)


def _of_namespace(metric: OwnMetric, namespace: str) -> Iterator[tuple[Location, Text]]:
    """Yield what is misspelled in a metric of AWS."""
    if namespace not in AWS_METRICS:
        if near := _misspelled(namespace):
            text = f"is not a namespace of AWS   did you mean {near}? (found: {namespace})"
            yield ("namespace",), text
        return
    names = AWS_METRICS[namespace]["metrics"]
    near_names = difflib.get_close_matches(str(metric.name), names, n=1, cutoff=_SIMILAR)
    if metric.name not in names and near_names:
        yield ("name",), f"is not a metric of {namespace}   did you mean {near_names[0]}?"
    elif metric.name in names and (why := why_unknown(namespace, str(metric.name), metric.dimensions)):
        yield ("dimensions",), f"are not those of the metric: {why}"


def _misspelled(namespace: str) -> str | None:
    """Return the namespace of AWS that is meant by one that is similar; None for others."""
    if not namespace.startswith("AWS/") or namespace in NAMESPACES:
        return None
    by_case = {known.casefold(): known for known in NAMESPACES}
    word = namespace.casefold()
    near = difflib.get_close_matches(word, by_case, n=1, cutoff=_SIMILAR)
    # The beginning of a name, such as AWS/Dynamo, is one as well.
    near += sorted(key for key in by_case if key.startswith(word) and len(word) > len("aws/xx"))
    return by_case[near[0]] if near else None


def _of_part(own: Own, metric: OwnMetric) -> Iterator[tuple[Location, Text]]:
    parts = [key for key, other in own.metrics.items() if other.pattern and other.dimensions]
    if metric.of not in parts:
        sentence = f"must be a metric with pattern and dimensions: {', '.join(parts) or 'there is none'}"
        yield ("of",), with_hint(f"{sentence} (found: {metric.of})", str(metric.of), parts)
        return
    names = own.metrics[metric.of].dimensions
    if metric.dimensions.keys() != names.keys():
        yield ("dimensions",), f"must be the dimensions of {metric.of}: {', '.join(names)}"


def _of_filters(at: Location, service: Service, written: Mapping[tuple[str, str], str]) -> Iterator[Breach]:
    """Yield what CloudWatch Logs would reject, and metrics that a filter of the platform writes too."""
    groups = {group.key: group.name for group in service.log_groups()}
    own = _own_filters(service)
    for log_filter in service.filters():
        if (key := own.get(log_filter.key)) is None:
            continue
        group = groups[log_filter.log_group_key]
        if other := written.get(_written(log_filter)):
            yield (*at, key), f"{log_filter.metric} is a metric of {other}: set another name"
        if text := pattern_problem(log_filter.pattern):
            yield (*at, key, "pattern"), text
            continue
        spec = aws_alarms.metric_filter(log_filter, group)
        subject = f"{publishing.subject(spec)}: "
        for problem in validation.problems([], [], [spec]):
            yield (*at, key), problem.text.removeprefix(subject)


def _written(log_filter: LogFilter) -> tuple[str, str]:
    return log_filter.namespace, log_filter.metric


def _of_stat(
    at: Location,
    stat: str,
    metric: MetricTemplate | None = None,
    *,
    built_in: bool = False,
    is_low: bool = False,
) -> Iterator[tuple[Location, Text]]:
    try:
        check_statistic(stat)
    except InputError as error:
        yield at, error.message
        return
    if metric is not None and (text := statistic_problem(metric, stat, built_in=built_in, is_low=is_low)):
        yield at, text


def _unknown(instance: Instance, key: str) -> Text:
    """Return the message about a series that an instance does not have."""
    own = instance.subject.defined
    if key in own.metrics:
        metric = own.metrics[key]
        if metric.pattern and metric.dimensions:
            text = f"{key} has a series for each value of its dimensions: define a metric with of: {key}"
            return f"{text} and the values"
        return f"{key} is not valid"
    if key in instance.kind.series:
        return f"this service does not have the series {key}: it has no load balancer, queue or log of it"
    known = list(own.series)
    sentence = f"{key[:WORD]} is not a metric; known: {', '.join(known) or 'none'}"
    return with_hint(sentence, key, known)


# --- alarms


def of_tuned(at: Location, tuning: Tuning, template: AlarmTemplate) -> Iterator[Breach]:
    """Yield the breaches of the statistic and the operator of a built-in alarm; its settings are at `at`."""
    if tuning.stat is not None:
        metric = template.watches.metric if isinstance(template.watches, SeriesTemplate) else None
        yield from _of_stat((*at, "stat"), tuning.stat, metric, built_in=True)
    if tuning.comparison is not None:
        if tuning.anomaly_band is not None:
            yield (*at, "comparison"), "is not valid with anomaly_band: the alarm is above the band"
        elif _is_less(tuning.comparison) != _is_less(template.comparison):
            allowed = [
                operator for operator in OPERATORS[:4] if _is_less(operator) == _is_less(template.comparison)
            ]
            yield (*at, "comparison"), f"must be one of: {', '.join(allowed)} (found: {tuning.comparison})"
    if tuning.stat is not None and tuning.anomaly_band is not None:
        yield (*at, "stat"), "is not valid with anomaly_band: set one of them to null"
    only_failures = all(metric.baseline is ONLY_FAILURES for metric in metrics_of(template.watches))
    if tuning.missing == "breaching" and only_failures:
        text = (
            "the metric has data only while something fails; the alarm would be in ALARM while nothing does"
        )
        yield (*at, "missing"), f"must not be breaching: {text}"


def _is_less(comparison: Comparison) -> bool:
    return comparison.startswith("Less")


def _of_alarm(instance: Instance, key: str, tuning: Tuning) -> Iterator[tuple[Location, Text]]:
    own = instance.subject.defined
    if key in {alarm.key for alarm in instance.kind.alarms}:
        yield (), f'is a built-in alarm of kind "{instance.kind.name}": choose another key for a new alarm'
        return
    composites = "|".join(composite.key for composite in instance.kind.composites)
    if re.fullmatch(rf"deploying|.*-suppressor|slo-.*|({composites})(-\d+)?", key):
        yield (), "is the key of a composite alarm or a suppressor: choose another key for a new alarm"
        return
    problems = [*_of_watched(instance, tuning), *_of_part_of(instance, tuning)]
    yield from problems
    if problems or tuning.enabled is False:
        return
    template = own.templates[key]
    if left_out := instance.subject.left_out(template):
        yield (), f"is not an alarm of this service: {left_out.reason}"
        return
    m, n = instance.subject.datapoints(template, tuning)
    if m > n:
        return  # `check` reports it
    alarm = instance.subject.alarm(template)
    yield from _of_length(alarm, tuning)
    seen: set[str] = set()
    for problem in validation.problems([aws_alarms.metric_alarm(alarm)]):
        name = _KEYS.get(problem.key, "")
        if name not in {"evaluation_periods", "datapoints_to_alarm", *seen}:  # `check` reports these
            seen.add(name)
            yield (name,) if name else (), problem.text
    if tuning.metric is not None:
        yield from _of_baseline(instance.subject, alarm, template, tuning)


def _of_watched(instance: Instance, tuning: Tuning) -> Iterator[tuple[Location, Text]]:
    own = instance.subject.defined
    if tuning.metric is not None:
        yield from _of_series(instance, tuning.metric, tuning)
        return
    expression = str(tuning.expression)
    try:
        maths.parse(expression)
    except InputError as error:
        yield ("expression",), f"character {(error.position or 0) + 1}: {error.message}"
        return
    ids = ids_of(expression)
    if not ids:
        yield ("expression",), f"must name a metric; known: {', '.join(own.series) or 'none'}"
    yield from ((("expression",), _unknown(instance, id_)) for id_ in ids if id_ not in own.series)
    if tuning.min_samples is None:
        return
    samples = tuning.samples or divisor(expression)
    if samples is None:
        text = "requires samples, the metric that counts them: the expression does not divide by one metric"
        yield ("min_samples",), text
    elif samples not in own.series:
        if samples not in ids:
            yield ("samples",), _unknown(instance, samples)
    else:
        key = "samples" if tuning.samples else "min_samples"
        yield from _of_counted((key,), own.series[samples], samples)


def _of_length(alarm: Alarm, tuning: Tuning) -> Iterator[tuple[Location, Text]]:
    """Yield why an expression is too long: with a minimum of samples in the alarm, and new ids in a graph."""
    if not isinstance(alarm.watches, Math) or tuning.expression is None:
        return
    found = len(tuning.expression)
    # The alarm has the minimum of samples, its graph the longer ids: one limit with both is simpler.
    added = len(alarm.watches.drawn(0)[1]) - found
    if found + added > EXPRESSION_CHARACTERS:
        most = EXPRESSION_CHARACTERS - added
        text = (
            f"must be at most {most} characters, as the platform adds {added} to it, for example to its ids"
        )
        yield ("expression",), f"{text} (found: {found})"


def _of_series(instance: Instance, metric: str, tuning: Tuning) -> Iterator[tuple[Location, Text]]:
    """Yield the breaches of the metric of an alarm, and of its statistic if it is set."""
    series = instance.subject.defined.series.get(metric)
    if series is None:
        yield ("metric",), _unknown(instance, metric)
    is_low = tuning.comparison is not None and _is_less(tuning.comparison)
    if tuning.stat is not None:
        yield from _of_stat(("stat",), tuning.stat, series.metric if series else None, is_low=is_low)
    elif series is not None:
        yield from _of_stat(("metric",), series.stat, series.metric, is_low=is_low)


def _of_counted(at: Location, series: SeriesTemplate, key: str) -> Iterator[tuple[Location, Text]]:
    if series.stat not in _COUNTED:
        text = f"must count events, with the statistic Sum or SampleCount (found: {series.stat} of {key})"
        yield at, text


def _of_part_of(instance: Instance, tuning: Tuning) -> Iterator[tuple[Location, Text]]:
    known = [composite.key for composite in instance.kind.composites if composite.rule is None]
    if tuning.part_of is not None and tuning.part_of not in known:
        sentence = f"must be one of: {', '.join(known)} (found: {tuning.part_of[:WORD]})"
        yield ("part_of",), with_hint(sentence, tuning.part_of, known)


def _of_baseline(
    subject: Subject, alarm: Alarm, template: AlarmTemplate, tuning: Tuning
) -> Iterator[tuple[Location, Text]]:
    """Yield why an own alarm on one metric would be in ALARM while the resource is healthy."""
    (metric,) = metrics_of(template.watches)
    if metric.baseline.values:
        # Only what the configuration states: the platform moves the samples that it assumes.
        is_stated = tuning.metric in subject.defined.metrics
        if is_stated and (text := healthy_breaches(subject, alarm, template, str(tuning.metric))):
            yield ("threshold",), text
    elif alarm.treat_missing_data == "breaching" and metric.baseline is not FROM_LOG:
        text = f"requires healthy of {tuning.metric}: without samples, the alarm is in ALARM in every drill"
        yield ("missing",), text


def healthy_breaches(subject: Subject, alarm: Alarm, template: AlarmTemplate, metric: str) -> str | None:
    """Return why an alarm on one metric is in ALARM while the resource is healthy; None if it is not.

    Only of statistics that add or count samples: for others, the samples are moved within the threshold
    (`catalog.baseline`).

    Args:
        subject: what has the alarm.
        alarm: the alarm.
        template: its template.
        metric: the metric, as messages name it.
    """
    watches, threshold = template.watches, alarm.threshold
    if not isinstance(watches, SeriesTemplate) or threshold is None:
        return None
    values = published(watches.metric, watches.metric.baseline.of(subject.facts))
    datapoint = healthy_datapoint(values, watches.stat, alarm.period_s) if values else None
    if datapoint is None or outcome(alarm.comparison, threshold, datapoint, datapoint) != "always":
        return None
    text = (
        f"healthy of {metric} is {number(datapoint)} in {number(alarm.period_s / 60)} minutes, which breaches"
    )
    return f"{text} (found: {number(threshold)})"


# --- SLOs and widgets


def of_slo(service: Service, slo: Slo) -> Iterator[tuple[str, Text]]:
    """Yield the key and the message of each breach of an SLO over named metrics."""
    series = service.subject.defined.series
    for key in ("valid", "bad", "good"):
        name = getattr(slo, key)
        if name is None:
            continue
        if name not in series:
            yield key, _unknown(service, name)
        else:
            yield from ((key, text) for _, text in _of_counted((), series[name], name))
            if text := statistic_problem(series[name].metric, series[name].stat, built_in=False):
                yield key, text


def _of_widgets(
    at: Location, widgets: Iterable[Widget], instance: Instance, services: Mapping[str, Service]
) -> Iterator[Breach]:
    for position, widget in enumerate(widgets):
        here = (*at, "widgets", position)
        if widget.stat is not None:
            yield from _of_stat((*here, "stat"), widget.stat)
        for number_, name in enumerate(widget.metrics):
            service, dot, key = name.rpartition(".")
            of = services.get(service) if dot else instance
            if of is None:
                text = f"{service} is not a service"
                sentence = text if services else "metrics of other services are in widgets of the environment"
                yield (*here, "metrics", number_), with_hint(sentence, service, list(services))
            elif key not in of.subject.defined.series:
                yield (*here, "metrics", number_), _unknown(of, key)
