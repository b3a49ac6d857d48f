"""Verification of dashboards: CloudWatch accepts the bodies, and their metrics, alarms and log groups exist.

Source: CloudWatch API Reference, "Dashboard body structure and syntax"; CloudWatch User Guide, "Using
search expressions in graphs".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cloudwatch import maths, quotas
from cloudwatch.alarms import Metric
from cloudwatch.errors import InputError
from cloudwatch.statistic import check_statistic
from terraform.configuration import Configuration, Stack
from verify.alarms import TYPES
from verify.dashboard_body import expanded, problems
from verify.faults import Fault, Finding
from verify.metrics import Metrics

_SEARCH: Final = re.compile(r"SEARCH\(\s*'((?:[^'\\]|\\.)*)'|SEARCH\(\s*\"((?:[^\"\\]|\\.)*)\"")
_SCHEMA: Final = re.compile(r"\{([^{}]+)\}")
_METRIC_NAME: Final = re.compile(r'MetricName\s*=\s*"?([\w.-]+)')
_UNKNOWN: Final = re.compile(r"\$\{[^}]*\}")
_SOURCE: Final = re.compile(r"SOURCE\s+'([^']+)'")


def invalid(stacks: Mapping[str, Stack], stack: str) -> list[str]:
    """Return a line for each reason why CloudWatch would reject a dashboard of `stack`.

    Args:
        stacks: every stack, by the stack's name: dashboards refer to outputs of other stacks.
        stack: the stack whose dashboards are validated.
    """
    return [
        f"dashboard {dashboard.name}: {problem}"
        for dashboard in Configuration(stacks).of_type("aws_cloudwatch_dashboard")
        if dashboard.stack == stack
        for problem in problems(json.loads(dashboard.text("dashboard_body")))
    ]


def faults(configuration: Configuration, metrics: Metrics) -> Iterator[Fault]:
    """Yield the metrics, alarms and log groups in the dashboards that do not exist."""
    for dashboard in configuration.of_type("aws_cloudwatch_dashboard"):
        subject, body = f"dashboard {dashboard.name}", dashboard.text("dashboard_body")
        widgets = _widgets(body)
        if widgets is None:
            unknown = _UNKNOWN.search(body)
            message = (
                f"refers to {unknown[0]}, which is not in these stacks"
                if unknown
                else "has no list of widgets"
            )
            yield Fault(subject, "dashboard body", message)
        for number, widget in enumerate(widgets or []):
            properties = widget.get("properties") or {}
            title = str(properties.get("title") or f"number {number + 1}")
            for finding in _of_widget(properties, configuration, metrics):
                yield finding.of(f"{subject}, widget {title}")


def _widgets(body: str) -> list[dict[str, Any]] | None:
    """Return the widgets of a dashboard's body, or None if it has no list of widgets."""
    try:
        widgets = json.loads(body)["widgets"]
    except (ValueError, KeyError, TypeError):
        return None
    is_list = isinstance(widgets, list) and all(isinstance(widget, dict) for widget in widgets)
    return widgets if is_list else None


def _of_widget(
    properties: dict[str, Any], configuration: Configuration, metrics: Metrics
) -> Iterator[Finding]:
    """Yield the metrics, alarms and log groups of a widget that do not exist."""
    alarms = [*properties.get("alarms", []), *(properties.get("annotations") or {}).get("alarms", [])]
    for arn in alarms:
        if configuration.find(str(arn), *TYPES) is None:
            yield Finding("alarm", f"shows {arn}, which is not an alarm of these stacks")
    for group in _SOURCE.findall(str(properties.get("query") or "")):
        if not metrics.has_log_group(group):
            yield Finding("log group", f"queries {group}, which is not a log group of these stacks")
    yield from _of_rows(properties, configuration.region, metrics)


def _of_rows(properties: dict[str, Any], region: str, metrics: Metrics) -> Iterator[Finding]:
    """Yield the findings of the rows of a graph."""
    rows = list(_rows(properties.get("metrics") or []))
    options = [row[-1] if row and isinstance(row[-1], dict) else {} for row in rows]
    ids = {str(option["id"]) for option in options if option.get("id")}
    for row, option in zip(rows, options, strict=True):
        names = [str(part) for part in row if not isinstance(part, dict)]
        settings = {"stat": "Average", "period": 300, **properties, **option}
        if "expression" in option:
            yield from _of_expression(str(option["expression"]), ids, metrics)
        elif len(names) < 2 or len(names) % 2:  # noqa: PLR2004  # a namespace, a name, and pairs
            yield Finding("metric", f"{names} must be a namespace, a name and pairs of dimension and value")
        elif str(settings.get("region") or region) != region:
            yield Finding("metric", f"{names} is in {settings['region']}; these stacks are in {region}")
        else:
            dimensions = tuple(sorted(zip(names[2::2], names[3::2], strict=True)))
            yield from metrics.problems(Metric(names[0], names[1], dimensions))
        try:
            check_statistic(str(settings["stat"]))
        except InputError as error:
            yield Finding("statistic", error.message)
        if not quotas.is_period(settings["period"], of_alarm=False):
            allowed = ", ".join(map(str, quotas.GRAPH_PERIODS_S))
            message = f"{settings['period']} is not valid; allowed: {allowed} or a multiple of 60 seconds"
            yield Finding("period", message)


def _rows(rows: list[Any]) -> Iterator[list[Any]]:
    """Yield the rows of a graph with `.` and `...` replaced by the values of the previous row."""
    before: list[Any] = []
    for row in rows:
        names = [part for part in row if not isinstance(part, dict)]
        names = expanded(names, before) or names
        before = names or before
        yield [*names, *(part for part in row if isinstance(part, dict))]


def _of_expression(expression: str, ids: set[str], metrics: Metrics) -> Iterator[Finding]:
    """Yield the findings of an expression of a graph, and of its searches."""
    try:
        ids_used = maths.names(maths.parse(expression))
    except InputError as error:
        yield Finding("expression", f"{expression}: character {(error.position or 0) + 1}: {error.message}")
        return
    for name in ids_used:
        if name not in ids:
            yield Finding("expression", f"{expression}: no metric or expression has the id {name}")
    for single_quoted, double_quoted in _SEARCH.findall(expression):
        search = single_quoted or double_quoted
        schema = _SCHEMA.search(search)
        if not schema:
            message = f"{expression}: a search without {{namespace,dimension}} is not supported"
            yield Finding("expression", message)
            continue
        namespace, *dimensions = (part.strip().strip('"') for part in schema[1].split(","))
        names = _METRIC_NAME.findall(search)
        problems = [metrics.name_problem(namespace, name, dimensions) for name in names]
        problems += [metrics.dimensions_problem(namespace, dimensions)] if not names else []
        for problem in problems:
            if problem:
                yield Finding("metric", f"{problem}: the metric never has data")
