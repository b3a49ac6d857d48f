"""Recordings beside a scenario: the samples of one column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from config.explain import did_you_mean
from drill.sources import recording
from drill.sources.errors import SourceError


def samples(path: Path, column: str | None) -> Sequence[tuple[float, float, float]]:
    """Return samples: seconds since 1970, value, how many of it.

    Args:
        path: the file.
        column: what the series is called, when the file has several.

    Raises:
        SourceError: it cannot be read, has no such column, or has several and none is named.
    """
    found = recording.read(path)
    names = [recorded.names[0] if recorded.names else "" for recorded in found]
    if column is None and len(found) > 1:
        message = f"{path} has several columns: say column, one of {', '.join(names)}"
        raise SourceError(message)
    for recorded in found:
        if column is None or column in recorded.names:
            return recorded.points
    hint = did_you_mean(str(column), names)
    message = f"{path} has no column {column}; known: {', '.join(names)}{hint}"
    raise SourceError(message)
