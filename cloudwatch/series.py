"""The samples of a metric on a grid of equal steps, from which statistics are computed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cloudwatch.distribution import Distribution, Floats, joined
from cloudwatch.errors import InputError
from cloudwatch.quotas import LARGEST


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Samples of a metric on a grid: step i covers [start_s + i * step_s, start_s + (i + 1) * step_s).

    Series are compared and cached by identity: use one object for metrics with equal samples. The arrays must
    not change.
    """

    start_s: int
    """Seconds since 1970; a multiple of `step_s`, so that periods begin where steps begin."""
    step_s: int
    count: Floats
    """Number of samples per step."""
    total: Floats
    low: Floats
    """The smallest sample of each step; NaN for a step without samples."""
    high: Floats
    spread: Distribution | None = None
    """The samples themselves, for percentiles.

    None: all samples of a step are equal if `low == high`. If they differ the samples are unknown, as those
    of a statistic set, and percentiles are missing ("CloudWatch statistics
    definitions", "Requirements to use percentiles, trimmed mean, and some other statistics").
    """

    def __post_init__(self) -> None:
        _check_grid(self.start_s, self.step_s)
        if not len(self.count) == len(self.total) == len(self.low) == len(self.high):
            message = "count, total, low and high of a series must have one number per step each"
            raise InputError(message)

    def __len__(self) -> int:
        return len(self.count)

    @classmethod
    def of_values(
        cls, values: Floats, *, start_s: int, step_s: int = 60, samples: float | Floats = 1.0
    ) -> Series:
        """Return a series with one value per step, each of `samples` samples; NaN is no sample.

        Raises:
            InputError: PutMetricData would reject a value, or the number of samples is negative.
        """
        values = np.asarray(values, np.float64)
        count = np.where(np.isnan(values), 0.0, samples)
        _check_samples(values[count > 0], count)
        value = np.where(count > 0, values, np.nan)
        return cls(start_s, step_s, count, np.where(count > 0, value * count, 0.0), value, value)

    @classmethod
    def of_samples(
        cls, samples: Iterable[tuple[float, float, float]], *, start_s: int, step_s: int = 60, steps: int
    ) -> Series:
        """Return the series of (seconds since 1970, value, weight) in any order; ignore samples off the grid.

        Raises:
            InputError: PutMetricData would reject a value, or a weight is negative.
        """
        _check_grid(start_s, step_s)
        rows = samples if isinstance(samples, np.ndarray) else list(samples)
        table = np.asarray(rows, np.float64).reshape(-1, 3)
        at = np.floor((table[:, 0] - start_s) / step_s)
        inside = (at >= 0) & (at < steps) & (table[:, 2] != 0)
        where = at[inside].astype(np.int64)
        values, weights = table[inside, 1].copy(), table[inside, 2].copy()
        _check_samples(values, weights)
        count = np.bincount(where, weights, steps).astype(np.float64)
        total = np.bincount(where, weights * values, steps).astype(np.float64)
        low, high = np.full(steps, np.inf), np.full(steps, -np.inf)
        np.minimum.at(low, where, values)
        np.maximum.at(high, where, values)
        none = count == 0
        low[none] = high[none] = np.nan
        spread = (
            None if np.all(none | (low == high)) else Distribution.of_steps(where, values, weights, steps)
        )
        return cls(start_s, step_s, count, total, low, high, spread)


@functools.lru_cache(maxsize=256)
def constant(
    value: float | None, *, start_s: int, steps: int, step_s: int = 60, samples: float = 1.0
) -> Series:
    """Return the series with this value in every step, None for no samples; results are cached."""
    values = np.full(steps, np.nan if value is None else value)
    return Series.of_values(values, start_s=start_s, step_s=step_s, samples=samples)


def together(parts: Sequence[Series]) -> Series:
    """Return the series with the samples of several series.

    Raises:
        InputError: the series are on different grids.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    if len({(series.start_s, series.step_s, len(series)) for series in parts}) > 1:
        message = "the series of one metric must be on one grid"
        raise InputError(message)
    low = functools.reduce(np.fmin, [series.low for series in parts])
    high = functools.reduce(np.fmax, [series.high for series in parts])
    count, total = sum(series.count for series in parts), sum(series.total for series in parts)
    same = bool(np.all((count == 0) | (low == high)))
    spreads = [] if same else [_spread(series) for series in parts]
    spread = (
        joined([distribution for distribution in spreads if distribution])
        if spreads and all(spreads)
        else None
    )
    return Series(first.start_s, first.step_s, np.asarray(count), np.asarray(total), low, high, spread)


def raised(series: Series, by: Series) -> Series:
    """Return the sum of two gauges: each sample is increased by the value of `by` in the same step.

    A step without samples has those of `by`.

    Raises:
        InputError: the series are on different grids.
    """
    if (series.start_s, series.step_s, len(series)) != (by.start_s, by.step_s, len(by)):
        message = "gauges must be on one grid"
        raise InputError(message)
    present = series.count > 0
    low, high = (np.where(present, bound, 0.0) + by.high for bound in (series.low, series.high))
    count = np.where(present, series.count, by.count)
    spread = None
    if series.spread is not None:
        steps = series.spread.steps
        others = np.flatnonzero(~present)
        spread = Distribution.of_steps(
            np.concatenate((steps, others)),
            np.concatenate((series.spread.values + by.high[steps], by.high[others])),
            np.concatenate((series.spread.weights, by.count[others])),
            len(series),
        )
    total = np.where(present, series.total + by.high * series.count, by.total)
    return Series(series.start_s, series.step_s, count, total, low, high, spread)


def _spread(series: Series) -> Distribution | None:
    """Return the samples of a series; None if those of a step are unknown."""
    if series.spread is not None:
        return series.spread
    where = np.flatnonzero(series.count)
    if np.any(series.low[where] != series.high[where]):
        return None
    return Distribution.of_steps(where, series.low[where], series.count[where], len(series))


def _check_grid(start_s: int, step_s: int) -> None:
    if step_s < 1 or start_s % step_s:
        message = f"the start of a series must be a multiple of its step (found: {start_s} s, {step_s} s)"
        raise InputError(message)


def _check_samples(values: Floats, weights: Floats) -> None:
    if not np.all(np.abs(values) <= LARGEST):
        message = "samples must be numbers between -2^360 and 2^360"
        raise InputError(message)
    if not np.all((weights >= 0) & (weights <= LARGEST)):
        message = "the number of samples must be 0 or more"
        raise InputError(message)
