"""What CloudWatch takes of an alarm's name, text, actions and rule, and that rules lead somewhere.

Source: CloudWatch API Reference, PutMetricAlarm and PutCompositeAlarm; CloudWatch User Guide, "Combining
alarms" (an alarm in at most 150 composites; a cycle is never evaluated).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from cloudwatch.rules import CHARACTERS, CHILDREN, ELEMENTS
from verify import promises, suppression
from verify.alarms import ACTIONS, Alarms
from verify.configuration import Resource
from verify.faults import Fault, Finding

NAME_LENGTH: Final = 255
DESCRIPTION_LENGTH: Final = 1024
ACTIONS_PER_STATE: Final = 5
PARENTS: Final = 150


def faults(alarms: Alarms) -> Iterator[Fault]:
    """Yield what CloudWatch would refuse, or accept and never evaluate."""
    parents = Counter(child for rule in alarms.rules.values() for child in rule.children)
    for name, number in Counter(one.name for one in alarms.all).items():
        if number > 1:
            says = f"{number} resources make it, and the last one applied wins: give each its own alarm_name"
            yield Fault(f"alarm {name}", "name", says)
        if parents[name] > PARENTS:
            says = f"{parents[name]} composites name it; CloudWatch takes {PARENTS}"
            yield Fault(f"alarm {name}", "composite", says)
    for alarm in alarms.all:
        for finding in (*_of_any(alarm), *suppression.findings(alarm, alarms)):
            yield finding.of(f"alarm {alarm.name}")
        if alarm.type == "aws_cloudwatch_composite_alarm":
            yield from (one.of(f"alarm {alarm.name}") for one in _of_rule(alarm, alarms))
    for cycle in _cycles(alarms):
        says = f"its rule leads back to itself ({' -> '.join(cycle)}): CloudWatch never evaluates a cycle"
        yield Fault(f"alarm {cycle[0]}", "composite", says)


def _of_any(alarm: Resource) -> Iterator[Finding]:
    """Yield what is too long or too many."""
    for what, length, most in (
        ("alarm_name", len(alarm.name), NAME_LENGTH),
        ("alarm_description", len(alarm.text("alarm_description")), DESCRIPTION_LENGTH),
    ):
        if length > most:
            yield Finding("limits", f"{what} has {length} characters; CloudWatch takes {most}")
    for state in ACTIONS:
        number = len(alarm.items(state))
        if number > ACTIONS_PER_STATE:
            yield Finding("limits", f"{state} are {number}; CloudWatch takes {ACTIONS_PER_STATE}")


def _of_rule(alarm: Resource, alarms: Alarms) -> Iterator[Finding]:
    """Yield what is wrong with a composite's rule."""
    length = len(alarm.text("alarm_rule"))
    if length > CHARACTERS:
        yield Finding("composite", f"its rule has {length} characters; CloudWatch takes {CHARACTERS}")
    rule = alarms.rules.get(alarm.name)
    if rule is None:
        yield Finding("composite", f"its rule cannot be read: {alarms.unreadable.get(alarm.name)}")
        return
    for child in sorted(one for one in rule.children if one not in alarms.by_name):
        yield Finding("composite", f"its rule names {child}, which is no alarm of these stacks")
    if len(rule.children) > CHILDREN:
        yield Finding("composite", f"its rule names {len(rule.children)} alarms; CloudWatch takes {CHILDREN}")
    if rule.elements > ELEMENTS:
        says = f"its rule has {rule.elements} elements (alarms, TRUE, FALSE, parentheses)"
        yield Finding("composite", f"{says}; CloudWatch takes {ELEMENTS}")
    yield from promises.findings(alarm, alarms)


def _cycles(alarms: Alarms) -> Iterator[list[str]]:
    """Yield each cycle of rules once, as the names along it, the first one again at the end."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> Iterator[list[str]]:
        if name in way:
            yield [*way[way.index(name) :], name]
            return
        if name in done or name not in alarms.rules:
            return
        for child in sorted(alarms.rules[name].children):
            yield from walk(child, [*way, name])
        done.add(name)

    for name in alarms.rules:
        yield from walk(name, [])
