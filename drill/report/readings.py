"""What is read off a row: heights and gaps of its line in words, and every value for the crosshair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from drill.report.chart import Chart
from drill.report.facts import Facts
from drill.report.markup import Html, tag
from drill.report.moments import Moments
from drill.report.spans import Span
from drill.report.texts import suffix

_NO_DATA_ROOM: Final = 12
"""Percent of the width that the words "no data" need."""


def bound(chart: Chart) -> Iterator[Html]:
    """Yield what a line is compared with, at its height; a band is seen."""
    if not chart.line.has_band and len(chart.line.upper):
        top = chart.percent(float(chart.line.upper[0]))
        yield tag("span", chart.line.bound, class_="bound", style=f"top:{top}%")


def gaps(chart: Chart, moments: Moments) -> Iterator[Html]:
    """Yield "no data" for every gap that is wide enough for the words."""
    there = chart.line.times_s[chart.line.breaching >= 0]
    edges_s = np.concatenate(([moments.begins_s], there, [moments.ends_s]))
    wide = np.flatnonzero(np.diff(edges_s) >= moments.lasts_s * _NO_DATA_ROOM / 100)
    for index in wide.tolist():
        middle_s = float(edges_s[index] + edges_s[index + 1]) / 2
        yield tag("span", "no data", class_="nodata", style=f"left:{moments.percent(middle_s)}%")


def of(
    facts: Facts, alarm: MetricAlarm | CompositeAlarm, states: Sequence[Span], chart: Chart | None
) -> dict[str, object]:
    """Return a row's name, states and values for the crosshair; times are seconds after the beginning."""
    begins_s = facts.moments.begins_s
    found: dict[str, object] = {
        "name": facts.names.short(alarm.name),
        "states": [[round(one.from_s - begins_s), one.state] for one in states],
    }
    if isinstance(alarm, CompositeAlarm):
        found["held"] = [
            [round(one.from_s - begins_s), round(one.to_s - begins_s), facts.why(alarm, one)]
            for one in facts.suppressed(alarm.name)
        ]
    return found | (_values(chart, begins_s) if chart else {})


def _values(chart: Chart, begins_s: float) -> dict[str, object]:
    few = chart.shapes.few
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
