"""The clock of the local AWS. It can run faster than real time, so that a drill takes less time than on AWS.

Alarms use simulated time: for their periods, their evaluations and the wait periods of suppression. Simulated
time starts at the real time, never jumps and never goes back; one simulated minute takes 60 / speed seconds.
Timestamps in answers (of datapoints, states and log lines) are in real time.

`LOCAL_AWS_SPEED=20`, set when the local AWS starts, is the initial speed. While it runs, the clock is read
and set over HTTP, without a signature:

    GET /_reveille/clock    -> 200 {"speed": 1.0, "evaluating": true, "now_s": 1790000000.0}
    PUT /_reveille/clock {"speed": 60}                       -> 200, as GET answers afterwards
    PUT /_reveille/clock {"evaluating": false}               -> 200; either member, or both

`speed` is a positive number: simulated seconds per real second. `evaluating` is whether metric alarms are
evaluated every simulated minute (the default); if not, states that were set by hand stay, and samples are
still collected. `now_s` is the simulated time in seconds since 1970. Any other request is answered with 400
{"error": "<one sentence>"} and changes nothing. A client that changes the clock restores the previous values
afterwards.
"""

from __future__ import annotations

import asyncio
import os
import time
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

VARIABLE = "LOCAL_AWS_SPEED"


def initial_speed(variables: Mapping[str, str] = os.environ) -> float:
    """Return the initial speed of the clock.

    Raises:
        ValueError: the variable is not a positive number.
    """
    value = variables.get(VARIABLE) or "1"
    try:
        speed = float(value)
    except ValueError:
        speed = 0
    if not is_speed(speed):
        message = f"{VARIABLE} must be a positive number, such as 20 (found: {value})"
        raise ValueError(message)
    return speed


def is_speed(value: object) -> bool:
    """Return whether a value is a valid speed: a positive, finite number."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 < value < float("inf")  # type: ignore[operator] # `is_number` is checked first


@dataclass(frozen=True)
class _Segment:
    """A period of constant speed.

    Args:
        real_s: the real time at its start, in seconds since 1970.
        simulated_s: the simulated time at its start, in seconds since 1970.
        speed: simulated seconds per real second.
    """

    real_s: float
    simulated_s: float
    speed: float


_BY_REAL, _BY_SIMULATED = attrgetter("real_s"), attrgetter("simulated_s")


class Clock:
    """The simulated time, and its mapping to real time.

    Args:
        speed: the initial speed, in simulated seconds per real second.
        seconds: a monotonic clock, in seconds since any start.

    Attributes:
        evaluating: whether metric alarms are evaluated.
    """

    evaluating: bool

    def __init__(self, speed: float = 1.0, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._offset_s = time.time() - seconds()
        start_s = self.real_now_s()
        self._segments = [_Segment(start_s, start_s, speed)]
        self._changed = asyncio.Event()
        self.evaluating = True

    @property
    def speed(self) -> float:
        """The current speed, in simulated seconds per real second."""
        return self._segments[-1].speed

    def set_speed(self, speed: float) -> None:
        """Change the speed; simulated time continues from its current value.

        Raises:
            ValueError: the speed is not a positive number.
        """
        if not is_speed(speed):
            message = f"speed must be a positive number, such as 60 (found: {speed})"
            raise ValueError(message)
        real_s = self.real_now_s()
        self._segments.append(_Segment(real_s, self.simulated_s(real_s), float(speed)))
        self._changed.set()
        self._changed = asyncio.Event()

    def real_now_s(self) -> float:
        """Return the real time in seconds since 1970: the time at the start plus the monotonic time since."""
        return self._seconds() + self._offset_s

    def now_s(self) -> float:
        """Return the current simulated time, in seconds since 1970."""
        return self.simulated_s(self.real_now_s())

    def simulated_s(self, real_s: float) -> float:
        """Return the simulated time at a real time; before the start both are the same."""
        segment = self._segment(real_s, _BY_REAL)
        if segment is None:
            return real_s
        return segment.simulated_s + (real_s - segment.real_s) * segment.speed

    def simulated(self, real_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the simulated time at each of an array of real times."""
        columns = [(segment.real_s, segment.simulated_s, segment.speed) for segment in self._segments]
        starts_s, simulated_s, speed = np.array([(-np.inf, 0.0, 0.0), *columns]).T
        index = np.searchsorted(starts_s, real_s, "right") - 1
        is_before = index == 0
        since_s = real_s - np.where(is_before, 0.0, starts_s[index])
        return np.asarray(np.where(is_before, real_s, simulated_s[index] + since_s * speed[index]))

    def real_s(self, simulated_s: float) -> float:
        """Return the real time at a simulated time; before the start both are the same."""
        segment = self._segment(simulated_s, _BY_SIMULATED)
        if segment is None:
            return simulated_s
        return segment.real_s + (simulated_s - segment.simulated_s) / segment.speed

    async def sleep_until(self, simulated_s: float) -> None:
        """Wait until a simulated time, also if the speed changes meanwhile."""
        while (left_s := simulated_s - self.now_s()) > 0:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left_s / self.speed)

    def _segment(self, at_s: float, start: Callable[[_Segment], float]) -> _Segment | None:
        index = bisect_right(self._segments, at_s, key=start)
        return self._segments[index - 1] if index else None
