"""Action suppression, against the six timelines of the user guide, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from local_aws.alarms import Change
from local_aws.suppression import Held, Suppressor, follow, hold

if TYPE_CHECKING:
    from collections.abc import Mapping

_END = 20
_SUPPRESSOR = Suppressor("suppressor", wait_s=2, extension_s=3)


class Timeline(NamedTuple):
    """One of the examples: states by the time of each change, and what comes of them.

    Args:
        suppressor: the suppressor's states; OK before the first.
        composite: the composite alarm's changes.
        held: what holds actions back, by the time from which it does; empty when nothing does.
        actions: the states whose actions are performed, by time.
    """

    suppressor: Mapping[int, str]
    composite: Mapping[int, str]
    held: Mapping[int, str]
    actions: Mapping[int, str]


# Amazon CloudWatch User Guide, "Suppressing composite alarm actions": WaitPeriod 2, ExtensionPeriod 3.
EXAMPLES = {
    "the wait ends without the suppressor": Timeline(
        {}, {2: "ALARM"}, {2: "WaitPeriod", 4: ""}, {4: "ALARM"}
    ),
    "the suppressor goes into ALARM in the wait": Timeline(
        {3: "ALARM"}, {2: "ALARM"}, {2: "WaitPeriod", 3: "Alarm"}, {}
    ),
    "a second change starts the wait anew": Timeline(
        {}, {2: "ALARM", 3: "OK"}, {2: "WaitPeriod", 5: ""}, {5: "OK"}
    ),
    "the suppressor is in ALARM already": Timeline({0: "ALARM"}, {2: "ALARM"}, {2: "Alarm"}, {}),
    "the extension ends": Timeline(
        {3: "ALARM", 6: "OK"},
        {2: "ALARM"},
        {2: "WaitPeriod", 3: "Alarm", 6: "ExtensionPeriod", 9: ""},
        {9: "ALARM"},
    ),
    "a change in the extension starts a wait": Timeline(
        {3: "ALARM", 6: "OK"},
        {2: "ALARM", 7: "OK"},
        {2: "WaitPeriod", 3: "Alarm", 6: "ExtensionPeriod", 7: "WaitPeriod", 9: ""},
        {9: "OK"},
    ),
    "a suppressor that is not in ALARM ends no wait": Timeline(
        {3: "OK"}, {2: "ALARM"}, {2: "WaitPeriod", 4: ""}, {4: "ALARM"}
    ),
    "and no extension": Timeline(
        {0: "ALARM", 4: "INSUFFICIENT_DATA", 5: "OK"},
        {2: "ALARM"},
        {2: "Alarm", 4: "ExtensionPeriod", 7: ""},
        {7: "ALARM"},
    ),
    "the suppressor comes back in the extension": Timeline(
        {0: "ALARM", 4: "OK", 5: "ALARM", 8: "OK"},
        {2: "ALARM"},
        {2: "Alarm", 4: "ExtensionPeriod", 5: "Alarm", 8: "ExtensionPeriod", 11: ""},
        {11: "ALARM"},
    ),
}


def _change(state: str, at: int) -> Change:
    return Change("composite", "", state, "", "", at)


@pytest.mark.parametrize("timeline", EXAMPLES.values(), ids=EXAMPLES)
def test_actions_are_held_back_as_in_the_examples_of_aws(timeline: Timeline) -> None:
    """Each second has what the guide's figure shows: what holds actions back, and the actions performed."""
    in_alarm, held = False, None
    shown: dict[int, str] = {}
    actions: dict[int, str] = {}
    for now in range(_END):
        if now in timeline.suppressor:
            in_alarm = timeline.suppressor[now] == "ALARM"
            held = held and follow(held, _SUPPRESSOR, in_alarm=in_alarm, now_s=now)
        if now in timeline.composite:
            held = hold(_change(timeline.composite[now], now), _SUPPRESSOR, in_alarm=in_alarm, now_s=now)
        if held and held.is_due(now):
            actions[now] = held.change.new
            held = None
        by = held.by if held else ""
        if by != next(reversed(shown.values()), ""):
            shown[now] = by
    assert (shown, actions) == (timeline.held, timeline.actions)


def test_another_suppressor_discards_what_ran() -> None:
    """The change is held back as if it had happened now, by the new suppressor's period."""
    change = _change("ALARM", 2)
    held = Held(change, "other", "ExtensionPeriod", 9)
    assert follow(held, _SUPPRESSOR, in_alarm=False, now_s=5) == Held(change, "suppressor", "WaitPeriod", 7)
