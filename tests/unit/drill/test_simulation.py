"""Whole rehearsals of small systems: order, suppression, what counts, and what must not matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from cloudwatch.alarms import Actions
from drill import simulation
from drill.errors import DrillError
from drill.model import System
from drill.rehearsal import Rehearsal
from drill.scenarios.model import Head
from tests.unit.drill.rehearsing import (
    BEGINS_S,
    PAGES,
    TICKETS,
    alarm,
    composite,
    held_by,
    log_filter,
    metric,
    moves,
    no_recording,
    refused,
    run,
    scenario,
    system,
    told,
)

QUIET = metric("Deployments")
ZERO = {"metric": "*", "value": 0}
PAIR = system(
    alarm("a"),
    alarm("b", metric("Calls")),
    alarm("deploying", QUIET),
    composite("both", 'ALARM("a") AND ALARM("b")'),
    composite("any", 'ALARM("a") OR ALARM("b")', TICKETS, suppressor=held_by("deploying")),
    composite("calm", 'NOT ALARM("any")', Actions()),
)


def play(of: System, *happens: Mapping[str, Any], **more: Any) -> Rehearsal:
    """Rehearse what happens where every metric is usually 0."""
    return run(of, *happens, baseline=[ZERO], **more)


def failing(name: str = "Errors", start: str = "10m", end: str = "20m") -> dict[str, Any]:
    """Return that a metric is above 0 for some time."""
    return {"metric": name, "value": 1, "from": start, "to": end}


def test_a_composite_of_two_follows_in_the_minute_of_its_children() -> None:
    """AND, OR, NOT, one composite of another, all at once; a datapoint is known when its minute ends."""
    found = play(PAIR, failing(), failing("Calls", "15m", "25m"))
    assert moves(found, "a") == [(11, "ALARM"), (21, "OK")]
    assert moves(found, "both") == [(16, "ALARM"), (21, "OK")]
    assert moves(found, "any") == [(11, "ALARM"), (26, "OK")]
    assert moves(found, "calm") == [(11, "OK"), (26, "ALARM")]
    assert found.state("calm", BEGINS_S) == "ALARM"
    assert found.state("both", BEGINS_S + 16 * 60) == "ALARM"
    assert found.state("both", BEGINS_S + 16 * 60 - 1) == "OK"


def test_whoever_is_suppressed_waits_and_is_told_later() -> None:
    """A minute for its suppressor; then at once what it had to say, both ways."""
    found = play(PAIR, failing())
    assert told(found) == [(12, "any", "ALARM", "warning")]
    (page,) = found.notifications
    assert page.changed_s == BEGINS_S + 11 * 60
    assert {suppressed.by for suppressed in found.suppressed["any"]} == {"WaitPeriod"}


def test_a_third_alarm_holds_back_what_happens_while_it_is_in_alarm_and_a_little_longer() -> None:
    """Nobody hears of it if it is over before; somebody does if it is not."""
    deploying = failing("Deployments", "9m", "18m")
    short = play(PAIR, deploying, failing(end="15m"))
    assert told(short) == []
    assert moves(short, "any") == [(11, "ALARM"), (16, "OK")]
    longest = play(PAIR, deploying, failing(end="30m"))
    assert told(longest) == [(21, "any", "ALARM", "warning")]
    assert [
        (suppressed.by, suppressed.from_s - BEGINS_S, suppressed.to_s and suppressed.to_s - BEGINS_S)
        for suppressed in longest.suppressed["any"]
    ][-3:-1] == [("Alarm", 660, 1140), ("ExtensionPeriod", 1140, 1260)]


def test_what_is_told_after_the_end_is_not_told() -> None:
    """The wait goes on beyond the rehearsal."""
    found = play(PAIR, failing(start="59m", end="1h"))
    assert moves(found, "any") == [(60, "ALARM")]
    assert told(found) == []


def test_the_warm_up_is_not_counted() -> None:
    """States are kept, notifications and messages of it are not; at the very start, it is still warm-up."""
    of = system(alarm(actions=PAGES))
    for end, expected in (
        ("1m", [(2, "errors", "OK", "critical")]),
        ("5m", [(6, "errors", "OK", "critical")]),
    ):
        found = play(of, {"metric": "Errors", "value": 1, "to": end})
        assert told(found) == expected
        assert found.state("errors", BEGINS_S) == "ALARM"
        assert [message.notification for message in found.messages] == list(found.notifications)
        assert found.changes["errors"][0].at_s == BEGINS_S - 29 * 60
    (first,) = play(of, failing(start="0s", end="1m")).notifications[:1]
    assert first.at_s == BEGINS_S + 60


def test_what_is_told_at_the_very_start_is_still_of_the_warm_up() -> None:
    """The last minute before the start ends then."""
    found = play(system(alarm(actions=PAGES)), {"metric": "Errors", "value": "when(t == -60, 1, 0)"})
    assert [error.at_s - BEGINS_S for error in found.changes["errors"][-2:]] == [0, 60]
    assert told(found) == [(1, "errors", "OK", "critical")]


def test_alarms_begin_in_insufficient_data_and_change_when_they_are_first_evaluated() -> None:
    """Composites too; alarms without a change have none."""
    found = run(system(alarm(treat_missing_data="missing"), composite("c", 'ALARM("errors")')))
    assert "errors" not in found.changes
    assert [(change.at_s, change.old, change.new) for change in found.changes["c"]] == [
        (BEGINS_S - 29 * 60, "INSUFFICIENT_DATA", "OK")
    ]
    assert found.state("errors", BEGINS_S) == "INSUFFICIENT_DATA"


def test_what_was_rehearsed_is_told_as_it_was_given() -> None:
    """Name, sentence, clock, system."""
    found = play(PAIR, resolution="30s", duration="20m", warm_up="10m", expect=[{"pages": 0}])
    assert (found.name, found.description, found.system) == ("small", "Something happens.", PAIR)
    assert (found.first_s, found.begins_s, found.ends_s, found.step_s) == (
        BEGINS_S - 600,
        BEGINS_S,
        BEGINS_S + 1200,
        30,
    )
    assert found.passed


def test_extra_datapoints_are_an_assumption_that_can_be_made_otherwise() -> None:
    """A gap is filled from further back the more datapoints an alarm looks at."""
    of = system(alarm(treat_missing_data="missing"))
    gap = ({"metric": "Errors", "value": 1, "to": "10m"},)
    for extra in (0, 1, 5):
        found = run(of, *gap, assume={"extra_datapoints": extra})
        assert moves(found, "errors") == [(11 + extra, "INSUFFICIENT_DATA")]


@pytest.mark.parametrize("resolution", ["1m", "30s", "10s"])
def test_finer_steps_change_nothing_of_what_happens_each_minute(resolution: str) -> None:
    """States and notifications are the same, minute for minute."""
    of = replace(
        PAIR,
        filters=(log_filter(),),
        alarms=(*PAIR.alarms, alarm("logged", replace(metric(), namespace="Logs", dimensions=()))),
    )
    happens = [
        failing(),
        {"metric": "Deployments", "value": 1, "at": "15m"},
        {"log": "ERROR", "service": "pay", "per_min": 0.5, "from": "30m", "to": "40m"},
    ]
    happens[0]["metric"] = "N Errors"
    coarse, fine = play(of, *happens), play(of, *happens, resolution=resolution)
    assert told(fine) == told(coarse)
    assert moves(fine, "logged")[0] == (32, "ALARM")
    for name in ("a", "b", "deploying", "both", "any", "calm", "logged"):
        assert moves(fine, name) == moves(coarse, name)


EXPECT = (
    {"alarm": "any", "state": "ALARM", "by": "12m"},
    {"alarm": "both", "state": "OK", "at": "30m"},
    {"notification": "any", "topic": "warning", "by": "13m", "times": 1},
    {"suppressed": "any", "suppressed_by": "WaitPeriod"},
    {"never": "both"},
    {"tickets": 1},
)


@pytest.mark.parametrize(
    "start", ["1970-01-03T00:00:00Z", "2024-02-29T23:00:00+05:45", "2099-12-31T12:00:00-11:00"]
)
def test_when_it_happens_does_not_matter(start: str) -> None:
    """Any day, any hour, any time zone: the same verdicts in the same words."""
    here, there = play(PAIR, failing(), expect=EXPECT), play(PAIR, failing(), expect=EXPECT, start=start)
    assert here.verdicts == tuple(
        replace(verdict, at_s=None if verdict.at_s is None else verdict.at_s - there.begins_s + here.begins_s)
        for verdict in there.verdicts
    )
    assert here.passed
    assert told(here) == told(there)


def test_a_service_that_has_nothing_to_do_with_it_changes_nothing() -> None:
    """More alarms, composites, filters and traffic of others: the same changes and verdicts."""
    more = replace(
        PAIR,
        alarms=(alarm("z", metric("Errors", "other"), service="other", actions=PAGES), *PAIR.alarms),
        composites=(composite("y", 'ALARM("z")'), *PAIR.composites),
        filters=(log_filter(group="/other"),),
        log_groups={"other": "/other", **PAIR.log_groups},
    )
    alone = play(PAIR, failing(), expect=EXPECT)
    beside = play(
        more,
        {**failing(), "service": "pay"},
        {"metric": "Errors", "service": "other", "value": 5, "samples": 7},
        {"log": "ERROR", "service": "other", "per_min": 9},
        expect=EXPECT,
    )
    assert beside.verdicts == alone.verdicts
    for name in ("a", "b", "both", "any", "calm"):
        assert beside.changes.get(name) == alone.changes.get(name)
    assert [pair for pair in told(beside) if pair[1] not in {"y", "z"}] == told(alone)


def test_the_order_of_the_alarms_does_not_matter() -> None:
    """Composites are evaluated after what they name, wherever they stand."""
    turned = replace(PAIR, alarms=PAIR.alarms[::-1], composites=PAIR.composites[::-1])
    happens = (failing(), failing("Calls", "15m", "25m"))
    here, there = play(PAIR, *happens, expect=EXPECT), play(turned, *happens, expect=EXPECT)
    assert here.verdicts == there.verdicts
    assert told(here) == told(there)


def test_everything_that_means_nothing_is_said_at_once() -> None:
    """Resolution, happenings and expectations, each with its own line."""
    of = system(alarm(period_s=30))
    said = refused(
        of,
        {"metric": "Eror", "value": 1},
        {"log": "x", "service": "py", "per_min": 1},
        {"no_logs": "nobody"},
        {"band": "gone", "upper": 1},
        {"consumer": "alrms", "fails": True},
        expect=[{"alarm": "errrs", "state": "OK", "at": "1m"}, {"message": "errors", "queue": "alrms"}],
        resolution="1m",
    )
    assert [line.split(": ")[:2] for line in said] == [
        ["s.yaml:93", "resolution"],
        ["s.yaml:1", "metric"],
        ["s.yaml:2", "log"],
        ["s.yaml:3", "no_logs"],
        ["s.yaml:4", "band"],
        ["s.yaml:5", "consumer"],
        ["s.yaml:11", "alarm"],
        ["s.yaml:12", "queue"],
    ]
    assert said[0].endswith("must divide the period of every alarm: errors has 30s (found: 1m)")


def test_resolutions_that_divide_every_period_are_taken() -> None:
    """Also below a minute."""
    of = system(alarm(period_s=30), alarm("b", metric("Calls"), period_s=300))
    assert refused(of, resolution="30s") == []
    assert refused(of, resolution="10s") == []
    assert len(refused(of, resolution="20s")) == 1


def test_effects_without_an_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal that does not settle has no result."""
    monkeypatch.setattr(simulation, "_ROUNDS", 1)
    happens: tuple[Mapping[str, Any], ...] = (failing(), {"consumer": "alarms", "fails": True})
    with pytest.raises(DrillError, match="dead letters cause further dead letters after 1 rounds"):
        play(system(alarm(actions=PAGES)), *happens)


def test_an_empty_system_can_be_rehearsed() -> None:
    """Nothing happens, and nobody is told."""
    found = simulation.run(System("none", ()), scenario(), no_recording)
    assert (found.changes, found.notifications, found.messages) == ({}, (), ())


def test_heads_defaults_are_those_of_the_reference() -> None:
    """A day's warm-up is asked for; an hour is given."""
    head = Head.model_validate({"description": "-", "duration": "1h"})
    assert (head.warm_up, head.resolution, head.start.timestamp()) == (3600, 60, BEGINS_S)
