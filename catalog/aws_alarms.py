"""The alarms of the catalog in the typed model of `cloudwatch`, and their validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from catalog.specs import Alarm, AnyOf, Catalog, Composite, InAlarm, LogFilter, Math, NotInAlarm, Rule
from catalog.specs import Metric as MetricSpec
from cloudwatch import validation
from cloudwatch.alarms import (
    ONLY_QUERY,
    Actions,
    CompositeAlarm,
    Metric,
    MetricAlarm,
    Query,
    Statistic,
    in_order,
    pairs,
)
from cloudwatch.publishing import MetricFilter
from cloudwatch.suppression import Suppressor
from config.errors import ConfigError, Problem

RESULT: Final = "result"
"""Id of the expression that an alarm on metric math compares with its threshold."""
OBSERVED: Final = "observed"
BAND: Final = "band"
"""Ids of the metric of an anomaly alarm and of the band that it is compared with."""


def metric_alarm(alarm: Alarm, actions: Actions = Actions()) -> MetricAlarm:  # noqa: B008  # frozen
    """Return a metric alarm, which performs these actions."""
    queries, returned = _watched(alarm)
    return MetricAlarm(
        name=alarm.name,
        queries=queries,
        returned=returned,
        comparison=alarm.comparison,
        threshold=alarm.threshold,
        band=None if alarm.anomaly_band is None else BAND,
        evaluation_periods=alarm.evaluation_periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm,
        treat_missing_data=alarm.treat_missing_data,
        actions=actions,
        description=alarm.description,
        unit="" if alarm.unit == "None" else alarm.unit,
        service=alarm.service,
    )


def composite_alarm(
    composite: Composite,
    name_of: Callable[[str], str],
    actions: Actions = Actions(),  # noqa: B008  # frozen
) -> CompositeAlarm:
    """Return a composite alarm, which performs these actions.

    Args:
        composite: the alarm.
        name_of: key of an alarm -> its name in AWS.
        actions: its actions.
    """
    by = composite.suppressor
    return CompositeAlarm(
        name=composite.name,
        rule=rule_text(composite.rule, name_of),
        actions=actions,
        suppressor=Suppressor(name_of(by.alarm), by.wait_s, by.extension_s) if by else None,
        description=composite.description,
        service=composite.service,
    )


def rule_text(rule: Rule, name_of: Callable[[str], str]) -> str:
    """Return a rule in the syntax of CloudWatch, with parentheses: AWS does not document precedence."""
    if isinstance(rule, InAlarm):
        return f'ALARM("{name_of(rule.alarm)}")'
    if isinstance(rule, NotInAlarm):
        return f'NOT ALARM("{name_of(rule.not_in_alarm)}")'
    parts, word = (rule.any_of, " OR ") if isinstance(rule, AnyOf) else (rule.all_of, " AND ")
    inner = word.join(rule_text(part, name_of) for part in parts)
    return f"({inner})" if len(parts) > 1 else inner


def metric_filter(spec: LogFilter, log_group: str) -> MetricFilter:
    """Return a metric filter of the log group with this name."""
    return MetricFilter(
        name=spec.name,
        log_group=log_group,
        pattern=spec.pattern,
        namespace=spec.namespace,
        metric=spec.metric,
        value=spec.value,
        default_value=spec.default_value,
        dimensions=pairs(spec.dimensions),
        unit=spec.unit,
    )


def anomaly_band(width: float) -> str:
    """Return the expression of a band of `width` standard deviations around the observed metric."""
    return f"ANOMALY_DETECTION_BAND({OBSERVED}, {width:g})"


def require_valid(catalog: Catalog) -> None:
    """Validate the alarms and metric filters of a catalog.

    Raises:
        ConfigError: with every problem, each with its service and alarm.
    """
    problems = tuple(_problems(catalog))
    if problems:
        raise ConfigError(problems)


def _problems(catalog: Catalog) -> Iterator[Problem]:
    groups = {group.key: group.name for group in catalog.log_groups}
    places = {f"alarm {alarm.name}": _place(alarm) for alarm in catalog.all_alarms}
    for problem in validation.problems(
        map(metric_alarm, catalog.alarms),
        (composite_alarm(composite, catalog.alarm_name) for composite in catalog.composites),
        (metric_filter(spec, groups[spec.log_group_key]) for spec in catalog.filters),
    ):
        yield Problem(places.get(problem.subject, problem.place), problem.key, problem.text)


def _place(alarm: Alarm | Composite) -> str:
    owner = f"services.{alarm.service}" if alarm.service else "platform"
    return f"{owner}: alarm {alarm.kind_key}"


def _watched(alarm: Alarm) -> tuple[tuple[Query, ...], str]:
    """Return the queries of an alarm, and the ID of the one that it compares."""
    series = alarm.watches
    if isinstance(series, Math):
        inputs = [Query(key, _statistic(metric)) for key, metric in series.metrics.items()]
        return in_order([*inputs, Query(RESULT, series.expression)]), RESULT
    if alarm.anomaly_band is not None:
        band = Query(BAND, anomaly_band(alarm.anomaly_band))
        return in_order([Query(OBSERVED, _statistic(series)), band]), OBSERVED
    return (Query(ONLY_QUERY, _statistic(series)),), ONLY_QUERY


def _statistic(spec: MetricSpec) -> Statistic:
    return Statistic(metric(spec), spec.stat, spec.period_s)


def metric(spec: MetricSpec) -> Metric:
    """Return the metric of a series."""
    return Metric(spec.namespace, spec.name, pairs(spec.dimensions))
