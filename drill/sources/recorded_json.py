"""Recorded series in the output of `aws cloudwatch get-metric-data` and `get-metric-statistics`.

Source: CloudWatch API Reference, GetMetricData, MetricDataResult, GetMetricStatistics, Datapoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cloudwatch.records import Record
from drill.sources.errors import SourceError
from drill.sources.recorded import Point, Recorded, in_order
from drill.sources.times import seconds

_STATISTICS: Final = ("Average", "Sum", "Minimum", "Maximum")
_ALLOWED: Final = "the output of `aws cloudwatch get-metric-data` or `get-metric-statistics`"


def series(path: Path, text: str) -> tuple[Recorded, ...]:
    """Return the series in the text of a file.

    Raises:
        SourceError: it is neither of the two, or not complete.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{path}: is not JSON: {error}"
        raise SourceError(message) from error
    if not isinstance(content, dict):
        message = f"{path}: must be an object; allowed: {_ALLOWED}"
        raise SourceError(message)
    data = Record(str(path), content)
    if data.has("MetricDataResults"):
        if data.has("NextToken"):
            data.refuse("NextToken", "means that the result is not complete: request all pages")
        return tuple(_result(record) for record in data.records("MetricDataResults"))
    if data.has("Datapoints"):
        return tuple(_statistics(data))
    message = f"{path}: has neither MetricDataResults nor Datapoints; allowed: {_ALLOWED}"
    raise SourceError(message)


def _result(data: Record) -> Recorded:
    """Return a MetricDataResult."""
    data.one_of("StatusCode", ("Complete",), "Complete")
    times, values = _listed(data, "Timestamps"), _listed(data, "Values")
    if len(times) != len(values):
        data.refuse(
            "Timestamps", f"has {len(times)} entries, Values has {len(values)}: both must be the same"
        )
    points = []
    for number, (time, value) in enumerate(zip(times, values, strict=True), start=1):
        pair = Record(f"{data.where}: {number}", {"Timestamps": time, "Values": value})
        points.append(Point(_time_s(pair, "Timestamps"), pair.number("Values"), None))
    return in_order((data.text("Id", ""), data.text("Label", "")), points)


def _listed(data: Record, member: str) -> list[Any]:
    value = data.given.get(member, [])
    if not isinstance(value, list):
        data.refuse(member, "must be a list")
    return value


def _statistics(data: Record) -> Iterator[Recorded]:
    """Yield a series for each statistic, or for the number of samples if there is no other.

    The value and number of samples of each point result in the recorded statistic.
    """
    label = data.text("Label", "")
    points: dict[str, list[Point]] = {}
    for record in data.records("Datapoints"):
        time_s = _time_s(record, "Timestamp")
        samples = record.number("SampleCount") if record.has("SampleCount") else None
        extended = record.record("ExtendedStatistics") if record.has("ExtendedStatistics") else None
        values = {name: record.number(name) for name in _STATISTICS if record.has(name)}
        values |= {name: extended.number(name) for name in extended.given} if extended else {}
        for name, value in values.items():
            sample = value / samples if name == "Sum" and samples else value
            points.setdefault(name, []).append(Point(time_s, sample, samples or None))
        if not values and samples:
            points.setdefault("SampleCount", []).append(Point(time_s, 1, samples))
    for name, of_name in points.items():
        yield in_order((*((label,) if len(points) == 1 else ()), f"{label} {name}".strip()), of_name)


def _time_s(data: Record, member: str) -> float:
    value = data.needs(member)
    try:
        return seconds(value if isinstance(value, str) else json.dumps(value))
    except ValueError as error:
        data.refuse(member, str(error))
