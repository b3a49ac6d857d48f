"""What is read off a row: heights and gaps of its line in words, and every value for the crosshair."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np

from drill.model import CompositeAlarm, MetricAlarm
from drill.report import bars, spans
from drill.report.chart import Chart
from drill.report.facts import Facts
from drill.report.markup import Html, tag
from drill.report.moments import Moments
from drill.report.texts import quantity, suffix

_NO_DATA_ROOM: Final = 12
"""Percent of the width that the words "no data" need."""
_LINE_ROOM: Final = 24
"""Percent of the height that a line of text needs."""


def heights(chart: Chart) -> Iterator[Html]:
    """Yield what the heights of a line mean: what it is compared with, and its greatest value."""
    line = chart.line
    top = None
    if not line.has_band and len(line.upper):
        top = chart.percent(float(line.upper[0]))
        yield tag("span", line.bound, class_="bound", style=f"top:{top}%")
    finite = line.values[np.isfinite(line.values)]
    if len(finite):
        greatest = float(finite.max())
        height = chart.percent(greatest)
        if top is None or abs(height - top) >= _LINE_ROOM:
            yield tag("span", f"max {quantity(greatest, line.unit)}", class_="most", style=f"top:{height}%")


def gaps(chart: Chart, moments: Moments) -> Iterator[Html]:
    """Yield "no data" for every gap that is wide enough for the words."""
    there = chart.line.times_s[chart.line.breaching >= 0]
    for before_s, after_s in itertools.pairwise((moments.begins_s, *there.tolist(), moments.ends_s)):
        left, right = moments.percent(before_s), moments.percent(after_s)
        if right - left >= _NO_DATA_ROOM:
            yield tag("span", "no data", class_="nodata", style=f"left:{(left + right) / 2:.3f}%")


def of(facts: Facts, alarm: MetricAlarm | CompositeAlarm, chart: Chart | None) -> dict[str, object]:
    """Return a row's name, states and values for the crosshair; times are seconds after the beginning."""
    begins_s = facts.moments.begins_s
    found: dict[str, object] = {
        "name": facts.names.short(alarm.name),
        "states": [
            [round(one.from_s - begins_s), one.state]
            for one in bars.shown(spans.states(facts.rehearsal, alarm.name))
        ],
    }
    if isinstance(alarm, CompositeAlarm):
        found["held"] = [
            [round(one.from_s - begins_s), round(one.to_s - begins_s), facts.why(alarm, one)]
            for one in facts.suppressed(alarm.name)
        ]
    return found | (_values(chart, begins_s) if chart else {})


def _values(chart: Chart, begins_s: float) -> dict[str, object]:
    few = chart.reduced
    found: dict[str, object] = {
        "times": [round(float(one) - begins_s) for one in few.times_s],
        "values": _short(np.fmin(few.first, few.last)),
        "bound": chart.line.bound,
        "unit": suffix(chart.line.unit),
    }
    if few.each > 1:
        found["most"] = _short(np.fmax(few.first, few.last))
    if chart.line.has_band:
        found |= {"lower": _short(few.lower), "upper": _short(few.upper)}
    return found


def _short(values: np.ndarray) -> list[float | None]:
    """Return values with four digits; None for what JSON has no number for."""
    return [float(f"{one:.4g}") if np.isfinite(one) else None for one in values]
