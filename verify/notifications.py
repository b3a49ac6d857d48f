"""The composite alarms through which an alarm notifies: alone, or only together with other alarms.

An alarm has to notify alone. There are two exceptions, in which no cause is lost:

- One condition over a long and a short window is one alarm (Site Reliability Workbook, "Alerting on SLOs",
  "Multiwindow, multi-burn-rate alerts"): each of the two notifies together with the other.
- A composite alarm that only aggregates needs no notification of its own if each of its alarms notifies
  without it.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from cloudwatch.alarms import CompositeAlarm
from cloudwatch.errors import RecordError
from terraform.configuration import Resource
from verify.alarms import Alarms, notifies
from verify.faults import Finding
from verify.logic import fewest_partners


class NotifyingComposite(NamedTuple):
    """A composite alarm that notifies because of an alarm."""

    name: str
    partners: tuple[str, ...] = ()
    """The smallest set of other alarms that have to be in ALARM as well; empty if the alarm suffices."""

    def __str__(self) -> str:
        together = f" together with {' and '.join(self.partners)}" if self.partners else ""
        return f"{self.name}{together}"


class Notifications:
    """Which alarms notify, and through which composite alarms."""

    def __init__(self, alarms: Alarms) -> None:
        """Prepare for the alarms of an environment; nothing is computed yet."""
        self._alarms = alarms
        self.composites = functools.cache(self._composites)

    def finding(self, alarm: Resource) -> Finding | None:
        """Return why an alarm does not notify although it has to; None if it does."""
        if alarm.name in self._alarms.suppress_only or self._does_notify(alarm.name):
            return None
        composites = self.composites(alarm.name)
        if not composites:
            message = (
                "does not notify: set alarm_actions, or add ALARM(...) to a composite alarm that has "
                "alarm_actions and is not suppressed by the same cause"
            )
            return Finding("action", message)
        message = (
            f"notifies only through {'; '.join(map(str, composites))}: join it with OR in a composite alarm "
            "that has alarm_actions, so that it notifies alone"
        )
        return Finding("action", message)

    def _composites(self, name: str) -> tuple[NotifyingComposite, ...]:
        """Return the nearest composite alarms that notify when an alarm goes into ALARM.

        Those for which the alarm suffices come first.
        """
        composites: dict[str, NotifyingComposite] = {}
        for parent, partners in self._nearest(name, frozenset(), frozenset({name})):
            composite = self._verified(name, parent, partners)
            known = composites.get(parent)
            if composite and (known is None or len(composite.partners) < len(known.partners)):
                composites[parent] = composite
        return tuple(sorted(composites.values(), key=lambda composite: bool(composite.partners)))

    def _nearest(
        self, name: str, partners: frozenset[str], below: frozenset[str]
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the composite alarms that notify, and the partners with which an alarm may trigger them."""
        for parent in self._alarms.parents.get(name, ()):
            needed = fewest_partners(self._alarms.rules[parent].expression, name)
            if needed is None or parent in below:
                continue
            if notifies(self._alarms.by_name[parent]):
                yield parent, partners | needed
            else:
                yield from self._nearest(parent, partners | needed, below | {parent})

    def _verified(self, name: str, composite: str, partners: frozenset[str]) -> NotifyingComposite | None:
        """Return the composite alarm if it goes into ALARM because of the alarm, and is not suppressed."""
        suppressor = self._alarms.suppressor_of(self._alarms.by_name[composite])
        observed = [composite, *([suppressor] if suppressor else [])]
        for needed in dict.fromkeys((frozenset[str](), partners)):
            before = self._alarms.states.after(needed - {name}, observed)
            after = self._alarms.states.after(needed | {name}, observed)
            if composite in after and composite not in before and suppressor not in after:
                return NotifyingComposite(composite, tuple(sorted(needed - {name})))
        return None

    def _does_notify(self, name: str, below: frozenset[str] = frozenset()) -> bool:
        """Return whether an alarm notifies, alone or in one of the exceptions above."""
        alarm = self._alarms.by_name.get(name)
        if alarm is None or name in below:
            return False
        composites = self.composites(name)
        if notifies(alarm) or not all(composite.partners for composite in composites):
            return True
        children = tuple(self._alarms.children(name))
        if children:
            return bool(composites) and all(self._does_notify(child, below | {name}) for child in children)
        return any(
            all(self._has_same_condition(alarm, partner) for partner in composite.partners)
            for composite in composites
        )

    def _has_same_condition(self, alarm: Resource, name: str) -> bool:
        """Return whether two alarms have the same condition, whatever their windows."""
        other = self._alarms.by_name.get(name)
        if other is None:
            return False
        condition = self._condition(alarm)
        return bool(condition) and condition == self._condition(other)

    def _condition(self, resource: Resource) -> Hashable:
        """Return an alarm's condition without its window: equal for alarms that differ only by the window.

        None if there is nothing to compare: a composite alarm has a rule instead.
        """
        try:
            alarm = self._alarms.read(resource)
        except RecordError:
            return None
        if isinstance(alarm, CompositeAlarm):
            return None
        statistics = frozenset((statistic.metric, statistic.stat) for statistic in alarm.statistics)
        return alarm.comparison, alarm.threshold, statistics
