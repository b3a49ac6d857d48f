"""Samples, and what statistics of them are, sample by sample, in exact numbers."""

from __future__ import annotations

import math
from fractions import Fraction

from cloudwatch.series import Series
from cloudwatch.statistic import Statistic

Sample = tuple[float, float, float]
"""Time in seconds, or the number of a step; value; how many samples of that value."""
Samples = list[Sample]


def series_of(samples: Samples, steps: int, *, step_s: int = 60, start_s: int = 0) -> Series:
    """Return the series of samples that say the number of their step."""
    timed = [(start_s + step * step_s, value, weight) for step, value, weight in samples]
    return Series.of_samples(timed, start_s=start_s, step_s=step_s, steps=steps)


def naive(stat: Statistic, values: list[float]) -> float | None:
    """Return a statistic of the samples of one period; None: no datapoint."""
    ordered = sorted(map(Fraction, values))
    if not ordered:
        return None
    found = _simple(stat, ordered) if not stat.needs_samples else _of_part(stat, ordered)
    return None if found is None else float(found)


def _simple(stat: Statistic, ordered: list[Fraction]) -> Fraction:
    return {
        "SampleCount": Fraction(len(ordered)),
        "Sum": sum(ordered, Fraction()),
        "Average": sum(ordered, Fraction()) / len(ordered),
        "Minimum": ordered[0],
        "Maximum": ordered[-1],
    }[stat.kind]


def _percentile(percent: Fraction, ordered: list[Fraction]) -> Fraction:
    """Return the smallest sample that so many per cent of all do not exceed."""
    return next(
        fraction
        for fraction in ordered
        if 100 * sum(other <= fraction for other in ordered) >= percent * len(ordered)
    )


def _of_part(stat: Statistic, ordered: list[Fraction]) -> Fraction | None:
    if ordered[0] < 0:
        return None
    low = None if stat.low is None else Fraction(repr(stat.low))
    high = None if stat.high is None else Fraction(repr(stat.high))
    if stat.kind == "percentile":
        assert high is not None
        return _percentile(high, ordered)
    if stat.kind == "wm":
        if stat.percent:
            low = None if low is None else _percentile(low, ordered)
            high = None if high is None else _percentile(high, ordered)
        else:
            low = None if low is None else Fraction(stat.low or 0)
            high = None if high is None else Fraction(stat.high or 0)
        moved = [fraction if high is None else min(fraction, high) for fraction in ordered]
        moved = [fraction if low is None else max(fraction, low) for fraction in moved]
        return sum(moved, Fraction()) / len(moved)
    part = _part(stat.percent, low, high, ordered)
    total = sum(part, Fraction())
    return {
        "tc": Fraction(len(part)),
        "ts": total,
        "pr": Fraction(100 * len(part), len(ordered)),
        "tm": total / len(part) if part else None,
    }[stat.kind]


def _part(
    percent: bool,  # noqa: FBT001 - as the statistic says it
    low: Fraction | None,
    high: Fraction | None,
    ordered: list[Fraction],
) -> list[Fraction]:
    if percent:
        first = 0 if low is None else math.floor(low * len(ordered) / 100)
        last = len(ordered) if high is None else math.ceil(high * len(ordered) / 100)
        return ordered[first:last]
    return [
        fraction
        for fraction in ordered
        if (low is None or low < fraction) and (high is None or fraction <= high)
    ]
