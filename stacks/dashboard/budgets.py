"""Error budgets: what is left of each objective's, in per cent, as numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from catalog.specs import ServiceView, Slo
from catalog.texts import number
from stacks.dashboard.layout import COLUMNS, Row, Widget, chunks
from stacks.dashboard.scene import Scene
from stacks.dashboard.series import Line, expression, inputs, renamed

_PER_WIDGET = 12
_PER_LINE = 6
_LINE_HEIGHT = 3


def budget_rows(scene: Scene, services: Sequence[ServiceView]) -> tuple[Row, ...]:
    """Return the numbers of the objectives of `services`, those of one window together."""
    by_window: dict[int, list[Slo]] = defaultdict(list)
    for service in services:
        for objective in scene.objectives.get(service.name, ()):
            by_window[objective.window_days].append(objective)
    return tuple(
        (_widget(scene, window_days, part),)
        for window_days, objectives in sorted(by_window.items())
        for part in chunks(objectives, _PER_WIDGET)
    )


def _widget(scene: Scene, window_days: int, objectives: Sequence[Slo]) -> Widget:
    metrics: list[Line] = []
    for position, one in enumerate(objectives):
        label = f"{one.service} · {one.name} {number(one.objective_percent)} %"
        metrics += inputs(one.budget, position)
        text = renamed(one.budget, position)
        metrics.append(expression(text, label, one.budget.period_s, id=f"e{position}"))
    return {
        "type": "metric",
        "width": COLUMNS,
        "height": 1 + _LINE_HEIGHT * -(-len(objectives) // _PER_LINE),
        "properties": {
            "title": f"Error budget left, in per cent, over {window_days} days",
            "region": scene.env.region,
            "view": "singleValue",
            # A range of its own, whatever the dashboard shows. The page on the body's structure does not list
            # it; AWS CDK's reference does (SingleValueWidgetProps, start).
            "start": f"-P{window_days}D",
            "period": max(one.budget.period_s for one in objectives),
            "metrics": metrics,
        },
    }
