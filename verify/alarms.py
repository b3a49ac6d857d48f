"""The alarms of an environment: who notifies, who is notified through whom, and who only holds back.

An alarm notifies if it has `alarm_actions`. Any other is heard if a composite that notifies goes into ALARM
because of it, directly or through other composites, and is not held back by the same cause.

An alarm that nobody needs to hear is a *silence*: it suppresses the actions of others, or is named by a
silence, has no actions, and has no runbook. The line `Runbook: ...` of a description is how an alarm says
that a person has to do something, so whatever has one must reach people, even if it silences others too: the
alarm about a service's impact speaks for smaller ones while it holds them back.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cloudwatch.alarms import Alarm
from cloudwatch.errors import RuleError
from cloudwatch.rules import name_of
from functions.shared.description import read_description
from terraform.alarms import COMPOSITE_ALARM, METRIC_ALARM, composite_alarm, metric_alarm
from terraform.configuration import Configuration, Resource
from verify import rules
from verify.rules import AmbiguousRuleError, Rule
from verify.states import States

TYPES: Final = (METRIC_ALARM, COMPOSITE_ALARM)
ACTIONS: Final = ("alarm_actions", "ok_actions", "insufficient_data_actions")


class Alarms:
    """Every alarm by its name, and the rules of the composites."""

    def __init__(self, configuration: Configuration) -> None:
        """Take the stacks."""
        self.all: tuple[Resource, ...] = tuple(configuration.of_type(*TYPES))
        self.by_name: Mapping[str, Resource] = {resource.name: resource for resource in self.all}
        self.rules: dict[str, Rule] = {}
        self.ambiguous: dict[str, str] = {}
        """Composite -> why its rule may be read in two ways; one that cannot be read is in neither."""
        for resource in configuration.of_type(COMPOSITE_ALARM):
            self._read_rule(resource)
        self.states = States(self.rules)
        self.read = functools.cache(self._read)

    def _read_rule(self, composite: Resource) -> None:
        try:
            self.rules[composite.name] = rules.read(composite.text("alarm_rule"))
        except AmbiguousRuleError as error:
            self.ambiguous[composite.name] = error.message
        except RuleError:
            return  # `cloudwatch.validation` says why

    def _read(self, resource: Resource) -> Alarm:
        """Return the alarm that a resource is.

        Raises:
            RecordError: it is not one.
        """
        return metric_alarm(resource) if resource.type == METRIC_ALARM else composite_alarm(resource)

    def suppressor_of(self, alarm: Resource) -> str:
        """Return the name of the alarm that suppresses an alarm's actions; empty if none does."""
        return name_of(str(alarm.block("actions_suppressor").get("alarm") or ""))

    @functools.cached_property
    def silences(self) -> frozenset[str]:
        """Alarms that nobody needs to hear: see the top of this module."""
        found: set[str] = set()
        new = {self.suppressor_of(resource) for resource in self.all}
        while new := {text for text in new - found if self._may_be_silent(text)}:
            found |= new
            new = {child for name in new for child in self.children(name)}
        return frozenset(found)

    def _may_be_silent(self, name: str) -> bool:
        alarm = self.by_name.get(name)
        return alarm is not None and not notifies(alarm) and not has_runbook(alarm)

    def children(self, name: str) -> Iterator[str]:
        """Yield the alarms of a composite's rule whose going into ALARM speaks for its doing so."""
        rule = self.rules.get(name)
        yield from dict.fromkeys(mention.alarm for mention in rule.mentions if mention.fires) if rule else ()

    @functools.cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """Alarm -> the composites whose going into ALARM its own speaks for."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.rules:
            for child in self.children(name):
                found[child] = (*found.get(child, ()), name)
        return found


def has_runbook(alarm: Resource) -> bool:
    """Return whether an alarm's description says where it is written what to do."""
    return bool(read_description(alarm.text("alarm_description")).runbook)


def notifies(alarm: Resource) -> bool:
    """Return whether an alarm has actions of its own for ALARM, and they are switched on."""
    return bool(actions(alarm, ACTIONS[:1]))


def actions(alarm: Resource, states: Iterable[str] = ACTIONS) -> tuple[str, ...]:
    """Return the targets of an alarm's actions for the given states, each once; none if they are off."""
    if alarm.plain("actions_enabled") is False:
        return ()
    return tuple(dict.fromkeys(str(entry) for state in states for entry in alarm.items(state)))
