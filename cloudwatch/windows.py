"""Totals, minima and maxima of sliding windows, without the rounding error of differences of running totals.

The difference of two running totals loses small values after large ones: after a sample of 1e17, a minute
with one error would count 0. So windows are combined from shorter windows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats


def window_total(values: Floats, length: int) -> Floats:
    """Return the totals of `length` elements along the last axis: those that end at element i, or exist."""
    return _windows(np.add, values, length)


def window_low(values: Floats, length: int) -> Floats:
    """Return the smallest element of each window; NaN is ignored."""
    return _windows(np.fmin, values, length)


def window_high(values: Floats, length: int) -> Floats:
    """Return the largest element of each window; NaN is ignored."""
    return _windows(np.fmax, values, length)


def _windows(join: np.ufunc, values: Floats, length: int) -> Floats:
    """Join windows of 1, 2, 4 … elements to those of `length`, by its binary digits."""
    power = values  # windows of `size` elements
    size = 1
    done: Floats | None = None  # windows of `covered` elements, the newest ones
    covered = 0
    while True:
        if length & size:
            done = power if done is None else _joined(join, done, power, covered)
            covered += size
        if covered == length or covered >= values.shape[-1]:
            return values.copy() if done is values else np.asarray(done)
        power = _joined(join, power, power, size)
        size *= 2


def _joined(join: np.ufunc, newer: Floats, older: Floats, by: int) -> Floats:
    """Return the windows `newer` with those that end `by` elements before them."""
    result: Floats = newer.copy()
    if by < result.shape[-1]:
        join(newer[..., by:], older[..., :-by], out=result[..., by:])
    return result


def strided(values: npt.NDArray[np.float64], stride: int, count: int) -> Floats:
    """Return for each element `count` elements up to it, `stride` apart, oldest first: [T, count].

    Elements before the first are NaN. The result is a read-only view.
    """
    width = (count - 1) * stride + 1
    padded = np.concatenate((np.full(width - 1, np.nan), values))
    windows: Floats = np.lib.stride_tricks.sliding_window_view(padded, width)
    return windows[:, ::stride]
