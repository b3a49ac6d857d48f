"""Datapoints: the statistics of a metric over periods, sliding by a step.

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
    """Return a statistic per step: element i is of the period that ends where step i ends; NaN: no sample.

    The array may not be written to: equal questions about one series get one array.

    Raises:
        InputError: no such statistic, or a period that is no multiple of the step.
    """
    if isinstance(stat, str):
        stat = check_statistic(stat)
    return _sliding(series, stat, period_s)


def evaluations(values: Floats, period_steps: int, evaluation_range: int) -> Floats:
    """Return what each evaluation of an alarm sees of a sliding statistic: [T, range], oldest first.

    Its datapoints are a period apart; NaN stands for those before the first step, too. It is a view that
    nobody may write to.
    """
    return strided(values, period_steps, evaluation_range)


def _steps(series: Series, period_s: int) -> int:
    """Return how many steps a period has."""
    if period_s < 1 or period_s % series.step_s:
        message = f"a period of {period_s} s is no multiple of {series.step_s} s, the step of the series"
        raise InputError(message)
    return period_s // series.step_s


# Most metrics of many healthy services are one series. 512 results of a day, and the series that they keep
# alive, are tens of megabytes.
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
    """Return a statistic that needs samples; NaN where they are unknown, or any of them is negative.

    They are not available "for metrics when any of the metric values are negative numbers": taken as any
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
    """Return a statistic of the samples between two values: a total of what each step adds."""
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
    """Return a statistic by percentage; a window of one value needs no sorting for a percentile or a mean."""
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
