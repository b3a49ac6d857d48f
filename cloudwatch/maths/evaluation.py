"""Computation of expressions: for one request, or for every evaluation of an alarm at once."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats
from cloudwatch.errors import MathError
from cloudwatch.maths.forms import REDUCTIONS, Kind
from cloudwatch.maths.functions import FUNCTIONS
from cloudwatch.maths.kinds import check, in_order, kinds_of, kinds_of_all, named_metrics
from cloudwatch.maths.operators import operate
from cloudwatch.maths.syntax import (
    Array,
    Call,
    Chain,
    Expression,
    Minus,
    Name,
    Number,
    Power,
    Text,
    Word,
    names,
    walk,
)
from cloudwatch.maths.values import Context, Value, like, scalar, series, stacked

_EACH_BY_ITSELF = frozenset(
    ("ABS", "CEIL", "FIRST", "FLOOR", "IF", "LAST", "LOG", "LOG10", "METRICS", "SLICE", "TIME_SERIES")
)
_OF_THE_ONE_BEFORE = frozenset(("DIFF", "DIFF_TIME", "RATE"))
_OF_THE_REQUEST = frozenset(("METRIC_COUNT", "PERIOD"))


def evaluate(
    expression: Expression,
    inputs: Mapping[str, npt.ArrayLike],
    times_s: npt.ArrayLike,
    period_s: int,
) -> Floats:
    """Return the time series that is the result of an expression, oldest first; NaN is a missing datapoint.

    `inputs` are the metrics by id, [..., n]; `times_s` are the starts of their periods, [..., n].

    Raises:
        MathError: an id is unknown, the result is not a single time series, or a function is not supported.
    """
    context = context_of(inputs, times_s, period_s)
    if _checked(expression, tuple(inputs)) != "TS":
        message = "the result must be one time series, not an array: use FIRST, SUM, AVG, MIN or MAX"
        raise MathError(message, expression.position)
    return compute(expression, context).data


def evaluate_all(
    queries: Mapping[str, Expression | npt.ArrayLike], times_s: npt.ArrayLike, period_s: int
) -> dict[str, Floats]:
    """Return the time series of every query by its id: a metric as given, or the result of an expression.

    An array of time series is [series, ..., n]; series that do not exist at an index are NaN there.

    Raises:
        MathError: as for `evaluate`, or if expressions form a cycle.
    """
    metrics: dict[str, npt.ArrayLike] = {}
    expressions: dict[str, Expression] = {}
    for id_, query in queries.items():
        if isinstance(query, Expression):
            expressions[id_] = query
        else:
            metrics[id_] = query
    kinds_of_all(metrics, expressions)
    context = context_of(metrics, times_s, period_s)
    values: dict[str, Value] = dict(context.values)
    context = Context(values, context.metrics, context.times_s, period_s)
    for id_ in in_order(expressions):
        values[id_] = compute(expressions[id_], context)
    return {id_: np.asarray(values[id_].data) for id_ in queries}


def is_elementwise(expression: Expression, kinds: Mapping[str, Kind] | None = None) -> bool:
    """Return whether it may be computed over [T], before `statistics.evaluations` returns [T, range].

    This is possible if each datapoint depends only on datapoints of the same time, and is missing where all
    of them are, as before the first step. `kinds` are the kinds of ids; all other ids are metrics.

    Raises:
        MathError: the result is not a single time series.
    """
    arrays = {id_ for id_, kind in (kinds or {}).items() if kind == "TS[]"}
    return arrays.isdisjoint(names(expression)) and _is_elementwise(expression)


@functools.lru_cache(maxsize=4096)
def _is_elementwise(expression: Expression) -> bool:
    ids = _metrics(names(expression))
    calls = [part for part in walk(expression) if isinstance(part, Call)]
    fills = any(call.function in {"FILL", "TIME_SERIES"} for call in calls)
    if not all(_is_of_its_time(call, ids, fills=fills) for call in calls):
        return False
    texts = [part.value for part in walk(expression) if isinstance(part, Text)]
    missing = dict.fromkeys((*ids, *texts, "any"), math.nan)
    nothing = evaluate(expression, {id_: np.array([value]) for id_, value in missing.items()}, [0], 60)
    return bool(np.isnan(nothing).all())


def _is_of_its_time(call: Call, ids: Mapping[str, Kind], *, fills: bool) -> bool:
    """Return whether each datapoint of a call depends only on datapoints of the same time."""
    if call.function in _EACH_BY_ITSELF or (call.function in _OF_THE_REQUEST and not fills):
        return True
    last = kinds_of(call.arguments[-1], ids)
    if call.function == "FILL":
        return "filler" not in last
    return call.function in REDUCTIONS and "TS[]" in last


@functools.lru_cache(maxsize=4096)
def looks_back(expression: Expression) -> bool:
    """Return whether datapoints depend on the previous one, and none on the length of the request.

    Then the only effect of a longer request is that the oldest datapoints have a previous one.
    """
    ids = _metrics(names(expression))
    calls = [part for part in walk(expression) if isinstance(part, Call)]
    back = [call for call in calls if call.function in _OF_THE_ONE_BEFORE]
    others = [call for call in calls if call not in back]
    return bool(back) and all(_is_of_its_time(call, ids, fills=False) for call in others)


def context_of(inputs: Mapping[str, npt.ArrayLike], times_s: npt.ArrayLike, period_s: int) -> Context:
    """Return the context of a computation; all metrics are broadcast to one shape."""
    times = np.asarray(times_s, np.int64)
    numbers = {id_: np.asarray(values, np.float64) for id_, values in inputs.items()}
    shape = np.broadcast_shapes(times.shape, *(number.shape for number in numbers.values()))
    with np.errstate(all="ignore"):
        values = {id_: series(np.broadcast_to(number, shape)) for id_, number in numbers.items()}
    return Context(values, tuple(values), np.broadcast_to(times, shape), period_s)


def _metrics(ids: Iterable[str]) -> dict[str, Kind]:
    return dict.fromkeys(ids, "TS")


@functools.lru_cache(maxsize=4096)
def _checked(expression: Expression, ids: tuple[str, ...]) -> Kind:
    return check(expression, _metrics(ids), ids)


def compute(expression: Expression, context: Context) -> Value:
    """Return the value of a validated expression in a context."""
    with np.errstate(all="ignore"):
        return _computed(expression, context)


def _computed(expression: Expression, context: Context) -> Value:
    if isinstance(expression, Name):
        return context.values[expression.id]
    if isinstance(expression, Call):
        return _called(expression, context)
    if isinstance(expression, Array):
        return stacked([_computed(item, context) for item in expression.items])
    return _operated(expression, context)


def _operated(expression: Number | Text | Word | Minus | Power | Chain, context: Context) -> Value:
    if isinstance(expression, Chain):
        value = _computed(expression.first, context)
        for operator, operand in expression.rest:
            value = operate(operator, value, _computed(operand, context))
        return value
    if isinstance(expression, Power):
        return operate("^", _computed(expression.base, context), _computed(expression.exponent, context))
    if isinstance(expression, Minus):
        value = _computed(expression.operand, context)
        return like(value, -value.data)
    return scalar(np.asarray(expression.value, np.float64))


def _called(call: Call, context: Context) -> Value:
    if call.function == "METRICS":
        return stacked([context.values[id_] for id_ in named_metrics(call, context.metrics)])
    arguments = [
        argument.value if isinstance(argument, Text | Word) else _computed(argument, context)
        for argument in call.arguments
    ]
    return FUNCTIONS[call.function](context, *arguments)
