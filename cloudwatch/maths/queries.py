"""The expressions of one request, which may use each other."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats
from cloudwatch.errors import MathError
from cloudwatch.maths.evaluation import check, compute, context_of
from cloudwatch.maths.forms import Kind
from cloudwatch.maths.syntax import Expression, names
from cloudwatch.maths.values import Context, Value


def evaluate_all(
    queries: Mapping[str, Expression | npt.ArrayLike], times_s: npt.ArrayLike, period_s: int
) -> dict[str, Floats]:
    """Return the time series of every query by its id: of a metric as given, of an expression its result.

    An array of time series is [series, ..., n]; series that it does not have at a place are NaN there.

    Raises:
        MathError: as `evaluate`, and for expressions that need each other.
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


def kinds_of_all(metrics: Mapping[str, object], expressions: Mapping[str, Expression]) -> dict[str, Kind]:
    """Return what every id is.

    Raises:
        MathError: an expression is wrong; its id is said.
    """
    kinds: dict[str, Kind] = dict.fromkeys(metrics, "TS")
    for id_ in in_order(expressions):
        kinds[id_] = _kind_of(id_, expressions[id_], kinds, metrics)
    return kinds


def _kind_of(
    id_: str, expression: Expression, kinds: Mapping[str, Kind], metrics: Mapping[str, object]
) -> Kind:
    try:
        return check(expression, kinds, metrics)
    except MathError as error:
        message = f"{id_}: {error.message}"
        raise MathError(message, error.position) from error


def in_order(expressions: Mapping[str, Expression]) -> list[str]:
    """Return ids of expressions, each after those that it uses.

    Raises:
        MathError: expressions need each other.
    """
    uses = {
        id_: [one for one in names(expression) if one in expressions]
        for id_, expression in expressions.items()
    }
    try:
        return list(graphlib.TopologicalSorter(uses).static_order())
    except graphlib.CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        message = f"expressions need each other: {circle}"
        raise MathError(message, 0) from error
