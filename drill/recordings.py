"""Recordings of scenarios: the samples of a column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from config.words import did_you_mean
from drill.sources import recording
from drill.sources.errors import SourceError


def samples(path: Path, column: str | None) -> Sequence[tuple[float, float, float]]:
    """Return samples: seconds since 1970, value, number of samples.

    Args:
        path: the file.
        column: the name of the series, if the file has several.

    Raises:
        SourceError: the file cannot be read, or the column does not exist or is ambiguous.
    """
    all_series = recording.read(path)
    names = [recorded.names[0] if recorded.names else "" for recorded in all_series]
    if column is None and len(all_series) > 1:
        message = f"{path} has several columns: set column to one of {', '.join(names)}"
        raise SourceError(message)
    for recorded in all_series:
        if column is None or column in recorded.names:
            return [point.weighted for point in recorded.points]
    hint = did_you_mean(str(column), names)
    message = f"{path} has no column {column}; known: {', '.join(names)}{hint}"
    raise SourceError(message)
