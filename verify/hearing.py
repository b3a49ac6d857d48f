"""Through which composites an alarm is heard: alone, or only together with others.

An alarm alone has to be enough. There are two exceptions, in which nothing is lost:

- One condition over two windows, a long and a short one, is one alarm (Site Reliability Workbook, "Alerting
  on SLOs", "Multiwindow, multi-burn-rate alerts"): either is heard together with the other.
- A composite that only sums alarms up needs no way of its own if each of them is heard without it.
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
from verify.terms import with_whom


class Way(NamedTuple):
    """A composite that notifies because of an alarm."""

    through: str
    """The composite's name."""
    partners: tuple[str, ...] = ()
    """Alarms that have to be in ALARM as well: as few as suffice, where several sets do; none if it is
    enough alone."""

    def __str__(self) -> str:
        together = f" together with {' and '.join(self.partners)}" if self.partners else ""
        return f"{self.through}{together}"


class Hearing:
    """Who hears of which alarm."""

    def __init__(self, alarms: Alarms) -> None:
        """Take the alarms."""
        self._alarms = alarms
        self.ways = functools.cache(self._ways)

    def finding(self, alarm: Resource) -> Finding | None:
        """Return why nobody needs to hear of an alarm, though somebody has to; None if all is well."""
        if alarm.name in self._alarms.silences or self._is_heard(alarm.name):
            return None
        ways = self.ways(alarm.name)
        if not ways:
            says = (
                "notifies nobody: give it alarm_actions, or name it with ALARM(...) in a composite that has "
                "them, and that it can set off without setting off what holds it back"
            )
            return Finding("action", says)
        says = (
            f"notifies only through {'; '.join(map(str, ways))}: let it be enough alone, joined by OR in a "
            "composite that has alarm_actions"
        )
        return Finding("action", says)

    def _ways(self, name: str) -> tuple[Way, ...]:
        """Return the nearest composites that notify when an alarm goes into ALARM.

        Those for which it is enough alone come first.
        """
        found: dict[str, Way] = {}
        for composite, partners in self._nearest(name, frozenset(), frozenset({name})):
            way = self._checked(name, composite, partners)
            if way and (composite not in found or len(way.partners) < len(found[composite].partners)):
                found[composite] = way
        return tuple(sorted(found.values(), key=lambda pair: bool(pair.partners)))

    def _nearest(
        self, name: str, partners: frozenset[str], below: frozenset[str]
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the composites that notify, and with whom an alarm may set them off."""
        for parent in self._alarms.parents.get(name, ()):
            others = with_whom(self._alarms.rules[parent].term, name)
            if others is None or parent in below:
                continue
            if notifies(self._alarms.by_name[parent]):
                yield parent, partners | others
            else:
                yield from self._nearest(parent, partners | others, below | {parent})

    def _checked(self, name: str, composite: str, partners: frozenset[str]) -> Way | None:
        """Return the way if the composite really speaks, and really because of the alarm."""
        suppressor = self._alarms.suppressor_of(self._alarms.by_name[composite])
        concerned = [composite, *([suppressor] if suppressor else [])]
        for others in dict.fromkeys((frozenset[str](), partners)):
            before = self._alarms.states.after(others - {name}, concerned)
            after = self._alarms.states.after(others | {name}, concerned)
            if composite in after and composite not in before and suppressor not in after:
                return Way(composite, tuple(sorted(others - {name})))
        return None

    def _is_heard(self, name: str, below: frozenset[str] = frozenset()) -> bool:
        """Return whether somebody hears of an alarm, alone or in one of the exceptions above."""
        alarm = self._alarms.by_name.get(name)
        if alarm is None or name in below:
            return False
        ways = self.ways(name)
        if notifies(alarm) or not all(way.partners for way in ways):
            return True
        children = tuple(self._alarms.children(name))
        if children:
            return bool(ways) and all(self._is_heard(child, below | {name}) for child in children)
        return any(all(self._same(alarm, partner) for partner in way.partners) for way in ways)

    def _same(self, alarm: Resource, name: str) -> bool:
        """Return whether another alarm is of the same condition, over whatever window."""
        other = self._alarms.by_name.get(name)
        return other is not None and bool(mine := self._condition(alarm)) and mine == self._condition(other)

    def _condition(self, resource: Resource) -> Hashable:
        """Return what an alarm waits for, whatever its window: equal for alarms that differ only by that.

        None if there is nothing to compare: a composite has a rule instead.
        """
        try:
            alarm = self._alarms.read(resource)
        except RecordError:
            return None
        if isinstance(alarm, CompositeAlarm):
            return None
        watched = frozenset((statistic.metric, statistic.stat) for statistic in alarm.statistics)
        return alarm.comparison, alarm.threshold, watched
