"""Recorded series in a file: CSV, or the output of the AWS CLI and console.

CSV has a header with `timestamp` and a column for each metric, or `timestamp`, `metric`, `value` and
optionally `samples`, the number of samples with that value, which other files do not have. Empty cells are
missing data. Times are ISO 8601 with a zone, or seconds or milliseconds since 1970.

A file from the console ("Download as .csv") has rows that describe its columns, such as `Label` and `Id`,
before the first time. Its times have slashes and no zone, and are interpreted as UTC: set the console
to UTC first. AWS does not document the format. Rows with data begin with a digit.

JSON is the output of `aws cloudwatch get-metric-data` and `get-metric-statistics`.

Source: CloudWatch API Reference, GetMetricData, MetricDataResult, GetMetricStatistics, Datapoint.
"""

from __future__ import annotations

from pathlib import Path

from config import files
from drill.sources import recorded_csv, recorded_json
from drill.sources.errors import SourceError
from drill.sources.recorded import Point, Recorded

__all__ = ["Point", "Recorded", "of_text", "read"]


def read(path: Path) -> tuple[Recorded, ...]:
    """Return the series in a file, each in the order of time.

    Raises:
        SourceError: it cannot be read. The message has the file and the line.
    """
    try:
        text = files.text(path, files.MOST_BYTES)
    except files.FileError as error:
        message = f"{path}: {error}"
        raise SourceError(message) from error
    return of_text(path, text)


def of_text(path: Path, text: str) -> tuple[Recorded, ...]:
    """Return the series in the text of a file.

    Raises:
        SourceError: as for `read`.
    """
    is_json = text.lstrip()[:1] in {"{", "["}
    all_series = recorded_json.series(path, text) if is_json else recorded_csv.series(path, text)
    if not any(recorded.points for recorded in all_series):
        message = f"{path}: contains no values"
        raise SourceError(message)
    return all_series
