"""Rows of widgets on CloudWatch's grid of 24 columns, and what one dashboard can hold."""

from __future__ import annotations

from typing import Any

Widget = dict[str, Any]

COLUMNS = 24
MAX_WIDGETS = 500
MAX_METRICS_PER_GRAPH = 500
MAX_METRICS = 2500
"""CloudWatch quotas: widgets of a dashboard, metrics of a graph, of all graphs (math inputs count)."""


class DashboardTooLargeError(Exception):
    """The dashboard exceeds what CloudWatch takes; the message says what and by how much."""


class Page:
    """Widgets placed row by row from the top."""

    def __init__(self) -> None:
        """Begin an empty page."""
        self.widgets: list[Widget] = []
        self._y = 0

    def row(self, widgets: list[Widget]) -> None:
        """Place `widgets` side by side below everything placed so far."""
        x = 0
        for widget in widgets:
            if x + widget["width"] > COLUMNS:
                message = f"a row of widgets is wider than {COLUMNS} columns"
                raise ValueError(message)
            self.widgets.append({**widget, "x": x, "y": self._y})
            x += widget["width"]
        self._y += max((widget["height"] for widget in widgets), default=0)


def check_limits(widgets: list[Widget]) -> None:
    """Refuse what CloudWatch would refuse.

    Raises:
        DashboardTooLargeError: too many widgets, or metrics in a graph or in all.
    """
    metrics = [len(widget["properties"].get("metrics", [])) for widget in widgets]
    for what, found, allowed in (
        ("widgets", len(widgets), MAX_WIDGETS),
        ("metrics in one graph", max(metrics, default=0), MAX_METRICS_PER_GRAPH),
        ("metrics", sum(metrics), MAX_METRICS),
    ):
        if found > allowed:
            message = f"the dashboard would have {found} {what}; CloudWatch allows {allowed}"
            raise DashboardTooLargeError(message)
