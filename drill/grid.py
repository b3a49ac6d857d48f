"""The clock of a rehearsal: equal steps from the start of the warm-up to the end of the scenario."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats
from cloudwatch.quotas import MINUTE_S
from drill.scenarios.model import Head, Span

Bools = npt.NDArray[np.bool_]
Number = TypeVar("Number", np.float64, np.bool_)

_ROUNDING = 1e-6
"""Tolerance for a whole sample, as sums of fractional rates are not exact."""
_COUNTED = 2.0**53
"""Maximum number of samples of an entry: up to here floating point is exact."""


@dataclass(frozen=True)
class Grid:
    """Steps of equal length. Step i ends, and its samples are known, at `ends_s[i]`."""

    first_s: int
    """Start of the warm-up, in seconds since 1970: a full minute."""
    begins_s: int
    """Start of the scenario."""
    step_s: int
    steps: int

    @classmethod
    def of(cls, head: Head) -> Grid:
        """Return the grid of a scenario."""
        begins_s, step_s = int(head.start.timestamp()), int(head.resolution)
        first_s = begins_s - int(head.warm_up)
        return cls(first_s, begins_s, step_s, int(head.warm_up + head.duration) // step_s)

    @property
    def over_s(self) -> int:
        """The end of the scenario, in seconds since 1970."""
        return self.first_s + self.steps * self.step_s

    @cached_property
    def t(self) -> Floats:
        """Seconds from the start of the scenario to the start of each step: negative in the warm-up."""
        return np.arange(self.steps, dtype=np.float64) * self.step_s + (self.first_s - self.begins_s)

    @cached_property
    def ends_s(self) -> Floats:
        """The end of each step, in seconds since 1970."""
        return np.arange(1, self.steps + 1, dtype=np.float64) * self.step_s + self.first_s

    def during(self, span: Span) -> Bools:
        """Return for each step whether it is in a span."""
        if span.at_s is not None:
            # All steps of the minute, so that an event once a minute happens once.
            return np.asarray(np.floor_divide(self.t, MINUTE_S) == span.at_s // MINUTE_S)
        within = np.ones(self.steps, np.bool_)
        if span.from_s is not None:
            within &= self.t >= span.from_s
        if span.to_s is not None:
            within &= self.t < span.to_s
        for begin_s, end_s in span.gaps:
            within &= (self.t < begin_s) | (self.t >= end_s)
        return within

    def whole(self, per_min: Floats, during: Bools) -> Floats:
        """Return the number of whole samples in each step at a rate per minute. Fractions accumulate.

        Raises:
            ValueError: a rate is negative, or there are too many samples.
        """
        rates = np.where(during, per_min, 0.0)
        negative = np.flatnonzero(rates < 0)
        if negative.size:
            raise ValueError(
                f"must be 0 or more a minute at t = {self.t[negative[0]]:g} (found: {rates[negative[0]]:g})"
            )
        with np.errstate(over="ignore"):
            summed = np.cumsum(rates * (self.step_s / MINUTE_S))
        if summed.size and not summed[-1] <= _COUNTED:
            raise ValueError(f"has too many samples: at most {_COUNTED:g} (found: {summed[-1]:g})")
        cumulated = np.floor(summed + _ROUNDING)
        return np.diff(cumulated, prepend=0.0)

    def by_minute(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Return values of steps as an array of shape (minutes, steps per minute)."""
        return values.reshape(-1, MINUTE_S // self.step_s)

    def of_minutes(self, values: Floats) -> Floats:
        """Return for each step the value of its minute."""
        return np.repeat(values, MINUTE_S // self.step_s)
