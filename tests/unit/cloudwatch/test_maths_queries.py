"""Expressions of one request that use each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest

from cloudwatch.errors import MathError
from cloudwatch.maths import Expression, parse
from cloudwatch.maths.evaluation import evaluate_all
from tests.support.tables import each

TIMES = [0, 60, 120]
METRICS: Mapping[str, npt.ArrayLike] = {"errors": [1.0, np.nan, 3.0], "calls": [10.0, 20.0, 0.0]}


def asked(**expressions: str) -> dict[str, Expression | npt.ArrayLike]:
    """Return a request: the two metrics, and expressions."""
    return {**METRICS, **{id_: parse(text) for id_, text in expressions.items()}}


def test_expressions_use_expressions_in_whatever_order_they_are_given() -> None:
    """Each is computed after what it uses; all are returned under their ids."""
    queries = asked(percent="100 * rate", rate="errors / calls", quiet="FILL(percent, 0)")
    found = evaluate_all(queries, TIMES, 60)
    assert list(found) == ["errors", "calls", "percent", "rate", "quiet"]
    np.testing.assert_equal(found["rate"], [0.1, 0, np.nan])
    np.testing.assert_equal(found["percent"], [10, 0, np.nan])
    np.testing.assert_equal(found["quiet"], [10, 0, 0])
    np.testing.assert_equal(found["errors"], METRICS["errors"])


def test_metrics_are_the_metrics_and_not_the_expressions() -> None:
    """With a text: those whose id contains it."""
    queries = asked(all="SUM(METRICS())", some='SUM(METRICS("rr"))', errors_doubled="2 * errors")
    found = evaluate_all(queries, TIMES, 60)
    np.testing.assert_equal(found["all"], [11, 20, 3])
    np.testing.assert_equal(found["some"], [1, np.nan, 3])


def test_an_expression_may_be_an_array_that_others_take_apart() -> None:
    """Its series lie in front; what REMOVE_EMPTY takes away is not there for those that use it."""
    queries = asked(
        both="[calls, errors]",
        top="FIRST(SORT(both, SUM, ASC))",
        few="REMOVE_EMPTY(both * (errors > 9) / 0)",
        n="calls * METRIC_COUNT(few)",
    )
    found = evaluate_all(queries, TIMES, 60)
    assert found["both"].shape == (2, 3)
    np.testing.assert_equal(found["top"], [1, np.nan, 3])
    np.testing.assert_equal(found["n"], [0, 0, 0])


@each(
    ("expressions", "why", "position"),
    [
        ({"a": "errors + b", "b": "calls + a"}, "form a cycle: (a -> b -> a|b -> a -> b)$", 0),
        ({"a": "a + 1"}, "form a cycle: a -> a", 0),
        ({"a": "errors + x"}, "a: no metric or expression has the id x; allowed: errors, calls", 9),
        (
            {"a": "errors * 2", "b": "FIRST(a)"},
            r"b: FIRST does not accept TS here; allowed: FIRST\(TS\[\]\)",
            6,
        ),
        ({"a": "[errors]", "b": "calls > a"}, "b: > does not accept an array", 8),
        ({"a": "AVG(errors)", "b": "calls - a"}, "a: the result must be a time series", 0),
        (
            {"a": "errors * 2", "b": "a / PERIOD(a)"},
            "b: the argument of PERIOD must be the id of a metric",
            11,
        ),
        ({"a": "errors * 2", "b": 'SUM(METRICS("a2"))'}, "b: METRICS matches no metric", 4),
    ],
)
def test_expressions_that_do_not_fit_together_are_refused(
    expressions: dict[str, str], why: str, position: int
) -> None:
    """With the id of the expression and the position in it."""
    with pytest.raises(MathError, match=why) as caught:
        evaluate_all(asked(**expressions), TIMES, 60)
    assert caught.value.position == position
