"""The alarms of an environment: those with actions, those in composite rules, and those that only suppress.

An alarm notifies by itself if it has `alarm_actions`. Any other alarm notifies through a composite alarm with
actions that goes into ALARM because of it, directly or through other composite alarms, and that is not
suppressed by the same cause.

An alarm *only suppresses* if it suppresses the actions of others, or is in the rule of such an alarm, and has
neither actions nor a runbook. The line `Runbook: ...` of a description states that a person has to act, so an
alarm with a runbook must notify even if it also suppresses others: the impact alarm of a service notifies and
suppresses less severe alarms.
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
    """Every alarm by its name, and the rules of the composite alarms."""

    def __init__(self, configuration: Configuration) -> None:
        """Read the alarms of a configuration."""
        self.all: tuple[Resource, ...] = tuple(configuration.of_type(*TYPES))
        self.by_name: Mapping[str, Resource] = {resource.name: resource for resource in self.all}
        self.rules: dict[str, Rule] = {}
        self.ambiguous: dict[str, str] = {}
        """Composite alarm -> why its rule is ambiguous; an invalid rule is neither here nor in `rules`."""
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
            return  # `cloudwatch.validation` reports it

    def _read(self, resource: Resource) -> Alarm:
        """Return the alarm record of a resource.

        Raises:
            RecordError: an argument of the resource is not valid.
        """
        return metric_alarm(resource) if resource.type == METRIC_ALARM else composite_alarm(resource)

    def suppressor_of(self, alarm: Resource) -> str:
        """Return the name of the alarm that suppresses an alarm's actions; empty if none does."""
        return name_of(str(alarm.block("actions_suppressor").get("alarm") or ""))

    @functools.cached_property
    def suppress_only(self) -> frozenset[str]:
        """Alarms that only suppress others and need no recipient: see the top of this module."""
        names: set[str] = set()
        new = {self.suppressor_of(resource) for resource in self.all}
        while new := {name for name in new - names if self._needs_no_recipient(name)}:
            names |= new
            new = {child for name in new for child in self.children(name)}
        return frozenset(names)

    def _needs_no_recipient(self, name: str) -> bool:
        alarm = self.by_name.get(name)
        return alarm is not None and not notifies(alarm) and not has_runbook(alarm)

    def children(self, name: str) -> Iterator[str]:
        """Yield the alarms in a composite alarm's rule whose state ALARM helps to make the rule true."""
        rule = self.rules.get(name)
        yield from dict.fromkeys(ref.alarm for ref in rule.references if ref.fires) if rule else ()

    @functools.cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """Alarm -> the composite alarms whose rules it helps to make true by going into ALARM."""
        parents: dict[str, tuple[str, ...]] = {}
        for name in self.rules:
            for child in self.children(name):
                parents[child] = (*parents.get(child, ()), name)
        return parents


def has_runbook(alarm: Resource) -> bool:
    """Return whether an alarm's description links to a runbook."""
    return bool(read_description(alarm.text("alarm_description")).runbook)


def notifies(alarm: Resource) -> bool:
    """Return whether an alarm has `alarm_actions`, and its actions are enabled."""
    return bool(actions(alarm, ACTIONS[:1]))


def actions(alarm: Resource, states: Iterable[str] = ACTIONS) -> tuple[str, ...]:
    """Return the targets of an alarm's actions for the given states, each once; none if they are disabled."""
    if alarm.plain("actions_enabled") is False:
        return ()
    return tuple(dict.fromkeys(str(arn) for state in states for arn in alarm.items(state)))
