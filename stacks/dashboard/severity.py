"""The severity of an alarm: the highest that is notified while only this alarm is in ALARM."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from catalog import Catalog
from catalog.specs import Alarm, Composite, holds
from config.notifications import Severity

AnyAlarm = Alarm | Composite

_PAGING = {"critical", "fallback"}
"""Topics that page; `fallback` receives failures of notifications."""

STYLES: Mapping[Severity | None, tuple[str, str]] = {
    "critical": ("#d62728", "pages"),
    "warning": ("#ff7f0e", "ticket"),
    None: ("#7f7f7f", "no notification by itself"),
}
"""Severity -> the color of a threshold, and its text for people who cannot distinguish the colors."""


def is_page(alarm: AnyAlarm) -> bool:
    """Return whether an alarm pages."""
    return alarm.topic in _PAGING


def is_ticket(alarm: AnyAlarm) -> bool:
    """Return whether an alarm opens a ticket."""
    return alarm.topic == "warning"


def is_suppressor(alarm: AnyAlarm) -> bool:
    """Return whether an alarm is only a suppressor: it does not notify and requires no action."""
    return alarm.topic is None and alarm.runbook is None


class Severities:
    """The composites above each alarm."""

    def __init__(self, catalog: Catalog) -> None:
        """Read the rules of `catalog`."""
        self._catalog = catalog
        self._above: dict[str, list[Composite]] = defaultdict(list)
        for composite in catalog.composites:
            for key in composite.children():
                self._above[key].append(composite)

    def of(self, key: str) -> Severity | None:
        """Return the highest severity that is notified when only the alarm with this key is in ALARM.

        A composite that needs other alarms too does not fire, so its severity is not this alarm's.
        """
        topics = {self._catalog.alarm(key).topic}
        active, waiting = {key}, [key]
        while waiting:
            for composite in self._above[waiting.pop()]:
                if composite.key not in active and holds(composite.rule, active):
                    active.add(composite.key)
                    waiting.append(composite.key)
                    topics.add(composite.topic)
        if topics & _PAGING:
            return "critical"
        return "warning" if "warning" in topics else None
