"""What AWS would refuse of a system, and what cannot be rehearsed: found before anything is computed.

A rehearsal of alarms that nobody can deploy would pass and mean nothing. Sources read what they find, member
by member; here is looked at what they read as a whole.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm (EvaluationPeriods, Period, AlarmActions, Metrics,
Unit), Metric, MetricStat, PutCompositeAlarm (AlarmRule, ActionsSuppressor); for metric filters
`cloudwatch.publishing`.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Literal

from cloudwatch import composites, maths, patterns, publishing, rules
from cloudwatch.errors import CycleError, InputError, PatternError
from cloudwatch.limits import DAY_S, HOUR_S
from cloudwatch.publishing import UNITS, MetricFilter
from cloudwatch.rules import Rule
from cloudwatch.statistic import check_statistic
from config.errors import ConfigError, Problem
from config.explain import did_you_mean
from drill.model import Actions, CompositeAlarm, Metric, MetricAlarm, Statistic, System

LONGEST_S, LONGEST_BELOW_AN_HOUR_S = 7 * DAY_S, DAY_S
"""Of Period times EvaluationPeriods; the second for periods below an hour."""
ACTIONS = 5
"""For each state."""
DIMENSIONS = 30
CHARACTERS = 255
"""Of the name of an alarm or a metric, and of a namespace."""
_REMEMBERED = 4096
"""Sets of queries, of which the services of a platform have the same ones."""

Queries = tuple[tuple[str, str | None], ...]
"""Ids with their expressions; None: a metric."""
Wrong = tuple[str, str]
"""What it is about, such as `rule`, and what is wrong with it."""


def check(system: System) -> None:
    """Refuse a system of which something would be refused.

    Raises:
        ConfigError: with every problem, each with where the alarm or filter was read.
    """
    found = tuple(problems(system))
    if found:
        raise ConfigError(found)


def check_alarms(system: System, names: Iterable[str]) -> None:
    """Refuse a system of which something would be refused of these alarms; others are not looked at.

    Raises:
        ConfigError: as for `check`.
    """
    asked = set(names)
    known = frozenset(one.name for one in system.all_alarms)
    units = _units(system.filters)
    found = [
        problem
        for one in system.all_alarms
        if one.name in asked
        for problem in (
            _of_metric_alarm(one, units)
            if isinstance(one, MetricAlarm)
            else _of_composite(system, one, known, {})
        )
    ]
    if found:
        raise ConfigError(found)


def problems(system: System) -> Iterator[Problem]:
    """Yield everything that is wrong with a system."""
    yield from _of_filters(system.filters)
    units = _units(system.filters)
    for alarm in system.alarms:
        yield from _of_metric_alarm(alarm, units)
    known = collections.Counter(one.name for one in system.all_alarms)
    for one in system.all_alarms if len(known) < len(system.all_alarms) else ():
        if known[one.name] > 1:
            yield Problem(_place(one), "", f"{known[one.name]} alarms are called {one.name}")
    parsed: dict[str, Rule] = {}
    for composite in system.composites:
        yield from _of_composite(system, composite, known.keys(), parsed)
    try:
        composites.order(parsed)
    except CycleError as error:
        at = next(one for one in system.composites if one.name == error.cycle[0])
        yield Problem(_place(at), "rule", error.message)


def _place(one: MetricAlarm | CompositeAlarm) -> str:
    return one.place or f"alarm {one.name}"


def _told(error: InputError) -> str:
    """Return what is wrong with a text, and where in it, counted from 1 as people do."""
    return f"character {(error.position or 0) + 1}: {error.message}"


# --- metric filters


def _of_filters(filters: Iterable[MetricFilter]) -> Iterator[Problem]:
    for one in filters:
        place = one.place or f"metric filter {one.name} of {one.log_group}"
        yield from (Problem(place, key, text) for key, text in _of_filter(one))
    for group, text in publishing.group_problems(filters):
        yield Problem(f"log group {group}", "", text)


def _of_filter(one: MetricFilter) -> Iterator[Wrong]:
    try:
        patterns.parse(one.pattern)
    except PatternError as error:
        yield "pattern", _told(error)
        return
    try:
        publishing.check(one)
    except InputError as error:
        yield "", error.message


def _units(filters: Iterable[MetricFilter]) -> Mapping[tuple[str, str], MetricFilter]:
    """Return the filters that publish each metric, by its namespace and name; one of them will do."""
    return {(one.namespace, one.metric): one for one in filters}


# --- metric alarms


def _of_metric_alarm(
    alarm: MetricAlarm, published: Mapping[tuple[str, str], MetricFilter]
) -> Iterator[Problem]:
    wrong = [*_of_name(alarm.name), *_of_actions(alarm.actions), *_of_range(alarm)]
    wrong += _of_queries(alarm)
    for one in alarm.statistics:
        wrong += _of_metric(one.metric)
        if one.unit is not None:
            wrong += _of_unit(one, one.unit, published)
    return (Problem(_place(alarm), key, text) for key, text in wrong)


def _of_name(name: str) -> Iterator[Wrong]:
    if not 1 <= len(name) <= CHARACTERS:
        yield "name", f"has 1 to {CHARACTERS} characters (found: {len(name)})"


def _of_actions(actions: Actions) -> Iterator[Wrong]:
    for state, some in (
        ("ALARM", actions.alarm),
        ("OK", actions.ok),
        ("INSUFFICIENT_DATA", actions.insufficient_data),
    ):
        if len(some) > ACTIONS:
            yield "actions", f"at most {ACTIONS} when it enters {state} (found: {len(some)})"


def _of_range(alarm: MetricAlarm) -> Iterator[Wrong]:
    period_s, periods = alarm.period_s, alarm.evaluation_periods
    most_s = LONGEST_S if period_s >= HOUR_S else LONGEST_BELOW_AN_HOUR_S
    if period_s * periods > most_s:
        short = "" if period_s >= HOUR_S else ", the most for periods below an hour"
        yield (
            "evaluation periods",
            f"{periods} periods of {period_s} s are longer than {most_s} s{short}",
        )


def _of_metric(metric: Metric) -> Iterator[Wrong]:
    for what, text in (("metric name", metric.name), ("namespace", metric.namespace)):
        if not 1 <= len(text) <= CHARACTERS:
            yield what, f"has 1 to {CHARACTERS} characters (found: {len(text)})"
    if len(metric.dimensions) > DIMENSIONS:
        yield "dimensions", f"a metric has at most {DIMENSIONS} (found: {len(metric.dimensions)})"


def _of_unit(one: Statistic, unit: str, published: Mapping[tuple[str, str], MetricFilter]) -> Iterator[Wrong]:
    """Yield that an alarm would see nothing: it asks for another unit than is published.

    Samples that a scenario writes itself have no unit, and are taken for what the alarm asks for.
    """
    if unit not in UNITS:
        yield "unit", f"there is no unit {unit}; known: {', '.join(sorted(UNITS))}"
        return
    by = published.get((one.metric.namespace, one.metric.name))
    if by is not None and by.unit != unit:
        yield (
            "unit",
            f"asks for {unit}, and the metric filter {by.name} publishes {by.unit}: it would see no sample",
        )


def _of_queries(alarm: MetricAlarm) -> Iterator[Wrong]:
    asked = tuple((one.id, one.asks if isinstance(one.asks, str) else None) for one in alarm.queries)
    if len(asked) > 1 or asked[0][1] is not None:
        yield from _of_math(asked, alarm.returned, compared="band" if alarm.threshold is None else "number")
    for one in alarm.statistics:
        yield from _of_statistic(one.stat)


@functools.lru_cache(maxsize=_REMEMBERED)
def _of_math(asked: Queries, returned: str, *, compared: Literal["band", "number"]) -> tuple[Wrong, ...]:
    """Return what is wrong with metric math; a query without an expression is a metric."""
    wrong = tuple(one for id_, text in asked if text is not None for one in _of_expression(id_, text))
    if wrong:
        return wrong
    expressions = {id_: None if text is None else maths.parse(text) for id_, text in asked}
    try:
        band = next((id_ for id_, one in expressions.items() if one and maths.band_of(one)), None)
        if compared == "band" and band is None:
            return (("expression", "what it compares with is no ANOMALY_DETECTION_BAND"),)
        maths.check_alarm(expressions, returned, band=band if compared == "band" else None)
    except InputError as error:
        return (("expression", error.message),)
    return ()


def _of_expression(id_: str, text: str) -> Iterator[Wrong]:
    try:
        maths.parse(text)
    except InputError as error:
        yield f"expression {id_}", _told(error)


@functools.lru_cache(maxsize=_REMEMBERED)
def _of_statistic(stat: str) -> tuple[Wrong, ...]:
    try:
        check_statistic(stat)
    except InputError as error:
        return (("statistic", error.message),)
    return ()


# --- composites


def _of_composite(
    system: System, composite: CompositeAlarm, known: Container[str], parsed: dict[str, Rule]
) -> Iterator[Problem]:
    """Yield what is wrong with a composite; its rule is put with those that were parsed."""
    place = _place(composite)
    for key, text in (*_of_name(composite.name), *_of_actions(composite.actions)):
        yield Problem(place, key, text)
    names: list[Wrong] = []
    try:
        rules.check_length(composite.rule)
        rule = parsed[composite.name] = rules.parse(composite.rule)
    except InputError as error:
        yield Problem(place, "rule", _told(error))
    else:
        names += [("rule", name) for name in rules.children(rule)]
        yield from (Problem(place, "rule", text) for text in _of_size(rule))
    if composite.suppressor is not None:
        names.append(("suppressor", composite.suppressor.alarm))
    for key, name in names:
        if name not in known:
            yield Problem(place, key, _nobody(system, name))


def _of_size(rule: Rule) -> Iterator[str]:
    try:
        rules.check(rule)
    except InputError as error:
        yield error.message


def _nobody(system: System, name: str) -> str:
    text = f"there is no alarm {name}"
    if system.prefix:
        return (
            f"{text} among those that were read, whose names begin with {system.prefix}: "
            "choose a prefix that all have, or none (--prefix)"
        )
    return f"{text}{did_you_mean(name, [one.name for one in system.all_alarms])}"
