"""The time axis: clock times, and how long after the beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drill.report.markup import Html, join, tag
from drill.report.moments import Moments

_STEPS_S: Final = (
    *(1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000),
)
"""How far apart ticks may be: what people count in."""
_MOST: Final = 10
"""Ticks that fit beside one another."""
_EDGE: Final = 94
"""Percent of the axis from which on a tick's text does not fit."""
_NARROW_EDGE: Final = 86
"""The same on a phone."""


def step_s(moments: Moments) -> float:
    """Return how far apart the ticks are."""
    fitting = (one for one in _STEPS_S if moments.lasts_s / one <= _MOST)
    return float(next(fitting, moments.lasts_s / _MOST))


def ticks(moments: Moments) -> Iterator[float]:
    """Yield the times that are written at the axis; none where its text would be cut off."""
    step = step_s(moments)
    for index in range(int(moments.lasts_s / step) + 1):
        at_s = moments.begins_s + index * step
        if moments.percent(at_s) < _EDGE:
            yield at_s


def axis(moments: Moments) -> Html:
    """Return the axis; of its ticks every other one is minor, and left out where it is narrow."""
    return join(
        tag(
            "span",
            tag("b", moments.clock(at_s)),
            tag("small", moments.offset(at_s)),
            class_=f"tick{' minor' if index % 2 or moments.percent(at_s) > _NARROW_EDGE else ''}",
            style=f"left:{moments.percent(at_s)}%",
        )
        for index, at_s in enumerate(ticks(moments))
    )
