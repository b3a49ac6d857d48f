"""Operators of metric math.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics": "Basic arithmetic
functions" (missing values in a time series are treated as 0) and "Comparison and logical operators" (where
one of two time series has no value, it is 0). The results have the times of their operands: where no series
has a value the result has none, so `m1 * 5` is missing where m1 is, and `m1 + m2` where both are.

Not documented, and decided here: for logical operators every number except 0 is true, as for the condition
of `IF`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cloudwatch.distribution import Floats
from cloudwatch.maths.values import Value, array, scalar, series

_OPERATIONS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "AND": lambda left, right: (left != 0) & (right != 0),
    "OR": lambda left, right: (left != 0) | (right != 0),
}
_KEEPS_MISSING = frozenset("+-*/")
"""Operators without a result where one of the numbers is missing; `^` is not one, as 1 to any power is 1."""


def operate(operator: str, left: Value, right: Value) -> Value:
    """Return the result of an operator on two values."""
    numbers, others = left.data, right.data
    if left.kind != "S" and right.kind != "S":
        missing_left, missing_right = np.isnan(numbers), np.isnan(others)
        missing = missing_left & missing_right
        numbers = np.where(missing_left, 0.0, numbers)
        others = np.where(missing_right, 0.0, others)
        result = _OPERATIONS[operator](numbers, others)
        result = np.where(missing, np.nan, result) if missing.any() else result
    elif operator in _KEEPS_MISSING:
        result = _OPERATIONS[operator](numbers, others)
    else:
        missing = np.isnan(numbers) | np.isnan(others)
        result = np.where(missing, np.nan, _OPERATIONS[operator](numbers, others))
    for value in (left, right):
        if value.kind == "TS[]":
            return array(result, value.series)
    if left.kind == right.kind == "S":
        return scalar(np.where(np.isfinite(result), result, np.nan))
    return series(result)
