"""The values of a metric per step, for percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Weighted values: those of step i are `values[offsets[i]:offsets[i + 1]]`, in any order.

    A value of weight 3 represents three equal samples (PutMetricData: `Values` with `Counts`).
    """

    offsets: Integers
    """[T + 1]"""
    values: Floats
    weights: Floats

    @classmethod
    def of_steps(cls, steps: Integers, values: Floats, weights: Floats, count: int) -> Distribution:
        """Return the distribution of `values` on `count` steps; `steps` has the step of each value."""
        order = np.argsort(steps, kind="stable")
        offsets = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(steps, minlength=count), out=offsets[1:])
        return cls(offsets, values[order], weights[order])

    @property
    def steps(self) -> Integers:
        """The step of each value."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def joined(parts: Sequence[Distribution]) -> Distribution:
    """Return the values of several distributions on the same grid as one distribution."""
    return Distribution.of_steps(
        np.concatenate([distribution.steps for distribution in parts]),
        np.concatenate([distribution.values for distribution in parts]),
        np.concatenate([distribution.weights for distribution in parts]),
        len(parts[0].offsets) - 1,
    )
