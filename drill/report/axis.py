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


def step_s(moments: Moments) -> float:
    """Return how far apart the ticks are."""
    fitting = (one for one in _STEPS_S if moments.lasts_s / one <= _MOST)
    return float(next(fitting, moments.lasts_s / _MOST))


def ticks(moments: Moments) -> Iterator[float]:
    """Yield the times that are written at the axis; the last is left out if it would be cut off."""
    step = step_s(moments)
    for index in range(int(moments.lasts_s / step) + 1):
        yield moments.begins_s + index * step


def axis(moments: Moments) -> Html:
    """Return the axis; of its ticks every other one is minor, and left out where it is narrow."""
    return join(
        tag(
            "span",
            tag("b", moments.clock(at_s)),
            tag("small", moments.offset(at_s)),
            class_=f"tick{' minor' if index % 2 else ''}{' last' if moments.percent(at_s) > 95 else ''}",  # noqa: PLR2004
            style=f"left:{moments.percent(at_s)}%",
        )
        for index, at_s in enumerate(ticks(moments))
    )
