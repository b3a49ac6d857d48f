"""What expressions are computed with: arrays of numbers whose last axis is time; NaN is no datapoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats, Integers

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A scalar, a time series or an array of time series: many at once, one per place of the leading axes.

    Scalars have a last axis of length 1 (or no axis), time series one of length n, arrays of time series one
    axis more in front, for the series.
    """

    kind: Literal["S", "TS", "TS[]"]
    data: Floats
    present: Booleans | None = None
    """Of an array: which series it has, [k, ..., 1]; they come first, the others are NaN."""

    @property
    def series(self) -> Booleans:
        """Of an array: which series it has."""
        return np.ones(1, np.bool_) if self.present is None else self.present


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What an expression is computed from."""

    values: dict[str, Value]
    """Metrics and results of expressions by their id."""
    metrics: tuple[str, ...]
    """Which of them are metrics."""
    times_s: Integers
    """When each period begins, [..., n]"""
    period_s: int


def scalar(data: Floats) -> Value:
    """Return scalars."""
    return Value("S", np.asarray(data, np.float64))


def series(data: Floats) -> Value:
    """Return time series; what is no finite number is no datapoint."""
    return Value("TS", _finite(np.asarray(data, np.float64)))


def array(data: Floats, present: Booleans) -> Value:
    """Return arrays of time series, those that are `present` in front."""
    data = np.where(present, _finite(np.asarray(data, np.float64)), np.nan)
    if not present.all():
        order = np.argsort(~present, axis=0, kind="stable")
        data = np.take_along_axis(data, order, axis=0)
        present = np.take_along_axis(present, order, axis=0)
    return Value("TS[]", data, present)


def stacked(values: list[Value]) -> Value:
    """Return the array of time series, and of the members of arrays."""
    data, present = [], []
    for value in values:
        if value.kind == "TS":
            data.append(value.data[None])
            present.append(np.ones((1, *value.data.shape[:-1], 1), np.bool_))
        else:
            data.append(value.data)
            present.append(value.series)
    return array(np.concatenate(data), np.concatenate(present))


def like(value: Value, data: Floats) -> Value:
    """Return other numbers of the same kind, and for an array of the same series."""
    if value.kind == "TS[]":
        return array(data, value.series)
    return series(data) if value.kind == "TS" else scalar(_finite(data))


def _finite(data: Floats) -> Floats:
    """Return the numbers there are.

    A datapoint that would be divided by zero is dropped ("Basic arithmetic functions"); decided: so is what
    else has no result, such as the logarithm of 0.
    """
    infinite = np.isinf(data)
    return np.where(infinite, np.nan, data) if infinite.any() else data
