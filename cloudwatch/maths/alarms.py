"""What alarms take of metric math."""

from __future__ import annotations

from collections.abc import Mapping

from cloudwatch.errors import MathError, UnsupportedMathError
from cloudwatch.maths.forms import ELSEWHERE
from cloudwatch.maths.kinds import kinds_of_all
from cloudwatch.maths.syntax import Call, Expression, Name, Number, text_of, walk
from cloudwatch.quotas import ALARM_METRICS

_BAND = "ANOMALY_DETECTION_BAND"
_DEVIATIONS = 2.0  # "If you don't specify this argument, the default of 2 is used"


def band_of(expression: Expression) -> tuple[Expression, float] | None:
    """Return what an anomaly band is about, and its width in standard deviations; None: it is no band."""
    if not isinstance(expression, Call) or expression.function != _BAND:
        return None
    width = expression.arguments[1] if len(expression.arguments) > 1 else Number(_DEVIATIONS)
    if not isinstance(width, Number):
        message = f"{_BAND}: the number of standard deviations is a number, not {text_of(width)}"
        raise MathError(message, width.position)
    return expression.arguments[0], width.value


def check_alarm(queries: Mapping[str, Expression | None], watched: str, *, band: str | None = None) -> None:
    """Refuse what CloudWatch refuses in an alarm, and what cannot be computed here.

    Args:
        queries: the expression of each id; None: it is a metric.
        watched: the id that the alarm compares (`ReturnData`); one time series.
        band: the id of its band (`ThresholdMetricId`), which is given as numbers and not computed.

    Raises:
        MathError: what is wrong, the id of the expression, and the position in it.
        UnsupportedMathError: CloudWatch accepts it, and it cannot be computed here.
    """
    expressions = {id_: query for id_, query in queries.items() if query is not None and id_ != band}
    metrics = {id_: None for id_, query in queries.items() if query is None}
    _check_numbers(len(metrics), sum(query is not None for query in queries.values()))
    for id_, expression in expressions.items():
        for number in walk(expression):
            if isinstance(number, Call) and number.function in ELSEWHERE:
                message = f"{id_}: {_why(number.function)}"
                is_refused = number.function in {"SEARCH", _BAND}
                raise (MathError if is_refused else UnsupportedMathError)(message, number.position)
    if band is not None:
        _check_band(queries, band)
    for id_ in (watched,) if band is None else (watched, band):
        if id_ not in queries:
            message = f"no metric or expression has the id {id_}; there are {', '.join(queries)}"
            raise MathError(message, 0)
    if kinds_of_all(metrics, expressions)[watched] != "TS":
        message = f"{watched}: an alarm watches one time series, and this is an array of them"
        raise MathError(message, 0)


def _check_numbers(metrics: int, expressions: int) -> None:
    for number, what in ((metrics, "metrics"), (expressions, "expressions")):
        if number > ALARM_METRICS:
            message = f"an alarm has at most {ALARM_METRICS} {what}, this one {number}"
            raise MathError(message, 0)


def _check_band(queries: Mapping[str, Expression | None], band: str) -> None:
    expression = queries.get(band)
    found = expression and band_of(expression)
    if not found:
        message = f"{band}: the band of an alarm is {_BAND}(id, standard deviations)"
        raise MathError(message, 0)
    of = found[0]
    for number in walk(of):
        if isinstance(number, Name) and number.id not in queries:
            message = f"{band}: no metric or expression has the id {number.id}"
            raise MathError(message, number.position)


def _why(function: str) -> str:
    if function == "SEARCH":
        return "an alarm cannot watch the result of SEARCH, which may be many time series"
    if function == _BAND:
        return f"{_BAND} is the band of an alarm (ThresholdMetricId), not a part of what it watches"
    return f"{function} cannot be computed from the metrics of the alarm"
