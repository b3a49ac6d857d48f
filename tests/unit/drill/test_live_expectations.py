"""What was expected, held against what was seen."""

# ruff: noqa: E501  # a case is a line

from __future__ import annotations

import pytest

from drill.durations import seconds
from drill.live.expectations import Arrival, Seen, judge
from drill.live.mailbox import Notice
from drill.live.reading import Expected
from drill.live.scenario import MessageExpected, NeverExpected, StateExpected
from drill.live.states import Change
from drill.rehearsal import Verdict

A, B = "shop-a-dev", "shop-b-dev"
TOPICS = {"critical": "shop-critical-dev", "warning": "shop-warning-dev"}


def seen(
    *changes: tuple[str, str], arrivals: tuple[tuple[str, str, str], ...] = (), first: str = "OK"
) -> Seen:
    """Return what was seen: changes of A as (after, new state), messages of A as (after, state, topic)."""
    found = Seen({A: first, B: "OK"}, TOPICS)
    old = first
    for after, new in changes:
        found.changes.append(Change(seconds(after), A, old, new))
        old = new
    for after, state, topic in arrivals:
        found.arrivals.append(Arrival(seconds(after), Notice(A, state, TOPICS[topic])))
    return found


def state(state: str, by: str) -> Expected:
    """Expect a state of A."""
    return Expected("it.yaml:1", StateExpected.model_validate({"alarm": "a", "state": state, "by": by}), (A,))


def message(by: str, state: str = "ALARM", topic: str | None = None) -> Expected:
    """Expect a message of A."""
    data = {"message": "a", "state": state, "by": by, "topic": topic}
    return Expected("it.yaml:1", MessageExpected.model_validate(data), (A,))


def never(*alarms: str) -> Expected:
    """Expect alarms never to be in ALARM."""
    return Expected("it.yaml:1", NeverExpected.model_validate({"never": ["a"]}), alarms)


def verdicts(expected: list[Expected], what: Seen, now: str, *, over: bool = False) -> list[str]:
    """Return each verdict in short: `?`, or whether it passed and what was found."""
    found = judge(expected, what, seconds(now), over=over)
    return ["?" if one is None else f"{'ok' if one.passed else 'bad'}: {one.found}" for one in found]


@pytest.mark.parametrize(
    ("expected", "what", "now", "said"),
    [
        ([state("ALARM", "8m")], seen(), "7m", ["?"]),
        ([state("ALARM", "8m")], seen(), "8m", ["?"]),
        ([state("ALARM", "8m")], seen(), "8m1s", ["bad: it was OK from the beginning to the end"]),
        ([state("ALARM", "8m")], seen(("8m", "ALARM")), "8m", ["ok: after 8m"]),
        ([state("ALARM", "8m")], seen(("9m", "ALARM")), "9m", ["bad: only after 9m"]),
        ([state("OK", "8m")], seen(), "0s", ["ok: after 0s"]),
        ([state("OK", "8m")], seen(first="INSUFFICIENT_DATA"), "9m", ["bad: it was INSUFFICIENT_DATA from the beginning to the end"]),
        ([state("ALARM", "2m"), state("OK", "8m")], seen(), "1m", ["?", "?"]),
        ([state("ALARM", "2m"), state("OK", "8m")], seen(("1m", "ALARM")), "5m", ["ok: after 1m", "?"]),
        ([state("ALARM", "2m"), state("OK", "8m")], seen(("1m", "ALARM"), ("5m", "OK")), "5m", ["ok: after 1m", "ok: after 5m"]),
        ([state("ALARM", "2m"), state("OK", "8m")], seen(("1m", "ALARM")), "9m", ["ok: after 1m", "bad: it was OK from the beginning, ALARM after 1m"]),
        ([state("ALARM", "2m"), state("OK", "8m")], seen(), "3m", ["bad: it was OK from the beginning to the end", "ok: after 2m"]),
        ([state("ALARM", "2m"), state("OK", "4m"), state("ALARM", "6m")], seen(("1m", "ALARM"), ("3m", "OK")), "5m", ["ok: after 1m", "ok: after 3m", "?"]),
        ([message("8m")], seen(("1m", "ALARM")), "8m", ["?"]),
        ([message("8m")], seen(("1m", "ALARM")), "9m", ["bad: none came; the alarm was OK from the beginning, ALARM after 1m"]),
        ([message("8m")], seen(arrivals=(("2m", "OK", "critical"),)), "9m", ["bad: none came; the alarm was OK from the beginning to the end; messages: OK through shop-critical-dev after 2m"]),
        ([message("8m", topic="critical")], seen(arrivals=(("2m", "ALARM", "warning"),)), "3m", ["?"]),
        ([message("8m", topic="critical")], seen(arrivals=(("2m", "ALARM", "critical"),)), "3m", ["ok: after 2m"]),
        ([message("8m")], seen(arrivals=(("2m", "ALARM", "warning"),)), "3m", ["ok: after 2m"]),
        ([message("8m")], seen(arrivals=(("9m", "ALARM", "warning"),)), "9m", ["bad: only after 9m"]),
        ([message("8m"), message("8m")], seen(arrivals=(("2m", "ALARM", "warning"),)), "3m", ["ok: after 2m", "?"]),
        ([message("8m"), message("8m")], seen(arrivals=(("2m", "ALARM", "warning"),) * 2), "3m", ["ok: after 2m"] * 2),
        ([message("8m", "OK")], seen(arrivals=(("2m", "OK", "warning"),)), "3m", ["ok: after 2m"]),
        ([message("8m"), state("OK", "9m")], seen(), "3m", ["?", "?"]),
        ([message("8m"), state("OK", "9m")], seen(("1m", "ALARM"), arrivals=(("2m", "ALARM", "warning"),)), "3m", ["ok: after 2m", "?"]),
        ([message("8m"), state("OK", "9m")], seen(("1m", "ALARM"), ("3m", "OK"), arrivals=(("2m", "ALARM", "warning"),)), "3m", ["ok: after 2m", "ok: after 3m"]),
        ([never(A, B)], seen(), "8m", ["?"]),
        ([never(A, B)], seen(("2m", "ALARM"), ("3m", "OK")), "8m", [f"bad: {A} was after 2m"]),
        ([never(B)], seen(("2m", "ALARM")), "8m", ["?"]),
        ([never(A)], seen(first="ALARM"), "0s", [f"bad: {A} was after 0s"]),
    ],
)  # fmt: skip
def test_each_expectation_is_judged_as_early_as_it_can_be(
    expected: list[Expected], what: Seen, now: str, said: list[str]
) -> None:
    """Not before; with what happened, or what happened instead."""
    assert verdicts(expected, what, now) == said


def test_when_it_is_over_everything_is_judged() -> None:
    """What had still time is not as expected, and what never happened is."""
    expected = [state("ALARM", "8m"), message("9m"), never(A)]
    assert verdicts(expected, seen(), "2m", over=True) == [
        "bad: it was OK from the beginning to the end; stopped after 2m",
        "bad: none came; the alarm was OK from the beginning to the end; stopped after 2m",
        "ok: never",
    ]


def test_a_verdict_says_where_and_what_was_expected() -> None:
    """In one sentence."""
    expected = [state("ALARM", "8m"), message("9m", topic="critical"), never(A)]
    found = judge(expected, seen(), 0, over=True)
    assert [one.expected for one in found if isinstance(one, Verdict)] == [
        "a is ALARM by 8m",
        "a message that a is ALARM arrives through critical by 9m",
        "a never is ALARM",
    ]
    assert {one.place for one in found if one} == {"it.yaml:1"}
