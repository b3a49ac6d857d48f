"""Tables of the newest errors in the logs."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.queries import LOG_GROUPS_PER_QUERY, recent_errors
from catalog.specs import ServiceView
from stacks.dashboard.layout import COLUMNS, GRAPH_HEIGHT, Row, Widget, chunks, part_of
from stacks.dashboard.scene import Scene


def errors_by_kind(scene: Scene, services: Sequence[ServiceView]) -> tuple[Row, ...]:
    """Return a table for each kind of service, or several where one query cannot search all logs."""
    rows: list[Row] = []
    for kind in dict.fromkeys(one.kind_title for one in services):
        parts = list(chunks([one for one in services if one.kind_title == kind], LOG_GROUPS_PER_QUERY))
        for number, part in enumerate(parts, start=1):
            title = f"Recent errors: {kind}{part_of(number, len(parts))}"
            rows.append((errors_table(scene, title, part),))
    return tuple(rows)


def errors_table(scene: Scene, title: str, services: Sequence[ServiceView]) -> Widget:
    """Return the table of the newest errors of at most 50 services."""
    names = [scene.published.log_group_names[one.log_group_key] for one in services]
    sources = " | ".join(f"SOURCE '{name}'" for name in names)
    return {
        "type": "log",
        "width": COLUMNS,
        "height": GRAPH_HEIGHT,
        "properties": {
            "title": title,
            "region": scene.env.region,
            "view": "table",
            "query": f"{sources} | {recent_errors(scene.env.dashboard.recent_errors)}",
        },
    }
