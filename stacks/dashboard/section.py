"""The sections of dashboards: of one service, and of several services together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from catalog.kinds.platform import OF_LOG_GROUPS
from catalog.own import ROLE
from catalog.specs import Composite, Graph, ServiceView, is_of_environment
from catalog.specs import Widget as OwnWidget
from catalog.texts import runbook_link
from cloudwatch import quotas
from stacks.dashboard import index
from stacks.dashboard.context import Context
from stacks.dashboard.layout import COLUMNS, QUARTER, Row, Section, Widget, chunks, columns, in_rows, part_of
from stacks.dashboard.severity import AnyAlarm, is_page, is_suppressor, is_ticket
from stacks.dashboard.widget import (
    alarm_rows,
    alarm_states,
    comparison_graph,
    error_budgets,
    error_table,
    service_graph,
    text,
)

BOUNDARY: Mapping[str, tuple[str, ...]] = {
    "Traffic": ("traffic", "requests", "queue", "queue-age", "targets"),
    "Errors and latency": (
        "error-rate",
        "failure-rate",
        "target-error-rate",
        "errors",
        "latency",
        "target-latency",
    ),
    "Own metrics": (ROLE,),
    "Resources": (
        "concurrency",
        "throttles",
        "utilization",
        "memory",
        "tasks",
        "disk",
        "log-volume",
    ),
}
"""Group of graphs -> the roles of its graphs, in the order of an investigation."""

_LINES_PER_GRAPH = 100
"""More lines are not distinguishable; with inputs of metric math, the total stays below the quota of 500."""


class Comparison(NamedTuple):
    """One series of each service, in one graph."""

    role: str
    """The graph of each service that has the series."""
    position: int
    """Position of the series in that graph."""
    title: str
    unit: str


COMPARISONS = (
    Comparison("error-rate", 0, "Error rate by service from the logs", "%"),
    Comparison("latency", 2, "p99 latency by service", "ms"),
    Comparison("errors", 0, "Errors by service", "count"),
    Comparison("concurrency", 0, "Concurrency by service", "requests"),
    Comparison("utilization", 0, "CPU by service", "%"),
    Comparison("utilization", 1, "Memory by service", "%"),
)
"""The most important first."""


def service_section(context: Context, service: ServiceView, *, on_page: bool) -> Section:
    """Return the section of `service`: alarms, groups of graphs, errors, suppressors.

    Args:
        context: the environment.
        service: the service.
        on_page: whether it is on a page of services, with a link to the overview.
    """
    alarms = context.alarms_by_service[service.name]
    suppressors = [alarm for alarm in alarms if is_suppressor(alarm)]
    others = [alarm for alarm in alarms if not is_suppressor(alarm)]
    rows: list[Row] = [
        (text(_service_heading(context, service, on_page=on_page), height=2),),
        *alarm_rows(context, f"Alarms of {service.name}", others),
    ]
    for side, graphs in _sides(service):
        rows.append((text(f"### {service.name}: {side.lower()}", height=1),))
        rows += in_rows([service_graph(context, graph) for graph in graphs], columns(len(graphs)))
    rows += own_widgets(context, service.widgets)
    if groups := context.service_logs.get(service.name):
        rows.append((error_table(context, f"Recent errors of {service.name}", groups),))
    rows += alarm_rows(context, f"Suppressors of {service.name}", suppressors)
    return Section(f"the section of {service.name}", tuple(rows))


def _sides(service: ServiceView) -> Iterator[tuple[str, list[Graph]]]:
    """Yield each group with its graphs; other roles are in the last group."""
    known = {role for roles in BOUNDARY.values() for role in roles}
    *_, last = BOUNDARY
    for side, roles in BOUNDARY.items():
        graphs = [graph for role in roles for graph in service.graphs if graph.role == role]
        if side == last:
            graphs += [graph for graph in service.graphs if graph.role not in known]
        if graphs:
            yield side, graphs


def _service_heading(context: Context, service: ServiceView, *, on_page: bool) -> str:
    env = context.env
    runbook = runbook_link(env, service.runbook)
    links = [
        index.markdown("Runbook", runbook) if "://" in runbook else f"Runbook {runbook}",
    ]
    if service.log_group_key:
        group = context.log_groups[service.log_group_key]
        links.append(index.markdown("Log", index.log_group(env, group.name)))
    if on_page:
        links.append(index.markdown("Overview", index.dashboard(env, context.overview_name)))
    details = f"{service.kind_title} `{service.resource}` · owner {service.owner}"
    return f"## {service.name} · {service.description}\n{details} · {' · '.join(links)}"


def environment(context: Context) -> Section:
    """Return the section of the environment as a whole: its own alarms, metrics and widgets; none without."""
    whole = context.catalog.whole
    if whole is None:
        return Section("the environment as a whole", ())
    alarms = [alarm for alarm in context.alarms_by_service[None] if is_of_environment(alarm)]
    suppressors = [alarm for alarm in alarms if is_suppressor(alarm)]
    others = [alarm for alarm in alarms if not is_suppressor(alarm)]
    graphs = [service_graph(context, graph) for graph in whole.graphs]
    return Section(
        "the environment as a whole",
        (
            (text("## Environment", height=1),),
            *alarm_rows(context, "Alarms of the environment", others),
            *in_rows(graphs, columns(len(graphs))),
            *own_widgets(context, whole.widgets),
            *alarm_rows(context, "Suppressors of the environment", suppressors),
        ),
    )


def own_widgets(context: Context, widgets: Sequence[OwnWidget]) -> tuple[Row, ...]:
    """Return own widgets in rows: each row is as full as the next widget allows."""
    rows: list[Row] = []
    for own in widgets:
        drawn = (
            {**service_graph(context, own.graph), "width": own.width, "height": own.height}
            if own.graph
            else text(own.text, height=own.height, width=own.width)
        )
        if rows and sum(widget["width"] for widget in rows[-1]) + own.width <= COLUMNS:
            rows[-1] = (*rows[-1], drawn)
        else:
            rows.append((drawn,))
    return tuple(rows)


def notifying(context: Context, alarms: Sequence[AnyAlarm]) -> tuple[Section, Section, Section]:
    """Return the states of the alarms that page, of the burn rates that page, and of tickets."""
    pages = [alarm for alarm in alarms if is_page(alarm) and alarm.key not in context.burn_rates]
    burn_rates = [alarm for alarm in alarms if is_page(alarm) and alarm.key in context.burn_rates]
    tickets = [alarm for alarm in alarms if is_ticket(alarm)]
    burn_rates_title = "Pages: burn rates of error budgets"
    return (
        Section("alarms that page", alarm_rows(context, "Pages", pages)),
        Section("error budgets that page", alarm_rows(context, burn_rates_title, burn_rates)),
        Section("tickets", alarm_rows(context, "Tickets", tickets)),
    )


def health(context: Context, services: Sequence[ServiceView]) -> Section:
    """Return a widget for each service: the states of its composites."""
    widgets: list[Widget] = []
    for service in services:
        composites = [
            alarm
            for alarm in context.alarms_by_service[service.name]
            if isinstance(alarm, Composite) and not is_suppressor(alarm)
        ]
        widgets += [
            alarm_states(service.name, list(part), width=QUARTER)
            for part in chunks(context.arns(composites), quotas.WIDGET_ALARMS)
        ]
    rows = tuple(tuple(row) for row in chunks(widgets, COLUMNS // QUARTER))
    return Section("the health of each service", rows)


def budgets(context: Context, services: Sequence[ServiceView]) -> Section:
    """Return the remaining error budgets of `services`."""
    return Section("error budgets", error_budgets(context, services))


def comparison(context: Context, services: Sequence[ServiceView], compared: Comparison) -> Section:
    """Return the graphs of one comparison, each in a row; none when no service has the series."""
    series = [
        graph.series[compared.position].model_copy(update={"label": service.name})
        for service in services
        for graph in service.graphs
        if graph.role == compared.role
    ]
    parts = list(chunks(series, _LINES_PER_GRAPH))
    graphs = (
        comparison_graph(context, compared.title + part_of(number, len(parts)), compared.unit, part)
        for number, part in enumerate(parts, start=1)
    )
    return Section(compared.title, tuple((graph,) for graph in graphs))


def comparisons(context: Context, services: Sequence[ServiceView]) -> Section:
    """Return every comparison of `services`."""
    return side_by_side(comparison(context, services, compared) for compared in COMPARISONS)


def side_by_side(compared: Iterable[Section]) -> Section:
    """Return the graphs of comparisons in common rows."""
    widgets = [widget for section in compared for widget in section.widgets]
    return Section("comparisons of services", in_rows(widgets, columns(len(widgets))))


def recent_errors(context: Context, services: Sequence[ServiceView]) -> Section:
    """Return a table for each kind of service, or several where one query cannot search all logs."""
    rows: list[Row] = []
    groups: dict[str, list[str]] = defaultdict(list)
    for service in services:
        groups[service.kind_title] += context.service_logs.get(service.name, [])
    for kind, of_kind in groups.items():
        if not of_kind:
            continue
        parts = list(chunks(of_kind, quotas.QUERY_LOG_GROUPS))
        for number, part in enumerate(parts, start=1):
            title = f"Recent errors: {kind}{part_of(number, len(parts))}"
            rows.append((error_table(context, title, part),))
    return Section("recent errors", tuple(rows))


def platform(context: Context) -> Section:
    """Return the states of the alarms of the platform that are not pages.

    Its tickets are among them: an overview of many services may have no space for tickets.
    """
    others = [alarm for alarm in context.alarms_by_service[None] if not is_of_environment(alarm)]
    alarms = [alarm for alarm in others if not is_page(alarm)]
    shown = [alarm for alarm in alarms if alarm.kind_key not in OF_LOG_GROUPS]
    details = [alarm for alarm in shown if not is_suppressor(alarm)]
    suppressors = [alarm for alarm in alarms if is_suppressor(alarm)]
    rows = (
        *alarm_rows(context, "Alarms of the platform", details),
        *alarm_rows(context, "Suppressors of all services", suppressors),
    )
    heading = ((text("## Platform", height=1),),) if rows else ()
    return Section("the platform's own alarms", (*heading, *rows))
