"""That a composite can go into ALARM, because of whom its text says, and that somebody is told then.

Source: CloudWatch API Reference, PutCompositeAlarm (ActionsSuppressor); CloudWatch User Guide, "Suppressing
composite alarm actions": states go on changing, so a suppressor that follows from the composite's own
children is in ALARM whenever there is something to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.shared.description import read_description
from terraform.alarms import COMPOSITE_ALARM
from terraform.configuration import Resource
from verify.alarms import Alarms, notifies
from verify.faults import Fault, Finding
from verify.terms import with_whom


def faults(alarms: Alarms) -> Iterator[Fault]:
    """Yield what is wrong with rules that AWS accepts, with texts and with suppressors."""
    for alarm in alarms.all:
        if alarm.type != COMPOSITE_ALARM:
            continue
        found = [*_of_suppressor(alarm, alarms)]
        if alarm.name in alarms.rules:
            found += _of_rule(alarm, alarms)
        elif alarm.name in alarms.ambiguous:
            found.append(Finding("rule", alarms.ambiguous[alarm.name]))
        yield from (finding.of(f"alarm {alarm.name}") for finding in found)


def _of_rule(composite: Resource, alarms: Alarms) -> Iterator[Finding]:
    """Yield why a composite never goes into ALARM, or not for what its text lists."""
    children = tuple(alarms.children(composite.name))
    if composite.name in alarms.states.at_rest:
        says = "its rule is true while nothing is wrong, so it never goes into ALARM: name alarms"
        yield Finding("rule", says)
    elif not any(_sets_off(child, composite.name, alarms) for child in children):
        says = "no alarm can set it off: name one with ALARM(...) in its rule, without its contrary"
        yield Finding("rule", says)
    causes = read_description(composite.text("alarm_description")).causes
    if causes:
        yield from _of_list(causes, composite.name, alarms)


def _of_list(names: Sequence[str], composite: str, alarms: Alarms) -> Iterator[Finding]:
    """Yield what a text lists that the rule does not."""
    missing = dict.fromkeys(names)
    for child in alarms.children(composite):
        # `log-errors` is not `errors`.
        name = max((text for text in names if f"-{text}-" in f"-{child}-"), key=len, default=None)
        if name is None:
            continue
        missing.pop(name, None)
        if composite not in alarms.states.after({child}, [composite]):
            listed = f'its description says "Any of: ... {name}"'
            says = f"{listed}, but {child} alone does not set it off: join it by OR"
            yield Finding("rule", says)
    for name in missing:
        yield Finding("rule", f'its description says "Any of: ... {name}", but its rule does not name it')


def _sets_off(child: str, composite: str, alarms: Alarms) -> bool:
    partners = with_whom(alarms.rules[composite].term, child)
    return partners is not None and composite in alarms.states.after({child} | partners, [composite])


def _of_suppressor(alarm: Resource, alarms: Alarms) -> Iterator[Finding]:
    """Yield why the alarm that suppresses an alarm's actions would suppress them for good."""
    suppressor = alarms.suppressor_of(alarm)
    if suppressor not in alarms.by_name or suppressor == alarm.name:
        return
    if suppressor in alarms.states.at_rest:
        says = f"is suppressed by {suppressor}, which is in ALARM while nothing is wrong: it never notifies"
        yield Finding("suppressor", says)
    else:
        for child in alarms.children(alarm.name):
            if _implied(child, alarm, suppressor, alarms):
                says = f"is suppressed by {suppressor} whenever {child} sets it off, so never notifies of it"
                yield Finding("suppressor", f"{says}: name an alarm that does not follow from it")
        if way := _back_to(alarm.name, alarms):
            says = f"is silent while another speaks that is silent while it speaks ({' -> '.join(way)})"
            yield Finding("suppressor", f"{says}: let one of them speak")


def _implied(child: str, alarm: Resource, suppressor: str, alarms: Alarms) -> bool:
    """Return whether what sets a composite off through a child of its also sets off what suppresses it."""
    partners = with_whom(alarms.rules[alarm.name].term, child)
    return partners is not None and suppressor in alarms.states.after({child} | partners, [suppressor])


def _back_to(name: str, alarms: Alarms) -> list[str]:
    """Return the composites that speak while the one before is silent, from one to itself; or nothing."""
    ways, seen = [[name]], set[str]()
    while ways:
        way = ways.pop()
        for speaker in _speak_instead(way[-1], alarms):
            if speaker == name:
                return [*way, name]
            if speaker not in seen:
                seen.add(speaker)
                ways.append([*way, speaker])
    return []


def _speak_instead(name: str, alarms: Alarms) -> Iterator[str]:
    """Yield the nearest alarms that notify while they hold the actions of a composite back."""
    suppressor = alarms.suppressor_of(alarms.by_name[name])
    below, seen = [suppressor], set[str]()
    while below:
        one = below.pop()
        if one not in alarms.by_name or one in seen:
            continue
        seen.add(one)
        if notifies(alarms.by_name[one]):
            yield one
        else:
            below += alarms.children(one)
