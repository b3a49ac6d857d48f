"""The alarms of an environment: who notifies, who is notified through whom, and who only holds back.

An alarm notifies if it has `alarm_actions`, or if a composite that does names it with ALARM(...), directly
or through other composites. One that only suppresses actions need not: nobody waits to hear of it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Final

from ops.proof import rules
from ops.proof.configuration import Configuration, Resource
from ops.proof.rules import Rule, RuleError

TYPES: Final = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
ACTIONS: Final = ("alarm_actions", "ok_actions", "insufficient_data_actions")


class Alarms:
    """Every alarm by its name, and the rules of the composites."""

    def __init__(self, configuration: Configuration) -> None:
        """Take the stacks."""
        self.all: tuple[Resource, ...] = tuple(configuration.of_type(*TYPES))
        self.by_name: Mapping[str, Resource] = {one.name: one for one in self.all}
        self.rules: dict[str, Rule] = {}
        self.unreadable: dict[str, str] = {}
        """Composite -> why its rule is none."""
        for one in configuration.of_type("aws_cloudwatch_composite_alarm"):
            self._read(one)

    def _read(self, composite: Resource) -> None:
        try:
            self.rules[composite.name] = rules.read(composite.text("alarm_rule"))
        except RuleError as error:
            self.unreadable[composite.name] = str(error)

    def suppressor_of(self, alarm: Resource) -> str:
        """Return the name of the alarm that suppresses an alarm's actions; empty if none does."""
        name = str(alarm.block("actions_suppressor").get("alarm") or "")
        return name.partition(":alarm:")[2] if name.startswith("arn:") else name

    @functools.cached_property
    def suppressors(self) -> frozenset[str]:
        """Alarms that suppress actions, and those that the rules of such name."""
        found: set[str] = set()
        new = {self.suppressor_of(one) for one in self.all} - {""}
        while new:
            found |= new
            new = {child for name in new if name in self.rules for child in self.rules[name].children} - found
        return frozenset(found)

    def through(self, name: str) -> tuple[str, ...]:
        """Return the nearest composites that notify when the alarm `name` goes into ALARM."""
        return self._through(name, frozenset({name}))

    def _through(self, name: str, below: frozenset[str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for parent in self._parents.get(name, ()):
            if notifies(self.by_name[parent]):
                found[parent] = None
            elif parent not in below:
                found |= dict.fromkeys(self._through(parent, below | {parent}))
        return tuple(found)

    @functools.cached_property
    def _parents(self) -> dict[str, list[str]]:
        """Alarm -> the composites that its going into ALARM speaks for."""
        parents: dict[str, list[str]] = {}
        for name, rule in self.rules.items():
            for child in dict.fromkeys(one.alarm for one in rule.mentions if one.fires):
                parents.setdefault(child, []).append(name)
        return parents


def notifies(alarm: Resource) -> bool:
    """Tell whether an alarm has actions of its own for ALARM, and they are switched on."""
    return bool(actions(alarm, ACTIONS[:1]))


def actions(alarm: Resource, states: Iterable[str] = ACTIONS) -> tuple[str, ...]:
    """Return the targets of an alarm's actions for the given states, each once; none if they are off."""
    if alarm.plain("actions_enabled") is False:
        return ()
    return tuple(dict.fromkeys(str(one) for state in states for one in alarm.items(state)))
