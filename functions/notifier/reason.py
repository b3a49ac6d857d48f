"""Parse the reason that CloudWatch gives for a change of state.

A notification has it only as text (`NewStateReason`), such as:

    Threshold Crossed: 2 out of the last 3 datapoints [7.5 (22/11/26 02:42:00), 6.0 (22/11/26 02:41:00)] were
    greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition).

AWS does not document the text. Days come before months, and the newest datapoint comes first. A text that
cannot be parsed is shown unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from functions.notifier.trigger import threshold_of
from functions.notifier.wording import number

_NUMBER = r"-?\d+(?:\.\d+)?(?:E[+-]?\d+)?"
_POINT = re.compile(rf"({_NUMBER}) \((\d\d/\d\d/\d\d \d\d:\d\d:\d\d)\)")
_THRESHOLD = re.compile(rf"threshold \(({_NUMBER})\)")
_BOUND = re.compile(rf"(lower|upper) thresholds \[({_NUMBER})")
_NOTHING = re.compile(r"no datapoints were received for (\d+) periods?")
_UNKNOWN = re.compile(r"(\d+) datapoints? (?:was|were) unknown")
_MISSING = re.compile(r"(\d+) missing datapoints? (?:was|were) treated as \[(\w+)\]")
_SHOWN = 5  # datapoints that fit in a line of a message

_SYMBOLS = (
    ("greater than or equal to", ">="),
    ("less than or equal to", "<="),
    ("greater than", ">"),
    ("less than", "<"),
)


@dataclass(frozen=True)
class Reading:
    """The values in a reason.

    Attributes:
        value: The datapoints, oldest first, and the threshold: `6 → 7.5 (threshold > 5)`.
        first_at: Time of the oldest of these datapoints; None without datapoints.
        excess: Distance of the newest datapoint from the threshold, relative to the threshold; 1 if the
            threshold is 0, or if missing data is treated as breaching.
    """

    value: str
    first_at: datetime | None = None
    excess: float = 0.0


def read_reason(reason: str, trigger: Mapping[str, Any], *, unit: str = "") -> Reading | None:
    """Parse a reason; return None if CloudWatch did not write it, for example after SetAlarmState.

    Args:
        reason: The text.
        trigger: Threshold and comparison of the alarm, if they are known.
        unit: Unit of the values.
    """
    limit = _limit(reason, trigger)
    points = _points(reason)
    if points:
        last_values = [number(value) for _, value in points[-_SHOWN:]]
        values = " → ".join(["…", *last_values] if len(points) > _SHOWN else last_values)
        missing = _MISSING.search(reason)
        missing_words = f"; {missing[1]} more missing" if missing else ""
        unit_words = f" {unit}" if unit else ""
        return Reading(
            f"{values}{unit_words}{missing_words}{limit}",
            points[0][0],
            _excess(points[-1][1], reason, trigger),
        )
    nothing = _NOTHING.search(reason) or _UNKNOWN.search(reason)
    if nothing is None:
        return None
    missing = _MISSING.search(reason)
    # `[Breaching]` or `[NonBreaching]`: how the alarm treats missing data.
    treatments = {"Breaching": ", treated as breaching", "NonBreaching": ", treated as not breaching"}
    treatment = treatments.get(missing[2], "") if missing else ""
    periods = "period" if nothing[1] == "1" else "periods"
    excess = 1.0 if missing and missing[2] == "Breaching" else 0.0
    return Reading(f"no data for {nothing[1]} {periods}{treatment}{limit}", excess=excess)


def _limit(reason: str, trigger: Mapping[str, Any]) -> str:
    """Return ` (threshold > 5)` or ` (expected 0.41 to 0.47)`; empty if neither is known."""
    bounds = {side: number(float(value)) for side, value in _BOUND.findall(reason)}
    if {"lower", "upper"} <= bounds.keys():
        return f" (expected {bounds['lower']} to {bounds['upper']})"
    if "upper" in bounds:
        return f" (expected at most {bounds['upper']})"
    if "lower" in bounds:
        return f" (expected at least {bounds['lower']})"
    threshold = threshold_of(trigger)
    if threshold:
        return f" (threshold {threshold})"
    in_reason = _THRESHOLD.search(reason)
    if in_reason is None:
        return ""
    symbol = next((symbol for words, symbol in _SYMBOLS if words in reason), "")
    return f" (threshold {symbol} {number(float(in_reason[1]))})".replace("  ", " ")


def _excess(newest: float, reason: str, trigger: Mapping[str, Any]) -> float:
    """Return the distance to the threshold, or to the nearest bound, relative to it."""
    if " not " in reason:  # the alarm has ended: the datapoints do not breach
        return 0.0
    in_reason = _THRESHOLD.search(reason)
    limits = [float(value) for _, value in _BOUND.findall(reason)]
    if threshold_of(trigger):
        limits = [float(trigger["Threshold"])]
    elif in_reason:
        limits = [float(in_reason[1])]
    distances = [abs(newest - limit) / abs(limit) if limit else 1.0 for limit in limits]
    return min(distances, default=0.0)


def _points(reason: str) -> list[tuple[datetime, float]]:
    """Return the datapoints, oldest first; none if a time is not valid, since AWS did not write the text."""
    try:
        return sorted(
            (datetime.strptime(time, "%d/%m/%y %H:%M:%S").replace(tzinfo=timezone.utc), float(value))
            for value, time in _POINT.findall(reason)
        )
    except ValueError:
        return []
