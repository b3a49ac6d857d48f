"""Whether CloudWatch would take a dashboard's body: only its API says so otherwise, amid an apply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.queries import LOG_GROUPS_PER_QUERY
from stacks.dashboard.layout import COLUMNS
from stacks.dashboard.limits import MAX_METRICS, MAX_QUERIES, MAX_SIZE_BYTES, compact, metrics_of
from stacks.dashboard.structure import BODY, PROPERTIES

_DEFAULT_SIZE = 6
"""Columns and rows of a widget that does not say (CloudWatch API Reference, as in structure.py)."""


def problems(body: Any) -> list[str]:
    """Return all that CloudWatch would refuse in a body, each with its path; nothing when it is sound."""
    found = list(BODY("", body))
    if found and not (isinstance(body, dict) and isinstance(body.get("widgets"), list)):
        return found
    for position, widget in enumerate(body["widgets"]):
        if isinstance(widget, dict):
            found += _check_widget(f"widgets[{position}]", widget)
    if not found:  # sums and positions mean something only where the parts are sound
        found += [*_check_times(body), *_check_grid(body["widgets"]), *_check_sums(body)]
    return found


def _check_widget(path: str, widget: dict[str, Any]) -> Iterator[str]:
    if ("x" in widget) != ("y" in widget):
        missing = "y" if "x" in widget else "x"
        yield f"{path}.{missing}: is missing: x and y go together"
    properties = f"{path}.properties"
    check = PROPERTIES.get(str(widget.get("type")))
    if check is None or "properties" not in widget:
        return  # said already
    wrong = list(check(properties, widget["properties"]))
    yield from wrong
    if not wrong and widget["type"] == "metric":
        yield from _check_metric_widget(properties, widget["properties"])
    if not wrong and widget["type"] == "log":
        yield from _check_query(f"{properties}.query", widget["properties"]["query"])


def _check_metric_widget(path: str, properties: dict[str, Any]) -> Iterator[str]:
    annotations = properties.get("annotations", {})
    alarms = annotations.get("alarms", [])
    if alarms and "metrics" in properties:
        yield f"{path}.annotations.alarms: an alarm's graph cannot have metrics of its own"
    if alarms and ("horizontal" in annotations or "vertical" in annotations):
        yield f"{path}.annotations.alarms: an alarm's graph cannot have other annotations"
    if not alarms and "metrics" not in properties:
        yield f"{path}.metrics: is missing, and there is no alarm in annotations"
    left = properties.get("yAxis", {}).get("left", {})
    if properties.get("view") == "gauge" and not {"min", "max"} <= left.keys():
        yield f"{path}.yAxis.left: a gauge needs min and max"
    for side, axis in properties.get("yAxis", {}).items():
        if "min" in axis and "max" in axis and axis["min"] >= axis["max"]:
            yield f"{path}.yAxis.{side}: min {axis['min']} is not below max {axis['max']}"
    if "end" in properties and "start" not in properties:
        yield f"{path}.start: is missing: end needs it"


def _check_query(path: str, query: str) -> Iterator[str]:
    sources = [part.strip() for part in query.split("|") if part.strip().startswith("SOURCE ")]
    if not query.startswith("SOURCE "):
        yield f"{path}: must begin with SOURCE and a log group"
    elif len(sources) > LOG_GROUPS_PER_QUERY:
        yield f"{path}: searches {len(sources)} log groups; {LOG_GROUPS_PER_QUERY} are allowed"


def _check_times(body: dict[str, Any]) -> Iterator[str]:
    if "end" in body and str(body.get("start", "-P")).startswith("-P"):
        yield "start: must be a time such as 2030-01-31T06:00:00Z where there is an end"


def _check_grid(widgets: list[dict[str, Any]]) -> Iterator[str]:
    taken: dict[tuple[int, int], int] = {}
    for position, widget in enumerate(widgets):
        if "x" not in widget:
            continue  # CloudWatch finds a place for it
        path = f"widgets[{position}]"
        x, y = widget["x"], widget["y"]
        width, height = widget.get("width", _DEFAULT_SIZE), widget.get("height", _DEFAULT_SIZE)
        if x + width > COLUMNS:
            yield f"{path}: ends at column {x + width}; the grid has {COLUMNS}"
        cells = [(column, row) for column in range(x, x + width) for row in range(y, y + height)]
        others = {taken[cell] for cell in cells if cell in taken}
        if others:
            yield f"{path}: lies on widgets[{min(others)}]"
        taken.update(dict.fromkeys(cells, position))


def _check_sums(body: dict[str, Any]) -> Iterator[str]:
    widgets = body["widgets"]
    for found, allowed, what in (
        (sum(metrics_of(one) for one in widgets if one["type"] == "metric"), MAX_METRICS, "metrics"),
        (sum(one["type"] == "log" for one in widgets), MAX_QUERIES, "log queries"),
        (len(compact(body).encode()), MAX_SIZE_BYTES, "bytes"),
    ):
        if found > allowed:
            yield f"widgets: have {found} {what} together; {allowed} are allowed"
