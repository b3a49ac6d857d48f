"""Widgets that show the states of alarms."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.dashboard.layout import COLUMNS, Row, Widget, chunks, part_of
from stacks.dashboard.limits import MAX_ALARMS_PER_WIDGET
from stacks.dashboard.scene import AnyAlarm, Scene

_COLUMNS_PER_ALARM = 4
_HEIGHT_WHEN_FILTERED = 4

_MOST_SHOWN = 36
"""More are a wall of green in which nobody finds the red one: then only those in ALARM are shown."""


def alarm_rows(scene: Scene, title: str, alarms: Sequence[AnyAlarm]) -> tuple[Row, ...]:
    """Return rows of widgets with the states of `alarms`; no rows for none."""
    arns = scene.arns(alarms)
    if len(arns) <= _MOST_SHOWN:
        return ((alarm_widget(title, arns),),) if arns else ()
    parts = list(chunks(arns, MAX_ALARMS_PER_WIDGET))
    return tuple(
        (_only_in_alarm(f"{title}: in ALARM now{part_of(number, len(parts))}", list(part)),)
        for number, part in enumerate(parts, start=1)
    )


def alarm_widget(title: str, arns: list[str], *, width: int = COLUMNS) -> Widget:
    """Return a widget with the states of at most 100 alarms."""
    rows = -(-len(arns) // (width // _COLUMNS_PER_ALARM))
    return {
        "type": "alarm",
        "width": width,
        "height": 1 + rows,
        # Those in ALARM first, and of those the newest.
        "properties": {"title": title, "alarms": arns, "sortBy": "stateUpdatedTimestamp"},
    }


def _only_in_alarm(title: str, arns: list[str]) -> Widget:
    widget = alarm_widget(title, arns)
    properties = {**widget["properties"], "states": ["ALARM"]}
    return {**widget, "height": _HEIGHT_WHEN_FILTERED, "properties": properties}
