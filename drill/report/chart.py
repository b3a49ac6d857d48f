"""A metric's line as SVG: its threshold or band, what breached, and gaps as gaps.

The picture is stretched to whatever width there is (`preserveAspectRatio="none"`), strokes are not
(`vector-effect`); so texts stand beside it, in HTML.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from drill.report.compared import Compared
from drill.report.markup import Html, tag
from drill.report.moments import Moments
from drill.report.reduced import Reduced, reduced
from drill.report.texts import count, quantity

WIDTH: Final = 2000
"""Units from the scenario's beginning to its end."""
HEIGHT: Final = 200
_PADDING: Final = 0.12
"""Of the values' range, above and below them."""
_DOTS: Final = 150
"""Up to so many values have a dot each."""
_CLAMP: Final = 3e15
"""Values beyond are drawn at the edge, so that no coordinate overflows."""


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One metric alarm's line, ready to be drawn."""

    line: Compared
    reduced: Reduced
    x: np.ndarray
    low: float
    high: float

    @classmethod
    def of(cls, line: Compared, moments: Moments, most: int) -> Chart:
        """Return it with at most so many columns."""
        few = reduced(line, most)
        x = np.rint((few.times_s - moments.begins_s) / moments.lasts_s * WIDTH)
        return cls(line, few, x.astype(np.int64), *_range(few))

    def y(self, values: np.ndarray) -> np.ndarray:
        """Return values from the top; NaN stays NaN."""
        clamped = np.clip(values, self.low, self.high)
        return np.asarray((self.high - clamped) / (self.high - self.low) * HEIGHT)

    def percent(self, value: float) -> float:
        """Return how far a value is from the top, 0 to 100."""
        return round(float(self.y(np.array([value]))[0]) / HEIGHT * 100, 2)

    def svg(self, name: str, label: str) -> Html:
        """Return the picture.

        Args:
            name: unique on the page.
            label: what it shows, for those who do not see it.
        """
        inside = [
            *([tag("path", class_="gap", d=gaps)] if (gaps := self._gaps()) else []),
            tag("clipPath", self._beyond(), id=f"{name}-beyond"),
            *([tag("path", class_="band", d=self._band())] if self.line.has_band else []),
            tag("path", class_="values", id=f"{name}-values", d=" ".join(self._strokes())),
            *self._bounds(),
            tag("use", href=f"#{name}-values", class_="breaching", clip_path=f"url(#{name}-beyond)"),
            *([tag("path", class_="dots", d=dots)] if (dots := self._dots(breaching=False)) else []),
            *([tag("path", class_="dots breaching", d=dots)] if (dots := self._dots(breaching=True)) else []),
        ]
        box = f"0 0 {WIDTH} {HEIGHT}"
        return tag(
            "svg",
            *inside,
            class_="line",
            viewBox=box,
            preserveAspectRatio="none",
            role="img",
            aria_label=label,
        )

    def label(self) -> str:
        """Say what the line shows."""
        if not self.line.has_data:
            return "no data"
        values = self.line.values
        least, greatest = (quantity(float(pick(values)), self.line.unit) for pick in (np.nanmin, np.nanmax))
        breached = count(int((self.line.breaching == 1).sum()), "datapoint")
        return f"{least} to {greatest}; {breached} breached ({self.line.bound})"

    def _strokes(self) -> Iterator[str]:
        """Yield the line; it begins anew after each gap."""
        first, last = self.y(self.reduced.first), self.y(self.reduced.last)
        pen_is_up = True
        for x, begin, end in zip(self.x, first, last, strict=True):
            if np.isnan(begin):
                pen_is_up = True
                continue
            yield f"{'M' if pen_is_up else 'L'}{x} {begin:.0f}" + (
                f"V{end:.0f}" if round(begin) != round(end) else ""
            )
            pen_is_up = False

    def _gaps(self) -> str:
        """Return rectangles over the times without a datapoint: a column's time ends where it is drawn."""
        edges = (
            np.concatenate(([max(2 * self.x[0] - self.x[1], 0) if len(self.x) > 1 else 0], self.x))
            if len(self.x)
            else self.x
        )
        found = []
        position = 0
        for is_gap, group in itertools.groupby(self.reduced.missing):
            size = len(list(group))
            if is_gap:
                found.append(f"M{edges[position]} 0H{edges[position + size]}V{HEIGHT}H{edges[position]}Z")
            position += size
        return "".join(found)

    def _bounds(self) -> Iterator[Html]:
        if not self.line.has_band and len(self.reduced.upper):
            yield tag("path", class_="threshold", d=f"M0 {self.y(self.reduced.upper[:1])[0]:.0f}H{WIDTH}")

    def _corners(self, bound: np.ndarray) -> list[str]:
        if not self.line.has_band:
            # What is equal breaches too, with these comparisons: half a stroke more.
            on_it = {"GreaterThanOrEqualToThreshold": 3, "LessThanOrEqualToThreshold": -3}
            y = self.y(bound[:1])[0] + on_it.get(self.line.alarm.comparison, 0) if len(bound) else HEIGHT
            return [f"0 {y:.0f}", f"{WIDTH} {y:.0f}"]
        return [f"{x} {y:.0f}" for x, y in zip(self.x, self.y(bound), strict=True) if not np.isnan(y)]

    def _band(self) -> str:
        corners = [*self._corners(self.reduced.upper), *reversed(self._corners(self.reduced.lower))]
        return f"M{'L'.join(corners)}Z" if corners else ""

    def _beyond(self) -> Html:
        """Return the shape of where values breach."""
        comparison = self.line.alarm.comparison
        top, bottom = f"M0 -9H{WIDTH}", f"M0 {HEIGHT + 9}H{WIDTH}"
        shapes = []
        if "Greater" in comparison and (above := self._corners(self.reduced.upper)):
            shapes.append(
                f"{top}L{WIDTH} {above[-1].split()[1]}L{'L'.join(reversed(above))}L0 {above[0].split()[1]}Z"
            )
        if comparison.startswith("LessThan") and (below := self._corners(self.reduced.lower)):
            shapes.append(
                f"{bottom}L{WIDTH} {below[-1].split()[1]}L{'L'.join(reversed(below))}L0 {below[0].split()[1]}Z"
            )
        return tag("path", d="".join(shapes))

    def _dots(self, *, breaching: bool) -> str:
        """Return dots for each value if they are few, otherwise for those that stand alone between gaps."""
        values = self.reduced.last
        here = ~np.isnan(values) & (self.reduced.breaching == breaching)
        if len(values) > _DOTS:
            gap = np.isnan(np.concatenate(([np.nan], values, [np.nan])))
            here &= gap[:-2] & gap[2:]
        return "".join(f"M{x} {y:.0f}h0" for x, y in zip(self.x[here], self.y(values[here]), strict=True))


def _range(few: Reduced) -> tuple[float, float]:
    """Return the least and the greatest value to show: all values, what they are compared with, and 0 if near."""
    everything = np.concatenate((few.first, few.last, few.lower, few.upper))
    finite = np.clip(everything[np.isfinite(everything)], -_CLAMP, _CLAMP)
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if 0 < low <= high / 2:
        low = 0.0
    room = (high - low) * _PADDING or abs(high) * _PADDING or 1.0
    return (low if low == 0 else low - room), high + room
