"""What is expected while a drill goes on: a verdict as early as there can be one, and not before."""

# ruff: noqa: E501  # a case is a line

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudwatch.composites import Change
from cloudwatch.suppression import Suppressed
from drill.assertions import judge
from drill.durations import seconds
from drill.rehearsal import Message, Notification, Outcome
from drill.scenarios.reading import Expected
from tests.support.tables import each
from tests.unit.drill.rehearsing import PAGES, TICKETS, alarm, composite, expectation, held_by, metric, system

SHOP = system(
    alarm("a", actions=PAGES),
    alarm("b", metric("B")),
    composite("c", 'ALARM("a")', TICKETS, suppressor=held_by("b")),
)
BEGINS_S = 1_000_000.0


def outcome(
    now: str,
    *changes: tuple[str, str],
    arrived: Sequence[tuple[str, str, str]] = (),
    held: tuple[str, str | None] | None = None,
    first: str = "OK",
) -> Outcome:
    """Return what was seen until now: changes of a as (after, new), arrivals as (after, state, topic), c held."""
    states: list[Any] = [Change(BEGINS_S, "a", "INSUFFICIENT_DATA", first)]  # type: ignore[arg-type]
    for after, new in changes:
        states.append(Change(BEGINS_S + seconds(after), "a", states[-1].new, new))  # type: ignore[arg-type]
    notifications: list[Any] = [
        Notification(BEGINS_S + seconds(after), "a", state, topic, BEGINS_S, ("alarms",))  # type: ignore[arg-type]
        for after, state, topic in arrived
    ]
    suppressed = {}
    if held:
        from_s, to_s = (text and BEGINS_S + seconds(text) for text in held)
        suppressed["c"] = (Suppressed(from_s or 0.0, to_s or None, "Alarm"),)
    return Outcome(
        "s", "It rains.", SHOP, BEGINS_S, BEGINS_S + seconds(now),
        {"a": tuple(states), "b": (Change(BEGINS_S, "b", "INSUFFICIENT_DATA", "OK"),)},
        suppressed, tuple(notifications),
        tuple(Message(notification, "alarms", notification.at_s) for notification in notifications), (), 0.0,
    )  # fmt: skip


def verdicts(seen: Outcome, *expect: Mapping[str, Any], over: bool = False) -> list[str]:
    """Return each verdict in short: `?`, or whether it passed and what was found."""
    found = judge(seen, [Expected("s.yaml:1", expectation(entry)) for entry in expect], over=over)
    return [
        "?" if verdict is None else f"{'ok' if verdict.passed else 'bad'}: {verdict.actual}"
        for verdict in found
    ]


FIRES = {"alarm": "a", "state": "ALARM", "by": "2m"}
ENDS = {"alarm": "a", "state": "OK", "by": "8m"}
ARRIVES = {"message": "a", "by": "8m"}
UP, UP_AND_DOWN = (("1m", "ALARM"),), (("1m", "ALARM"), ("5m", "OK"))


@each(
    ("seen", "expect", "said"),
    [
        (outcome("1m"), [FIRES], ["?"]),
        (outcome("2m"), [FIRES], ["?"]),
        (outcome("2m1s"), [FIRES], ["bad: it never entered ALARM; at +2m it was in OK since before the start"]),
        (outcome("2m", ("2m", "ALARM")), [FIRES], ["ok: from +2m on"]),
        (outcome("3m", ("3m", "ALARM")), [FIRES], ["bad: at +3m, 1m late; in OK until then"]),
        # That it is OK at the start is no recovery: it has to stay so until the deadline.
        (outcome("0s"), [ENDS], ["?"]),
        (outcome("8m"), [ENDS], ["ok: from +0s on"]),
        (outcome("9m", *UP), [ENDS], ["bad: it did not return to OK; at +8m it was in ALARM since +1m"]),
        (outcome("9m", first="INSUFFICIENT_DATA"), [ENDS], ["bad: it never entered OK; at +8m it was in INSUFFICIENT_DATA since before the start"]),
        # Of one alarm, in the order in which it is written.
        (outcome("1m"), [FIRES, ENDS], ["?", "?"]),
        (outcome("5m", *UP), [FIRES, ENDS], ["ok: from +1m on", "?"]),
        (outcome("5m", *UP_AND_DOWN), [FIRES, ENDS], ["ok: from +1m on", "ok: from +5m on"]),
        (outcome("9m", *UP), [FIRES, ENDS], ["ok: from +1m on", "bad: it never entered OK; at +8m it was in ALARM since +1m"]),
        (outcome("6m", *UP_AND_DOWN), [FIRES, ENDS, {**FIRES, "by": "7m"}], ["ok: from +1m on", "ok: from +5m on", "?"]),
        (outcome("9m", *UP_AND_DOWN), [FIRES, ENDS, {**FIRES, "by": "7m"}], ["ok: from +1m on", "ok: from +5m on", "bad: it never entered ALARM; at +7m it was in OK since +5m"]),
        (outcome("9m", *UP_AND_DOWN), [ENDS, FIRES], ["ok: from +5m on", "bad: its preceding expectations were only met at +5m"]),
        # At a time, and from … to.
        (outcome("1m"), [{"alarm": "a", "state": "OK", "at": "2m"}], ["?"]),
        (outcome("2m"), [{"alarm": "a", "state": "OK", "at": "2m"}], ["ok: it was in OK since before the start"]),
        (outcome("1m"), [{"alarm": "a", "state": "ALARM", "from": "2m", "to": "3m"}], ["?"]),
        (outcome("2m"), [{"alarm": "a", "state": "ALARM", "from": "2m", "to": "3m"}], ["bad: it was in OK at +2m"]),
        (outcome("2m", *UP), [{"alarm": "a", "state": "ALARM", "from": "2m", "to": "3m"}], ["?"]),
        (outcome("3m", *UP), [{"alarm": "a", "state": "ALARM", "from": "2m", "to": "3m"}], ["ok: throughout"]),
        # Messages: one meets one entry.
        (outcome("8m", *UP), [ARRIVES], ["?"]),
        (outcome("9m", *UP), [ARRIVES], ["bad: not sent: it was in ALARM at +1m, but no notification was observed"]),
        (outcome("3m", arrived=[("2m", "ALARM", "critical")]), [ARRIVES], ["ok: arrived at +2m"]),
        (outcome("3m", arrived=[("2m", "OK", "critical")]), [ARRIVES], ["?"]),
        (outcome("3m", arrived=[("2m", "ALARM", "warning")]), [{**ARRIVES, "topic": "critical"}], ["?"]),
        (outcome("9m", arrived=[("9m", "ALARM", "critical")]), [ARRIVES], ["bad: arrived at +9m"]),
        (outcome("3m", arrived=[("2m", "ALARM", "critical")]), [ARRIVES, ARRIVES], ["ok: arrived at +2m", "?"]),
        (outcome("3m", arrived=[("2m", "ALARM", "critical")] * 2), [ARRIVES, ARRIVES], ["ok: arrived at +2m"] * 2),
        # Notifications: how often is known at the end, unless it is once too often.
        (outcome("3m", arrived=[("2m", "ALARM", "critical")]), [{"notification": "a", "by": "8m"}], ["ok: sent at +2m"]),
        (outcome("3m", arrived=[("2m", "ALARM", "critical")]), [{"notification": "a", "times": 1}], ["?"]),
        (outcome("3m", arrived=[("2m", "ALARM", "critical")] * 2), [{"notification": "a", "times": 1}], ["bad: sent at +2m, +2m"]),
        (outcome("3m"), [{"notification": "a", "by": "2m"}], ["bad: not sent: it never entered ALARM"]),
        # What is not to happen is known at the end, unless it happens.
        (outcome("8m"), [{"never": ["a", "b"]}], ["?"]),
        (outcome("8m", *UP_AND_DOWN), [{"never": ["a", "b"]}], ["bad: a was in ALARM at +1m"]),
        (outcome("0s", first="ALARM"), [{"never": "a"}], ["bad: a was in ALARM at +0s"]),
        (outcome("8m"), [{"no_notifications": "a"}, {"pages": 0}, {"pages": 1}], ["?"] * 3),
        (outcome("3m", arrived=[("2m", "ALARM", "critical")]), [{"no_notifications": "a"}, {"pages": 0}, {"pages": 1}, {"tickets": 0}], ["bad: sent at +2m, first by a", "bad: 1: a at +2m", "?", "?"]),
        (outcome("3m"), [{"suppressed": "c"}], ["?"]),
        (outcome("3m", held=("2m", None)), [{"suppressed": "c"}, {"suppressed": "c", "at": "2m"}], ["ok: from +2m to the end"] * 2),
        (outcome("3m", held=("1m", "2m")), [{"suppressed": "c", "at": "2m"}], ["bad: only from +1m to +2m"]),
    ],
)  # fmt: skip
def test_each_expectation_is_judged_as_early_as_it_can_be(
    seen: Outcome, expect: list[Mapping[str, Any]], said: list[str]
) -> None:
    """With what happened, or what happened instead."""
    assert verdicts(seen, *expect) == said


def test_when_it_is_over_everything_is_judged() -> None:
    """What still had time failed, and what never happened is."""
    assert verdicts(outcome("1m"), FIRES, ARRIVES, {"never": "a"}, {"pages": 0}, over=True) == [
        "bad: it never entered ALARM; at +2m it was in OK since before the start",
        "bad: not sent: it never entered ALARM",
        "ok: it was not",
        "ok: none",
    ]
