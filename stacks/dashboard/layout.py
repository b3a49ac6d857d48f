"""Rows of widgets on the grid of 24 columns, and their usage of the dashboard quotas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from cloudwatch import quotas

Widget = dict[str, Any]
"""A widget of a dashboard body; `place` adds `x` and `y`."""

Row = tuple[Widget, ...]
"""Widgets side by side."""

COLUMNS = quotas.DASHBOARD_COLUMNS
HALF = COLUMNS // 2
QUARTER = COLUMNS // 4
GRAPH_HEIGHT = 6

_POSITION_BYTES = len(',"x":10,"y":10000,')
_FRAME_BYTES = 200
"""Maximum size of a body without widgets."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Section:
    """Rows that belong together: a page shows all of them or none."""

    title: str
    """Title of the section."""
    rows: tuple[Row, ...]

    @property
    def widgets(self) -> Iterator[Widget]:
        """Its widgets."""
        return (widget for row in self.rows for widget in row)


def place(sections: Iterable[Section]) -> list[Widget]:
    """Return the widgets of `sections`, each row below the one before.

    Raises:
        ValueError: a row is wider than the grid.
    """
    placed: list[Widget] = []
    y = 0
    for row in (row for section in sections for row in section.rows):
        x = 0
        for widget in row:
            placed.append({**widget, "x": x, "y": y})
            x += widget["width"]
        if x > COLUMNS:
            message = f"a row of widgets is {x} columns wide; the grid has {COLUMNS}"
            raise ValueError(message)
        y += max(widget["height"] for widget in row)
    return placed


def columns(count: int) -> int:
    """Return how many of `count` graphs stand in a row: two or four in twos, others in threes."""
    return 2 if count in {1, 2, 4} else 3


def in_rows(widgets: Sequence[Widget], per_row: int) -> tuple[Row, ...]:
    """Return `widgets` in rows of equal widths."""
    width = COLUMNS // per_row
    return tuple(tuple({**widget, "width": width} for widget in chunk) for chunk in chunks(widgets, per_row))


def chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield `items` in chunks of at most `size`."""
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def part_of(number: int, count: int) -> str:
    """Return the end of the title of one part of several; nothing for a single one."""
    return f" (part {number} of {count})" if count > 1 else ""


@dataclass(frozen=True)
class Usage:
    """Usage of the quotas of a dashboard."""

    widgets: int = 0
    metrics: int = 0
    queries: int = 0
    size_bytes: int = 0

    @classmethod
    def of(cls, sections: Iterable[Section]) -> Usage:
        """Return the total usage of `sections`."""
        total = cls()
        for widget in (widget for section in sections for widget in section.widgets):
            metrics = len(widget["properties"].get("metrics", ()))
            size_bytes = len(compact(widget).encode()) + _POSITION_BYTES
            total += cls(1, metrics, int(widget["type"] == "log"), size_bytes)
        return total

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def excess(self) -> str | None:
        """Return the exceeded quota, such as "612 widgets; 500 are allowed", or None."""
        for used, allowed, unit in (
            (self.widgets, quotas.DASHBOARD_WIDGETS, "widgets"),
            (self.metrics, quotas.DASHBOARD_METRICS, "metrics"),
            (self.queries, quotas.DASHBOARD_QUERIES, "log queries"),
            (self.size_bytes + _FRAME_BYTES, quotas.DASHBOARD_BYTES, "bytes"),
        ):
            if used > allowed:
                return f"{used} {unit}; {allowed} are allowed"
        return None


def compact(value: Any) -> str:
    """Return `value` as JSON without white space, which counts towards the quota."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
