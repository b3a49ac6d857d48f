"""Rows of widgets, and where they stand on CloudWatch's grid of 24 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Widget = dict[str, Any]
"""A widget as the body has it; `x` and `y` come with `place`."""

Row = tuple[Widget, ...]
"""Widgets side by side."""

COLUMNS = 24
HALF = COLUMNS // 2
QUARTER = COLUMNS // 4
GRAPH_HEIGHT = 6

_T = TypeVar("_T")


@dataclass(frozen=True)
class Block:
    """Rows that belong together: a page has all of them or none."""

    what: str
    """What it shows, as people call it."""
    rows: tuple[Row, ...]

    @property
    def widgets(self) -> Iterator[Widget]:
        """Its widgets."""
        return (widget for row in self.rows for widget in row)


def place(blocks: Iterable[Block]) -> list[Widget]:
    """Return the widgets of `blocks`, each row below the one before.

    Raises:
        ValueError: a row is wider than the grid.
    """
    placed: list[Widget] = []
    y = 0
    for row in (row for block in blocks for row in block.rows):
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
    """Return what tells the title of one part from those of the others; nothing for a single one."""
    return f" (part {number} of {count})" if count > 1 else ""


def text(markdown: str, *, height: int, width: int = COLUMNS) -> Widget:
    """Return a text widget."""
    return {
        "type": "text",
        "width": width,
        "height": height,
        "properties": {"markdown": markdown, "background": "transparent"},
    }
