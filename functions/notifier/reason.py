"""The reason that CloudWatch gives for a change of state, as values.

A notification holds it as a text for people only (`NewStateReason`), such as:

    Threshold Crossed: 2 out of the last 3 datapoints [7.5 (22/11/26 02:42:00), 6.0 (22/11/26 02:41:00)] were
    greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition).

AWS does not document the text; days come before months, the newest datapoint comes first. What is not
understood is shown as it came.
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
_SHOWN = 5  # datapoints; a line of a message holds no more

_SYMBOLS = (
    ("greater than or equal to", ">="),
    ("less than or equal to", "<="),
    ("greater than", ">"),
    ("less than", "<"),
)


@dataclass(frozen=True)
class Reading:
    """What the alarm saw.

    Attributes:
        value: Its datapoints, oldest first, and what they were compared with: `6 → 7.5 (threshold > 5)`.
        first_at: Time of the oldest datapoint of these; None without any.
        excess: How far the newest datapoint is beyond the threshold, as a part of the threshold; 1 where no
            such part can be told: beyond a threshold of 0, or silence that counts as bad.
    """

    value: str
    first_at: datetime | None = None
    excess: float = 0.0


def read_reason(reason: str, trigger: Mapping[str, Any], *, unit: str = "") -> Reading | None:
    """Read a reason of CloudWatch's own; None when it is another, such as a person's who set the state.

    Args:
        reason: The text.
        trigger: Threshold and comparison of the alarm, as far as they are known.
        unit: Written behind the values.
    """
    limit = _limit(reason, trigger)
    points = _points(reason)
    if points:
        shown = [number(value) for _, value in points[-_SHOWN:]]
        values = " → ".join(["…", *shown] if len(points) > _SHOWN else shown)
        missing = _MISSING.search(reason)
        rest = f"; {missing[1]} more missing" if missing else ""
        shown_unit = f" {unit}" if unit else ""
        return Reading(
            f"{values}{shown_unit}{rest}{limit}", points[0][0], _excess(points[-1][1], reason, trigger)
        )
    nothing = _NOTHING.search(reason) or _UNKNOWN.search(reason)
    if nothing is None:
        return None
    missing = _MISSING.search(reason)
    # `[Breaching]` or `[NonBreaching]`: the state that the alarm takes from silence.
    counts = {"Breaching": ", which counts as bad", "NonBreaching": ", which counts as good"}
    meaning = counts.get(missing[2], "") if missing else ""
    periods = "period" if nothing[1] == "1" else "periods"
    silent = 1.0 if missing and missing[2] == "Breaching" else 0.0
    return Reading(f"no data for {nothing[1]} {periods}{meaning}{limit}", excess=silent)


def _limit(reason: str, trigger: Mapping[str, Any]) -> str:
    """Return ` (threshold > 5)` or ` (expected 0.41 to 0.47)`; empty when neither is known."""
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
    found = _THRESHOLD.search(reason)
    if found is None:
        return ""
    symbol = next((symbol for words, symbol in _SYMBOLS if words in reason), "")
    return f" (threshold {symbol} {number(float(found[1]))})".replace("  ", " ")


def _excess(newest: float, reason: str, trigger: Mapping[str, Any]) -> float:
    """Return the distance to the threshold, or to the nearest bound, as a part of it."""
    if " not " in reason:  # an end: its datapoints are good ones
        return 0.0
    found = _THRESHOLD.search(reason)
    limits = [float(value) for _, value in _BOUND.findall(reason)]
    if threshold_of(trigger):
        limits = [float(trigger["Threshold"])]
    elif found:
        limits = [float(found[1])]
    parts = [abs(newest - limit) / abs(limit) if limit else 1.0 for limit in limits]
    return min(parts, default=0.0)


def _points(reason: str) -> list[tuple[datetime, float]]:
    """Return the datapoints, oldest first; none when a time is not one, since the text is then not AWS's."""
    try:
        return sorted(
            (datetime.strptime(time, "%d/%m/%y %H:%M:%S").replace(tzinfo=timezone.utc), float(value))
            for value, time in _POINT.findall(reason)
        )
    except ValueError:
        return []
