"""Action suppression: the six timelines of the user guide, and a simulator that looks at every second."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.composites import Change
from cloudwatch.states import STATES, State
from cloudwatch.suppression import (
    Action,
    Suppressed,
    SuppressedChange,
    Suppressor,
    Timeline,
    follow,
    performed,
    suppress,
)
from tests.support.tables import each
from tests.unit.cloudwatch.steady import steady

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "action_suppression.json").read_text(encoding="utf-8")
)

_END = 20
_SUPPRESSOR = Suppressor("suppressor", wait_s=2, extension_s=3)


class Figure(NamedTuple):
    """One of the examples: states by the time of each change, and what comes of them.

    Args:
        suppressor: the suppressor's states; OK before the first.
        composite: the composite alarm's changes.
        held: what holds actions back, by the time from which it does; empty when nothing does.
        actions: the states whose actions are performed, by time.
    """

    suppressor: Mapping[int, State]
    composite: Mapping[int, State]
    held: Mapping[int, str]
    actions: Mapping[int, State]


# Amazon CloudWatch User Guide, "Suppressing composite alarm actions": WaitPeriod 2, ExtensionPeriod 3.
EXAMPLES = {
    "the wait ends without the suppressor": Figure({}, {2: "ALARM"}, {2: "WaitPeriod", 4: ""}, {4: "ALARM"}),
    "the suppressor goes into ALARM in the wait": Figure(
        {3: "ALARM"}, {2: "ALARM"}, {2: "WaitPeriod", 3: "Alarm"}, {}
    ),
    "a second change starts the wait anew": Figure(
        {}, {2: "ALARM", 3: "OK"}, {2: "WaitPeriod", 5: ""}, {5: "OK"}
    ),
    "the suppressor is in ALARM already": Figure({0: "ALARM"}, {2: "ALARM"}, {2: "Alarm"}, {}),
    "the extension ends": Figure(
        {3: "ALARM", 6: "OK"},
        {2: "ALARM"},
        {2: "WaitPeriod", 3: "Alarm", 6: "ExtensionPeriod", 9: ""},
        {9: "ALARM"},
    ),
    "a change in the extension starts a wait": Figure(
        {3: "ALARM", 6: "OK"},
        {2: "ALARM", 7: "OK"},
        {2: "WaitPeriod", 3: "Alarm", 6: "ExtensionPeriod", 7: "WaitPeriod", 9: ""},
        {9: "OK"},
    ),
    "a suppressor that is not in ALARM ends no wait": Figure(
        {3: "OK"}, {2: "ALARM"}, {2: "WaitPeriod", 4: ""}, {4: "ALARM"}
    ),
    "and no extension": Figure(
        {0: "ALARM", 4: "INSUFFICIENT_DATA", 5: "OK"},
        {2: "ALARM"},
        {2: "Alarm", 4: "ExtensionPeriod", 7: ""},
        {7: "ALARM"},
    ),
    "the suppressor comes back in the extension": Figure(
        {0: "ALARM", 4: "OK", 5: "ALARM", 8: "OK"},
        {2: "ALARM"},
        {2: "Alarm", 4: "ExtensionPeriod", 5: "Alarm", 8: "ExtensionPeriod", 11: ""},
        {11: "ALARM"},
    ),
    "the suppressor and the composite change at once": Figure(
        {2: "ALARM", 5: "OK"}, {2: "ALARM", 5: "OK"}, {2: "Alarm", 5: "WaitPeriod", 7: ""}, {7: "OK"}
    ),
    "the suppressor comes as the wait ends": Figure(
        {4: "ALARM"}, {2: "ALARM"}, {2: "WaitPeriod", 4: "Alarm"}, {}
    ),
    "the suppressor comes as the extension ends": Figure(
        {0: "ALARM", 4: "OK", 7: "ALARM"}, {2: "ALARM"}, {2: "Alarm", 4: "ExtensionPeriod", 7: "Alarm"}, {}
    ),
    "the composite changes as its wait ends": Figure(
        {}, {2: "ALARM", 4: "OK"}, {2: "WaitPeriod", 6: ""}, {6: "OK"}
    ),
    "two changes that are both acted on": Figure(
        {}, {2: "ALARM", 6: "OK"}, {2: "WaitPeriod", 4: "", 6: "WaitPeriod", 8: ""}, {4: "ALARM", 8: "OK"}
    ),
}


def changes(states: Mapping[int, State], alarm: str = "composite") -> list[Change]:
    """Return the changes of an alarm that has these states from these times on."""
    olds: list[State] = ["INSUFFICIENT_DATA", *states.values()]
    return [Change(at, alarm, old, new) for old, (at, new) in zip(olds, states.items(), strict=False)]


def second_by_second(figure: Figure, suppressor: Suppressor) -> tuple[dict[int, str], dict[int, State]]:
    """Look at every second, as the front of the local AWS does: what holds back, and what is acted on.

    At one second the suppressor changes first, then the composite, and then a wait is over.
    """
    in_alarm, held = False, None
    shown: dict[int, str] = {}
    actions: dict[int, State] = {}
    for now in range(_END * 3):
        if now in figure.suppressor:
            in_alarm = figure.suppressor[now] == "ALARM"
            held = held and follow(held, suppressor, in_alarm=in_alarm, now_s=now)
        if now in figure.composite:
            change = Change(now, "composite", "OK", figure.composite[now])
            held = suppress(change, suppressor, in_alarm=in_alarm, now_s=now)
        if held and held.is_due(now):
            actions[now] = held.change.new
            held = None
        by = held.by if held else ""
        if by != next(reversed(shown.values()), ""):
            shown[now] = by
    return shown, actions


@each("figure", EXAMPLES.values(), ids=EXAMPLES)
def test_actions_are_held_back_as_in_the_examples_of_aws(figure: Figure) -> None:
    """Each second has what the guide's figure shows: what holds actions back, and the actions performed."""
    assert second_by_second(figure, _SUPPRESSOR) == (figure.held, figure.actions)


def test_another_suppressor_discards_what_ran() -> None:
    """The change is held back as if it had happened now, by the new suppressor's period."""
    change = Change(2, "composite", "OK", "ALARM")
    held = SuppressedChange(change, "other", "ExtensionPeriod", 9)
    assert follow(held, _SUPPRESSOR, in_alarm=False, now_s=5) == SuppressedChange(
        change, "suppressor", "WaitPeriod", 7
    )


def shown(timeline: Timeline) -> tuple[dict[float, str], dict[float, State]]:
    """Return a timeline as the simulator says it."""
    found: dict[float, str] = {}
    last: float | None = -1
    for span in timeline.suppressed:
        if last is not None and 0 <= last < span.from_s:
            found[last] = ""
        if not found or found[max(found)] != span.by or last != span.from_s:
            found[span.from_s] = span.by
        last = span.to_s
    if last is not None and last >= 0:
        found[last] = ""
    return found, {action.at_s: action.change.new for action in timeline.actions}


@each("figure", EXAMPLES.values(), ids=EXAMPLES)
def test_a_timeline_is_worked_out_from_changes_alone(figure: Figure) -> None:
    """The examples once more, without looking at every second."""
    timeline = performed(changes(figure.composite), changes(figure.suppressor), _SUPPRESSOR)
    assert shown(timeline) == (figure.held, figure.actions)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_every_timeline_of_the_documentation_comes_out(vector: dict[str, Any]) -> None:
    """Its waits, its extensions and its actions. What stands at 0 is the state before, not a change."""
    composite = {at: state for at, state in vector["composite"] if at > 0}
    suppressor = Suppressor(
        "suppressor",
        vector["actions_suppressor_wait_period"],
        vector["actions_suppressor_extension_period"],
    )
    timeline = performed(changes(composite), changes(dict(vector["suppressor"])), suppressor)
    expected = vector["expect"]
    actions = [{"at": action.at_s, "state": action.change.new} for action in timeline.actions]
    assert actions == [{"at": action["at"], "state": action["state"]} for action in expected["actions"]]
    for by, key in (("WaitPeriod", "wait_period"), ("ExtensionPeriod", "extension_period")):
        spans = [
            (suppressed.from_s, suppressed.to_s) for suppressed in timeline.suppressed if suppressed.by == by
        ]
        assert spans == documented(expected[key])
    assert any(suppressed.by == "Alarm" for suppressed in timeline.suppressed) == expected["suppressed"]


def documented(period: Any) -> list[tuple[float, float]]:
    """Return the periods that a vector tells of: none, one, or a list of them."""
    if period is None:
        return []
    several = period if isinstance(period[0], list) else [period]
    return [(start, float(str(end).removeprefix("discarded at "))) for start, end in several]


SECONDS = st.dictionaries(st.integers(0, _END), st.sampled_from(STATES), max_size=8)


@pytest.mark.slow
@given(suppressor=SECONDS, composite=SECONDS, wait_s=st.integers(0, 6), extension_s=st.integers(0, 6))
@steady(1500)
def test_it_is_what_a_look_at_every_second_sees(
    suppressor: dict[int, State], composite: dict[int, State], wait_s: int, extension_s: int
) -> None:
    """Over random timelines, coincidences, and periods of no length."""
    figure = Figure(dict(sorted(suppressor.items())), dict(sorted(composite.items())), {}, {})
    settings = Suppressor("suppressor", wait_s, extension_s)
    timeline = performed(changes(figure.composite), changes(figure.suppressor), settings)
    assert shown(timeline) == second_by_second(figure, settings)


@given(suppressor=SECONDS, composite=SECONDS, data=st.data())
@steady(500)
def test_a_change_is_acted_on_once_or_was_held_back(
    suppressor: dict[int, State], composite: dict[int, State], data: st.DataObject
) -> None:
    """None is acted on twice, before it happens, or lost while nothing holds it back; spans are in order."""
    settings = Suppressor("suppressor", data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5)))
    made = changes(dict(sorted(composite.items())))
    timeline = performed(made, changes(dict(sorted(suppressor.items()))), settings)
    acted = [action.change for action in timeline.actions]
    assert len(set(acted)) == len(acted)
    assert all(action.at_s >= action.change.at_s + 1 for action in timeline.actions)
    for change, later in zip(made, [*made, None][1:], strict=True):
        held = [
            suppressed
            for suppressed in timeline.suppressed
            if suppressed.from_s <= change.at_s < (suppressed.to_s or _END * 9)
        ]
        assert len(held) == 1
        if change not in acted:
            assert later or timeline.suppressed[-1].to_s is None
    for suppressed, after in zip(timeline.suppressed, timeline.suppressed[1:], strict=False):
        assert suppressed.to_s is not None
        assert suppressed.from_s < suppressed.to_s <= after.from_s


def test_without_a_suppressor_every_change_is_acted_on_at_once() -> None:
    """And nothing is suppressed, whatever another alarm does."""
    made = changes({2: "ALARM", 3: "OK"})
    timeline = performed(made, changes({0: "ALARM"}), None)
    assert timeline == Timeline(tuple(Action(change.at_s, change) for change in made), ())


def test_a_suppressor_that_stays_in_alarm_holds_back_for_good() -> None:
    """A new change in the meantime is no new suppression."""
    timeline = performed(changes({2: "ALARM", 3: "OK"}), changes({0: "ALARM"}), _SUPPRESSOR)
    assert timeline == Timeline((), (Suppressed(2, None, "Alarm"),))


def test_changes_need_not_be_whole_seconds() -> None:
    """As those of a clock are not."""
    made = [Change(2.25, "composite", "OK", "ALARM")]
    timeline = performed(made, changes({4: "ALARM", 6: "OK"}), _SUPPRESSOR)
    assert timeline.suppressed[0] == Suppressed(2.25, 4, "WaitPeriod")
    assert timeline.actions == (Action(9, made[0]),)


def test_every_state_but_alarm_lets_go() -> None:
    """Also one that nobody knows."""
    for state in STATES:
        timeline = performed(changes({2: "ALARM"}), changes({0: state}), _SUPPRESSOR)
        assert bool(timeline.actions) == (state != "ALARM")
