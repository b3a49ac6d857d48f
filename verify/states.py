"""The states of composite alarms, computed from their rules as CloudWatch does."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Iterable, Mapping

from verify.logic import holds
from verify.rules import Rule


class States:
    """The states of all composite alarms, which follow from those of the alarms in their rules."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        """Index the rules, which are given by the names of the composite alarms."""
        self._rules = rules
        self._parents: dict[str, list[str]] = {}
        for name, rule in rules.items():
            for child in rule.children:
                self._parents.setdefault(child, []).append(name)

    def after(self, in_alarm: Iterable[str], until: Iterable[str]) -> frozenset[str]:
        """Return the alarms in ALARM when the alarms `in_alarm` are set to ALARM and all others to OK.

        Only the composite alarms `until` and what they depend on are computed: the others keep the state that
        they have at rest.
        """
        fixed = frozenset(in_alarm)
        last = max((self._height(name) for name in until), default=0)
        active = set(self.at_rest | fixed)
        waiting: list[tuple[int, str]] = []
        seen: set[str] = set(fixed)

        def changed(name: str) -> None:
            for parent in self._parents.get(name, ()):
                if parent not in seen and (height := self._height(parent)) <= last:
                    seen.add(parent)
                    heapq.heappush(waiting, (height, parent))

        for name in fixed - self.at_rest:
            changed(name)
        while waiting:
            _, name = heapq.heappop(waiting)
            if holds(self._rules[name].expression, active) == (name in active):
                continue
            active ^= {name}
            changed(name)
        return frozenset(active)

    @functools.cached_property
    def at_rest(self) -> frozenset[str]:
        """The composite alarms in ALARM while no metric alarm is: their rule is TRUE, or only negates."""
        active: set[str] = set()
        for name in sorted(self._rules, key=self._height):
            if holds(self._rules[name].expression, active):
                active.add(name)
        return frozenset(active)

    def _height(self, name: str) -> int:
        """Return the largest number of rules below an alarm: lower rules are evaluated first."""
        return self._heights.get(name, 0)

    @functools.cached_property
    def _heights(self) -> dict[str, int]:
        heights: dict[str, int] = {}
        for name in self._rules:
            self._measure(name, heights)
        return heights

    def _measure(self, name: str, heights: dict[str, int]) -> int:
        if name not in heights and name in self._rules:
            heights[name] = 0  # for a cycle, which CloudWatch does not evaluate either
            below = [self._measure(child, heights) for child in self._rules[name].children]
            heights[name] = 1 + max(below, default=0)
        return heights.get(name, 0)
