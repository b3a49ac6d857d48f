"""Which composites are in ALARM while some alarms are, as CloudWatch works it out from their rules."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Iterable, Mapping

from verify.rules import Rule
from verify.terms import holds


class States:
    """The states of all composites, which follow from those of the alarms that their rules name."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        """Take the rules by the composites' names."""
        self._rules = rules
        self._parents: dict[str, list[str]] = {}
        for name, rule in rules.items():
            for child in rule.children:
                self._parents.setdefault(child, []).append(name)

    def after(self, on: Iterable[str], until: Iterable[str]) -> frozenset[str]:
        """Return who is in ALARM when the alarms `on` go there and every other alarm is in OK.

        Only what the states of the composites `until` follow from is worked out: others keep the state that
        they have while nothing is wrong.
        """
        given = frozenset(on)
        last = max((self._height(text) for text in until), default=0)
        found = set(self.at_rest | given)
        waiting: list[tuple[int, str]] = []
        seen: set[str] = set(given)

        def changed(name: str) -> None:
            for parent in self._parents.get(name, ()):
                if parent not in seen and (height := self._height(parent)) <= last:
                    seen.add(parent)
                    heapq.heappush(waiting, (height, parent))

        for text in given - self.at_rest:
            changed(text)
        while waiting:
            _, name = heapq.heappop(waiting)
            if holds(self._rules[name].term, found) == (name in found):
                continue
            found ^= {name}
            changed(name)
        return frozenset(found)

    @functools.cached_property
    def at_rest(self) -> frozenset[str]:
        """The composites that are in ALARM while no other alarm is: a rule that is TRUE, or only negates."""
        found: set[str] = set()
        for name in sorted(self._rules, key=self._height):
            if holds(self._rules[name].term, found):
                found.add(name)
        return frozenset(found)

    def _height(self, name: str) -> int:
        """Return how many rules lie below an alarm at most, so that those below are worked out first."""
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
