"""Recorded series in what `aws cloudwatch get-metric-data` and `get-metric-statistics` print.

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
_ALLOWED: Final = "what `aws cloudwatch get-metric-data` or `get-metric-statistics` prints"


def series(path: Path, text: str) -> tuple[Recorded, ...]:
    """Return the series in a file's text.

    Raises:
        SourceError: it is neither of the two, or not whole.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{path}: is not JSON: {error}"
        raise SourceError(message) from error
    if not isinstance(content, dict):
        message = f"{path}: has to be an object: {_ALLOWED}"
        raise SourceError(message)
    given = Record(str(path), content)
    if given.has("MetricDataResults"):
        if given.has("NextToken"):
            given.refuse("NextToken", "says that there is more: ask for all of it")
        return tuple(_result(record) for record in given.records("MetricDataResults"))
    if given.has("Datapoints"):
        return tuple(_statistics(given))
    message = f"{path}: has neither MetricDataResults nor Datapoints; allowed: {_ALLOWED}"
    raise SourceError(message)


def _result(given: Record) -> Recorded:
    """Return a MetricDataResult."""
    given.one_of("StatusCode", ("Complete",), "Complete")
    times, values = _listed(given, "Timestamps"), _listed(given, "Values")
    if len(times) != len(values):
        given.refuse("Timestamps", f"are {len(times)}, and Values {len(values)}: as many of both")
    points = []
    for number, (time, value) in enumerate(zip(times, values, strict=True), start=1):
        one = Record(f"{given.where}: {number}", {"Timestamps": time, "Values": value})
        points.append(Point(_time_s(one, "Timestamps"), one.number("Values"), 1))
    return in_order((given.text("Id", ""), given.text("Label", "")), points)


def _listed(given: Record, member: str) -> list[Any]:
    value = given.given.get(member, [])
    if not isinstance(value, list):
        given.refuse(member, "has to be a list")
    return value


def _statistics(given: Record) -> Iterator[Recorded]:
    """Yield a series for each statistic, or one for the number of samples if it is alone.

    Each point has so many samples of such a value that its statistic is the one that was recorded.
    """
    label = given.text("Label", "")
    points: dict[str, list[Point]] = {}
    for record in given.records("Datapoints"):
        time_s = _time_s(record, "Timestamp")
        samples = record.number("SampleCount") if record.has("SampleCount") else None
        extended = record.record("ExtendedStatistics") if record.has("ExtendedStatistics") else None
        values = {name: record.number(name) for name in _STATISTICS if record.has(name)}
        values |= {name: extended.number(name) for name in extended.given} if extended else {}
        for name, value in values.items():
            each = value / samples if name == "Sum" and samples else value
            points.setdefault(name, []).append(Point(time_s, each, samples or 1))
        if not values and samples:
            points.setdefault("SampleCount", []).append(Point(time_s, 1, samples))
    for name, of_name in points.items():
        yield in_order((*((label,) if len(points) == 1 else ()), f"{label} {name}".strip()), of_name)


def _time_s(given: Record, member: str) -> float:
    value = given.needs(member)
    try:
        return seconds(value if isinstance(value, str) else json.dumps(value))
    except ValueError as error:
        given.refuse(member, str(error))
