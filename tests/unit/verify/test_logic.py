"""The logic of rules against every combination of states: what holds, who is needed, what follows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tests.support.tables import each
from verify import rules
from verify.logic import fewest, fewest_partners, holds
from verify.states import States

ALARMS = ("a", "b", "c", "d")

RULES = {
    "ALARM(a)": "a",
    "OK(a)": "not a",
    "NOT ALARM(a)": "not a",
    "NOT OK(a)": "a",
    "INSUFFICIENT_DATA(a)": "False",
    "NOT INSUFFICIENT_DATA(a)": "True",
    "TRUE": "True",
    "FALSE": "False",
    "NOT TRUE": "False",
    "ALARM(a) AND TRUE": "a",
    "ALARM(a) OR FALSE": "a",
    "ALARM(a) OR ALARM(b) OR ALARM(c)": "a or b or c",
    "ALARM(a) AND ALARM(b) AND ALARM(c)": "a and b and c",
    "NOT (ALARM(a) OR ALARM(b))": "not (a or b)",
    "NOT (ALARM(a) AND NOT ALARM(b))": "not (a and not b)",
    "(ALARM(a) OR ALARM(b)) AND ALARM(c)": "(a or b) and c",
    "(ALARM(a) OR ALARM(b)) AND (ALARM(c) OR ALARM(d))": "(a or b) and (c or d)",
    "(ALARM(a) AND NOT ALARM(b)) OR ALARM(c)": "(a and not b) or c",
    "(ALARM(a) AND ALARM(b) AND ALARM(c)) OR (ALARM(a) AND ALARM(d))": "(a and b and c) or (a and d)",
    "AT_LEAST(2, ALARM, (a, b, c))": "a + b + c >= 2",
    "AT_LEAST(50%, ALARM, (a, b, c))": "a + b + c >= 2",
    "AT_LEAST(2, NOT ALARM, (a, b, c))": "a + b + c <= 1",
    "AT_LEAST(1, OK, (a, b))": "not (a and b)",
    "NOT AT_LEAST(2, ALARM, (a, b, c))": "a + b + c < 2",
    "NOT AT_LEAST(2, NOT ALARM, (a, b, c))": "a + b + c >= 2",
    "ALARM(d) AND AT_LEAST(2, ALARM, (a, b, c))": "d and a + b + c >= 2",
}
"""A rule -> the same in Python."""

MONOTONE = [text for text in RULES if not any(word in text for word in ("NOT", "OK", "INSUFFICIENT"))]


def states() -> Iterator[frozenset[str]]:
    """Yield every set of alarms that can be in ALARM."""
    for number in range(len(ALARMS) + 1):
        yield from map(frozenset, itertools.combinations(ALARMS, number))


@each("text", RULES)
def test_a_rule_holds_as_its_words_say(text: str) -> None:
    """In every combination of states."""
    expression = rules.read(text).expression
    for on in states():
        values = {name: name in on for name in ALARMS}
        assert holds(expression, on) == bool(eval(RULES[text], {}, values)), on  # noqa: S307  # written above


@each("text", MONOTONE)
def test_as_few_alarms_as_possible_are_needed(text: str) -> None:
    """No smaller set makes the rule true; none at all does if none is found."""
    expression = rules.read(text).expression
    sizes = [len(on) for on in states() if holds(expression, on)]
    found = fewest(expression)
    assert (len(found) if found is not None else None) == min(sizes, default=None)
    assert found is None or holds(expression, found)


@each("text", MONOTONE)
def test_an_alarm_needs_as_few_others_as_possible_to_make_a_difference(text: str) -> None:
    """Without it the rule is false, with it true; an alarm that can make no difference has no partners."""
    expression = rules.read(text).expression
    for alarm in ALARMS:
        pivotal = [
            on
            for on in states()
            if alarm not in on and holds(expression, on | {alarm}) and not holds(expression, on)
        ]
        partners = fewest_partners(expression, alarm)
        if pivotal:
            assert partners is not None
            assert len(partners) == min(map(len, pivotal))
            assert partners in pivotal
        else:
            assert partners is None


CHAIN = {
    "one": "ALARM(a) AND NOT ALARM(b)",
    "two": "ALARM(one) OR ALARM(c)",
    "three": "ALARM(two) AND ALARM(one)",
    "rest": "NOT ALARM(three)",
    "last": "OK(rest) OR ALARM(d)",
}


def test_states_follow_in_the_order_of_the_rules() -> None:
    """In every combination, whoever is asked for, however the rules are ordered."""
    for order in itertools.permutations(CHAIN):
        worked_out = States({name: rules.read(CHAIN[name]) for name in order})
        for on in states():
            one = "a" in on and "b" not in on
            expected = {
                "one": one,
                "two": one or "c" in on,
                "three": one,
                "rest": not one,
                "last": one or "d" in on,
            }
            for name, is_on in expected.items():
                assert (name in worked_out.after(on, [name])) == is_on, (order, on, name)
    assert worked_out.at_rest == {"rest"}


def test_states_of_a_cycle_come_to_an_end() -> None:
    """CloudWatch does not evaluate one; nothing is said of its states but that the others keep theirs."""
    cycle = {"one": "ALARM(two) OR ALARM(a)", "two": "ALARM(one)", "three": "ALARM(b)"}
    worked_out = States({name: rules.read(text) for name, text in cycle.items()})
    assert "three" not in worked_out.after({"a"}, ["three"])
    assert "three" in worked_out.after({"b"}, ["three"])


def test_what_was_set_stays() -> None:
    """A composite that is said to be in ALARM is so, whatever its own rule says."""
    worked_out = States({name: rules.read(text) for name, text in CHAIN.items()})
    assert {"one", "three", "last"} <= worked_out.after({"one"}, ["last"])
