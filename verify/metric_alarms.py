"""A metric alarm, against what CloudWatch takes and what has data: nothing here asks whom it notifies.

Source: CloudWatch API Reference, PutMetricAlarm and MetricDataQuery; CloudWatch User Guide, "Creating a
CloudWatch alarm based on anomaly detection".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, Final

from verify import series
from verify.configuration import Resource
from verify.expressions import plain
from verify.faults import Finding
from verify.metrics import Metrics, Use

_METRICS: Final = 10
"""That retrieve a metric, in one alarm; as many expressions."""
_HOUR_S: Final = 3600
_WINDOW_S: Final = 86_400
_LONG_WINDOW_S: Final = 604_800
"""Period x evaluation periods at most, for periods under an hour, and for others."""
_BAND_OPERATORS: Final = frozenset(
    {"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"}
)
_OPERATORS: Final = frozenset(
    {
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    }
)
_MISSING: Final = frozenset({"breaching", "notBreaching", "ignore", "missing"})


def findings(alarm: Resource, metrics: Metrics) -> Iterator[Finding]:
    """Yield what is wrong with an alarm's metrics, statistics, periods and expressions."""
    queries = [one for one in alarm.items("metric_query") if isinstance(one, dict)]
    yield from _of_queries(alarm, queries, metrics) if queries else _plain(alarm, metrics)
    yield from _of_periods(alarm, [*_periods_s(queries)] if queries else [alarm.plain("period")])
    yield from _of_comparison(alarm, queries)
    treated = alarm.text("treat_missing_data") or "missing"
    if treated not in _MISSING:
        yield Finding(
            "missing data", f"treat_missing_data is {treated}; known: {', '.join(sorted(_MISSING))}"
        )


def _plain(alarm: Resource, metrics: Metrics) -> Iterator[Finding]:
    """Yield what is wrong with an alarm on one metric."""
    yield from metrics.why_not(use_of(alarm.body))
    statistic, extended = alarm.text("statistic"), alarm.text("extended_statistic")
    if bool(statistic) == bool(extended):
        yield Finding("statistic", "needs either a statistic or an extended_statistic")
    elif statistic and statistic not in series.STATISTICS:
        known = ", ".join(sorted(series.STATISTICS))
        yield Finding("statistic", f"there is no statistic {statistic}; known: {known}")
    elif extended and not series.is_extended(extended):
        yield Finding("statistic", f"there is no extended statistic {extended}, such as p99 or TM(10%:90%)")


def _of_queries(alarm: Resource, queries: list[dict[str, Any]], metrics: Metrics) -> Iterator[Finding]:
    """Yield what is wrong with an alarm on several metrics or expressions."""
    for argument in ("metric_name", "namespace", "statistic", "extended_statistic", "period", "dimensions"):
        if alarm.body.get(argument):
            yield Finding("expression", f"has both metric_query and {argument}: only one of them")
    ids = [str(one.get("id")) for one in queries]
    for one in sorted({one for one in ids if ids.count(one) > 1}):
        yield Finding("expression", f"has the id {one} twice")
    for query in queries:
        yield from _of_query(query, set(ids), metrics)
    retrieved = sum(bool(query.get("metric")) for query in queries)
    for what, number in (("metrics", retrieved), ("expressions", len(queries) - retrieved)):
        if number > _METRICS:
            yield Finding("expression", f"has {number} {what}; CloudWatch takes {_METRICS}")


def _of_query(query: dict[str, Any], ids: set[str], metrics: Metrics) -> Iterator[Finding]:
    """Yield what is wrong with one metric or expression of an alarm."""
    name, expression = str(query.get("id")), str(query.get("expression") or "")
    if not series.is_id(name):
        says = f"{name} is no id: a lower-case letter, then letters, digits and _"
        yield Finding("expression", says)
    if bool(query.get("metric")) == bool(expression):
        yield Finding("expression", f"{name} needs either a metric or an expression")
    elif expression:
        yield from (Finding("expression", why) for why in series.wrong(expression, ids))
        if "SEARCH" in series.functions(expression):
            yield Finding("expression", f"{expression}: SEARCH is for graphs, not for alarms")
    else:
        metric = _metric(query)
        yield from metrics.why_not(use_of(metric))
        if not series.is_statistic(str(metric.get("stat"))):
            yield Finding("statistic", f"{name}: there is no statistic {metric.get('stat')}")


def _metric(query: dict[str, Any]) -> dict[str, Any]:
    metric = query.get("metric") or {}
    found: dict[str, Any] = metric[0] if isinstance(metric, list) else metric
    return found


def _periods_s(queries: list[dict[str, Any]]) -> Iterator[Any]:
    """Yield the periods that queries name; an expression has its metrics' unless it names one."""
    for query in queries:
        if query.get("metric"):
            yield plain(_metric(query).get("period"))
        elif query.get("period"):
            yield plain(query["period"])


def _of_periods(alarm: Resource, periods_s: list[Any]) -> Iterator[Finding]:
    """Yield what is wrong with the periods and the number of datapoints."""
    for one in dict.fromkeys(map(str, periods_s)):
        if not all(series.is_period(each, of_alarm=True) for each in periods_s if str(each) == one):
            yield Finding("period", f"{one} is no period: 10, 20, 30 or a multiple of 60 seconds")
    if len(set(map(str, periods_s))) > 1:
        listed = ", ".join(sorted(set(map(str, periods_s))))
        yield Finding("period", f"its metrics have several periods ({listed} s): an alarm has one")
    periods, datapoints = alarm.plain("evaluation_periods"), alarm.plain("datapoints_to_alarm")
    if not isinstance(periods, int) or periods < 1:
        yield Finding("datapoints", f"evaluation_periods is {periods}: at least 1")
        return
    if datapoints is not None and datapoints not in range(1, periods + 1):
        yield Finding("datapoints", f"datapoints_to_alarm is {datapoints}: from 1 to {periods}, its periods")
    known_s = [one for one in periods_s if isinstance(one, int)]
    window_s = periods * max(known_s, default=0)
    most_s = _LONG_WINDOW_S if known_s and min(known_s) >= _HOUR_S else _WINDOW_S
    if window_s > most_s:
        says = f"looks back {window_s} s (period x evaluation_periods); CloudWatch looks back {most_s} s"
        yield Finding("period", says)


def _of_comparison(alarm: Resource, queries: list[dict[str, Any]]) -> Iterator[Finding]:
    """Yield what is wrong with the threshold or band, and with what is compared with it."""
    operator, band = alarm.text("comparison_operator"), alarm.text("threshold_metric_id")
    operators = _BAND_OPERATORS if band else _OPERATORS
    if operator not in operators:
        known = ", ".join(sorted(operators))
        yield Finding("comparison", f"comparison_operator is {operator or 'missing'}; known here: {known}")
    if bool(band) == (alarm.body.get("threshold") is not None):
        yield Finding("comparison", "needs either a threshold or the threshold_metric_id of a band")
    returned = [str(one.get("id")) for one in queries if plain(one.get("return_data")) is True]
    wanted = 2 if band else 1
    if queries and len(returned) != wanted:
        which = f" ({', '.join(returned)})" if returned else ""
        what = "the metric and its band" if band else "what is compared"
        says = f"{len(returned)} return data{which}; {wanted} has to be: return_data for {what}"
        yield Finding("expression", says)
    if not band:
        return
    of_band = next((one for one in queries if str(one.get("id")) == band), None)
    if of_band is None or series.BAND not in series.functions(str(of_band.get("expression"))):
        yield Finding("expression", f"threshold_metric_id {band} is no expression with {series.BAND}")


def use_of(block: dict[str, Any]) -> Use:
    """Return the metric that an alarm, or one of its queries, names."""
    dimensions = block.get("dimensions") or {}
    pairs = tuple(sorted((str(name), str(value)) for name, value in dimensions.items()))
    return Use(str(block.get("namespace")), str(block.get("metric_name")), pairs)


def condition(alarm: Resource) -> Hashable:
    """Return what an alarm waits for, whatever its window: equal for alarms that differ only by that.

    None if there is nothing to compare: a composite has a rule instead.
    """
    queries = [one for one in alarm.items("metric_query") if isinstance(one, dict)]
    metrics = [one for one in (alarm.body, *map(_metric, queries)) if one.get("metric_name")]
    if not metrics:
        return None
    statistics = [one.get("stat") or one.get("statistic") or one.get("extended_statistic") for one in metrics]
    watched = frozenset(zip(map(use_of, metrics), map(str, statistics), strict=True))
    return alarm.text("comparison_operator"), alarm.text("threshold"), watched
