"""Recorded series in CSV; see `drill.sources.recording`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from cloudwatch.records import shown
from drill.sources.errors import SourceError
from drill.sources.recorded import Point, Recorded, in_order
from drill.sources.times import seconds

_TIME: Final = ("timestamp", "time")
_LONG: Final = ("metric", "value", "samples")
_DESCRIBES: Final = ("id", "label", "full label")
"""First cells of rows of the console with names of columns, the most specific first."""
_HEADER: Final = "`timestamp` and a column for each metric, or `timestamp,metric,value,samples`"


class _Row(NamedTuple):
    line: int
    cells: list[str]


class _File:
    """Reader of a file."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        first = text.partition("\n")[0]
        self._delimiter = max(",;\t", key=first.count)
        self._text = text

    def series(self) -> tuple[Recorded, ...]:
        """Return the series in the file."""
        rows = list(self._rows())
        if not rows:
            self._refuse(1, f"is empty; the first line must be {_HEADER}")
        header = [cell.strip() for cell in rows[0].cells]
        lowered = [name.lower() for name in header]
        if lowered[0] in _TIME:
            if {"metric", "value"} <= set(lowered) or set(lowered[1:]) == {"value", "samples"}:
                return self._long(rows[1:], rows[0].line, lowered)
            return self._wide(
                rows[1:], [(column,) for column in self._columns(rows[0].line, header)], is_console=False
            )
        if lowered[0] not in _DESCRIBES:
            self._refuse(rows[0].line, f"begins with {shown(header[0])}; the first line must be {_HEADER}")
        return self._of_console(rows)

    def _rows(self) -> Iterator[_Row]:
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self._delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _Row(reader.line_num, cells)
        except csv.Error as error:
            self._refuse(reader.line_num, f"is not CSV: {error}")

    def _columns(self, line: int, header: Sequence[str]) -> Sequence[str]:
        names = header[1:]
        if not names:
            self._refuse(line, f"has no column of values; the first line must be {_HEADER}")
        for name in names:
            if not name or names.count(name) > 1:
                self._refuse(line, f"has the column {name} twice" if name else "has a column without a name")
        return names

    def _wide(
        self, rows: Sequence[_Row], names: Sequence[Sequence[str]], *, is_console: bool
    ) -> tuple[Recorded, ...]:
        """Return series with a column each."""
        points: list[list[Point]] = [[] for _ in names]
        for row in rows:
            if len(row.cells) != len(names) + 1:
                self._refuse(row.line, f"has {len(row.cells)} cells; the header has {len(names) + 1}")
            time_s = self._time_s(row.line, row.cells[0], is_console=is_console)
            for into, cell in zip(points, row.cells[1:], strict=True):
                if cell.strip():
                    into.append(Point(time_s, self._number(row.line, cell), None))
        return tuple(in_order(*pair) for pair in zip(names, points, strict=True))

    def _long(self, rows: Sequence[_Row], line: int, header: Sequence[str]) -> tuple[Recorded, ...]:
        """Return series with their names in a column."""
        unknown = [name for name in header[1:] if name not in _LONG]
        if unknown or len(set(header)) != len(header):
            self._refuse(line, f"has the columns {', '.join(header)}; allowed: timestamp, {', '.join(_LONG)}")
        points: dict[str, list[Point]] = {}
        for row in rows:
            if len(row.cells) != len(header):
                self._refuse(row.line, f"has {len(row.cells)} cells; the header has {len(header)}")
            row_values = dict(zip(header, (cell.strip() for cell in row.cells), strict=True))
            name = row_values.get("metric", "value")
            if not name:
                self._refuse(row.line, "has no name of a metric")
            into = points.setdefault(name, [])
            time_s = self._time_s(row.line, row.cells[0], is_console=False)
            if row_values["value"]:
                samples = self._number(row.line, row_values["samples"]) if row_values.get("samples") else None
                if samples is not None and samples <= 0:
                    self._refuse(row.line, f"has {row_values['samples']} samples: must be more than 0")
                into.append(Point(time_s, self._number(row.line, row_values["value"]), samples))
        return tuple(in_order((name,), of_name) for name, of_name in points.items())

    def _of_console(self, rows: Sequence[_Row]) -> tuple[Recorded, ...]:
        """Return series whose names are in the rows before the first time."""
        at = next((at for at, row in enumerate(rows) if row.cells[0].strip()[:1].isdigit()), None)
        if at is None:
            self._refuse(rows[-1].line, "is the last line, and no line begins with a time")
        described = {row.cells[0].strip().lower(): row.cells[1:] for row in rows[:at]}
        names_by_row = [described[describe] for describe in _DESCRIBES if describe in described]
        width = len(rows[at].cells) - 1
        names = [
            [group[column].strip() for group in names_by_row if column < len(group)]
            for column in range(width)
        ]
        return self._wide(rows[at:], names, is_console=True)

    def _time_s(self, line: int, cell: str, *, is_console: bool) -> float:
        try:
            return seconds(cell, is_console=is_console)
        except ValueError as error:
            self._refuse(line, str(error))

    def _number(self, line: int, cell: str) -> float:
        try:
            number = float(cell)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in cell:
            self._refuse(
                line, f"has {shown(cell.strip())} for a number; leave the cell empty if it is missing"
            )
        return number

    def _refuse(self, line: int, text: str) -> NoReturn:
        message = f"{self._path}:{line}: {text}"
        raise SourceError(message)


def series(path: Path, text: str) -> tuple[Recorded, ...]:
    """Return the series in the text of a file.

    Raises:
        SourceError: the format is not valid (see `drill.sources.recording`).
    """
    return _File(path, text).series()
