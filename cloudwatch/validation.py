"""The one validator: whether AWS accepts alarms and metric filters, as values of the typed model.

The catalog calls it when it builds alarms, `verify` before a deployment, the drill before it evaluates
anything, the local AWS when an alarm is put: all of them refuse the same alarms with the same words.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm (EvaluationPeriods, Period, AlarmActions, Metrics,
Unit), Metric, MetricStat, MetricDataQuery, PutCompositeAlarm (AlarmRule, ActionsSuppressor); CloudWatch User
Guide, "Combining alarms"; for metric filters `cloudwatch.publishing`. Numbers are in `cloudwatch.quotas`.
"""

from __future__ import annotations

import collections
import functools
import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cloudwatch import composites, maths, patterns, publishing, quotas, rules
from cloudwatch.alarms import BANDS, OPERATORS, Actions, Alarm, CompositeAlarm, Metric, MetricAlarm, Statistic
from cloudwatch.errors import CycleError, InputError, PatternError, UnsupportedMathError
from cloudwatch.publishing import UNITS, MetricFilter
from cloudwatch.rules import Rule
from cloudwatch.statistic import check_statistic

_REMEMBERED: Final = 4096
"""Sets of queries; the services of a platform share them."""
_ID: Final = re.compile(r"[a-z][A-Za-z0-9_]*")

Queries = tuple[tuple[str, str | None], ...]
"""Ids with their expressions; None: a metric."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that AWS would refuse, or that cannot be evaluated here."""

    subject: str
    """What it is about: `alarm x`, `metric filter x of y`, `log group y`."""
    place: str
    """Where that was read; the subject when nobody knows."""
    key: str
    """Which part of it, such as `period`; empty for the whole."""
    text: str
    """What was found and what is allowed."""
    is_unsupported: bool = False
    """Whether AWS accepts it, and only this program cannot evaluate it."""

    def __str__(self) -> str:
        """Return the key and what is wrong with it."""
        return f"{self.key}: {self.text}" if self.key else self.text


Found = tuple[str, str] | tuple[str, str, bool]
"""Key, text, and whether it is only unsupported."""


def problems(
    alarms: Iterable[MetricAlarm],
    composites_: Iterable[CompositeAlarm] = (),
    filters: Iterable[MetricFilter] = (),
    *,
    others: Collection[str] = (),
    hint: Callable[[str], str] = lambda _: "",
) -> Iterator[Problem]:
    """Yield what is wrong with the alarms and metric filters of one account and region.

    Args:
        alarms: the metric alarms.
        composites_: the composite alarms.
        filters: the metric filters.
        others: names of alarms that exist besides, such as those that cannot be read.
        hint: returns what to add when there is no alarm of a name, such as a similar name.
    """
    metric_alarms, composite_alarms, all_filters = tuple(alarms), tuple(composites_), tuple(filters)
    yield from _of_filters(all_filters)
    published = {(spec.namespace, spec.metric): spec for spec in all_filters}
    for alarm in metric_alarms:
        yield from metric_alarm(alarm, published)
    every: tuple[Alarm, ...] = (*metric_alarms, *composite_alarms)
    names = collections.Counter(alarm.name for alarm in every)
    for each in every if len(names) < len(every) else ():
        if names[each.name] > 1:
            yield _problem(each, "name", f"{names[each.name]} alarms have it: the last one applied wins")
    parsed: dict[str, Rule] = {}
    existing = names.keys() | set(others)
    for composite in composite_alarms:
        yield from composite_alarm(composite, existing, parsed, hint=hint)
    yield from _of_parents(every, parsed)
    try:
        composites.order(parsed)
    except CycleError as error:
        first = next(alarm for alarm in composite_alarms if alarm.name == error.cycle[0])
        yield _problem(first, "rule", f"{error.message}: CloudWatch never evaluates a cycle")


def metric_alarm(
    alarm: MetricAlarm, published: Mapping[tuple[str, str], MetricFilter] | None = None
) -> Iterator[Problem]:
    """Yield what is wrong with a metric alarm.

    Args:
        alarm: the alarm.
        published: namespace and name of a metric -> a metric filter that publishes it.
    """
    found: list[Found] = [*_of_any(alarm), *_of_comparison(alarm), *_of_periods(alarm), *_of_queries(alarm)]
    for statistic in alarm.statistics:
        found += _of_metric(statistic.metric)
        if statistic.unit is not None:
            found += _of_unit(statistic, statistic.unit, published or {})
    return (_problem(alarm, *problem) for problem in dict.fromkeys(found))


def composite_alarm(
    alarm: CompositeAlarm,
    names: Container[str] | None = None,
    parsed: dict[str, Rule] | None = None,
    *,
    hint: Callable[[str], str] = lambda _: "",
) -> Iterator[Problem]:
    """Yield what is wrong with a composite alarm.

    Args:
        alarm: the alarm.
        names: the alarms that there are; None when nobody knows.
        parsed: its rule is put here when it can be read.
        hint: as for `problems`.
    """
    for found in _of_any(alarm):
        yield _problem(alarm, *found)
    named: list[tuple[str, str]] = []
    try:
        rules.check_length(alarm.rule)
        rule = rules.parse(alarm.rule)
    except InputError as error:
        yield _problem(alarm, "rule", _at_character(error))
    else:
        if parsed is not None:
            parsed[alarm.name] = rule
        named += [("rule", name) for name in rules.children(rule)]
        try:
            rules.check(rule)
        except InputError as error:
            yield _problem(alarm, "rule", error.message)
    if alarm.suppressor is not None:
        named.append(("suppressor", alarm.suppressor.alarm))
        if alarm.suppressor.alarm == alarm.name:
            yield _problem(alarm, "suppressor", "an alarm cannot suppress itself: name another one")
    for key, name in named:
        if names is not None and name not in names:
            yield _problem(alarm, key, f"there is no alarm {name}{hint(name)}")


def _problem(alarm: Alarm, key: str, text: str, is_unsupported: bool = False) -> Problem:  # noqa: FBT001, FBT002
    subject = f"alarm {alarm.name}"
    return Problem(subject, alarm.place or subject, key, text, is_unsupported)


def _at_character(error: InputError) -> str:
    """Return what is wrong with a text, and where in it, counted from 1 as people do."""
    return f"character {(error.position or 0) + 1}: {error.message}"


# --- metric filters


def _of_filters(filters: Iterable[MetricFilter]) -> Iterator[Problem]:
    for spec in filters:
        subject = f"metric filter {spec.name} of {spec.log_group}"
        for key, text in _of_filter(spec):
            yield Problem(subject, spec.place or subject, key, text)
    for group, text in publishing.group_problems(filters):
        yield Problem(f"log group {group}", f"log group {group}", "", text)


def _of_filter(spec: MetricFilter) -> Iterator[tuple[str, str]]:
    try:
        patterns.parse(spec.pattern)
    except PatternError as error:
        yield "pattern", _at_character(error)
        return
    try:
        publishing.check(spec)
    except InputError as error:
        yield "", error.message


# --- metric alarms


def _of_any(alarm: Alarm) -> Iterator[Found]:
    """Yield what is wrong with what both kinds of alarm have."""
    if not 1 <= len(alarm.name) <= quotas.ALARM_NAME_CHARACTERS:
        yield "name", f"must have 1 to {quotas.ALARM_NAME_CHARACTERS} characters (found: {len(alarm.name)})"
    if len(alarm.description) > quotas.DESCRIPTION_CHARACTERS:
        most = quotas.DESCRIPTION_CHARACTERS
        yield "description", f"must have at most {most} characters (found: {len(alarm.description)})"
    yield from _of_actions(alarm.actions)


def _of_actions(actions: Actions) -> Iterator[Found]:
    for state, targets in (
        ("ALARM", actions.alarm),
        ("OK", actions.ok),
        ("INSUFFICIENT_DATA", actions.insufficient_data),
    ):
        if len(targets) > quotas.ACTIONS:
            yield "actions", f"at most {quotas.ACTIONS} when it enters {state} (found: {len(targets)})"


def _of_comparison(alarm: MetricAlarm) -> Iterator[Found]:
    if (alarm.threshold is None) == (alarm.band is None):
        yield "comparison", "needs either a threshold or the id of an anomaly detection band"
        return
    allowed = BANDS if alarm.band else tuple(operator for operator in OPERATORS if operator not in BANDS)
    if alarm.comparison not in allowed:
        what = "a band" if alarm.band else "a threshold"
        text = f"{alarm.comparison} does not compare with {what}; allowed: {', '.join(allowed)}"
        yield "comparison", text


def _of_periods(alarm: MetricAlarm) -> Iterator[Found]:
    periods_s = dict.fromkeys(statistic.period_s for statistic in alarm.statistics)
    periods_s |= dict.fromkeys(query.period_s for query in alarm.queries if query.period_s is not None)
    for period_s in periods_s:
        if not quotas.is_period(period_s):
            allowed = ", ".join(map(str, quotas.ALARM_PERIODS_S))
            yield "period", f"{period_s} is not valid; allowed: {allowed} or a multiple of 60 seconds"
    if len(periods_s) > 1:
        listed = ", ".join(map(str, sorted(periods_s)))
        yield "period", f"its metrics have several periods ({listed} s): an alarm has one"
    periods, datapoints = alarm.evaluation_periods, alarm.datapoints_to_alarm
    if periods < 1:
        yield "datapoints", f"evaluation periods must be at least 1 (found: {periods})"
    elif not 1 <= datapoints <= periods:
        text = f"datapoints to alarm must be 1 to {periods}, the evaluation periods (found: {datapoints})"
        yield "datapoints", text
    for period_s in list(periods_s)[:1]:
        most_s = quotas.window_s(period_s)
        if period_s * periods > most_s:
            short = "" if period_s >= quotas.HOUR_S else ", the most for periods below an hour"
            yield "evaluation periods", f"{periods} periods of {period_s} s exceed {most_s} s{short}"


def _of_metric(metric: Metric) -> Iterator[Found]:
    for what, text in (("metric name", metric.name), ("namespace", metric.namespace)):
        if not 1 <= len(text) <= quotas.METRIC_CHARACTERS:
            yield what, f"must have 1 to {quotas.METRIC_CHARACTERS} characters (found: {len(text)})"
    if len(metric.dimensions) > quotas.DIMENSIONS:
        found = len(metric.dimensions)
        yield "dimensions", f"a metric has at most {quotas.DIMENSIONS} (found: {found})"


def _of_unit(
    statistic: Statistic, unit: str, published: Mapping[tuple[str, str], MetricFilter]
) -> Iterator[Found]:
    """Yield that an alarm would see nothing: it asks for another unit than is published.

    Samples that a scenario writes itself have no unit, and are taken for what the alarm asks for.
    """
    if unit not in UNITS:
        yield "unit", f"{unit} is not valid; known: {', '.join(sorted(UNITS))}"
        return
    by = published.get((statistic.metric.namespace, statistic.metric.name))
    if by is not None and by.unit != unit:
        text = f"asks for {unit}, and the metric filter {by.name} publishes {by.unit}"
        yield "unit", f"{text}: it would see no sample"


def _of_queries(alarm: MetricAlarm) -> Iterator[Found]:
    queries = tuple(
        (query.id, query.asks if isinstance(query.asks, str) else None) for query in alarm.queries
    )
    if len(queries) > 1 or any(expression is not None for _, expression in queries):
        yield from _of_math(queries, alarm.returned, alarm.band)
    for statistic in alarm.statistics:
        yield from _of_statistic(statistic.stat)


@functools.lru_cache(maxsize=_REMEMBERED)
def _of_math(queries: Queries, returned: str, band: str | None) -> tuple[Found, ...]:
    """Return what is wrong with metric math; a query without an expression is a metric."""
    found = [*_of_ids(queries)]
    for id_, text in queries:
        found += _of_expression(id_, text) if text is not None else ()
    if found:
        return tuple(found)
    if all(text is not None for _, text in queries):
        return (("expression", "an alarm without a metric cannot be evaluated here", True),)
    expressions = {id_: None if text is None else maths.parse(text) for id_, text in queries}
    try:
        maths.check_alarm(expressions, returned, band=band)
    except InputError as error:
        return (("expression", error.message, isinstance(error, UnsupportedMathError)),)
    return ()


def _of_ids(queries: Queries) -> Iterator[Found]:
    numbers = collections.Counter(id_ for id_, _ in queries)
    for id_, number in numbers.items():
        if not _ID.fullmatch(id_) or len(id_) > quotas.ID_CHARACTERS:
            most = quotas.ID_CHARACTERS
            allowed = f"a lower-case letter, then letters, digits and _, at most {most} characters"
            yield "expression", f"the id {id_} is not valid: {allowed}"
        if number > 1:
            yield "expression", f"{number} queries have the id {id_}"


def _of_expression(id_: str, text: str) -> Iterator[Found]:
    try:
        maths.parse(text)
    except InputError as error:
        yield "expression", f"{id_}: {_at_character(error)}", isinstance(error, UnsupportedMathError)


@functools.lru_cache(maxsize=_REMEMBERED)
def _of_statistic(stat: str) -> tuple[Found, ...]:
    try:
        check_statistic(stat)
    except InputError as error:
        return (("statistic", error.message),)
    return ()


# --- composite alarms


def _of_parents(alarms: Iterable[Alarm], parsed: Mapping[str, Rule]) -> Iterator[Problem]:
    parents = collections.Counter(child for rule in parsed.values() for child in rules.children(rule))
    for alarm in alarms:
        if parents[alarm.name] > quotas.PARENTS:
            text = (
                f"at most {quotas.PARENTS} composite alarms may name one alarm (found: {parents[alarm.name]})"
            )
            yield _problem(alarm, "name", text)
