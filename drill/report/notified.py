"""A notification, in one line."""

from __future__ import annotations

from drill.rehearsal import Notification, Rehearsal
from drill.report.facts import Facts
from drill.report.summary import severity
from drill.report.texts import printable


def told(facts: Facts, one: Notification) -> str:
    """Return `+12m (14:12 UTC) page ALARM payment-handler-impact -> critical: oncall@example.com, alarms`."""
    kind = severity(facts.rehearsal, one)
    whom = ", ".join(one.reached) or "nobody"
    said = f"{kind + ' ' if kind else ''}{one.state} {facts.names.short(one.alarm)} -> {one.topic}: {whom}"
    held = f", held back since {facts.moments.offset(one.changed_s)}" if one.changed_s < one.at_s else ""
    return printable(f"{facts.moments.both(one.at_s)} {said}{held}")


def arrived(rehearsal: Rehearsal, one: Notification) -> tuple[str, ...]:
    """Return the queues in which a notification arrived, dead-letter queues with whose they are."""
    return tuple(
        f"{message.queue} (dead letters of {message.dead_letter_of})"
        if message.dead_letter_of
        else message.queue
        for message in rehearsal.messages
        if message.notification == one
    )
