"""Graphs: lines, the thresholds at which alarms fire, and the marks of deployments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.specs import Alarm, Comparison, Graph, Metric, Series, Unit
from catalog.texts import duration, number
from config.models import Severity
from stacks.dashboard.layout import GRAPH_HEIGHT, HALF, Widget
from stacks.dashboard.scene import Scene
from stacks.dashboard.series import Line, expression, line, lines

_CONSEQUENCE: Mapping[Severity | None, tuple[str, str]] = {
    "critical": ("#d62728", "pages"),
    "warning": ("#ff7f0e", "ticket"),
    None: ("#7f7f7f", "notifies nobody by itself"),
}
"""What an alarm does by itself -> the colour of its line, and the word for who does not see the colour."""

_COLORS = ("#1f77b4", "#2ca02c", "#9467bd", "#17becf", "#8c564b", "#e377c2")
"""For series: none that could be taken for a threshold."""

_MARK = "#7f7f7f"

_WORDS: Mapping[Comparison, str] = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
    "GreaterThanUpperThreshold": "above",
}
_UNITS: Mapping[Unit, str] = {
    "Milliseconds": " ms",
    "Seconds": " s",
    "Percent": " %",
    "Bytes": "",  # as for Count
    "Count": "",  # the series says what is counted
    "None": "",
}


def graph_widget(scene: Scene, graph: Graph) -> Widget:
    """Return a graph of one service with its thresholds."""
    alarms = [scene.catalog.alarm(key) for key in graph.thresholds]
    rows = list(lines(graph.series, _COLORS))
    for alarm in alarms:
        if alarm.anomaly_band is not None:
            rows = _with_band(scene, alarm, rows)
    drawn = _thresholds(scene, [one for one in alarms if one.threshold is not None])
    extra = {"annotations": {"horizontal": drawn}} if drawn else {}
    return time_series(scene, graph.title, graph.unit_label, rows, **extra)


def compared(scene: Scene, title: str, unit: str, series: Sequence[Series]) -> Widget:
    """Return a graph with one line for each of several services."""
    return time_series(scene, title, unit, list(lines(series)))


def time_series(scene: Scene, title: str, unit: str, rows: list[Line], **extra: Any) -> Widget:
    """Return a graph over time with the marks of deployments."""
    period_s = max(int(row[-1]["period"]) for row in rows)
    left = {"min": 0, "label": unit, "showUnits": False}
    right = {"min": 0, "label": "deployments", "showUnits": False}
    return {
        "type": "metric",
        "width": HALF,
        "height": GRAPH_HEIGHT,
        "properties": {
            "title": title,
            "region": scene.env.region,
            "view": "timeSeries",
            "stacked": False,
            "period": period_s,
            "metrics": [*rows, *_deployments(scene, period_s)],
            "yAxis": {"left": left, "right": right},
            **extra,
        },
    }


def _deployments(scene: Scene, period_s: int) -> list[Line]:
    """Return the rows that mark deployments: a spike from the bottom of the graph to its top.

    A vertical annotation would need the time of the deployment in the body: each deployment would change
    the plan that it is about to apply, and `make diff` would never be empty. A metric knows by itself when it
    was; zeros between its samples make a lone point into a spike.
    """
    metric = scene.catalog.deployments.with_period(period_s)
    return [
        line(metric, id="deployed", visible=False),
        expression("FILL(deployed, 0)", metric.label, period_s, id="marks", yAxis="right", color=_MARK),
    ]


def _thresholds(scene: Scene, alarms: Sequence[Alarm]) -> list[dict[str, Any]]:
    """Return the lines at which alarms fire: the alarms' own thresholds, so they cannot differ.

    Alarms of one height and one consequence share a line: two labels on one spot cannot be read.
    """
    shared: dict[tuple[float, str, str], list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        color, consequence = _CONSEQUENCE[scene.consequences.of(alarm.key)]
        value = float(alarm.threshold or 0)
        words = f"{_WORDS[alarm.comparison]} {_figure(value)}{_UNITS[alarm.unit]}"
        shared[value, f"{words} in {duration(alarm.period_s)} · {consequence}", color].append(alarm)
    return [
        # A whole number as one: CloudWatch gives 5.0 back, and Terraform would show every line as changed.
        {
            "label": f"{_named(together)} {words}",
            "value": int(value) if value.is_integer() else value,
            "color": color,
        }
        for (value, words, color), together in shared.items()
    ]


def _named(alarms: Sequence[Alarm]) -> str:
    """Return which alarms a line is of, and of which series when it is one alarm's."""
    keys = ", ".join(one.kind_key for one in alarms)
    return f"{keys}:" if len(alarms) > 1 else f"{keys}: {alarms[0].watches.label}"


def _figure(value: float) -> str:
    return f"{int(value):,}" if value.is_integer() else number(value)


def _with_band(scene: Scene, alarm: Alarm, rows: list[Line]) -> list[Line]:
    """Return `rows` with the band that an alarm compares its metric with.

    The band belongs to a metric of the graph; one that the graph does not show is added, hidden.
    Source: CloudWatch User Guide, "Using CloudWatch anomaly detection"; "Using math expressions".
    """
    if not isinstance(alarm.watches, Metric) or alarm.anomaly_band is None:
        message = f"{alarm.key} has no band over one metric"
        raise TypeError(message)
    observed = f"observed{len(rows)}"
    wanted = line(alarm.watches)
    known = [_is_of(row, wanted) for row in rows]
    marked = [
        [*row[:-1], {**row[-1], "id": observed}] if is_it and not any(known[:position]) else row
        for position, (row, is_it) in enumerate(zip(rows, known, strict=True))
    ]
    if not any(known):
        marked.append(line(alarm.watches, id=observed, visible=False))
    color, consequence = _CONSEQUENCE[scene.consequences.of(alarm.key)]
    band = number(alarm.anomaly_band)
    return [
        *marked,
        expression(
            f"ANOMALY_DETECTION_BAND({observed}, {band})",
            f"{alarm.kind_key}: usual {alarm.watches.label}, {band} standard deviations · {consequence}",
            alarm.period_s,
            id=f"band{len(rows)}",
            color=color,
        ),
    ]


def _is_of(row: Line, wanted: Line) -> bool:
    """Tell whether a row shows a metric, whatever it calls it."""
    look, other = row[-1], wanted[-1]
    return (
        row[:-1] == wanted[:-1]
        and (look.get("stat"), look["period"]) == (other["stat"], other["period"])
        and "id" not in look
    )
