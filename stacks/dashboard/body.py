"""The dashboard's body as data: overview on top, then one section per service.

Structure and limits: CloudWatch API Reference, "Dashboard body structure and syntax"; CloudWatch quotas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from catalog import Catalog
from catalog.queries import LOG_GROUPS_PER_QUERY, recent_errors
from catalog.specs import SYMBOLS, Alarm, Composite, Graph, Metric, Series, ServiceView
from config.models import Environment
from stacks.dashboard.layout import COLUMNS, Page, Widget, check_limits

_THIRD = COLUMNS // 3
_HALF = COLUMNS // 2
_GRAPH_HEIGHT = 6
_ALARMS_PER_WIDGET = 100


class Compared(NamedTuple):
    """A graph that compares services by one series each."""

    role: str
    """The graph of each service that has the series."""
    which: int
    """Position of the series in that graph."""
    title: str
    unit: str


_OVERVIEW = (
    Compared("errors", 0, "Errors by service", "count"),
    Compared("error-rate", 0, "Error rate by service, from the logs", "%"),
    Compared("latency", -1, "p99 latency by service", "ms"),
    Compared("concurrency", 0, "Concurrency by service", "requests"),
    Compared("utilization", 0, "CPU by service", "%"),
    Compared("utilization", 1, "Memory by service", "%"),
)


def body(
    catalog: Catalog, env: Environment, *, alarm_arns: Mapping[str, str], log_group_names: Mapping[str, str]
) -> dict[str, Any]:
    """Return the body.

    Args:
        catalog: what is watched.
        env: the environment.
        alarm_arns: key of an alarm or composite -> its ARN.
        log_group_names: key of a log group -> its name.

    Raises:
        DashboardTooLargeError: it exceeds what CloudWatch takes.
    """
    page = Page()
    page.row([_text(_heading(env), width=COLUMNS, height=2)])
    alarms: list[Alarm | Composite] = [*catalog.composites, *catalog.alarms]
    for title, severity in (("Wakes somebody", "critical"), ("For working hours", "warning")):
        arns = [alarm_arns[one.key] for one in alarms if one.severity == severity]
        for chunk in _chunks(arns, _ALARMS_PER_WIDGET):
            page.row([_alarm_states(title, chunk)])
    compared = [graph for graph in (_compared(catalog, env, one) for one in _OVERVIEW) if graph]
    for graphs in _chunks(compared, COLUMNS // _THIRD):
        page.row(graphs)
    for kind in dict.fromkeys(one.kind_title for one in catalog.services):
        title = f"Recent errors: {kind}"
        groups = [log_group_names[one.log_group_key] for one in catalog.services if one.kind_title == kind]
        for chunk in _chunks(groups, LOG_GROUPS_PER_QUERY):
            page.row([_errors_table(title, chunk, env)])
    for service in catalog.services:
        page.row([_text(_section(service), width=COLUMNS, height=1)])
        for chunk in _chunks(service.graphs, COLUMNS // _THIRD):
            page.row([_graph(graph, catalog, env) for graph in chunk])
    check_limits(page.widgets)
    return {"start": env.dashboard.start, "periodOverride": "inherit", "widgets": page.widgets}


def _heading(env: Environment) -> str:
    region = env.region
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return (
        f"# {env.project} · {env.environment}\n"
        f"[Trace map]({console}#xray:service-map/map) · "
        f"[Logs Insights]({console}#logsV2:logs-insights) · [Alarms]({console}#alarmsV2:)"
    )


def _section(service: ServiceView) -> str:
    what = f"{service.kind_title} `{service.resource}`"
    return f"## {service.name} · {service.description} · {what} · owner {service.owner}"


def _text(markdown: str, *, width: int, height: int) -> Widget:
    return {
        "type": "text",
        "width": width,
        "height": height,
        "properties": {"markdown": markdown, "background": "transparent"},
    }


def _alarm_states(title: str, arns: list[str]) -> Widget:
    rows = -(-len(arns) // 6)
    return {
        "type": "alarm",
        "width": COLUMNS,
        "height": 1 + rows,
        "properties": {"title": title, "alarms": arns, "sortBy": "stateUpdatedTimestamp"},
    }


def _errors_table(title: str, groups: list[str], env: Environment) -> Widget:
    sources = " | ".join(f"SOURCE '{group}'" for group in groups)
    return {
        "type": "log",
        "width": COLUMNS,
        "height": _GRAPH_HEIGHT,
        "properties": {
            "title": title,
            "region": env.region,
            "view": "table",
            "query": f"{sources} | {recent_errors(env.dashboard.recent_errors)}",
        },
    }


def _graph(graph: Graph, catalog: Catalog, env: Environment) -> Widget:
    return _metric_widget(
        graph.title,
        graph.unit_label,
        list(_lines(graph.series)),
        env,
        thresholds=[_threshold(catalog, key) for key in graph.thresholds],
    )


def _compared(catalog: Catalog, env: Environment, what: Compared) -> Widget | None:
    """Return the graph that compares services, or nothing when no service has the series."""
    chosen = [
        graph.series[what.which].model_copy(update={"label": service.name})
        for service in catalog.services
        for graph in service.graphs
        if graph.role == what.role
    ]
    if not chosen:
        return None
    return _metric_widget(what.title, what.unit, list(_lines(chosen)), env, thresholds=[])


def _metric_widget(
    title: str, unit: str, lines: list[list[Any]], env: Environment, *, thresholds: list[dict[str, Any]]
) -> Widget:
    properties: dict[str, Any] = {
        "title": title,
        "region": env.region,
        "view": "timeSeries",
        "stacked": False,
        "period": _period(lines, env),
        "metrics": lines,
        "yAxis": {"left": {"min": 0, "label": unit, "showUnits": False}},
    }
    if thresholds:
        properties["annotations"] = {"horizontal": thresholds}
    return {"type": "metric", "width": _THIRD, "height": _GRAPH_HEIGHT, "properties": properties}


def _threshold(catalog: Catalog, key: str) -> dict[str, Any]:
    """Return the line at which an alarm fires: the alarm's own threshold, so they cannot differ."""
    alarm = catalog.alarm(key)
    if alarm.threshold is None:
        message = f"{alarm.key} has a band and no line"
        raise ValueError(message)
    label = f"{alarm.kind_key} {SYMBOLS[alarm.comparison]} {alarm.threshold:g}"
    # A whole number as one: CloudWatch gives 5.0 back, and Terraform would show every line as changed.
    value = int(alarm.threshold) if alarm.threshold.is_integer() else alarm.threshold
    return {"label": label, "value": value, "color": "#d62728"}


def _lines(series: Iterable[Series]) -> Iterator[list[Any]]:
    """Yield the rows of a graph's `metrics`; inputs of metric math come hidden before their expression."""
    for number, one in enumerate(series):
        if isinstance(one, Metric):
            yield _line(one)
            continue
        period_s = one.period_s
        renamed = {key: f"{key}{number}" for key in one.metrics}
        for key, metric in one.metrics.items():
            yield _line(metric, id=renamed[key], visible=False)
        expression = one.expression
        for key, unique in renamed.items():
            expression = re.sub(rf"\b{key}\b", unique, expression)
        yield [{"expression": expression, "label": one.label, "id": f"e{number}", "period": period_s}]


def _period(lines: list[list[Any]], env: Environment) -> int:
    """Return the seconds that a point of a graph covers: those of its series."""
    return max((int(line[-1]["period"]) for line in lines), default=env.dashboard.period_s)


def _line(metric: Metric, **options: Any) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    look = {"stat": metric.stat, "period": metric.period_s, "label": metric.label, **options}
    return [metric.namespace, metric.name, *dimensions, look]


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    listed = list(items)
    for begin in range(0, len(listed), size):
        yield listed[begin : begin + size]
