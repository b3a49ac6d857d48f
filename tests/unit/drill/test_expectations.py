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
    return run(SHOP, *HAPPENS, baseline=USUAL, expect=expect).verdicts


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
        "throughout",
    ),
    ({"never": "calls"}, "calls never in ALARM", "it was not"),
    (
        {"never": ["calls", "deploying"], "state": "INSUFFICIENT_DATA"},
        "calls, deploying never in INSUFFICIENT_DATA",
        "none of 2 alarms was",
    ),
    (
        {"never": "*", "except": ["errors", "any", "quiet", "long", "deploying"]},
        "* (except errors, any, quiet, long, deploying) never in ALARM",
        "it was not",
    ),
    ({"notification": "errors"}, "errors sends a notification of ALARM", "sent at +11m, +31m"),
    (
        {
            "notification": "errors",
            "topic": "critical",
            "delivered_to": ["alarms"],
            "after": "10m",
            "by": "31m",
            "times": 2,
        },
        "errors sends a notification of ALARM to critical, delivered to alarms, after +10m, by +31m, 2 times",
        "sent at +11m, +31m",
    ),
    (
        {"notification": "errors", "state": "OK", "after": "16m"},
        "errors sends a notification of OK, after +16m",
        "sent at +16m, +33m",
    ),
    (
        {"notification": "errors", "after": "20m", "times": 1},
        "errors sends a notification of ALARM, after +20m, once",
        "sent at +31m",
    ),
    ({"notification": "any", "times": 1}, "any sends a notification of ALARM, once", "sent at +12m"),
    ({"no_notifications": "calls"}, "calls without a notification of ALARM", "none was sent"),
    (
        {"no_notifications": ["calls", "long"], "state": "ALARM"},
        "calls, long without a notification of ALARM",
        "none was sent",
    ),
    (
        {"no_notifications": ["calls", "long"], "state": None},
        "calls, long without a notification",
        "none was sent",
    ),
    ({"suppressed": "any"}, "any is suppressed by Alarm", "from +31m to +36m"),
    ({"suppressed": "any", "at": "32m"}, "any is suppressed by Alarm at +32m", "from +31m to +36m"),
    (
        {"suppressed": "any", "suppressed_by": "WaitPeriod"},
        "any is suppressed by WaitPeriod",
        "from +11m to +12m",
    ),
    (
        {"message": "errors", "by": "11m"},
        "a message of errors in ALARM arrives in the queue alarms by +11m",
        "arrived at +11m",
    ),
    (
        {"message": "errors", "state": "OK", "topic": "critical"},
        "a message of errors in OK arrives in the queue alarms",
        "arrived at +16m",
    ),
    ({"pages": 2}, "2 pages in total", "2: errors at +11m, errors at +31m"),
    ({"tickets": 1}, "1 ticket in total", "1: any at +12m"),
)

BROKEN: tuple[tuple[Mapping[str, Any], str], ...] = (
    # expectation, what was found instead
    ({"alarm": "errors", "state": "ALARM", "at": "10m"}, "it was in OK since before the start"),
    ({"alarm": "errors", "state": "OK", "at": "11m"}, "it was in ALARM since +11m"),
    ({"alarm": "errors", "state": "ALARM", "by": "10m"}, "at +11m, 1m late; in OK until then"),
    ({"alarm": "errors", "state": "OK", "by": "15m"}, "at +16m, 1m late; in ALARM until then"),
    (
        {"alarm": "calls", "state": "ALARM", "by": "50m"},
        "it never entered ALARM; at +50m it was in OK since before the start",
    ),
    ({"alarm": "deploying", "state": "ALARM", "by": "30m"}, "at +31m, 1m late; in OK until then"),
    ({"alarm": "errors", "state": "ALARM", "from": "11m", "to": "16m"}, "it was in OK at +16m"),
    ({"alarm": "errors", "state": "OK", "from": "9m", "to": "1h"}, "it was in ALARM at +11m"),
    ({"alarm": "errors", "state": "ALARM", "from": "10m", "to": "12m"}, "it was in OK at +10m"),
    ({"never": "errors"}, "errors was in ALARM at +11m"),
    ({"never": "*"}, "long was in ALARM at +0s, and 4 more"),
    ({"never": "*", "except": ["long", "any"]}, "errors was in ALARM at +11m, and 2 more"),
    ({"never": "calls", "state": "OK"}, "calls was in OK at +0s"),
    ({"notification": "errors", "by": "10m"}, "only sent at +11m, +31m"),
    ({"notification": "errors", "after": "32m"}, "only sent at +11m, +31m"),
    ({"notification": "errors", "after": "12m", "by": "30m"}, "only sent at +11m, +31m"),
    (
        {"notification": "any", "delivered_to": ["alarms"]},
        "only sent to warning at +12m, delivered to a@b.c",
    ),
    ({"notification": "any", "topic": "critical"}, "only sent to warning at +12m, delivered to a@b.c"),
    ({"notification": "errors", "times": 1}, "sent at +11m, +31m"),
    # Once by 20m, and once too often after it.
    ({"notification": "errors", "by": "20m", "times": 1}, "sent at +11m, +31m"),
    ({"notification": "errors", "after": "10m", "by": "20m", "times": 1}, "sent at +11m, +31m"),
    ({"notification": "errors", "after": "20m", "times": 2}, "sent at +31m"),
    ({"notification": "errors", "times": 3}, "sent at +11m, +31m"),
    ({"notification": "calls"}, "not sent: it never entered ALARM"),
    ({"notification": "quiet"}, "not sent: it was in ALARM at +11m, but has no action for this state"),
    (
        {"notification": "errors", "state": "INSUFFICIENT_DATA"},
        "not sent: it never entered INSUFFICIENT_DATA",
    ),
    ({"no_notifications": "errors"}, "sent at +11m, +31m, first by errors"),
    (
        {"no_notifications": "*", "except": ["any"], "state": None},
        "sent at +11m, +16m, +31m and 1 more, first by errors",
    ),
    ({"no_notifications": "*", "except": ["errors"]}, "sent at +12m, first by any"),
    ({"suppressed": "any", "at": "20m"}, "only from +31m to +36m"),
    ({"suppressed": "any", "at": "36m"}, "only from +31m to +36m"),
    ({"message": "errors", "by": "10m"}, "arrived at +11m"),
    (
        {"message": "errors", "queue": "dead"},
        "only sent to critical at +11m, delivered to alarms, critical at +31m, delivered to alarms",
    ),
    (
        {"message": "errors", "topic": "warning"},
        "only sent to critical at +11m, delivered to alarms, critical at +31m, delivered to alarms",
    ),
    ({"message": "any"}, "only sent to warning at +12m, delivered to a@b.c"),
    ({"message": "calls"}, "not sent: it never entered ALARM"),
    ({"pages": 1}, "2: errors at +11m, errors at +31m"),
    ({"pages": 0}, "2: errors at +11m, errors at +31m"),
    ({"tickets": 0}, "1: any at +12m"),
    ({"tickets": 2}, "1: any at +12m"),
)


@each(("expect", "said", "found"), KEPT, ids=[said for _, said, _ in KEPT])
def test_what_is_kept_says_when(expect: Mapping[str, Any], said: str, found: str) -> None:
    """The expectation in words, and what was seen."""
    (verdict,) = judged(expect)
    assert (verdict.expected, verdict.actual, verdict.passed) == (said, found, True)


@each(("expect", "found"), BROKEN, ids=[str(entry) for entry, _ in BROKEN])
def test_what_is_broken_says_what_happened_instead(expect: Mapping[str, Any], found: str) -> None:
    """When it was, what it was instead, who was told, or that nobody was."""
    (verdict,) = judged(expect)
    assert (verdict.actual, verdict.passed) == (found, False)


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
    late, early = run(SHOP, *happens, baseline=USUAL, expect=of).verdicts
    assert (late.passed, late.actual) == (
        False,
        "it did not return to OK; at +50m it was in ALARM since +11m",
    )
    assert early.passed


def test_what_holds_a_message_back_is_said() -> None:
    """By what and for how long; at most to the end."""
    happens = (
        {"metric": "Errors", "value": 1, "from": "31m", "to": "50m"},
        {"metric": "Deployments", "value": 1, "from": "30m"},
    )
    expect = (
        {"notification": "any"},
        {"suppressed": "any", "suppressed_by": "ExtensionPeriod"},
        {"suppressed": "quiet-free"},
    )
    first, second = run(SHOP, *happens, baseline=USUAL, expect=expect[:2]).verdicts
    assert first.actual == "not sent: it was in ALARM at +32m, suppressed by Alarm from +32m to the end"
    assert second.actual == "only by Alarm"
    (third,) = run(SHOP, baseline=USUAL, expect=[{"suppressed": "any"}]).verdicts
    assert (third.passed, third.actual) == (False, "it was not suppressed")


def test_many_pages_are_counted_and_the_first_are_named() -> None:
    """Three of them, and how many more."""
    happens = [{"metric": "Errors", "value": 1, "at": f"{minute}m"} for minute in range(5, 55, 10)]
    page, told, quiet = run(
        SHOP,
        *happens,
        baseline=USUAL,
        expect=[{"pages": 5}, {"notification": "errors"}, {"no_notifications": "errors"}],
    ).verdicts
    assert (page.passed, page.actual) == (True, "5: errors at +6m, errors at +16m, errors at +26m and 2 more")
    assert told.actual == "sent at +6m, +16m, +26m and 2 more"
    assert quiet.actual == "sent at +6m, +16m, +26m and 2 more, first by errors"


def test_a_dead_letter_says_who_gave_it_up() -> None:
    """And when it was there."""
    happens = (HAPPENS[0], {"consumer": "alarms", "fails": True})
    early, late = run(
        SHOP, *happens, baseline=USUAL,
        expect=[{"message": "errors", "queue": "dead", "by": f"{minute}m"} for minute in (12, 13)],
    ).verdicts  # fmt: skip
    assert early.actual == late.actual == "arrived at +12m30s, as a dead letter of alarms"
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
            {"never": "*", "except": ["erors"]},
            "except: no such alarm in shop (found: erors)   did you mean errors?",
        ),
        (
            {"never": "err*", "except": ["shop-errors"]},
            "except: excludes every alarm of this expectation",
        ),
        ({"no_notifications": "*", "except": ["*"]}, "except: excludes every alarm of this expectation"),
        (
            {"no_notifications": "erors"},
            "no_notifications: no such alarm in shop (found: erors)   did you mean errors?",
        ),
        (
            {"notification": "errors", "topic": "critc"},
            "topic: no such name; known: critical, fallback, warning (found: critc)   did you mean critical?",
        ),
        (
            {"notification": "errors", "delivered_to": ["alarm"]},
            "delivered_to: no such name; known: a@b.c, alarms (found: alarm)   did you mean alarms?",
        ),
        (
            {"message": "errors", "queue": "letters"},
            "queue: no such name; known: alarms, dead (found: letters)",
        ),
        ({"suppressed": "errors"}, "suppressed: errors has no suppressor"),
        ({"suppressed": "quiet"}, "suppressed: quiet has no suppressor"),
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
            {"notification": "gone", "topic": "gone", "delivered_to": ["gone", "alarms", "away"]},
            {"message": "errors", "queue": "gone", "topic": "gone"},
        ],
    )
    assert [line.split(": ")[:2] for line in said] == [
        ["s.yaml:11", "notification"],
        ["s.yaml:11", "topic"],
        ["s.yaml:11", "delivered_to"],
        ["s.yaml:11", "delivered_to"],
        ["s.yaml:12", "topic"],
        ["s.yaml:12", "queue"],
    ]
