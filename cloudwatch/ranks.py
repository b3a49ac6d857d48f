"""Statistics by percentage of the samples: percentiles, and statistics of the samples between percentiles.

CloudWatch documents neither the interpolation of percentiles nor which of few samples belong to a part. It
documents that p99 is the largest sample without the highest 1 %, and that tm99 is the average of the same
samples ("CloudWatch statistics definitions", "Percentiles versus trimmed mean"). From this follows here:

- pNN is the smallest sample that at least NN percent of the samples do not exceed (nearest rank, no
  interpolation; p0 is the minimum). One sample is every percentile of itself.
- A part a%:b% consists of whole samples, in order of size: without the lowest floor(a% of n), up to the
  ceil(b% of n)-th. So pNN is the largest of the samples that tmNN averages, and no part is empty except :0%.
- WM(a%:b%) moves samples outside to the a-th or b-th percentile.
- A range of values a:b has a < sample <= b (the same page, "Note").
- A part without samples has the count 0, the sum 0, the rank 0, and no mean. Without any sample in the
  period there is no datapoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Distribution, Floats, Integers
from cloudwatch.statistic import Statistic

_AT_ONCE = 1 << 18
"""Number of samples that are sorted at once: two megabytes; a larger number is not faster."""
_TOLERANCE = 1e-9
"""Rounding tolerance of a rank, in samples: 99.9 % of 1,000 samples are 999 samples."""


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Several windows: values in ascending order, and the number of samples up to each value."""

    values: Floats
    """[windows, values]; padded at the end with the largest value"""
    places: Floats
    """[windows, values], or [1, values] for all windows; padding beyond `samples`"""
    samples: Floats
    """[windows]"""

    def rank(self, percent: float) -> Floats:
        """Return the number of samples for a percentage of each window."""
        return percent * self.samples / 100

    def percentile(self, percent: float) -> Floats:
        """Return the percentile of each window."""
        need = self.rank(percent) - _TOLERANCE
        if len(self.places) == 1:
            at = np.searchsorted(self.places[0], need)
        else:
            at = np.argmax(self.places >= need[:, None], axis=1)
        return self.values[np.arange(len(at)), at]

    def part(self, low_percent: float | None, high_percent: float | None) -> Floats:
        """Return the number of samples of each value in the part a%:b%."""
        low, high = np.zeros_like(self.samples), self.samples
        if low_percent is not None:
            low = np.floor(self.rank(low_percent) + _TOLERANCE)
        if high_percent is not None:
            high = np.minimum(self.samples, np.ceil(self.rank(high_percent) - _TOLERANCE))
        inside = np.clip(self.places, low[:, None], high[:, None])
        return np.diff(inside, axis=1, prepend=low[:, None])


def of_windows(statistic: Statistic, spread: Distribution, begin: Integers, end: Integers) -> Floats:
    """Return a statistic by percentage for each window of steps [begin, end); no window is empty."""
    result = np.empty(len(begin))
    for at, window in _sorted(spread, begin, end):
        result[at] = _of(statistic, window)
    return result


def _of(statistic: Statistic, window: _Sorted) -> Floats:
    if statistic.kind == "percentile":
        return window.percentile(statistic.high or 0.0)
    if statistic.kind == "wm":
        moved = window.values
        if statistic.low is not None:
            moved = np.maximum(moved, window.percentile(statistic.low)[:, None])
        if statistic.high is not None:
            moved = np.minimum(moved, window.percentile(statistic.high)[:, None])
        counts = window.part(None, None)
        return np.asarray(np.sum(moved * counts, axis=1) / window.samples)
    part = window.part(statistic.low, statistic.high)
    count = np.asarray(part.sum(axis=1))
    if statistic.kind == "tc":
        return count
    total = np.asarray(np.sum(window.values * part, axis=1))
    with np.errstate(invalid="ignore"):
        return total if statistic.kind == "ts" else total / count


def _sorted(
    spread: Distribution, begin: Integers, end: Integers
) -> Iterator[tuple[npt.NDArray[np.intp], _Sorted]]:
    """Yield batches of windows of similar size, with their indexes among all windows."""
    first, last = spread.offsets[begin], spread.offsets[end]
    sizes = last - first
    by_size = np.argsort(sizes, kind="stable")
    sort = _sorter(spread)
    start = 0
    while start < len(by_size):
        least = int(sizes[by_size[start]])
        stop = start + max(1, _AT_ONCE // max(1, least))
        stop = min(stop, int(np.searchsorted(sizes[by_size], 2 * least + 32, side="right")))
        at = by_size[start:stop]
        index = first[at, None] + np.arange(int(sizes[at[-1]]))
        index[index >= last[at, None]] = len(spread.values)  # the padding
        yield at, sort(index)
        start = stop


def _sorter(spread: Distribution) -> Callable[[Integers], _Sorted]:
    """Return a function that sorts windows, from the indexes of their values; past the end is padding."""
    weight = spread.weights[0]
    if np.all(spread.weights == weight):
        padded = np.append(spread.values, spread.values.max())

        def alike(index: Integers) -> _Sorted:
            places = weight * np.arange(1, index.shape[1] + 1)
            samples = weight * np.count_nonzero(index < len(spread.values), axis=1)
            return _Sorted(np.sort(padded[index], axis=1), places[None, :], samples)

        return alike
    # Each value is represented by its rank among all values, which also gives its weight; small integers sort
    # faster.
    order = np.argsort(spread.values)
    small = len(order) < np.iinfo(np.uint16).max
    place = np.empty(len(order) + 1, np.uint16 if small else np.uint32)
    place[order] = np.arange(len(order))
    place[-1] = len(order)
    values = np.append(spread.values[order], spread.values[order[-1]])
    weights = np.append(spread.weights[order], 0.0)

    def weighted(index: Integers) -> _Sorted:
        rows = np.sort(place[index], axis=1)
        places = np.cumsum(weights[rows], axis=1)
        return _Sorted(values[rows], places, places[:, -1])

    return weighted
