"""Validation of alarms and metric filters, as values of the typed model: whether AWS accepts them.

The catalog calls it when it builds alarms, `verify` before a deployment, the drill before an evaluation, and
the local AWS in PutMetricAlarm: all of them reject the same alarms with the same messages.

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

_CACHED: Final = 4096
"""Number of cached results; the services of a platform share sets of queries."""
_ID: Final = re.compile(r"[a-z][A-Za-z0-9_]*")

Queries = tuple[tuple[str, str | None], ...]
"""Ids with their expressions; None for a metric."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that AWS would reject, or that this program cannot evaluate."""

    subject: str
    """The resource: `alarm x`, `metric filter x of y`, `log group y`."""
    place: str
    """Where the resource was read; the subject if this is not known."""
    key: str
    """The part of the resource, such as `period`; empty for the whole resource."""
    text: str
    """What is wrong and what is allowed."""
    is_unsupported: bool = False
    """Whether AWS accepts the value and only this program cannot evaluate it."""

    def __str__(self) -> str:
        """Return the key and the text."""
        return f"{self.key}: {self.text}" if self.key else self.text


Details = tuple[str, str] | tuple[str, str, bool]
"""Key, text, and whether the value is only unsupported."""


def problems(  # noqa: PLR0913  # each by its name
    alarms: Iterable[MetricAlarm],
    composites_: Iterable[CompositeAlarm] = (),
    filters: Iterable[MetricFilter] = (),
    *,
    others: Collection[str] = (),
    hint: Callable[[str], str] = lambda _: "",
    needs_data: bool = True,
) -> Iterator[Problem]:
    """Yield the problems of the alarms and metric filters of one account and region.

    Args:
        alarms: the metric alarms.
        composites_: the composite alarms.
        filters: the metric filters.
        others: names of further existing alarms, such as those that cannot be read.
        hint: returns a text to append for the name of an alarm that does not exist, such as a similar name.
        needs_data: whether an alarm is a problem that never has data, because the metric filter of its metric
            publishes in another unit. AWS accepts it.
    """
    metric_alarms, composite_alarms, all_filters = tuple(alarms), tuple(composites_), tuple(filters)
    yield from _of_filters(all_filters)
    published = {(spec.namespace, spec.metric): spec for spec in all_filters} if needs_data else {}
    for alarm in metric_alarms:
        yield from metric_alarm(alarm, published)
    every: tuple[Alarm, ...] = (*metric_alarms, *composite_alarms)
    names = collections.Counter(alarm.name for alarm in every)
    for named in every if len(names) < len(every) else ():
        if names[named.name] > 1:
            count = names[named.name]
            yield _problem(named, "name", f"{count} alarms have this name; names must be unique")
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
    """Yield the problems of a metric alarm.

    Args:
        alarm: the alarm.
        published: namespace and name of a metric -> a metric filter that publishes it.
    """
    details: list[Details] = [*_of_any(alarm), *_of_comparison(alarm), *_of_periods(alarm)]
    details += _of_queries(alarm)
    for statistic in alarm.statistics:
        details += _of_metric(statistic.metric)
        if statistic.unit is not None:
            details += _of_unit(statistic, statistic.unit, published or {})
    return (_problem(alarm, *problem) for problem in dict.fromkeys(details))


def composite_alarm(
    alarm: CompositeAlarm,
    names: Container[str] | None = None,
    parsed: dict[str, Rule] | None = None,
    *,
    hint: Callable[[str], str] = lambda _: "",
) -> Iterator[Problem]:
    """Yield the problems of a composite alarm.

    Args:
        alarm: the alarm.
        names: the existing alarms; None if they are not known.
        parsed: receives the rule if its syntax is valid.
        hint: as for `problems`.
    """
    for details in _of_any(alarm):
        yield _problem(alarm, *details)
    references: list[tuple[str, str]] = []
    try:
        rules.check_length(alarm.rule)
        rule = rules.parse(alarm.rule)
    except InputError as error:
        yield _problem(alarm, "rule", _at_character(error))
    else:
        if parsed is not None:
            parsed[alarm.name] = rule
        references += [("rule", name) for name in rules.children(rule)]
        try:
            rules.check(rule)
        except InputError as error:
            yield _problem(alarm, "rule", error.message)
    if alarm.suppressor is not None:
        references.append(("suppressor", alarm.suppressor.alarm))
        if alarm.suppressor.alarm == alarm.name:
            yield _problem(alarm, "suppressor", "an alarm cannot suppress itself: use another alarm")
    for key, name in references:
        if names is not None and name not in names:
            yield _problem(alarm, key, f"alarm {name} does not exist{hint(name)}")


def _problem(alarm: Alarm, key: str, text: str, is_unsupported: bool = False) -> Problem:  # noqa: FBT001, FBT002
    subject = f"alarm {alarm.name}"
    return Problem(subject, alarm.place or subject, key, text, is_unsupported)


def _at_character(error: InputError) -> str:
    """Return the message of an error with the position in the text, counted from 1."""
    return f"character {(error.position or 0) + 1}: {error.message}"


# --- metric filters


def subject_of_filter(spec: MetricFilter) -> str:
    """Return the subject of the problems of a metric filter."""
    return f"metric filter {spec.name} of {spec.log_group}"


def _of_filters(filters: Iterable[MetricFilter]) -> Iterator[Problem]:
    for spec in filters:
        subject = subject_of_filter(spec)
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


def _of_any(alarm: Alarm) -> Iterator[Details]:
    """Yield the problems of the arguments that both types of alarm have."""
    if not 1 <= len(alarm.name) <= quotas.ALARM_NAME_CHARACTERS:
        yield "name", f"must have 1 to {quotas.ALARM_NAME_CHARACTERS} characters (found: {len(alarm.name)})"
    if len(alarm.description) > quotas.DESCRIPTION_CHARACTERS:
        maximum = quotas.DESCRIPTION_CHARACTERS
        yield "description", f"must have at most {maximum} characters (found: {len(alarm.description)})"
    yield from _of_actions(alarm.actions)


def _of_actions(actions: Actions) -> Iterator[Details]:
    for state, targets in (
        ("ALARM", actions.alarm),
        ("OK", actions.ok),
        ("INSUFFICIENT_DATA", actions.insufficient_data),
    ):
        if len(targets) > quotas.ACTIONS:
            yield "actions", f"must be at most {quotas.ACTIONS} for {state} (found: {len(targets)})"


def _of_comparison(alarm: MetricAlarm) -> Iterator[Details]:
    if (alarm.threshold is None) == (alarm.band is None):
        yield "comparison", "requires either a threshold or the id of an anomaly detection band"
        return
    allowed = BANDS if alarm.band else tuple(operator for operator in OPERATORS if operator not in BANDS)
    if alarm.comparison not in allowed:
        reference = "a band" if alarm.band else "a threshold"
        text = f"{alarm.comparison} is not valid with {reference}; allowed: {', '.join(allowed)}"
        yield "comparison", text


def _of_periods(alarm: MetricAlarm) -> Iterator[Details]:
    periods_s = dict.fromkeys(statistic.period_s for statistic in alarm.statistics)
    periods_s |= dict.fromkeys(query.period_s for query in alarm.queries if query.period_s is not None)
    for period_s in periods_s:
        if not quotas.is_period(period_s):
            allowed = ", ".join(map(str, quotas.ALARM_PERIODS_S))
            yield "period", f"{period_s} is not valid; allowed: {allowed} or a multiple of 60 seconds"
    if len(periods_s) > 1:
        listed = ", ".join(map(str, sorted(periods_s)))
        yield "period", f"all metrics of an alarm must have the same period (found: {listed} s)"
    periods, datapoints = alarm.evaluation_periods, alarm.datapoints_to_alarm
    if periods < 1:
        yield "datapoints", f"evaluation periods must be at least 1 (found: {periods})"
    elif not 1 <= datapoints <= periods:
        text = f"datapoints to alarm must be 1 to {periods}, the evaluation periods (found: {datapoints})"
        yield "datapoints", text
    for period_s in list(periods_s)[:1]:
        maximum_s = quotas.window_s(period_s)
        if period_s * periods > maximum_s:
            scope = "" if period_s >= quotas.HOUR_S else " for periods below one hour"
            text = f"{periods} periods of {period_s} s exceed the maximum of {maximum_s} s{scope}"
            yield "evaluation periods", text


def _of_metric(metric: Metric) -> Iterator[Details]:
    for key, value in (("metric name", metric.name), ("namespace", metric.namespace)):
        if not 1 <= len(value) <= quotas.METRIC_CHARACTERS:
            yield key, f"must have 1 to {quotas.METRIC_CHARACTERS} characters (found: {len(value)})"
    if len(metric.dimensions) > quotas.DIMENSIONS:
        count = len(metric.dimensions)
        yield "dimensions", f"must be at most {quotas.DIMENSIONS} (found: {count})"


def _of_unit(
    statistic: Statistic, unit: str, published: Mapping[tuple[str, str], MetricFilter]
) -> Iterator[Details]:
    """Yield a problem if the unit of an alarm differs from the published unit, so that it has no data."""
    if unit not in UNITS:
        yield "unit", f"{unit} is not valid; allowed: {', '.join(sorted(UNITS))}"
        return
    source = published.get((statistic.metric.namespace, statistic.metric.name))
    if source is not None and source.unit != unit:
        text = f"must be {source.unit}, as metric filter {source.name} publishes (found: {unit})"
        yield "unit", f"{text}: the alarm would have no data"


def _of_queries(alarm: MetricAlarm) -> Iterator[Details]:
    queries = tuple(
        (query.id, query.asks if isinstance(query.asks, str) else None) for query in alarm.queries
    )
    if len(queries) > 1 or any(expression is not None for _, expression in queries):
        yield from _of_math(queries, alarm.returned, alarm.band)
    for statistic in alarm.statistics:
        yield from _of_statistic(statistic.stat)


@functools.lru_cache(maxsize=_CACHED)
def _of_math(queries: Queries, returned: str, band: str | None) -> tuple[Details, ...]:
    """Return the problems of metric math; a query without an expression is a metric."""
    details = [*_of_ids(queries)]
    for id_, text in queries:
        details += _of_expression(id_, text) if text is not None else ()
    if details:
        return tuple(details)
    expressions = {id_: None if text is None else maths.parse(text) for id_, text in queries}
    try:
        maths.check_alarm(expressions, returned, band=band)
    except InputError as error:
        return (("expression", error.message, isinstance(error, UnsupportedMathError)),)
    if all(text is not None for _, text in queries):
        return (("expression", "an alarm without a metric is not supported", True),)
    return ()


def _of_ids(queries: Queries) -> Iterator[Details]:
    numbers = collections.Counter(id_ for id_, _ in queries)
    for id_, number in numbers.items():
        if not _ID.fullmatch(id_) or len(id_) > quotas.ID_CHARACTERS:
            maximum = quotas.ID_CHARACTERS
            allowed = f"a lower-case letter, then letters, digits and _, at most {maximum} characters"
            yield "expression", f"the id {id_} is not valid; allowed: {allowed}"
        if number > 1:
            yield "expression", f"{number} queries have the id {id_}"


def _of_expression(id_: str, text: str) -> Iterator[Details]:
    try:
        maths.parse(text)
    except InputError as error:
        yield "expression", f"{id_}: {_at_character(error)}", isinstance(error, UnsupportedMathError)


@functools.lru_cache(maxsize=_CACHED)
def _of_statistic(stat: str) -> tuple[Details, ...]:
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
            text = f"must be in the rules of at most {quotas.PARENTS} composite alarms"
            yield _problem(alarm, "name", f"{text} (found: {parents[alarm.name]})")
