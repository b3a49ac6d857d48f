"""Graphs that compare services by one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from catalog.specs import ServiceView
from stacks.dashboard.graphs import compared
from stacks.dashboard.layout import Block, Widget, chunks, columns, in_rows, part_of
from stacks.dashboard.scene import Scene

_LINES_PER_GRAPH = 100
"""More cannot be told apart; with the inputs of metric math it stays below CloudWatch's 500 metrics."""


class Comparison(NamedTuple):
    """What is compared."""

    role: str
    """The graph of each service that has the series."""
    which: int
    """Position of the series in that graph."""
    title: str
    unit: str


COMPARISONS = (
    Comparison("error-rate", 0, "Error rate by service, from the logs", "%"),
    Comparison("latency", -1, "p99 latency by service", "ms"),
    Comparison("errors", 0, "Errors by service", "count"),
    Comparison("concurrency", 0, "Concurrency by service", "requests"),
    Comparison("utilization", 0, "CPU by service", "%"),
    Comparison("utilization", 1, "Memory by service", "%"),
)
"""What matters most first."""


def comparison(scene: Scene, services: Sequence[ServiceView], what: Comparison) -> list[Widget]:
    """Return the graphs of one comparison; none when no service has the series."""
    chosen = [
        graph.series[what.which].model_copy(update={"label": service.name})
        for service in services
        for graph in service.graphs
        if graph.role == what.role
    ]
    parts = list(chunks(chosen, _LINES_PER_GRAPH))
    return [
        compared(scene, what.title + part_of(number, len(parts)), what.unit, part)
        for number, part in enumerate(parts, start=1)
    ]


def all_comparisons(scene: Scene, services: Sequence[ServiceView]) -> Block:
    """Return every comparison of `services`."""
    return side_by_side(widget for what in COMPARISONS for widget in comparison(scene, services, what))


def side_by_side(graphs: Iterable[Widget]) -> Block:
    """Return graphs of comparisons in rows."""
    widgets = list(graphs)
    return Block("comparisons of services", in_rows(widgets, columns(len(widgets))))
