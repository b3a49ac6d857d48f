"""Validation of metric math in alarms."""

from __future__ import annotations

from collections.abc import Mapping

from cloudwatch.errors import MathError, UnsupportedMathError
from cloudwatch.maths.forms import ELSEWHERE
from cloudwatch.maths.kinds import kinds_of_all
from cloudwatch.maths.syntax import Call, Expression, Name, Number, text_of, walk
from cloudwatch.quotas import ALARM_METRICS

_BAND = "ANOMALY_DETECTION_BAND"
_SOURCES: Mapping[str, str] = {
    "DB_PERF_INSIGHTS": "a counter of Performance Insights",
    "INSIGHT_RULE_METRIC": "a Contributor Insights rule",
    "SERVICE_QUOTA": "a service quota",
}
"""Function -> what it reads (CloudWatch User Guide, "Metric math syntax and functions")."""
_DEVIATIONS = 2.0  # "If you don't specify this argument, the default of 2 is used"


def band_of(expression: Expression) -> tuple[Expression, float] | None:
    """Return the metric of an anomaly band and its width in standard deviations; None for other functions."""
    if not isinstance(expression, Call) or expression.function != _BAND:
        return None
    width = expression.arguments[1] if len(expression.arguments) > 1 else Number(_DEVIATIONS)
    if not isinstance(width, Number):
        message = f"{_BAND}: the standard deviations must be a number (found: {text_of(width)})"
        raise MathError(message, width.position)
    return expression.arguments[0], width.value


def check_alarm(queries: Mapping[str, Expression | None], watched: str, *, band: str | None = None) -> None:
    """Reject metric math that CloudWatch rejects in an alarm, or that is not supported.

    Args:
        queries: the expression of each id; None for a metric.
        watched: the id that the alarm compares (`ReturnData`); one time series.
        band: the id of its band (`ThresholdMetricId`), whose values are given and not computed.

    Raises:
        MathError: CloudWatch rejects it; with the id of the expression, and the position in it.
        UnsupportedMathError: CloudWatch accepts it, and it is not supported.
    """
    expressions = {id_: query for id_, query in queries.items() if query is not None and id_ != band}
    metrics = {id_: None for id_, query in queries.items() if query is None}
    _check_numbers(len(metrics), sum(query is not None for query in queries.values()))
    for id_, expression in expressions.items():
        for part in walk(expression):
            if isinstance(part, Call) and part.function in ELSEWHERE:
                message = f"{id_}: {_problem(part.function)}"
                is_refused = part.function in {"SEARCH", _BAND}
                raise (MathError if is_refused else UnsupportedMathError)(message, part.position)
    if band is not None:
        _check_band(queries, band)
    for id_ in (watched,) if band is None else (watched, band):
        if id_ not in queries:
            message = f"no metric or expression has the id {id_}; allowed: {', '.join(queries)}"
            raise MathError(message, 0)
    if kinds_of_all(metrics, expressions)[watched] != "TS":
        message = f"{watched}: an alarm must watch one time series, not an array of time series"
        raise MathError(message, 0)


def _check_numbers(metrics: int, expressions: int) -> None:
    for number, noun in ((metrics, "metrics"), (expressions, "expressions")):
        if number > ALARM_METRICS:
            message = f"an alarm must have at most {ALARM_METRICS} {noun} (found: {number})"
            raise MathError(message, 0)


def _check_band(queries: Mapping[str, Expression | None], band: str) -> None:
    expression = queries.get(band)
    metric_and_width = expression and band_of(expression)
    if not metric_and_width:
        message = f"{band}: the band of an alarm must be {_BAND}(id, standard deviations)"
        raise MathError(message, 0)
    for part in walk(metric_and_width[0]):
        if isinstance(part, Name) and part.id not in queries:
            message = f"{band}: no metric or expression has the id {part.id}"
            raise MathError(message, part.position)


def _problem(function: str) -> str:
    if function == "SEARCH":
        return "SEARCH is not allowed in an alarm, as it may return many time series"
    if function == _BAND:
        return f"{_BAND} must be the band of an alarm (ThresholdMetricId), not part of an expression"
    source = _SOURCES.get(function)
    reads = f": it reads {source}, not a metric of the alarm" if source else ""
    return f"{function} is not supported{reads or ': it cannot be computed from the metrics of the alarm'}"
