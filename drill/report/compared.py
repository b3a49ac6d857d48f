"""What a metric alarm compared during a scenario: its values, which of them breached, and how near it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloudwatch.alarms import MetricAlarm
from cloudwatch.evaluation import breaches
from drill.rehearsal import Line, Rehearsal
from drill.report.texts import quantity

SIGNS: Final[Mapping[str, str]] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
    "GreaterThanUpperThreshold": "above the band",
    "LessThanLowerThreshold": "below the band",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band",
}
"""Comparison -> how it is written."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The evaluations of one metric alarm within a scenario."""

    alarm: MetricAlarm
    times_s: np.ndarray
    values: np.ndarray
    """NaN where there was no datapoint."""
    breaching: np.ndarray
    """1 where a value breached, 0 where it did not, -1 where there was none."""
    lower: np.ndarray
    """The threshold, or the band's lower bound, at each time."""
    upper: np.ndarray
    """The threshold, or the band's upper bound, at each time."""
    unit: str
    most: int
    """How many of the datapoints that count breached when most did, missing ones that breach included."""
    most_at_s: float
    """When that was first so."""

    @property
    def has_band(self) -> bool:
        """Whether it compares with a band."""
        return SIGNS[self.alarm.comparison].endswith("band")

    @property
    def has_data(self) -> bool:
        """Whether any datapoint had a value."""
        return bool((self.breaching >= 0).any())

    @property
    def bound(self) -> str:
        """What is compared with, in words: `> 5 %`, `outside the band`."""
        return bound(self.alarm)

    @property
    def nearest(self) -> int:
        """Index of the value that came nearest to breaching, or breached most."""
        below = self.lower - self.values
        above = self.values - self.upper
        comparison = self.alarm.comparison
        if comparison.startswith("LessThan"):
            beyond = np.maximum(below, above) if "OrGreater" in comparison else below
        else:
            beyond = above
        return int(np.nanargmax(beyond))


def bound(alarm: MetricAlarm) -> str:
    """Return what an alarm's values are compared with, in words: `> 5 %`, `outside the band`."""
    sign = SIGNS[alarm.comparison]
    return sign if alarm.threshold is None else f"{sign} {quantity(alarm.threshold, alarm.unit)}"


def compared(rehearsal: Rehearsal, alarm: MetricAlarm) -> Compared:
    """Return what an alarm compared from the scenario's beginning to its end."""
    line = rehearsal.line(alarm.name)
    lower, upper = _bounds(line)
    threshold = (lower, upper) if isinstance(line.threshold, tuple) else line.threshold
    codes = breaches(line.values, alarm.comparison, threshold)
    within = (line.times_s >= rehearsal.begins_s) & (line.times_s <= rehearsal.ends_s)
    counts = (codes == 1) | ((codes < 0) & (alarm.treat_missing_data == "breaching"))
    together = np.where(within, _together(counts, alarm, line.times_s), -1)
    at = int(together.argmax()) if len(together) else -1
    return Compared(
        alarm,
        line.times_s[within],
        line.values[within],
        codes[within],
        lower[within],
        upper[within],
        line.unit or alarm.unit,
        max(int(together[at]), 0) if at >= 0 else 0,
        float(line.times_s[at]) if at >= 0 else rehearsal.begins_s,
    )


def _bounds(line: Line) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(line.threshold, tuple):
        return line.threshold
    same = np.full(len(line.values), line.threshold)
    return same, same


def _together(breaching: np.ndarray, alarm: MetricAlarm, times_s: np.ndarray) -> np.ndarray:
    """Return how many of the newest N datapoints breached at each evaluation.

    An alarm may be evaluated more often than it has new datapoints: those that count are a period apart.
    """
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else float(alarm.period_s)
    stride = max(round(alarm.period_s / step_s), 1) if step_s > 0 else 1
    counts = np.zeros(len(breaching), dtype=np.int64)
    for back in range(0, min(alarm.evaluation_periods * stride, len(counts)), stride):
        counts[back:] += breaching[: len(breaching) - back]
    return counts
