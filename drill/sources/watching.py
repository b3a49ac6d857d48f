"""What an alarm watches, as AWS's APIs describe it: one metric, or queries of metric math.

Source: CloudWatch API Reference, PutMetricAlarm, MetricDataQuery, MetricStat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cloudwatch.errors import InputError
from cloudwatch.limits import MINUTE_S
from cloudwatch.statistic import SIMPLE, check_statistic
from drill.model import Metric, Query, Statistic
from drill.sources.names import ONLY_QUERY
from drill.sources.records import Record
from drill.sources.values import pairs, queries

ONE_METRIC: Final = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)
"""What says what an alarm watches if it has no `Metrics`."""

_QUERY: Final = frozenset({"Expression", "Id", "Label", "MetricStat", "Period", "ReturnData"})
_NOT_REHEARSED: Final = {"AccountId": "it watches another account"}
_LIMITED_PERIODS_S: Final = (10, 20, 30)


def of_one_metric(given: Record) -> tuple[tuple[Query, ...], str]:
    """Return what an alarm on one metric asks for."""
    if given.has("Statistic") == given.has("ExtendedStatistic"):
        other = given.spelt("ExtendedStatistic")
        given.refuse("Statistic", f"or {other} has to be given, and not both")
    if given.has("Statistic"):
        stat = given.one_of("Statistic", SIMPLE)
    else:
        stat = _statistic(given, "ExtendedStatistic")
        if stat in SIMPLE:
            given.refuse("ExtendedStatistic", f"is {stat}, which is a {given.spelt('Statistic')}")
    return (Query(ONLY_QUERY, Statistic(_metric(given), stat, _period_s(given), _unit(given))),), ONLY_QUERY


def of_math(given: Record, band: str | None) -> tuple[tuple[Query, ...], str]:
    """Return the queries of metric math or of a band, and the id of what is compared."""
    for member in ONE_METRIC:
        if given.given.get(member):
            given.refuse(member, f"is given and so is {given.spelt('Metrics')}: one of them")
    read = [(one, _query(one)) for one in given.records("Metrics")]
    ids = [query.id for _, query in read]
    for one in ids:
        if ids.count(one) > 1:
            given.refuse("Metrics", f"has the id {one} twice")
    returned = [query.id for record, query in read if record.truth("ReturnData", default=True)]
    compared = [one for one in returned if one != band]
    if len(compared) != 1:
        which = f" ({', '.join(compared)})" if compared else ""
        returns = given.spelt("ReturnData")
        given.refuse("Metrics", f"has {len(compared)} queries that are compared{which}: one with {returns}")
    if band and band not in ids:
        given.refuse("ThresholdMetricId", f"is {band}, and there is no such query")
    _share_a_period(given, [query for _, query in read])
    return queries(query for _, query in read), compared[0]


def _share_a_period(given: Record, asked: Sequence[Query]) -> None:
    periods = {one.asks.period_s for one in asked if isinstance(one.asks, Statistic)}
    if not periods and any(isinstance(one.asks, str) and "SEARCH" in one.asks for one in asked):
        given.refuse("Metrics", "has a SEARCH and no metric: an alarm cannot watch what a search finds")
    if not periods:
        given.refuse("Metrics", "retrieves no metric: Metrics Insights queries are not rehearsed")
    if len(periods) > 1:
        listed = ", ".join(map(str, sorted(periods)))
        given.refuse("Metrics", f"has the periods {listed} s: an alarm has one")


def _query(given: Record) -> Query:
    given.only(_QUERY | _NOT_REHEARSED.keys(), _NOT_REHEARSED)
    if given.has("MetricStat") == bool(given.given.get("Expression")):
        given.refuse("Expression", f"or {given.spelt('MetricStat')} has to be given, and not both")
    if not given.has("MetricStat"):
        return Query(given.text("Id"), given.text("Expression"))
    stat = given.record("MetricStat")
    stat.only({"Metric", "Period", "Stat", "Unit"})
    metric = stat.record("Metric")
    metric.only({"Dimensions", "MetricName", "Namespace"})
    name = _statistic(stat, "Stat")
    return Query(given.text("Id"), Statistic(_metric(metric), name, _period_s(stat), _unit(stat)))


def _statistic(given: Record, member: str) -> str:
    stat = given.text(member)
    try:
        check_statistic(stat)
    except InputError as error:
        given.refuse(member, f"is none: {error.message}")
    return stat


def _metric(given: Record) -> Metric:
    dimensions: dict[str, str] = {}
    for one in given.records("Dimensions"):
        one.only({"Name", "Value"})
        name = one.text("Name")
        if name in dimensions:
            given.refuse("Dimensions", f"has {name} twice")
        dimensions[name] = one.text("Value")
    return Metric(given.text("Namespace"), given.text("MetricName"), pairs(dimensions))


def _period_s(given: Record) -> int:
    period_s = given.whole("Period")
    if period_s % MINUTE_S and period_s not in _LIMITED_PERIODS_S:
        given.refuse("Period", f"is {period_s}; allowed: 10, 20, 30 or a multiple of 60 seconds")
    return period_s


def _unit(given: Record) -> str | None:
    return given.text("Unit") if given.has("Unit") else None
