"""What a scenario expects: each kind, kept and broken, and the sentence that says what was found instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudwatch.alarms import Actions
from drill.rehearsal import Verdict
from drill.scenarios.model import EXPECTATIONS
from tests.support.tables import each
from tests.unit.drill.rehearsing import (
    BEGINS_S,
    PAGES,
    TICKETS,
    alarm,
    composite,
    held_by,
    metric,
    refused,
    run,
    system,
)

SHOP = system(
    alarm("shop-errors", actions=PAGES),
    alarm("shop-calls", metric("Calls"), treat_missing_data="missing"),
    alarm("shop-deploying", metric("Deployments")),
    alarm("shop-long", metric("Long"), actions=TICKETS),
    composite(
        "shop-any",
        'ALARM("shop-errors") OR ALARM("shop-calls")',
        TICKETS,
        suppressor=held_by("shop-deploying"),
    ),
    composite("shop-quiet", 'ALARM("shop-errors")', Actions()),
    short_names={text: f"shop-{text}" for text in ("errors", "calls", "deploying", "long", "any", "quiet")},
)
USUAL = ({"metric": "*", "value": 0},)
HAPPENS: tuple[Mapping[str, Any], ...] = (
    # errors: ALARM from 11m to 16m and from 31m to 33m; long: from before the start to 6m
    {"metric": "Errors", "value": 1, "from": "10m", "to": "15m"},
    {"metric": "Errors", "value": 1, "from": "30m", "to": "32m"},
    {"metric": "Long", "value": 1, "to": "5m"},
    # deploying: ALARM from 31m to 36m
    {"metric": "Deployments", "value": 1, "from": "30m", "to": "35m"},
)
"""any: ALARM from 11m to 16m, told at 12m and 17m; then held back by `deploying`, while that is there."""


def judged(*expect: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """Return the verdicts."""
    return run(SHOP, *HAPPENS, usual=USUAL, expect=expect).verdicts


KEPT: tuple[tuple[Mapping[str, Any], str, str], ...] = (
    # expectation, what it says, what was found
    (
        {"alarm": "errors", "state": "ALARM", "at": "11m"},
        "errors is in ALARM at +11m",
        "it was in ALARM since +11m",
    ),
    (
        {"alarm": "errors", "state": "OK", "at": "10m"},
        "errors is in OK at +10m",
        "it was in OK since before the start",
    ),
    ({"alarm": "errors", "state": "OK", "at": "1h"}, "errors is in OK at +1h", "it was in OK since +33m"),
    (
        {"alarm": "shop-errors", "state": "ALARM", "by": "11m"},
        "shop-errors is in ALARM by +11m",
        "from +11m on",
    ),
    ({"alarm": "errors", "state": "ALARM", "by": "50m"}, "errors is in ALARM by +50m", "from +11m on"),
    ({"alarm": "errors", "state": "OK", "by": "16m"}, "errors is in OK by +16m", "from +16m on"),
    ({"alarm": "errors", "state": "OK", "by": "5m"}, "errors is in OK by +5m", "from +0s on"),
    ({"alarm": "long", "state": "ALARM", "by": "5m"}, "long is in ALARM by +5m", "from +0s on"),
    ({"alarm": "long", "state": "OK", "by": "6m"}, "long is in OK by +6m", "from +6m on"),
    (
        {"alarm": "errors", "state": "ALARM", "from": "11m", "to": "15m"},
        "errors is in ALARM from +11m to +15m",
        "all the time",
    ),
    ({"never": "calls"}, "calls never in ALARM", "it was not"),
    (
        {"never": ["calls", "deploying"], "state": "INSUFFICIENT_DATA"},
        "calls, deploying never in INSUFFICIENT_DATA",
        "2 alarms",
    ),
    (
        {"never": "*", "but": ["errors", "any", "quiet", "long", "deploying"]},
        "* (but for errors, any, quiet, long, deploying) never in ALARM",
        "it was not",
    ),
    ({"notification": "errors"}, "errors says ALARM", "it did at +11m, +31m"),
    (
        {
            "notification": "errors",
            "topic": "critical",
            "reaches": ["alarms"],
            "after": "10m",
            "by": "31m",
            "times": 2,
        },
        "errors says ALARM to critical and reaches alarms after +10m by +31m 2 times",
        "it did at +11m, +31m",
    ),
    (
        {"notification": "errors", "state": "OK", "after": "16m"},
        "errors says OK after +16m",
        "it did at +16m, +33m",
    ),
    (
        {"notification": "errors", "after": "20m", "times": 1},
        "errors says ALARM after +20m once",
        "it did at +31m",
    ),
    ({"notification": "any", "times": 1}, "any says ALARM once", "it did at +12m"),
    ({"silent": "calls"}, "calls without a notification of ALARM", "none was sent"),
    (
        {"silent": ["calls", "long"], "state": "ALARM"},
        "calls, long without a notification of ALARM",
        "none was sent",
    ),
    ({"silent": ["calls", "long"], "state": None}, "calls, long without a notification", "none was sent"),
    ({"suppressed": "any"}, "any is held back by Alarm", "from +31m to +36m"),
    ({"suppressed": "any", "at": "32m"}, "any is held back by Alarm at +32m", "from +31m to +36m"),
    ({"suppressed": "any", "because": "WaitPeriod"}, "any is held back by WaitPeriod", "from +11m to +12m"),
    (
        {"message": "errors", "by": "11m"},
        "the message that errors is in ALARM is in the queue alarms by +11m",
        "since +11m",
    ),
    (
        {"message": "errors", "state": "OK", "topic": "critical"},
        "the message that errors is in OK is in the queue alarms",
        "since +16m",
    ),
    ({"pages": 2}, "2 pages in all", "2: errors at +11m, errors at +31m"),
    ({"tickets": 1}, "1 ticket in all", "1: any at +12m"),
)

BROKEN: tuple[tuple[Mapping[str, Any], str], ...] = (
    # expectation, what was found instead
    ({"alarm": "errors", "state": "ALARM", "at": "10m"}, "it was in OK since before the start"),
    ({"alarm": "errors", "state": "OK", "at": "11m"}, "it was in ALARM since +11m"),
    ({"alarm": "errors", "state": "ALARM", "by": "10m"}, "only at +11m, 1m too late; until then OK"),
    ({"alarm": "errors", "state": "OK", "by": "15m"}, "only at +16m, 1m too late; until then ALARM"),
    (
        {"alarm": "calls", "state": "ALARM", "by": "50m"},
        "it never was; at +50m it was in OK since before the start",
    ),
    ({"alarm": "deploying", "state": "ALARM", "by": "30m"}, "only at +31m, 1m too late; until then OK"),
    ({"alarm": "errors", "state": "ALARM", "from": "11m", "to": "16m"}, "it was in OK at +16m"),
    ({"alarm": "errors", "state": "OK", "from": "9m", "to": "1h"}, "it was in ALARM at +11m"),
    ({"alarm": "errors", "state": "ALARM", "from": "10m", "to": "12m"}, "it was in OK at +10m"),
    ({"never": "errors"}, "errors was, at +11m"),
    ({"never": "*"}, "long was, at +0s, and 4 more"),
    ({"never": "*", "but": ["long", "any"]}, "errors was, at +11m, and 2 more"),
    ({"never": "calls", "state": "OK"}, "calls was, at +0s"),
    ({"notification": "errors", "by": "10m"}, "it did only at +11m, +31m"),
    ({"notification": "errors", "after": "32m"}, "it did only at +11m, +31m"),
    ({"notification": "errors", "after": "12m", "by": "30m"}, "it did only at +11m, +31m"),
    ({"notification": "any", "reaches": ["alarms"]}, "it said so only to warning at +12m, reaching a@b.c"),
    ({"notification": "any", "topic": "critical"}, "it said so only to warning at +12m, reaching a@b.c"),
    ({"notification": "errors", "times": 1}, "it did at +11m, +31m"),
    # Once by 20m, and once too often after it.
    ({"notification": "errors", "by": "20m", "times": 1}, "it did at +11m, +31m"),
    ({"notification": "errors", "after": "10m", "by": "20m", "times": 1}, "it did at +11m, +31m"),
    ({"notification": "errors", "after": "20m", "times": 2}, "it did at +31m"),
    ({"notification": "errors", "times": 3}, "it did at +11m, +31m"),
    ({"notification": "calls"}, "it did not: it never was in ALARM"),
    ({"notification": "quiet"}, "it did not, although it was in ALARM at +11m: it has no action for that"),
    (
        {"notification": "errors", "state": "INSUFFICIENT_DATA"},
        "it did not: it never was in INSUFFICIENT_DATA",
    ),
    ({"silent": "errors"}, "errors did at +11m, +31m"),
    ({"silent": "*", "but": ["any"], "state": None}, "errors did at +11m, +16m, +31m and 1 more"),
    ({"silent": "*", "but": ["errors"]}, "any did at +12m"),
    ({"suppressed": "any", "at": "20m"}, "only from +31m to +36m"),
    ({"suppressed": "any", "at": "36m"}, "only from +31m to +36m"),
    ({"message": "errors", "by": "10m"}, "since +11m"),
    (
        {"message": "errors", "queue": "dead"},
        "it is not: it said so only to critical at +11m, reaching alarms, critical at +31m, reaching alarms",
    ),
    (
        {"message": "errors", "topic": "warning"},
        "it is not: it said so only to critical at +11m, reaching alarms, critical at +31m, reaching alarms",
    ),
    ({"message": "any"}, "it is not: it said so only to warning at +12m, reaching a@b.c"),
    ({"message": "calls"}, "it is not: it did not: it never was in ALARM"),
    ({"pages": 1}, "2: errors at +11m, errors at +31m"),
    ({"pages": 0}, "2: errors at +11m, errors at +31m"),
    ({"tickets": 0}, "1: any at +12m"),
    ({"tickets": 2}, "1: any at +12m"),
)


@each(("expect", "said", "found"), KEPT, ids=[said for _, said, _ in KEPT])
def test_what_is_kept_says_when(expect: Mapping[str, Any], said: str, found: str) -> None:
    """The expectation in words, and what was seen."""
    (verdict,) = judged(expect)
    assert (verdict.expected, verdict.found, verdict.passed) == (said, found, True)


@each(("expect", "found"), BROKEN, ids=[str(entry) for entry, _ in BROKEN])
def test_what_is_broken_says_what_happened_instead(expect: Mapping[str, Any], found: str) -> None:
    """When it was, what it was instead, who was told, or that nobody was."""
    (verdict,) = judged(expect)
    assert (verdict.found, verdict.passed) == (found, False)


def test_every_kind_is_kept_and_broken_above() -> None:
    """And no kind is left out."""
    for cases in ([entry for entry, _, _ in KEPT], [entry for entry, _ in BROKEN]):
        assert {key for key in EXPECTATIONS if any(key in entry for entry in cases)} == set(EXPECTATIONS)


def test_verdicts_are_in_the_order_of_the_file_with_place_alarm_and_time() -> None:
    """What the table and the picture need."""
    first, second, third = judged(
        {"pages": 5}, {"alarm": "errors", "state": "OK", "by": "20m"}, {"notification": "any", "by": "20m"}
    )
    assert [verdict.place for verdict in (first, second, third)] == ["s.yaml:11", "s.yaml:12", "s.yaml:13"]
    assert (first.alarm, first.at_s) == (None, None)
    assert (second.alarm, second.at_s) == ("shop-errors", BEGINS_S + 1200)
    assert (third.alarm, third.at_s) == ("shop-any", BEGINS_S + 1200)


def test_an_alarm_that_leaves_a_state_and_does_not_come_back_is_not_in_it_by_any_time() -> None:
    """That it was OK at the start is no recovery."""
    happens = ({"metric": "Errors", "value": 1, "from": "10m"},)
    of = ({"alarm": "errors", "state": "OK", "by": "50m"}, {"alarm": "errors", "state": "OK", "by": "10m"})
    late, early = run(SHOP, *happens, usual=USUAL, expect=of).verdicts
    assert (late.passed, late.found) == (False, "it did not return; at +50m it was in ALARM since +11m")
    assert early.passed


def test_what_holds_a_message_back_is_said() -> None:
    """By what and for how long; at most to the end."""
    happens = (
        {"metric": "Errors", "value": 1, "from": "31m", "to": "50m"},
        {"metric": "Deployments", "value": 1, "from": "30m"},
    )
    expect = (
        {"notification": "any"},
        {"suppressed": "any", "because": "ExtensionPeriod"},
        {"suppressed": "quiet-free"},
    )
    first, second = run(SHOP, *happens, usual=USUAL, expect=expect[:2]).verdicts
    assert first.found == "it did not: in ALARM at +32m, held back by Alarm from +32m to the end"
    assert second.found == "only by Alarm"
    (third,) = run(SHOP, usual=USUAL, expect=[{"suppressed": "any"}]).verdicts
    assert (third.passed, third.found) == (False, "it was not held back")


def test_many_pages_are_counted_and_the_first_are_named() -> None:
    """Three of them, and how many more."""
    happens = [{"metric": "Errors", "value": 1, "at": f"{minute}m"} for minute in range(5, 55, 10)]
    page, told, quiet = run(
        SHOP, *happens, usual=USUAL, expect=[{"pages": 5}, {"notification": "errors"}, {"silent": "errors"}]
    ).verdicts
    assert (page.passed, page.found) == (True, "5: errors at +6m, errors at +16m, errors at +26m and 2 more")
    assert told.found == "it did at +6m, +16m, +26m and 2 more"
    assert quiet.found == "errors did at +6m, +16m, +26m and 2 more"


def test_a_dead_letter_says_who_gave_it_up() -> None:
    """And when it was there."""
    happens = (HAPPENS[0], {"consumer": "alarms", "fails": True})
    early, late = run(
        SHOP, *happens, usual=USUAL,
        expect=[{"message": "errors", "queue": "dead", "by": f"{minute}m"} for minute in (12, 13)],
    ).verdicts  # fmt: skip
    assert early.found == late.found == "since +12m30s, given up by alarms's consumer"
    assert (early.passed, late.passed) == (False, True)


@each(
    ("expect", "said"),
    [
        (
            {"alarm": "erors", "state": "OK", "at": "1m"},
            "alarm: no such alarm in shop (found: erors)   did you mean errors?",
        ),
        # One alarm is one: a pattern is no name.
        (
            {"alarm": "err*", "state": "OK", "at": "1m"},
            "alarm: no such alarm in shop (found: err*)   did you mean errors?",
        ),
        ({"notification": "*"}, "notification: no such alarm in shop (found: *)"),
        ({"message": "e?rors"}, "message: no such alarm in shop (found: e?rors)   did you mean errors?"),
        ({"suppressed": "a*"}, "suppressed: no such alarm in shop (found: a*)"),
        ({"never": ["errors", "zzz-*"]}, "never: matches no alarm of shop (found: zzz-*)"),
        (
            {"never": "*", "but": ["erors"]},
            "but: no such alarm in shop (found: erors)   did you mean errors?",
        ),
        ({"never": "err*", "but": ["shop-errors"]}, "but: leaves no alarm of which anything is expected"),
        ({"silent": "*", "but": ["*"]}, "but: leaves no alarm of which anything is expected"),
        ({"silent": "erors"}, "silent: no such alarm in shop (found: erors)   did you mean errors?"),
        (
            {"notification": "errors", "topic": "critc"},
            "topic: no such name; known: critical, fallback, warning (found: critc)   did you mean critical?",
        ),
        (
            {"notification": "errors", "reaches": ["alarm"]},
            "reaches: no such name; known: a@b.c, alarms (found: alarm)   did you mean alarms?",
        ),
        (
            {"message": "errors", "queue": "letters"},
            "queue: no such name; known: alarms, dead (found: letters)",
        ),
        ({"suppressed": "errors"}, "suppressed: nothing suppresses errors"),
        ({"suppressed": "quiet"}, "suppressed: nothing suppresses quiet"),
    ],
)
def test_expectations_about_nothing_are_refused_where_they_stand(
    expect: Mapping[str, Any], said: str
) -> None:
    """What is not there can neither happen nor fail to happen."""
    assert refused(SHOP, expect=[{"pages": 0}, expect]) == [f"s.yaml:12: {said}"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Each expectation, and each of its keys."""
    said = refused(
        SHOP,
        expect=[
            {"notification": "gone", "topic": "gone", "reaches": ["gone", "alarms", "away"]},
            {"message": "errors", "queue": "gone", "topic": "gone"},
        ],
    )
    assert [line.split(": ")[:2] for line in said] == [
        ["s.yaml:11", "notification"],
        ["s.yaml:11", "topic"],
        ["s.yaml:11", "reaches"],
        ["s.yaml:11", "reaches"],
        ["s.yaml:12", "topic"],
        ["s.yaml:12", "queue"],
    ]
