"""The values of expressions: arrays of numbers whose last axis is time; NaN is a missing datapoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats, Integers

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """Scalars, time series or arrays of time series, one per index of the leading axes.

    Scalars have a last axis of length 1 (or no axis), time series one of length n; arrays of time series have
    an additional first axis for the series.
    """

    kind: Literal["S", "TS", "TS[]"]
    data: Floats
    present: Booleans | None = None
    """For an array: which series exist, [k, ..., 1]; they come first, the others are NaN."""

    @property
    def series(self) -> Booleans:
        """For an array: which series exist."""
        return np.ones(1, np.bool_) if self.present is None else self.present


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """The inputs of a computation."""

    values: dict[str, Value]
    """Metrics and results of expressions by their id."""
    metrics: tuple[str, ...]
    """The ids of metrics."""
    times_s: Integers
    """Start of each period, [..., n]"""
    period_s: int


def scalar(data: Floats) -> Value:
    """Return a value of kind scalar."""
    return Value("S", np.asarray(data, np.float64))


def series(data: Floats) -> Value:
    """Return a value of kind time series; numbers that are not finite become missing datapoints."""
    return Value("TS", _finite(np.asarray(data, np.float64)))


def array(data: Floats, present: Booleans) -> Value:
    """Return a value of kind array of time series, with the `present` series first."""
    data = np.where(present, _finite(np.asarray(data, np.float64)), np.nan)
    if not present.all():
        order = np.argsort(~present, axis=0, kind="stable")
        data = np.take_along_axis(data, order, axis=0)
        present = np.take_along_axis(present, order, axis=0)
    return Value("TS[]", data, present)


def stacked(values: list[Value]) -> Value:
    """Return one array of time series from time series and arrays."""
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
    """Return a value of the same kind with other numbers; an array keeps its series."""
    if value.kind == "TS[]":
        return array(data, value.series)
    return series(data) if value.kind == "TS" else scalar(_finite(data))


def _finite(data: Floats) -> Floats:
    """Replace infinite numbers with NaN.

    A datapoint that would be divided by zero is dropped ("Basic arithmetic functions"); not documented, and
    decided here: so is every other datapoint without a result, such as the logarithm of 0.
    """
    infinite = np.isinf(data)
    return np.where(infinite, np.nan, data) if infinite.any() else data
