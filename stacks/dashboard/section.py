"""The section of one service, by its boundary: what comes in, what it makes of it, what it has for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catalog.specs import Graph, ServiceView
from catalog.texts import runbook_link
from stacks.dashboard import links
from stacks.dashboard.alarm_states import alarm_rows
from stacks.dashboard.errors import errors_table
from stacks.dashboard.graphs import graph_widget
from stacks.dashboard.layout import Block, Row, columns, in_rows, text
from stacks.dashboard.scene import Scene, silences

BOUNDARY: Mapping[str, tuple[str, ...]] = {
    "What comes in": ("traffic", "requests", "queue", "queue-age", "targets"),
    "What it makes of it": (
        "error-rate",
        "failure-rate",
        "target-error-rate",
        "errors",
        "latency",
        "target-latency",
    ),
    "What it has for it": ("concurrency", "utilization", "memory", "tasks", "disk", "log-volume"),
}
"""Side of the boundary -> the roles of its graphs, in the order in which they are looked at."""


def section(scene: Scene, service: ServiceView, *, on_page: bool) -> Block:
    """Return the section of `service`; one on a page of its own leads back to the overview."""
    alarms = scene.alarms[service.name]
    acting = [one for one in alarms if not silences(one)]
    quiet = [one for one in alarms if silences(one)]
    rows: list[Row] = [
        (text(_heading(scene, service, on_page=on_page), height=2),),
        *alarm_rows(scene, f"Alarms of {service.name}", acting),
    ]
    for side, graphs in _sides(service):
        rows.append((text(f"### {service.name}: {side.lower()}", height=1),))
        rows += in_rows([graph_widget(scene, graph) for graph in graphs], columns(len(graphs)))
    rows.append((errors_table(scene, f"Recent errors of {service.name}", [service]),))
    rows += alarm_rows(scene, f"Held back of {service.name} while one of these is in ALARM", quiet)
    return Block(f"the section of {service.name}", tuple(rows))


def _sides(service: ServiceView) -> Iterator[tuple[str, list[Graph]]]:
    """Yield each side with its graphs; a role that no side knows is of what the service has."""
    known = {role for roles in BOUNDARY.values() for role in roles}
    *_, last = BOUNDARY
    for side, roles in BOUNDARY.items():
        graphs = [graph for role in roles for graph in service.graphs if graph.role == role]
        if side == last:
            graphs += [graph for graph in service.graphs if graph.role not in known]
        if graphs:
            yield side, graphs


def _heading(scene: Scene, service: ServiceView, *, on_page: bool) -> str:
    env = scene.env
    runbook = runbook_link(env, service.runbook)
    ways = [
        links.markdown("Runbook", runbook) if "://" in runbook else f"Runbook {runbook}",
        links.markdown("Log", links.log_group(env, scene.log_groups[service.log_group_key].name)),
    ]
    if on_page:
        ways.append(links.markdown("Overview", links.dashboard(env, scene.overview)))
    what = f"{service.kind_title} `{service.resource}` · owner {service.owner}"
    return f"## {service.name} · {service.description}\n{what} · {' · '.join(ways)}"
