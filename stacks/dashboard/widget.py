"""Every kind of widget that dashboards have: text, alarm states, graphs, error budgets, tables of errors.

Source of their form: CloudWatch API Reference, "Dashboard Body Structure and Syntax".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from catalog.own import ROLE
from catalog.queries import recent_errors
from catalog.specs import Alarm, Graph, Math, Metric, Series, ServiceView, Slo, Unit
from catalog.texts import duration, number
from catalog.tuning import in_unit
from cloudwatch import quotas
from cloudwatch.alarms import Comparison
from stacks.dashboard.context import Context
from stacks.dashboard.layout import COLUMNS, GRAPH_HEIGHT, HALF, Row, Widget, chunks, part_of
from stacks.dashboard.severity import STYLES, AnyAlarm

_COLUMNS_PER_ALARM = 4
_FILTERED_HEIGHT = 4
_MAX_ALARMS_SHOWN = 36
"""In a larger widget, an alarm in ALARM is hard to find: then only alarms in ALARM are shown."""

_BUDGETS_PER_WIDGET = 12
_BUDGETS_PER_LINE = 6
_BUDGET_HEIGHT = 3

_SERIES_COLORS = ("#1f77b4", "#2ca02c", "#9467bd", "#17becf", "#8c564b", "#e377c2")
"""Different from the colors of thresholds."""
_DEPLOYMENT_COLOR = "#7f7f7f"

_COMPARISONS: Mapping[Comparison, str] = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
    "GreaterThanUpperThreshold": "above",
}
MetricRow = list[Any]
"""One row of a widget's `metrics`: `[namespace, name, dimension, value, …, {options}]` or `[{options}]`."""


def text(markdown: str, *, height: int, width: int = COLUMNS) -> Widget:
    """Return a text widget."""
    return {
        "type": "text",
        "width": width,
        "height": height,
        "properties": {"markdown": markdown, "background": "transparent"},
    }


def alarm_rows(context: Context, title: str, alarms: Sequence[AnyAlarm]) -> tuple[Row, ...]:
    """Return rows of widgets with the states of `alarms`; no rows for none."""
    arns = context.arns(alarms)
    if len(arns) <= _MAX_ALARMS_SHOWN:
        return ((alarm_states(title, arns),),) if arns else ()
    parts = list(chunks(arns, quotas.WIDGET_ALARMS))
    rows: list[Row] = []
    for position, part in enumerate(parts, start=1):
        widget = alarm_states(f"{title}: in ALARM now{part_of(position, len(parts))}", list(part))
        properties = {**widget["properties"], "states": ["ALARM"]}
        rows.append(({**widget, "height": _FILTERED_HEIGHT, "properties": properties},))
    return tuple(rows)


def alarm_states(title: str, arns: list[str], *, width: int = COLUMNS) -> Widget:
    """Return a widget with the states of at most 100 alarms."""
    rows = -(-len(arns) // (width // _COLUMNS_PER_ALARM))
    return {
        "type": "alarm",
        "width": width,
        "height": 1 + rows,
        # The newest state changes first.
        "properties": {"title": title, "alarms": arns, "sortBy": "stateUpdatedTimestamp"},
    }


def error_table(context: Context, title: str, log_groups: Sequence[str]) -> Widget:
    """Return the table of the newest errors in at most 50 log groups, by key."""
    names = context.published.log_group_names
    sources = " | ".join(f"SOURCE '{names[key]}'" for key in log_groups)
    return {
        "type": "log",
        "width": COLUMNS,
        "height": GRAPH_HEIGHT,
        "properties": {
            "title": title,
            "region": context.env.region,
            "view": "table",
            "query": f"{sources} | {recent_errors(context.env.dashboard.recent_errors)}",
        },
    }


def error_budgets(context: Context, services: Sequence[ServiceView]) -> tuple[Row, ...]:
    """Return the remaining error budgets of `services`, in a widget per time window."""
    by_window: dict[int, list[Slo]] = defaultdict(list)
    for service in services:
        for slo in context.slos.get(service.name, ()):
            by_window[slo.window_days].append(slo)
    return tuple(
        (_error_budgets(context, window_days, part),)
        for window_days, slos in sorted(by_window.items())
        for part in chunks(slos, _BUDGETS_PER_WIDGET)
    )


def _error_budgets(context: Context, window_days: int, slos: Sequence[Slo]) -> Widget:
    metrics: list[MetricRow] = []
    for position, slo in enumerate(slos):
        label = f"{slo.service} · {slo.name} {number(slo.objective_percent)} %"
        metrics += _math_rows(slo.budget, position, label)
    return {
        "type": "metric",
        "width": COLUMNS,
        "height": 1 + _BUDGET_HEIGHT * -(-len(slos) // _BUDGETS_PER_LINE),
        "properties": {
            "title": f"Remaining error budget over {window_days} days (%)",
            "region": context.env.region,
            "view": "singleValue",
            # A time range independent of the dashboard. The page on the body's structure does not list
            # it; AWS CDK's reference does (SingleValueWidgetProps, start).
            "start": f"-P{window_days}D",
            "period": max(slo.budget.period_s for slo in slos),
            "metrics": metrics,
        },
    }


def service_graph(context: Context, graph: Graph) -> Widget:
    """Return a graph of one service with the thresholds of its alarms."""
    alarms = [context.catalog.alarm(key) for key in graph.thresholds]
    rows = list(_series_rows(graph.series, _SERIES_COLORS))
    for alarm in alarms:
        if alarm.anomaly_band is not None:
            rows = _with_band(context, alarm, rows)
    lines = _thresholds(context, [alarm for alarm in alarms if alarm.threshold is not None])
    annotations = {"annotations": {"horizontal": lines}} if lines else {}
    least = None if graph.role == ROLE else 0  # own metrics can be negative
    return _time_series(context, graph.title, graph.unit_label, rows, least=least, **annotations)


def comparison_graph(context: Context, title: str, unit: str, series: Sequence[Series]) -> Widget:
    """Return a graph with one line for each of several services."""
    return _time_series(context, title, unit, list(_series_rows(series)))


def _time_series(
    context: Context, title: str, unit: str, rows: list[MetricRow], *, least: float | None = 0, **extra: Any
) -> Widget:
    """Return a graph over time that marks deployments; its axis begins at `least` if there is one."""
    period_s = max(int(row[-1]["period"]) for row in rows)
    left = {**({} if least is None else {"min": least}), "label": unit, "showUnits": False}
    right = {"min": 0, "label": "deployments", "showUnits": False}
    return {
        "type": "metric",
        "width": HALF,
        "height": GRAPH_HEIGHT,
        "properties": {
            "title": title,
            "region": context.env.region,
            "view": "timeSeries",
            "stacked": False,
            "period": period_s,
            "metrics": [*rows, *_deployments(context, period_s)],
            "yAxis": {"left": left, "right": right},
            **extra,
        },
    }


def _deployments(context: Context, period_s: int) -> list[MetricRow]:
    """Return the rows that mark deployments: a spike from the bottom of the graph to its top.

    A vertical annotation needs the time of the deployment in the body: each deployment would change the plan
    that it is about to apply, and `make diff` would never be empty. A metric has the time of each sample, and
    zeros between samples make a single point a spike.
    """
    metric = context.catalog.deployments.with_period(period_s)
    markers = {"id": "marks", "yAxis": "right", "color": _DEPLOYMENT_COLOR}
    return [
        _metric_row(metric, id="deployed", visible=False),
        _expression_row("FILL(deployed, 0)", metric.label, period_s, **markers),
    ]


def _thresholds(context: Context, alarms: Sequence[Alarm]) -> list[dict[str, Any]]:
    """Return horizontal lines at the thresholds of alarms.

    Alarms with the same threshold and severity share a line: overlapping labels are not readable.
    """
    shared: dict[tuple[float, str, str], list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        color, words = STYLES[context.severities.of(alarm.key)]
        value = float(alarm.threshold or 0)
        figure = f"{int(value):,}" if value.is_integer() else number(value)
        label = (
            f"{_COMPARISONS[alarm.comparison]} {figure}{_unit(alarm.unit)} in {duration(alarm.period_s)} · "
            f"{words}"
        )
        shared[value, label, color].append(alarm)
    return [
        # Whole numbers as integers: CloudWatch returns 5.0, and Terraform would show a change of every line.
        {
            "label": f"{_alarm_names(alarms_of_line)} {label}",
            "value": int(value) if value.is_integer() else value,
            "color": color,
        }
        for (value, label, color), alarms_of_line in shared.items()
    ]


def _unit(unit: Unit) -> str:
    """Return a unit as it follows a number; as of a count, the name of the series has that of bytes."""
    words = "" if unit == "Bytes" else in_unit(unit, "")
    return f" {words}" if words else ""


def _alarm_names(alarms: Sequence[Alarm]) -> str:
    """Return the alarms of a line, with the series if there is one alarm."""
    keys = ", ".join(alarm.kind_key for alarm in alarms)
    return f"{keys}:" if len(alarms) > 1 else f"{keys}: {alarms[0].watches.label}"


def _with_band(context: Context, alarm: Alarm, rows: list[MetricRow]) -> list[MetricRow]:
    """Return `rows` with the band that an alarm compares its metric with.

    The band belongs to a metric of the graph; a metric that the graph does not show is added, hidden.
    Source: CloudWatch User Guide, "Using CloudWatch anomaly detection"; "Using math expressions".
    """
    if not isinstance(alarm.watches, Metric) or alarm.anomaly_band is None:
        message = f"{alarm.key} has no band over one metric"
        raise TypeError(message)
    observed = f"observed{len(rows)}"
    watched = _metric_row(alarm.watches)
    at = next((position for position, row in enumerate(rows) if _is_same(row, watched)), len(rows))
    row = rows[at] if at < len(rows) else _metric_row(alarm.watches, visible=False)
    color, words = STYLES[context.severities.of(alarm.key)]
    band = number(alarm.anomaly_band)
    return [
        *rows[:at],
        [*row[:-1], {**row[-1], "id": observed}],
        *rows[at + 1 :],
        _expression_row(
            f"ANOMALY_DETECTION_BAND({observed}, {band})",
            f"{alarm.kind_key}: expected {alarm.watches.label}, {band} standard deviations · {words}",
            alarm.period_s,
            id=f"band{len(rows)}",
            color=color,
        ),
    ]


def _is_same(row: MetricRow, watched: MetricRow) -> bool:
    """Return whether a row shows a metric, whatever its label."""
    options, other = row[-1], watched[-1]
    return (
        row[:-1] == watched[:-1]
        and (options.get("stat"), options["period"]) == (other["stat"], other["period"])
        and "id" not in options
    )


def _series_rows(series: Iterable[Series], colors: Iterable[str] = ()) -> Iterator[MetricRow]:
    """Yield the rows of `series`; series without one of `colors` get CloudWatch's."""
    chosen = iter(colors)
    for position, entry in enumerate(series):
        color = next(chosen, None)
        options = {"color": color} if color else {}
        if isinstance(entry, Metric):
            yield _metric_row(entry, **options)
        else:
            yield from _math_rows(entry, position, entry.label, **options)


def _math_rows(math: Math, position: int, label: str, **options: Any) -> Iterator[MetricRow]:
    """Yield the hidden inputs of an expression, then the expression; `position` makes their IDs unique."""
    ids, renamed = math.drawn(position)
    for key, metric in math.metrics.items():
        yield _metric_row(metric, id=ids[key], visible=False)
    yield _expression_row(renamed, label, math.period_s, id=f"e{position}", **options)


def _metric_row(metric: Metric, **options: Any) -> MetricRow:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    shown = {"stat": metric.stat, "period": metric.period_s, "label": metric.label, **options}
    return [metric.namespace, metric.name, *dimensions, shown]


def _expression_row(expression: str, label: str, period_s: int, **options: Any) -> MetricRow:
    return [{"expression": expression, "label": label, "period": period_s, **options}]
