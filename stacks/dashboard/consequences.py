"""What follows when one alarm alone is in ALARM: whom it wakes, or whose ticket it is."""

from __future__ import annotations

from collections import defaultdict

from catalog import Catalog
from catalog.specs import Composite, holds
from config.models import Severity

_PAGING = {"critical", "fallback"}
"""Topics that wake somebody: the fallback is told when notifications themselves fail, and tells the same."""


class Consequences:
    """The composites above each alarm."""

    def __init__(self, catalog: Catalog) -> None:
        """Read the rules of `catalog`."""
        self._catalog = catalog
        self._above: dict[str, list[Composite]] = defaultdict(list)
        for composite in catalog.composites:
            for key in composite.children():
                self._above[key].append(composite)

    def of(self, key: str) -> Severity | None:
        """Return the highest severity that is notified when only the alarm with this key fires; None: none.

        A composite that asks for more than this alarm stays silent, so its severity is not this alarm's.
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
