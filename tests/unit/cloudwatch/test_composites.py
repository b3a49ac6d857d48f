"""Composites: in which order, and over time, against evaluating everything at every instant."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch import rules
from cloudwatch.composites import Change, follow, order
from cloudwatch.errors import CycleError, InputError
from cloudwatch.rules import Rule
from cloudwatch.states import STATES, State
from tests.unit.cloudwatch.steady import steady

METRICS = ("m1", "m2", "m3", "m4")
COMPOSITES = ("c1", "c2", "c3", "c4", "c5")


def read(texts: dict[str, str]) -> dict[str, Rule]:
    """Return rules by the composites' names."""
    return {name: rules.parse(text) for name, text in texts.items()}


def any_of(names: tuple[str, ...]) -> str:
    """Return the rule of a composite that is in ALARM with any of these; FALSE without any."""
    return " OR ".join(f"ALARM({name})" for name in names) or "FALSE"


GRAPHS = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(COMPOSITES + METRICS), max_size=3).map(tuple) for name in COMPOSITES}
)
"""Composite -> the alarms of its rule, in circles or not."""


def has_cycle(graph: dict[str, tuple[str, ...]]) -> bool:
    """Tell whether something can be reached from itself, by following every edge again and again."""
    reached = {name: set(below) for name, below in graph.items()}
    for _ in graph:
        for below in reached.values():
            below |= {further for text in below for further in graph.get(text, ())}
    return any(name in below for name, below in reached.items())


@given(graph=GRAPHS)
@steady(400)
def test_children_come_first_or_the_cycle_is_named(graph: dict[str, tuple[str, ...]]) -> None:
    """An order is found exactly when there is one; what is named otherwise is a cycle."""
    composites = read({name: any_of(below) for name, below in graph.items()})
    if not has_cycle(graph):
        names = order(composites)
        assert sorted(names) == sorted(graph)
        for name, below in graph.items():
            assert all(names.index(child) < names.index(name) for child in below if child in graph)
        return
    with pytest.raises(CycleError) as caught:
        order(composites)
    cycle = caught.value.cycle
    assert cycle[0] == cycle[-1]
    assert len(set(cycle)) == len(cycle) - 1
    for parent, child in itertools.pairwise(cycle):
        assert child in graph[parent]


def test_a_cycle_is_shown_as_it_leads_back() -> None:
    """Without the way that leads to it."""
    composites = read({"a": "ALARM(b)", "b": "NOT OK(c)", "c": "AT_LEAST(1, ALARM, (x, b))", "d": "ALARM(d)"})
    with pytest.raises(CycleError, match="rules form a cycle: b -> c -> b"):
        order(composites)
    with pytest.raises(CycleError, match="d -> d"):
        follow({"d": composites["d"]}, [])


def test_long_chains_cost_no_stack_and_little_time() -> None:
    """Ten thousand composites, each above the one before, whichever is looked at first."""
    chain = {f"c{each}": f"ALARM(c{each - 1})" for each in range(1, 10_000)}
    composites = read({"c0": "ALARM(m)", **chain})
    upside_down = dict(reversed(composites.items()))
    assert order(upside_down) == order(composites) == tuple(composites)
    found = follow(upside_down, [Change(0, "m", "INSUFFICIENT_DATA", "OK"), Change(60, "m", "OK", "ALARM")])
    assert [change.alarm for change in found if change.at_s == 60] == list(composites)


ACYCLIC = st.fixed_dictionaries(
    {
        name: st.lists(
            st.tuples(st.sampled_from(STATES), st.sampled_from(METRICS + COMPOSITES[:place]), st.booleans()),
            min_size=1,
            max_size=3,
        )
        for place, name in enumerate(COMPOSITES)
    }
)
"""Composite -> conditions about what lies below it, negated or not, joined by AND."""

MOVES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(METRICS), st.sampled_from(STATES)), max_size=15
).map(lambda moves: sorted(moves, key=lambda move: move[0]))


def alarms_change(moves: list[tuple[int, str, State]]) -> list[Change]:
    """Return changes of metric alarms; a move to the state that an alarm is in is none."""
    states: dict[str, State] = {}
    found = []
    for at_s, alarm, new in moves:
        old = states.get(alarm, "INSUFFICIENT_DATA")
        if new != old:
            found.append(Change(at_s, alarm, old, new))
            states[alarm] = new
    return found


@given(
    conditions=ACYCLIC,
    moves=MOVES,
    start_s=st.sampled_from([None, 0, -1]),
    shuffled=st.permutations(COMPOSITES),
)
@steady(400)
def test_a_composite_is_at_all_times_what_its_rule_says(
    conditions: dict[str, list[tuple[State, str, bool]]],
    moves: list[tuple[int, str, State]],
    start_s: float | None,
    shuffled: list[str],
) -> None:
    """After each instant, over everything; it changes once an instant at most, and never to what it is."""
    texts = {
        name: " AND ".join(f"{'NOT ' * no}{state}({alarm})" for state, alarm, no in conditions[name])
        for name in shuffled
    }
    composites = read(texts)
    changes = alarms_change(moves)
    found = follow(composites, changes, start_s=start_s)
    instants = sorted({change.at_s for change in changes} | ({start_s} if start_s is not None else set()))
    assert {change.at_s for change in found} <= set(instants)
    assert len({(change.at_s, change.alarm) for change in found}) == len(found)
    states: dict[str, State] = {}
    for instant in instants:
        for change in (*changes, *found):
            if change.at_s == instant:
                assert states.get(change.alarm, "INSUFFICIENT_DATA") == change.old != change.new
                states[change.alarm] = change.new
        for name, rule in composites.items():
            assert states[name] == ("ALARM" if rules.holds(rule, states) else "OK")


def test_children_are_evaluated_before_their_parents() -> None:
    """Where two ways lead up from an alarm, the parent sees both at once: it never flickers."""
    composites = read({"top": "ALARM(left) AND NOT ALARM(right)", "left": "ALARM(m)", "right": "ALARM(m)"})
    found = follow(composites, alarms_change([(0, "m", "OK"), (1, "m", "ALARM"), (2, "m", "OK")]))
    assert [change for change in found if change.alarm == "top"] == [
        Change(0, "top", "INSUFFICIENT_DATA", "OK")
    ]
    assert [change.alarm for change in found] == ["left", "right", "top", *["left", "right"] * 2]


def test_alarms_that_change_at_one_instant_are_settled_first() -> None:
    """As metric alarms of one minute are; none of the states in between is seen."""
    composites = read({"both": "ALARM(m1) AND ALARM(m2)"})
    swap: list[tuple[int, str, State]] = [
        (0, "m1", "ALARM"), (0, "m2", "OK"), (1, "m2", "ALARM"), (1, "m1", "OK")
    ]  # fmt: skip
    assert follow(composites, alarms_change(swap)) == (Change(0, "both", "INSUFFICIENT_DATA", "OK"),)


def test_composites_are_first_evaluated_at_the_start() -> None:
    """Before any alarm was, if nothing happens then; never, if nothing ever happens."""
    composites = read({"on": "TRUE", "unknown": "INSUFFICIENT_DATA(m)"})
    first = (
        Change(5, "on", "INSUFFICIENT_DATA", "ALARM"), Change(5, "unknown", "INSUFFICIENT_DATA", "ALARM")
    )  # fmt: skip
    assert follow(composites, [], start_s=5) == first
    assert follow(composites, []) == ()
    moved = Change(5, "m", "INSUFFICIENT_DATA", "OK")
    known = Change(5, "unknown", "INSUFFICIENT_DATA", "OK")
    assert follow(composites, [moved], start_s=5) == follow(composites, [moved]) == (first[0], known)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([Change(2, "m", "OK", "ALARM"), Change(1, "n", "OK", "ALARM")], "n changes before 2 s"),
        ([Change(-1, "m", "OK", "ALARM")], "m changes before 0 s"),
        ([Change(2, "c", "OK", "ALARM")], "c is a composite alarm: its changes must follow from its rule"),
    ],
)
def test_changes_that_cannot_be_are_refused(changes: list[Change], says: str) -> None:
    """Time goes on, and composites only follow."""
    with pytest.raises(InputError, match=says):
        follow(read({"c": "ALARM(m)"}), changes, start_s=0)


def test_what_does_not_change_is_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in which one alarm below ten thousand composites changes every minute: each time, one is."""
    evaluated: list[Rule] = []

    def counted(rule: Rule, states: Mapping[str, State]) -> bool:
        evaluated.append(rule)
        return rules.holds(rule, states)

    monkeypatch.setattr("cloudwatch.composites.holds", counted)
    composites = read({f"c{each}": f"ALARM(m{each}) OR ALARM(n{each})" for each in range(10_000)})
    flips: list[State] = ["OK", "ALARM"]
    changes = alarms_change([(minute * 60, "m1", flips[minute % 2]) for minute in range(1440)])
    assert len(follow(composites, changes)) == 10_000 + 1439
    assert len(evaluated) == 10_000 + 1439
