"""The shapes of a line in SVG's path language: values, what breached of them, gaps, threshold or band.

Sources: Scalable Vector Graphics (SVG) 2, 9.3 Path data.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloudwatch.alarms import Comparison
from drill.report.moments import Moments
from drill.report.reduced import Reduced

WIDTH: Final = 2000
"""Units from the scenario's beginning to its end."""
HEIGHT: Final = 200
_PADDING: Final = 0.12
"""Of the values' range, above and below them."""
_DOTS: Final = 150
"""Up to so many values have a dot each."""
_CLAMP: Final = 3e15
"""Values beyond are drawn at the edge, so that no coordinate overflows."""
_OUTSIDE: Final = 9
"""Units that strokes may go beyond the edge."""
_ON_IT: Final = {"GreaterThanOrEqualToThreshold": 3, "LessThanOrEqualToThreshold": -3}
"""What is equal to the threshold breaches too, with these comparisons: half a stroke more is shown so."""


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """A line in units of the picture."""

    few: Reduced
    comparison: Comparison
    has_band: bool
    x: np.ndarray
    low: float
    """The value at the bottom."""
    high: float
    """The value at the top."""

    @classmethod
    def of(cls, few: Reduced, comparison: Comparison, moments: Moments, *, has_band: bool) -> Shapes:
        """Return those of a line, as wide as the scenario is long and as high as its values reach."""
        x = np.rint((few.times_s - moments.begins_s) / moments.lasts_s * WIDTH)
        return cls(few, comparison, has_band, x.astype(np.int64), *_range(few))

    def y(self, values: np.ndarray) -> np.ndarray:
        """Return how far values are from the top; NaN stays NaN."""
        clamped = np.clip(values, self.low, self.high)
        return np.asarray((self.high - clamped) / (self.high - self.low) * HEIGHT)

    def values(self) -> str:
        """Return the line; it begins anew after each gap."""
        return "".join(self._strokes())

    def _strokes(self) -> Iterator[str]:
        pen_is_up = True
        for x, begin, end in zip(self.x, self.y(self.few.first), self.y(self.few.last), strict=True):
            if np.isnan(begin):
                pen_is_up = True
                continue
            yield f"{'M' if pen_is_up else 'L'}{_stroke(x, begin, end)}"
            pen_is_up = False

    def breaching(self) -> tuple[str, str]:
        """Return the areas between breaching values and what they breach, and the line along these values.

        Both go on to the values on either side: cut to `beyond`, they end where the line crosses it.
        """
        first, last = self.y(self.few.first), self.y(self.few.last)
        bound = self.y(np.where(self.few.last > self.few.upper, self.few.upper, self.few.lower))
        areas, lines = [], []
        for run in _runs(self.few.breaching, ~np.isnan(first)):
            line = "L".join(_stroke(self.x[at], first[at], last[at]) for at in run)
            ends = reversed(run) if self.has_band else (run[-1], run[0])
            areas.append(f"M{line}L{'L'.join(f'{self.x[at]} {bound[at]:.0f}' for at in ends)}Z")
            lines.append(f"M{line}")
        return "".join(areas), "".join(lines)

    def gaps(self) -> str:
        """Return rectangles over the times without a datapoint: a column's time ends where it is drawn."""
        if not len(self.x):
            return ""
        width = self.x[1] - self.x[0] if len(self.x) > 1 else self.x[0]
        edges = np.concatenate(([max(self.x[0] - width, 0)], self.x))
        found = []
        for start, end in _spans(self.few.missing):
            found.append(f"M{edges[start]} 0H{edges[end]}V{HEIGHT}H{edges[start]}Z")
        return "".join(found)

    def threshold(self) -> str:
        """Return the threshold; a band is none."""
        upper = self.y(self.few.upper[:1])
        return "" if self.has_band or not len(upper) else f"M0 {upper[0]:.0f}H{WIDTH}"

    def band(self) -> str:
        """Return the band; a threshold is none."""
        corners = [*self._corners(self.few.upper), *reversed(self._corners(self.few.lower))]
        return f"M{'L'.join(corners)}Z" if self.has_band and corners else ""

    def beyond(self) -> str:
        """Return where values breach, to which what is drawn of them is cut."""
        shapes = []
        if "Greater" in self.comparison and (above := self._corners(self.few.upper)):
            shapes.append(f"M0 {-_OUTSIDE}H{WIDTH}L{'L'.join(reversed(above))}Z")
        if self.comparison.startswith("LessThan") and (below := self._corners(self.few.lower)):
            shapes.append(f"M0 {HEIGHT + _OUTSIDE}H{WIDTH}L{'L'.join(reversed(below))}Z")
        return "".join(shapes)

    def _corners(self, bound: np.ndarray) -> list[str]:
        """Return the corners of a bound from the left edge to the right one."""
        there = np.isfinite(bound)
        x, y = self.x[there], self.y(bound[there])
        if not len(x):
            return []
        if not self.has_band:
            x, y = x[:0], y[:1] + _ON_IT.get(self.comparison, 0)
        inner = (f"{one} {height:.0f}" for one, height in zip(x, y, strict=False))
        return [f"0 {y[0]:.0f}", *inner, f"{WIDTH} {y[-1]:.0f}"]

    def dots(self, *, breaching: bool) -> str:
        """Return a dot for each value if they are few, otherwise for those that stand alone between gaps."""
        values = self.few.last
        here = ~np.isnan(values) & (self.few.breaching == breaching)
        if len(values) > _DOTS:
            gap = np.isnan(np.concatenate(([np.nan], values, [np.nan])))
            here &= gap[:-2] & gap[2:]
        return "".join(f"M{x} {y:.0f}h0" for x, y in zip(self.x[here], self.y(values[here]), strict=True))


def _stroke(x: int, begin: float, end: float) -> str:
    """Return a column: one point, or a stroke from its first value to its last."""
    return f"{x} {begin:.0f}" + (f"V{end:.0f}" if round(begin) != round(end) else "")


def _spans(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the first index of each run of true flags, and the one behind its last."""
    position = 0
    for flag, group in itertools.groupby(flags.tolist()):
        size = len(list(group))
        if flag:
            yield position, position + size
        position += size


def _runs(breaching: np.ndarray, there: np.ndarray) -> Iterator[range]:
    """Yield the indices of values that breach one after the other, and of the value on either side."""
    for start, end in _spans(breaching):
        before = start - 1 if start and there[start - 1] else start
        after = end + 1 if end < len(there) and there[end] else end
        yield range(before, after)


def _range(few: Reduced) -> tuple[float, float]:
    """Return the least and the greatest value to show: values, bounds, and 0 if it is near."""
    everything = np.concatenate((few.first, few.last, few.lower, few.upper))
    finite = np.clip(everything[np.isfinite(everything)], -_CLAMP, _CLAMP)
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if 0 < low <= high / 2:
        low = 0.0
    room = (high - low) * _PADDING or abs(high) * _PADDING or 1.0
    return (low if low == 0 else low - room), high + room
