"""How many notifications there were in all."""

from __future__ import annotations

from collections.abc import Sequence

from drill.expectations.seen import SHOWN, Judged, Seen
from drill.model import Severity
from drill.rehearsal import Notification
from drill.scenarios.model import PagesExpected, TicketsExpected


def pages(seen: Seen, one: PagesExpected) -> Judged:
    """Judge how often somebody is woken."""
    sent = _of_severity(seen, "page")
    said = f"{one.pages} pages in all" if one.pages != 1 else "1 page in all"
    return Judged(said, _counted(seen, sent), passed=len(sent) == one.pages)


def tickets(seen: Seen, one: TicketsExpected) -> Judged:
    """Judge how much waits for the morning."""
    sent = _of_severity(seen, "ticket")
    said = f"{one.tickets} tickets in all" if one.tickets != 1 else "1 ticket in all"
    return Judged(said, _counted(seen, sent), passed=len(sent) == one.tickets)


def _of_severity(seen: Seen, severity: Severity) -> list[Notification]:
    severities = {one.name: one.severity for one in seen.all.system.topics}
    return [
        one
        for one in seen.all.notifications
        if one.state == "ALARM" and severities.get(one.topic) == severity
    ]


def _counted(seen: Seen, sent: Sequence[Notification]) -> str:
    if not sent:
        return "none"
    named = ", ".join(f"{seen.short(one.alarm)} at {seen.told(one.at_s)}" for one in sent[:SHOWN])
    more = f" and {len(sent) - SHOWN} more" if len(sent) > SHOWN else ""
    return f"{len(sent)}: {named}{more}"
