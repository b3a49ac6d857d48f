"""Dashboards: CloudWatch accepts their bodies, and every metric, alarm and log group in them exists.

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

_SEARCHED: Final = re.compile(r"SEARCH\(\s*'((?:[^'\\]|\\.)*)'|SEARCH\(\s*\"((?:[^\"\\]|\\.)*)\"")
_SET: Final = re.compile(r"\{([^{}]+)\}")
_NAMED: Final = re.compile(r'MetricName\s*=\s*"?([\w.-]+)')
_UNKNOWN: Final = re.compile(r"\$\{[^}]*\}")
_SOURCE: Final = re.compile(r"SOURCE\s+'([^']+)'")


def invalid(stacks: Mapping[str, Stack], stack: str) -> list[str]:
    """Return a line for each reason for which CloudWatch would reject a dashboard of `stack`.

    Args:
        stacks: every stack, by the stack's name: dashboards refer to what others publish.
        stack: the stack whose dashboards are validated.
    """
    return [
        f"dashboard {dashboard.name}: {problem}"
        for dashboard in Configuration(stacks).of_type("aws_cloudwatch_dashboard")
        if dashboard.stack == stack
        for problem in problems(json.loads(dashboard.text("dashboard_body")))
    ]


def faults(configuration: Configuration, metrics: Metrics) -> Iterator[Fault]:
    """Yield what the dashboards show that does not exist."""
    for dashboard in configuration.of_type("aws_cloudwatch_dashboard"):
        subject, body = f"dashboard {dashboard.name}", dashboard.text("dashboard_body")
        widgets = _widgets(body)
        if widgets is None:
            unknown = _UNKNOWN.search(body)
            says = (
                f"refers to {unknown[0]}, which is not in these stacks"
                if unknown
                else "has no list of widgets"
            )
            yield Fault(subject, "dashboard body", says)
        for number, widget in enumerate(widgets or []):
            properties = widget.get("properties") or {}
            title = str(properties.get("title") or f"number {number + 1}")
            for finding in _of_widget(properties, configuration, metrics):
                yield finding.of(f"{subject}, widget {title}")


def _widgets(body: str) -> list[dict[str, Any]] | None:
    """Return the widgets of a dashboard, or None if it has no list of such."""
    try:
        widgets = json.loads(body)["widgets"]
    except (ValueError, KeyError, TypeError):
        return None
    is_list = isinstance(widgets, list) and all(isinstance(widget, dict) for widget in widgets)
    return widgets if is_list else None


def _of_widget(
    properties: dict[str, Any], configuration: Configuration, metrics: Metrics
) -> Iterator[Finding]:
    """Yield what a widget shows that does not exist."""
    alarms = [*properties.get("alarms", []), *(properties.get("annotations") or {}).get("alarms", [])]
    for arn in alarms:
        if configuration.find(str(arn), *TYPES) is None:
            yield Finding("alarm", f"shows {arn}, which is no alarm of these stacks")
    for group in _SOURCE.findall(str(properties.get("query") or "")):
        if not metrics.has_log_group(group):
            yield Finding("log group", f"queries {group}, which is no log group of these stacks")
    yield from _of_rows(properties, configuration.region, metrics)


def _of_rows(properties: dict[str, Any], region: str, metrics: Metrics) -> Iterator[Finding]:
    """Yield what is wrong with the rows of a graph."""
    rows = list(_rows(properties.get("metrics") or []))
    options = [row[-1] if row and isinstance(row[-1], dict) else {} for row in rows]
    ids = {str(option["id"]) for option in options if option.get("id")}
    for row, option in zip(rows, options, strict=True):
        named = [str(part) for part in row if not isinstance(part, dict)]
        look = {"stat": "Average", "period": 300, **properties, **option}
        if "expression" in option:
            yield from _of_expression(str(option["expression"]), ids, metrics)
        elif len(named) < 2 or len(named) % 2:  # noqa: PLR2004  # a namespace, a name, and pairs
            yield Finding("metric", f"{named} is no namespace, name and pairs of dimension and value")
        elif str(look.get("region") or region) != region:
            yield Finding("metric", f"{named} is of {look['region']}, where nothing of these stacks is")
        else:
            pairs = tuple(sorted(zip(named[2::2], named[3::2], strict=True)))
            yield from metrics.why_not(Metric(named[0], named[1], pairs))
        try:
            check_statistic(str(look["stat"]))
        except InputError as error:
            yield Finding("statistic", error.message)
        if not quotas.is_period(look["period"], of_alarm=False):
            allowed = ", ".join(map(str, quotas.GRAPH_PERIODS_S))
            text = f"{look['period']} is not valid; allowed: {allowed} or a multiple of 60 seconds"
            yield Finding("period", text)


def _rows(rows: list[Any]) -> Iterator[list[Any]]:
    """Yield the rows of a graph with `.` and `...` replaced by what stood there in the row before."""
    before: list[Any] = []
    for row in rows:
        named = [part for part in row if not isinstance(part, dict)]
        named = expanded(named, before) or named
        before = named or before
        yield [*named, *(part for part in row if isinstance(part, dict))]


def _of_expression(expression: str, ids: set[str], metrics: Metrics) -> Iterator[Finding]:
    """Yield what is wrong with an expression of a graph, and with what it searches for."""
    try:
        named = maths.names(maths.parse(expression))
    except InputError as error:
        yield Finding("expression", f"{expression}: character {(error.position or 0) + 1}: {error.message}")
        return
    for name in named:
        if name not in ids:
            yield Finding("expression", f"{expression}: no metric or expression has the id {name}")
    for single, double in _SEARCHED.findall(expression):
        searched = single or double
        found = _SET.search(searched)
        if not found:
            yield Finding(
                "expression", f"{expression}: a search without {{namespace,dimension}} is not read here"
            )
            continue
        namespace, *dimensions = (part.strip().strip('"') for part in found[1].split(","))
        names = _NAMED.findall(searched)
        whys = [metrics.why_no_name(namespace, name, dimensions) for name in names]
        whys += [metrics.why_no_set(namespace, dimensions)] if not names else []
        yield from (Finding("metric", f"{why}: there would never be data") for why in whys if why)
