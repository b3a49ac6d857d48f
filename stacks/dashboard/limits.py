"""What one dashboard can hold, and how much of it a block takes.

Sources: CloudWatch API Reference, "Dashboard Body Structure and Syntax" (500 widgets, 500 metrics in a graph,
100 alarms in a widget, 24 columns, height 1000); CloudWatch User Guide, "CloudWatch service quotas" (2,500
metrics in all graphs of a dashboard; inputs of metric math count, shown or not).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from stacks.dashboard.layout import Block, Widget

MAX_WIDGETS = 500
MAX_METRICS_PER_GRAPH = 500
MAX_METRICS = 2500
MAX_ALARMS_PER_WIDGET = 100
MAX_HEIGHT = 1000

MAX_QUERIES = 30
"""Ours: log widgets of one dashboard. Each is a query when somebody opens the page, and an account runs 100
at once, those of dashboards included (CloudWatch Logs User Guide, "View running queries or query history"):
three people who look at the same page in an incident still get an answer."""

MAX_SIZE_BYTES = 500_000
"""Ours: AWS publishes no limit of a body. CloudFormation, by which many dashboards are made, takes templates
of 1 MB (CloudFormation quotas), in which a body's quotes are escaped: half of that is on the safe side."""

_POSITION_BYTES = len(',"x":10,"y":10000,')
_FRAME_BYTES = 200
"""Of a body without its widgets, at most."""


class DashboardError(Exception):
    """CloudWatch would refuse a dashboard; the message says which, where and what is allowed."""


@dataclass(frozen=True)
class Load:
    """How much of a dashboard something takes."""

    widgets: int = 0
    metrics: int = 0
    queries: int = 0
    size_bytes: int = 0

    @classmethod
    def of(cls, blocks: Iterable[Block]) -> Load:
        """Return what `blocks` take together."""
        total = cls()
        for block in blocks:
            for widget in block.widgets:
                size_bytes = len(compact(widget).encode()) + _POSITION_BYTES
                total += cls(1, metrics_of(widget), widget["type"] == "log", size_bytes)
        return total

    def __add__(self, other: Load) -> Load:
        return Load(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def excess(self) -> str | None:
        """Return what is too much, such as "612 widgets; 500 are allowed", or None when all fits."""
        for found, allowed, what in (
            (self.widgets, MAX_WIDGETS, "widgets"),
            (self.metrics, MAX_METRICS, "metrics"),
            (self.queries, MAX_QUERIES, "log queries"),
            (self.size_bytes + _FRAME_BYTES, MAX_SIZE_BYTES, "bytes"),
        ):
            if found > allowed:
                return f"{found} {what}; {allowed} are allowed"
        return None


def metrics_of(widget: Widget) -> int:
    """Return how many metrics a widget counts for."""
    return len(widget["properties"].get("metrics", ()))


def compact(value: Any) -> str:
    """Return `value` as JSON without white space, which would count."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
