"""Datapoints: the statistics of a metric over sliding periods.

Sources: CloudWatch User Guide, "CloudWatch statistics definitions"; "Metrics concepts", "Periods"; for
windows that slide by a minute, "Using Amazon CloudWatch alarms", "Evaluating an alarm".
"""

from __future__ import annotations

import functools

import numpy as np

from cloudwatch import ranks
from cloudwatch.distribution import Distribution, Floats
from cloudwatch.errors import InputError
from cloudwatch.series import Series
from cloudwatch.statistic import Statistic, check_statistic
from cloudwatch.windows import strided, window_high, window_low, window_total

__all__ = ["Statistic", "check_statistic", "evaluations", "sliding"]


def sliding(series: Series, stat: str | Statistic, period_s: int) -> Floats:
    """Return a statistic per step: element i is for the period that ends with step i; NaN is no sample.

    The array is read-only, as results are cached.

    Raises:
        InputError: the statistic is not valid, or the period is not a multiple of the step.
    """
    if isinstance(stat, str):
        stat = check_statistic(stat)
    return _sliding(series, stat, period_s)


def evaluations(values: Floats, period_steps: int, evaluation_range: int) -> Floats:
    """Return a sliding statistic's datapoints for each evaluation of an alarm: [T, range], oldest first.

    The datapoints are one period apart; those before the first step are NaN. The result is a read-only view.
    """
    return strided(values, period_steps, evaluation_range)


def _steps(series: Series, period_s: int) -> int:
    """Return the number of steps of a period."""
    if period_s < 1 or period_s % series.step_s:
        message = f"the period of {period_s} s must be a multiple of the series' step of {series.step_s} s"
        raise InputError(message)
    return period_s // series.step_s


# Most metrics of many healthy services share one series. 512 results of a day, with the series that they
# reference, use tens of megabytes.
@functools.lru_cache(maxsize=512)
def _sliding(series: Series, stat: Statistic, period_s: int) -> Floats:
    values = _computed(series, stat, _steps(series, period_s))
    values.flags.writeable = False
    return values


def _computed(series: Series, stat: Statistic, length: int) -> Floats:
    if not np.any(series.count):
        return np.full(len(series), np.nan)
    if stat.kind == "Minimum":
        return window_low(series.low, length)
    if stat.kind == "Maximum":
        return window_high(series.high, length)
    if stat.needs_samples:
        return _of_samples(series, stat, length)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if stat.kind == "Average":
            total, count = window_total(np.stack((series.total, series.count)), length)
            return np.asarray(total / count)
        count = window_total(series.count, length)
        values = count if stat.kind == "SampleCount" else window_total(series.total, length)
    return np.where(count > 0, values, np.nan)


def _of_samples(series: Series, stat: Statistic, length: int) -> Floats:
    """Return a statistic that needs samples; NaN where they are unknown, or a sample is negative.

    The statistic is not available "for metrics when any of the metric values are negative numbers", here any
    value of the period ("Requirements to use percentiles, trimmed mean, and some other statistics").
    """
    low = window_low(series.low, length)
    available = low >= 0
    if series.spread is None:
        unknown = series.low < series.high
        if unknown.any():
            available &= window_total(unknown.astype(np.float64), length) == 0
        usable = series.low == series.high
        offsets = np.concatenate(([0], np.cumsum(usable)))
        spread = Distribution(offsets, series.low[usable], series.count[usable])
    else:
        spread = series.spread
    if not stat.percent:
        values = _of_range(spread, stat, length)
    else:
        values = _of_percentages(series, spread, stat, length, available)
    return np.where(available, values, np.nan)


def _of_range(spread: Distribution, stat: Statistic, length: int) -> Floats:
    """Return a statistic of the samples between two values, from the totals of each step."""
    values, weights = spread.values, spread.weights
    count = len(spread.offsets) - 1
    if stat.kind == "wm":
        moved = np.clip(values, stat.low, stat.high)
        parts = (moved * weights, weights)
    else:
        low = -np.inf if stat.low is None else stat.low
        high = np.inf if stat.high is None else stat.high
        inside = np.where((values > low) & (values <= high), weights, 0.0)
        parts = (
            inside * values if stat.kind in {"tm", "ts"} else inside,
            weights if stat.kind == "pr" else inside,
        )
    steps = spread.steps
    added = np.stack([np.bincount(steps, part, count) for part in parts]).astype(np.float64)
    total, samples = window_total(added, length)
    if stat.kind in {"tc", "ts"}:
        return np.asarray(total)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share = np.asarray(total / samples)
    return 100 * share if stat.kind == "pr" else share


def _of_percentages(
    series: Series, spread: Distribution, stat: Statistic, length: int, available: np.typing.NDArray[np.bool_]
) -> Floats:
    """Return a statistic by percentage; windows of one value are not sorted for percentile and mean."""
    values = np.full(len(series), np.nan)
    todo = available
    if stat.kind in {"percentile", "tm", "wm"} and stat.high != 0:  # :0% is no part at all
        low, high = window_low(series.low, length), window_high(series.high, length)
        same = low == high
        values = np.where(same, low, np.nan)
        todo = available & ~same
    last = np.flatnonzero(todo)
    if len(last):
        values[last] = ranks.of_windows(stat, spread, np.maximum(0, last - length + 1), last + 1)
    return values
