"""What holds a composite's actions back, and that it does not hold them back for good.

Source: CloudWatch API Reference, PutCompositeAlarm (ActionsSuppressor); CloudWatch User Guide, "Suppressing
composite alarm actions": states go on changing, so a suppressor that follows from the composite's own
children is in ALARM whenever there is something to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from verify.alarms import Alarms, notifies
from verify.configuration import Resource
from verify.faults import Finding
from verify.terms import with_whom


def findings(alarm: Resource, alarms: Alarms) -> Iterator[Finding]:
    """Yield what is wrong with the alarm that holds an alarm's actions back."""
    block = alarm.block("actions_suppressor")
    if block and not (block.get("wait_period") and block.get("extension_period")):
        yield Finding(
            "suppressor", "actions_suppressor needs a wait_period and an extension_period in seconds"
        )
    suppressor = alarms.suppressor_of(alarm)
    if not suppressor:
        return
    if suppressor not in alarms.by_name:
        says = f"is suppressed by {suppressor}, which is no alarm of these stacks: name one"
        yield Finding("suppressor", says)
    elif suppressor == alarm.name:
        yield Finding("suppressor", "suppresses itself: name another alarm")
    elif suppressor in alarms.states.at_rest:
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
    """Tell whether what sets a composite off through a child of its also sets off what suppresses it."""
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
