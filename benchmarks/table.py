"""Benchmark results as Markdown tables with aligned columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADS = ("seconds (median)", "fastest-slowest", "times faster", "peak MB", "same JSON", "first run, s")


def markdown(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows of `benchmarks.synth` as a table with `title` as the head of the first column."""
    columns = [title, *HEADS]
    cells = [[row["variant"], *figures(row)] for row in rows]
    if all(row["cold_s"] is None for row in rows):
        columns.pop()
        cells = [row[:-1] for row in cells]
    return aligned(columns, cells)


def aligned(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return a table with these columns and cells. All columns except the first are right-aligned."""
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(line(row, widths) for row in [columns, rule, *cells])


def figures(row: Mapping[str, Any]) -> list[str]:
    """Return the formatted figures of a row, in the order of `HEADS`."""
    return [
        f"{row['seconds']:.2f}",
        f"{row['fastest_s']:.2f}-{row['slowest_s']:.2f}",
        f"{row['times_faster_than_ordinary']:.1f}x",
        "-" if row["peak_mb"] is None else str(row["peak_mb"]),
        {True: "yes", False: "NO", None: "-"}[row["same_bytes_as_ordinary"]],
        "-" if row["cold_s"] is None else f"{row['cold_s']:.1f}",
    ]


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of the table: the first column left-aligned, the figures right-aligned."""
    first, *numbers = cells
    padded = [first.ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"
