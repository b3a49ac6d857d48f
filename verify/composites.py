"""Verification of composite alarms: the rule can become true, matches its description, and can notify.

Source: CloudWatch API Reference, PutCompositeAlarm (ActionsSuppressor); CloudWatch User Guide, "Suppressing
composite alarm actions": suppressed alarms keep changing state, so a suppressor that follows from the
composite alarm's own children is in ALARM whenever the composite alarm would notify.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.shared.description import read_description
from terraform.alarms import COMPOSITE_ALARM
from terraform.configuration import Resource
from verify.alarms import Alarms, notifies
from verify.faults import Fault, Finding
from verify.logic import fewest_partners


def faults(alarms: Alarms) -> Iterator[Fault]:
    """Yield faults of rules that AWS accepts, of descriptions and of suppressors."""
    for alarm in alarms.all:
        if alarm.type != COMPOSITE_ALARM:
            continue
        findings = [*_of_suppressor(alarm, alarms)]
        if alarm.name in alarms.rules:
            findings += _of_rule(alarm, alarms)
        elif alarm.name in alarms.ambiguous:
            findings.append(Finding("rule", alarms.ambiguous[alarm.name]))
        yield from (finding.of(f"alarm {alarm.name}") for finding in findings)


def _of_rule(composite: Resource, alarms: Alarms) -> Iterator[Finding]:
    """Yield why a composite alarm never goes into ALARM, or not for an alarm that its description lists."""
    children = tuple(alarms.children(composite.name))
    if composite.name in alarms.states.at_rest:
        message = "rule is true while every alarm is OK, so it never changes to ALARM: use ALARM(...)"
        yield Finding("rule", message)
    elif not any(_triggers(child, composite.name, alarms) for child in children):
        message = "no alarm in the rule can make it true: add one with ALARM(...), without its negation"
        yield Finding("rule", message)
    causes = read_description(composite.text("alarm_description")).causes
    if causes:
        yield from _of_causes(causes, composite.name, alarms)


def _of_causes(causes: Sequence[str], composite: str, alarms: Alarms) -> Iterator[Finding]:
    """Yield the differences between the causes that a description lists and the rule."""
    missing = dict.fromkeys(causes)
    for child in alarms.children(composite):
        # `log-errors` is not `errors`.
        cause = max((name for name in causes if f"-{name}-" in f"-{child}-"), key=len, default=None)
        if cause is None:
            continue
        missing.pop(cause, None)
        if composite not in alarms.states.after({child}, [composite]):
            message = (
                f'description lists "{cause}" in "Any of", but {child} alone does not make the rule true'
            )
            yield Finding("rule", f"{message}: join it with OR")
    for cause in missing:
        message = f'description lists "{cause}" in "Any of", but the rule does not reference it: add it'
        yield Finding("rule", message)


def _triggers(child: str, composite: str, alarms: Alarms) -> bool:
    """Return whether a composite alarm can go into ALARM because of a child."""
    partners = fewest_partners(alarms.rules[composite].expression, child)
    return partners is not None and composite in alarms.states.after({child} | partners, [composite])


def _of_suppressor(alarm: Resource, alarms: Alarms) -> Iterator[Finding]:
    """Yield why the suppressor of a composite alarm would suppress every notification of it."""
    suppressor = alarms.suppressor_of(alarm)
    if suppressor not in alarms.by_name or suppressor == alarm.name:
        return
    if suppressor in alarms.states.at_rest:
        message = f"suppressor {suppressor} is in ALARM while every other alarm is OK: correct its rule"
        yield Finding("suppressor", message)
    else:
        for child in alarms.children(alarm.name):
            if _is_implied(child, alarm, suppressor, alarms):
                message = (
                    f"suppressor {suppressor} is in ALARM whenever {child} is the cause, so that cause is "
                    f"never notified: use a suppressor that does not depend on {child}"
                )
                yield Finding("suppressor", message)
        if cycle := _cycle(alarm.name, alarms):
            message = f"alarms suppress each other in a cycle ({' -> '.join(cycle)})"
            yield Finding("suppressor", f"{message}: remove one of the suppressors")


def _is_implied(child: str, alarm: Resource, suppressor: str, alarms: Alarms) -> bool:
    """Return whether what triggers a composite alarm through a child also triggers its suppressor."""
    partners = fewest_partners(alarms.rules[alarm.name].expression, child)
    return partners is not None and suppressor in alarms.states.after({child} | partners, [suppressor])


def _cycle(name: str, alarms: Alarms) -> list[str]:
    """Return a cycle of alarms from `name` to itself, each suppressed by the next; empty if there is none."""
    paths, seen = [[name]], set[str]()
    while paths:
        path = paths.pop()
        for suppressing in _notifying_suppressors(path[-1], alarms):
            if suppressing == name:
                return [*path, name]
            if suppressing not in seen:
                seen.add(suppressing)
                paths.append([*path, suppressing])
    return []


def _notifying_suppressors(name: str, alarms: Alarms) -> Iterator[str]:
    """Yield the nearest alarms that notify while they suppress the actions of a composite alarm."""
    suppressor = alarms.suppressor_of(alarms.by_name[name])
    below, seen = [suppressor], set[str]()
    while below:
        alarm = below.pop()
        if alarm not in alarms.by_name or alarm in seen:
            continue
        seen.add(alarm)
        if notifies(alarms.by_name[alarm]):
            yield alarm
        else:
            below += alarms.children(alarm)
