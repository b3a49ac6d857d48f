"""The local AWS's clock, which may go faster than the world's: a rehearsal need not wait as long as AWS does.

Simulated time is what alarms live in: their periods, evaluations and the waits of suppression. It begins with
the world's time, never jumps and never goes back; one of its minutes takes 60 / speed seconds. What people
see in answers (timestamps of datapoints, states and log lines) stays the world's time.

`LOCAL_AWS_SPEED=20`, given when the local AWS starts, is the speed it begins with. While it runs, the clock
is asked and set by HTTP, without a signature:

    GET /_reveille/clock    -> 200 {"speed": 1.0, "evaluating": true, "now_s": 1790000000.0}
    PUT /_reveille/clock {"speed": 60}                       -> 200, as GET answers afterwards
    PUT /_reveille/clock {"evaluating": false}               -> 200; either member, or both

`speed` is a positive number: how many times faster than the world's simulated time passes. `evaluating`
says whether metric alarms are evaluated every simulated minute, as they are from the beginning; while they
are not, states that were set by hand stay, and samples are collected all the same. `now_s` is simulated time
in seconds since 1970. A request that says anything else is answered with 400 {"error": "<one sentence>"} and
changes nothing. Whoever speeds the clock up sets back what GET answered before.
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
    """Return the speed that the local AWS begins with.

    Raises:
        ValueError: the variable is set, and to no positive number.
    """
    given = variables.get(VARIABLE) or "1"
    try:
        found = float(given)
    except ValueError:
        found = 0
    if not is_speed(found):
        message = f"{VARIABLE} must be a positive number, such as 20 (found: {given})"
        raise ValueError(message)
    return found


def is_speed(value: object) -> bool:
    """Tell whether this is a speed: a positive, finite number."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 < value < float("inf")  # type: ignore[operator] # a number by now


@dataclass(frozen=True)
class _Stretch:
    """A time during which the speed stayed the same.

    Args:
        real_s: the world's time at its beginning, in seconds since 1970.
        simulated_s: simulated time at its beginning.
        speed: simulated seconds per second.
    """

    real_s: float
    simulated_s: float
    speed: float


_BY_REAL, _BY_SIMULATED = attrgetter("real_s"), attrgetter("simulated_s")


class Clock:
    """Simulated time, and the world's time that belongs to it.

    Args:
        speed: how many times faster than the world's simulated time passes at first.
        seconds: a clock that does not jump, in seconds since any beginning.

    Attributes:
        evaluating: whether metric alarms are evaluated as simulated time passes.
    """

    evaluating: bool

    def __init__(self, speed: float = 1.0, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._offset_s = time.time() - seconds()
        beginning_s = self.real_now_s()
        self._stretches = [_Stretch(beginning_s, beginning_s, speed)]
        self._changed = asyncio.Event()
        self.evaluating = True

    @property
    def speed(self) -> float:
        """How many times faster than the world's simulated time passes now."""
        return self._stretches[-1].speed

    def set_speed(self, speed: float) -> None:
        """Let simulated time go on from where it is, at another speed.

        Raises:
            ValueError: that is no speed.
        """
        if not is_speed(speed):
            message = f"a speed is a positive number, such as 60 (found: {speed})"
            raise ValueError(message)
        real_s = self.real_now_s()
        self._stretches.append(_Stretch(real_s, self.simulated_s(real_s), float(speed)))
        self._changed.set()
        self._changed = asyncio.Event()

    def real_now_s(self) -> float:
        """Return the world's time, in seconds since 1970: that of the beginning, and what passed since."""
        return self._seconds() + self._offset_s

    def now_s(self) -> float:
        """Return simulated time, in seconds since 1970."""
        return self.simulated_s(self.real_now_s())

    def simulated_s(self, real_s: float) -> float:
        """Return simulated time at a time of the world; before the beginning they are the same."""
        stretch = self._stretch(real_s, _BY_REAL)
        if stretch is None:
            return real_s
        return stretch.simulated_s + (real_s - stretch.real_s) * stretch.speed

    def simulated(self, real_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return simulated time at each of many times of the world."""
        columns = [(stretch.real_s, stretch.simulated_s, stretch.speed) for stretch in self._stretches]
        began_s, simulated_s, speed = np.array([(-np.inf, 0.0, 0.0), *columns]).T
        place = np.searchsorted(began_s, real_s, "right") - 1
        first = place == 0
        since_s = real_s - np.where(first, 0.0, began_s[place])
        return np.asarray(np.where(first, real_s, simulated_s[place] + since_s * speed[place]))

    def real_s(self, simulated_s: float) -> float:
        """Return the world's time at a simulated time; before the beginning they are the same."""
        stretch = self._stretch(simulated_s, _BY_SIMULATED)
        if stretch is None:
            return simulated_s
        return stretch.real_s + (simulated_s - stretch.simulated_s) / stretch.speed

    async def sleep_until(self, simulated_s: float) -> None:
        """Wait until simulated time has come so far, at whatever speeds it goes meanwhile."""
        while (left_s := simulated_s - self.now_s()) > 0:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left_s / self.speed)

    def _stretch(self, at_s: float, beginning: Callable[[_Stretch], float]) -> _Stretch | None:
        place = bisect_right(self._stretches, at_s, key=beginning)
        return self._stretches[place - 1] if place else None
