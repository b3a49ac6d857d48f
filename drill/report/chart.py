"""A metric as SVG: its line, threshold or band, breaching values, gaps, and the time axis.

Values are downsampled to a maximum number of columns, each with its minimum and maximum. The picture is
stretched to the available width (`preserveAspectRatio="none"`), strokes are not (`vector-effect`, in the
style sheet). Texts are therefore HTML beside it.

Sources: Scalable Vector Graphics (SVG) 2, 9.3 Path data.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloudwatch.alarms import Comparison
from drill.report.diagnostics import Compared
from drill.report.markup import Html, join, tag
from drill.report.words import Moments, count, number, quantity

_IN_ALL: Final = 30_000
"""Initial maximum of columns of all lines of a page: most take 25 bytes or more."""


@dataclass(frozen=True, slots=True)
class Detail:
    """The level of detail of a page."""

    columns: int = 720
    """Maximum columns of a line: about one per pixel on a wide screen."""
    spans: int = 240
    """Maximum states of a state bar."""

    @classmethod
    def of(cls, lines: int) -> Detail:
        """Return the initial level for a number of lines on a page."""
        detail = cls()
        while lines * detail.columns > _IN_ALL:
            detail = detail.coarser()
        return detail

    def coarser(self) -> Detail:
        """Return half the level of detail."""
        return Detail(self.columns // 2, self.spans // 2)


@dataclass(frozen=True, slots=True, eq=False)
class Downsampled:
    """A downsampled line. A column without a value is NaN."""

    times_s: np.ndarray
    """The latest time of each column."""
    first: np.ndarray
    """The minimum or maximum of each column, whichever is earlier."""
    last: np.ndarray
    """The other of the two; the same for a column with one value."""
    lower: np.ndarray
    upper: np.ndarray
    breaching: np.ndarray
    """Whether any value of a column breached."""
    missing: np.ndarray
    """Whether any datapoint of a column was missing."""
    each: int
    """Datapoints per column."""


def downsampled(line: Compared, most: int) -> Downsampled:
    """Return a line downsampled to at most `most` columns."""
    size = len(line.values)
    each = max(math.ceil(size / most), 1)
    starts = np.arange(0, size, each)
    missing = line.breaching < 0
    least = np.fmin.reduceat(line.values, starts) if size else line.values
    greatest = np.fmax.reduceat(line.values, starts) if size else line.values
    rising = _rising(line.values, starts, each)
    ends = np.minimum(starts + each, size) - 1
    return Downsampled(
        line.times_s[ends],
        np.where(rising, least, greatest),
        np.where(rising, greatest, least),
        line.lower[ends],
        line.upper[ends],
        np.maximum.reduceat(line.breaching, starts) > 0 if size else missing,
        np.logical_or.reduceat(missing, starts) if size else missing,
        each,
    )


def _rising(values: np.ndarray, starts: np.ndarray, each: int) -> np.ndarray:
    """Return for each column whether its minimum is before its maximum."""
    if each == 1:
        return np.ones(len(starts), dtype=bool)
    padded = np.full(len(starts) * each, np.nan)
    padded[: len(values)] = values
    grid = padded.reshape(-1, each)
    least = np.where(np.isnan(grid), np.inf, grid).argmin(axis=1)
    greatest = np.where(np.isnan(grid), -np.inf, grid).argmax(axis=1)
    return np.asarray(least <= greatest)


WIDTH: Final = 2000
"""Units from the start of the scenario to its end."""
HEIGHT: Final = 200
_PADDING: Final = 0.12
"""Fraction of the range of values, above and below them."""
_DOTS: Final = 150
"""Maximum number of values that have a dot each."""
_CLAMP: Final = 3e15
"""Values beyond this are drawn at the edge, to prevent overflow of coordinates."""
_OUTSIDE: Final = 9
"""Units by which strokes may exceed the edge."""
_EQUAL_OFFSET: Final = {"GreaterThanOrEqualToThreshold": 3, "LessThanOrEqualToThreshold": -3}
"""With these operators a value equal to the threshold breaches, so the area includes half a stroke more."""


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """A line in units of the picture."""

    few: Downsampled
    comparison: Comparison
    has_band: bool
    x: np.ndarray
    low: float
    """The value at the bottom."""
    high: float
    """The value at the top."""

    @classmethod
    def of(cls, few: Downsampled, comparison: Comparison, moments: Moments, *, has_band: bool) -> Shapes:
        """Return the shapes of a line, scaled to the scenario and to the range of values."""
        x = np.rint((few.times_s - moments.begins_s) / moments.lasts_s * WIDTH)
        return cls(few, comparison, has_band, x.astype(np.int64), *_range(few))

    def y(self, values: np.ndarray) -> np.ndarray:
        """Return the distance of values from the top; NaN stays NaN."""
        clamped = np.clip(values, self.low, self.high)
        return np.asarray((self.high - clamped) / (self.high - self.low) * HEIGHT)

    def values(self) -> str:
        """Return the line, interrupted by gaps."""
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
        """Return the areas between breaching values and the bound, and the line of these values.

        Both include the value on either side. Clipped to `beyond`, they end where the line crosses the bound.
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
        """Return rectangles over the times without datapoints. A column ends at its position."""
        if not len(self.x):
            return ""
        width = self.x[1] - self.x[0] if len(self.x) > 1 else self.x[0]
        edges = np.concatenate(([max(self.x[0] - width, 0)], self.x))
        rectangles = []
        for start, end in _spans(self.few.missing):
            rectangles.append(f"M{edges[start]} 0H{edges[end]}V{HEIGHT}H{edges[start]}Z")
        return "".join(rectangles)

    def threshold(self) -> str:
        """Return the threshold; empty for a band."""
        upper = self.y(self.few.upper[:1])
        return "" if self.has_band or not len(upper) else f"M0 {upper[0]:.0f}H{WIDTH}"

    def band(self) -> str:
        """Return the band; empty for a threshold."""
        corners = [*self._corners(self.few.upper), *reversed(self._corners(self.few.lower))]
        return f"M{'L'.join(corners)}Z" if self.has_band and corners else ""

    def beyond(self) -> str:
        """Return the region in which values breach, used as clip path."""
        shapes = []
        if "Greater" in self.comparison and (above := self._corners(self.few.upper)):
            shapes.append(f"M0 {-_OUTSIDE}H{WIDTH}L{'L'.join(reversed(above))}Z")
        if self.comparison.startswith("LessThan") and (below := self._corners(self.few.lower)):
            shapes.append(f"M0 {HEIGHT + _OUTSIDE}H{WIDTH}L{'L'.join(reversed(below))}Z")
        return "".join(shapes)

    def _corners(self, bound: np.ndarray) -> list[str]:
        """Return the corners of a bound from left to right."""
        there = np.isfinite(bound)
        x, y = self.x[there], self.y(bound[there])
        if not len(x):
            return []
        if not self.has_band:
            x, y = x[:0], y[:1] + _EQUAL_OFFSET.get(self.comparison, 0)
        inner = (f"{entry} {height:.0f}" for entry, height in zip(x, y, strict=False))
        return [f"0 {y[0]:.0f}", *inner, f"{WIDTH} {y[-1]:.0f}"]

    def dots(self, *, breaching: bool) -> str:
        """Return a dot for each value; if there are many, only for single values between gaps."""
        values = self.few.last
        here = ~np.isnan(values) & (self.few.breaching == breaching)
        if len(values) > _DOTS:
            gap = np.isnan(np.concatenate(([np.nan], values, [np.nan])))
            here &= gap[:-2] & gap[2:]
        return "".join(f"M{x} {y:.0f}h0" for x, y in zip(self.x[here], self.y(values[here]), strict=True))


def _stroke(x: int, begin: float, end: float) -> str:
    """Return a column: a point, or a stroke from its first value to its last."""
    return f"{x} {begin:.0f}" + (f"V{end:.0f}" if round(begin) != round(end) else "")


def _spans(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the first index of each run of true flags, and the index after its last."""
    position = 0
    for flag, group in itertools.groupby(flags.tolist()):
        size = len(list(group))
        if flag:
            yield position, position + size
        position += size


def _runs(breaching: np.ndarray, there: np.ndarray) -> Iterator[range]:
    """Yield the indices of consecutive breaching values, with the value on either side."""
    for start, end in _spans(breaching):
        before = start - 1 if start and there[start - 1] else start
        after = end + 1 if end < len(there) and there[end] else end
        yield range(before, after)


def _range(few: Downsampled) -> tuple[float, float]:
    """Return the minimum and maximum of the vertical axis: values, bounds, and 0 if it is near."""
    everything = np.concatenate((few.first, few.last, few.lower, few.upper))
    finite = np.clip(everything[np.isfinite(everything)], -_CLAMP, _CLAMP)
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if 0 < low <= high / 2:
        low = 0.0
    room = (high - low) * _PADDING or abs(high) * _PADDING or 1.0
    return (low if low == 0 else low - room), high + room


_STEPS_S: Final = (
    *(1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000),
)
"""Possible distances of ticks."""
_MOST: Final = 10
"""Maximum number of ticks."""
_EDGE: Final = 94
"""Percent of the axis beyond which the text of a tick does not fit."""
_NARROW_EDGE: Final = 86
"""The same on a phone."""


def step_s(moments: Moments) -> float:
    """Return the distance of the ticks."""
    fitting = (step for step in _STEPS_S if moments.lasts_s / step <= _MOST)
    return float(next(fitting, moments.lasts_s / _MOST))


def ticks(moments: Moments) -> Iterator[float]:
    """Yield the times of the ticks, without those whose text does not fit."""
    step = step_s(moments)
    for index in range(int(moments.lasts_s / step) + 1):
        at_s = moments.begins_s + index * step
        if moments.percent(at_s) < _EDGE:
            yield at_s


def axis(moments: Moments) -> Html:
    """Return the axis. Every other tick is minor, and hidden on narrow screens."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """The line of a metric alarm."""

    line: Compared
    shapes: Shapes

    @classmethod
    def of(cls, line: Compared, moments: Moments, columns: int) -> Chart:
        """Return the chart with at most `columns` columns."""
        few = downsampled(line, columns)
        return cls(line, Shapes.of(few, line.alarm.comparison, moments, has_band=line.has_band))

    def percent(self, value: float) -> float:
        """Return the distance of a value from the top, 0 to 100."""
        return round(float(self.shapes.y(np.array([value]))[0]) / HEIGHT * 100, 2)

    def svg(self, name: str) -> Html:
        """Return the picture; `name` is unique on the page."""
        beyond = {"clip_path": f"url(#{name}-beyond)"}
        area, breaching = self.shapes.breaching()
        clip = tag("clipPath", tag("path", d=self.shapes.beyond()), id=f"{name}-beyond")
        return tag(
            "svg",
            *_path("gap", self.shapes.gaps()),
            *_path("band", self.shapes.band()),
            *_path("values", self.shapes.values()),
            *_path("threshold", self.shapes.threshold()),
            *((clip,) if area else ()),
            *_path("area", area, **beyond),
            *_path("values breaching", breaching, **beyond),
            *_path("dots", self.shapes.dots(breaching=False)),
            *_path("dots breaching", self.shapes.dots(breaching=True)),
            class_="line",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            preserveAspectRatio="none",
            role="img",
            aria_label=self.label(),
        )

    @property
    def is_flat(self) -> bool:
        """Whether the values are constant and none breached."""
        values = self.line.values[self.line.breaching >= 0]
        return not len(values) or (not (self.line.breaching > 0).any() and values.min() == values.max())

    def label(self) -> str:
        """Return a description of the picture for screen readers."""
        breached = count(int((self.line.breaching == 1).sum()), "datapoint")
        return f"{self.range()}; {breached} breached ({self.line.bound})"

    def range(self) -> str:
        """Return the range of values as text."""
        if not self.line.has_data:
            return "no data"
        values, unit = self.line.values, self.line.unit
        least, greatest = float(np.nanmin(values)), float(np.nanmax(values))
        if least == greatest:
            return f"constant {quantity(least, unit)}"
        return f"{number(least)} to {quantity(greatest, unit)}"


def _path(kind: str, drawn: str, **attributes: str) -> tuple[Html, ...]:
    return (tag("path", class_=kind, d=drawn, **attributes),) if drawn else ()
