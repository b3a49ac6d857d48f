"""The clock of a rehearsal: equal steps from the beginning of the warm-up to the end of the scenario."""

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
"""So much less than a whole sample counts as one: rates are fractions, whose sums are not exact."""
_COUNTED = 2.0**53
"""Samples of one entry in all: up to here floating point counts one by one."""


@dataclass(frozen=True)
class Grid:
    """Steps of equal length; step i is over, and its samples known, at `ends_s[i]`."""

    first_s: int
    """Beginning of the warm-up, in seconds since 1970: a full minute."""
    begins_s: int
    """Beginning of the scenario."""
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
        """Seconds from the start of the scenario to the beginning of each step: negative in the warm-up."""
        return np.arange(self.steps, dtype=np.float64) * self.step_s + (self.first_s - self.begins_s)

    @cached_property
    def ends_s(self) -> Floats:
        """The end of each step, in seconds since 1970."""
        return np.arange(1, self.steps + 1, dtype=np.float64) * self.step_s + self.first_s

    def during(self, span: Span) -> Bools:
        """Return for each step whether a span has it."""
        if span.at_s is not None:
            # A minute, however many steps it has: what comes once a minute comes once.
            return np.asarray(np.floor_divide(self.t, MINUTE_S) == span.at_s // MINUTE_S)
        found = np.ones(self.steps, np.bool_)
        if span.from_s is not None:
            found &= self.t >= span.from_s
        if span.to_s is not None:
            found &= self.t < span.to_s
        for begin_s, end_s in span.gaps:
            found &= (self.t < begin_s) | (self.t >= end_s)
        return found

    def whole(self, per_min: Floats, during: Bools) -> Floats:
        """Return how many whole samples fall into each step, at so many a minute; parts of one add up.

        Raises:
            ValueError: a rate is negative, or all of it more than can be counted.
        """
        rates = np.where(during, per_min, 0.0)
        wrong = np.flatnonzero(rates < 0)
        if wrong.size:
            raise ValueError(
                f"so many a minute must be 0 or more at t = {self.t[wrong[0]]:g} (found: {rates[wrong[0]]:g})"
            )
        with np.errstate(over="ignore"):
            summed = np.cumsum(rates * (self.step_s / MINUTE_S))
        if summed.size and not summed[-1] <= _COUNTED:
            raise ValueError(f"more samples than can be counted: {summed[-1]:g} in all")
        reached = np.floor(summed + _ROUNDING)
        return np.diff(reached, prepend=0.0)

    def by_minute(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Return what each step holds as minutes with their steps, [minutes, steps of one]."""
        return values.reshape(-1, MINUTE_S // self.step_s)

    def of_minutes(self, values: Floats) -> Floats:
        """Return for each step what its minute holds."""
        return np.repeat(values, MINUTE_S // self.step_s)
