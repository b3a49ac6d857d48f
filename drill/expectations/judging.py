"""Compare what was expected with what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from drill.expectations import notifications, states, sums
from drill.expectations.seen import Judged, Seen
from drill.rehearsal import Rehearsal, Verdict
from drill.scenarios.model import (
    Expectation,
    MessageExpected,
    NeverExpected,
    NotificationExpected,
    PagesExpected,
    SilentExpected,
    StateExpected,
    SuppressedExpected,
    TicketsExpected,
)
from drill.scenarios.reading import Expected, Scenario

_JUDGES: Mapping[type[Expectation], Callable[[Seen, Any], Judged]] = {
    StateExpected: states.in_state,
    NeverExpected: states.never,
    NotificationExpected: notifications.notification,
    SilentExpected: notifications.silent,
    SuppressedExpected: notifications.suppressed,
    MessageExpected: notifications.message,
    PagesExpected: sums.pages,
    TicketsExpected: sums.tickets,
}


def judged(rehearsal: Rehearsal, scenario: Scenario, *, took_s: float) -> Rehearsal:
    """Return a rehearsal with its verdicts, one for each expectation, in the order of the file."""
    seen = Seen(rehearsal)
    verdicts = tuple(_verdict(seen, one) for one in scenario.expect)
    return replace(rehearsal, verdicts=verdicts, took_s=took_s)


def _verdict(seen: Seen, expected: Expected) -> Verdict:
    found = _JUDGES[type(expected.expects)](seen, expected.expects)
    return Verdict(expected.place, found.said, found.passed, found.found, found.alarm, found.at_s)
