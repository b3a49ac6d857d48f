"""The scenarios that are shipped: kept in every environment, and broken as soon as what they are about is."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from catalog import environment
from config.errors import ConfigError
from config.loader import environments
from config.paths import ROOT
from drill import choosing, simulation
from drill.choosing import is_for
from drill.live import preparation
from drill.model import System
from drill.rehearsal import Rehearsal
from drill.scenarios import reading
from drill.scenarios.model import StateExpected
from drill.scenarios.reading import Scenario
from drill.sources import catalog
from tests.unit.drill.breaking import (
    Broken,
    impatient,
    mute,
    never,
    patience,
    pattern,
    period,
    queue,
    rule,
    setting,
    threshold,
    unsubscribed,
    unsuppressed,
    waiting,
)
from tests.unit.drill.rehearsing import no_recording

pytestmark = pytest.mark.slow

SCENARIOS = {path.stem: path for path in sorted((ROOT / choosing.FOLDER).glob("*.yaml"))}
ALLOWED = [name for name in environments() if environment.read(name, variables={})[0].drills.allowed]
WITH_EVERYTHING = "prod"
"""The environment for which every scenario is."""
PAY, ORDERS = "payment-handler", "order-processor"
FAST, SLOW = f"{PAY}-slo-availability-fast-burn", f"{PAY}-slo-availability-slow-burn"

BROKEN: Mapping[str, tuple[Broken, ...]] = {
    "crash-loop": (
        Broken(
            "the time between two starts is an end",
            patience("checkout-api-task-failed", 10),
            "checkout-api-unstable sends a notification of ALARM",
        ),
        Broken(
            "stopped tasks are not counted",
            setting("checkout-api-task-failed", threshold=1000.0),
            "checkout-api-task-failed is in ALARM",
        ),
        Broken("nobody is told", mute("checkout-api-unstable"), "checkout-api-unstable sends a notification"),
    ),
    "dead-letters": (
        Broken("the queue never gives up", queue("alarms", max_receives=None), f"a message of {PAY}-impact"),
        Broken(
            "the queue gives up late",
            queue("alarms", visibility_timeout_s=600),
            f"a message of {PAY}-impact",
        ),
        Broken(
            "nobody watches the dead letters",
            setting("platform-queue-alarms-dead-letters-waiting", threshold=1000.0),
            "platform-queue-alarms-dead-letters-waiting is in ALARM",
        ),
        Broken(
            "nobody says that notifications are broken",
            mute("platform-notifications-broken"),
            "platform-notifications-broken sends",
        ),
        Broken(
            "the queue hears of no page", unsubscribed("critical", "alarms"), f"a message of {PAY}-impact"
        ),
    ),
    "deploy-breaks": (
        Broken("deployments suppress nothing", unsuppressed(f"{PAY}-impact"), f"{PAY}-impact is suppressed"),
        Broken("a deployment is quiet for hours", patience(f"{PAY}-deploying", 20), f"{PAY}-impact"),
        Broken("the burn is never told", mute(FAST), f"{FAST} sends a notification of ALARM"),
        Broken(
            "the impact is never told", mute(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"
        ),
    ),
    "deploy-noise": (
        Broken("deployments suppress nothing", unsuppressed(f"{PAY}-impact"), "0 pages in total"),
        Broken(
            "deployments are not seen",
            setting(f"{PAY}-deploying", threshold=1000.0),
            f"{PAY}-deploying is in ALARM",
        ),
        Broken("errors are not seen", threshold(f"{PAY}-error-rate", 1000), f"{PAY}-impact is in ALARM"),
    ),
    "ecs-dies": (
        Broken(
            "gaps are good",
            setting("checkout-api-too-few-tasks", treat_missing_data="notBreaching"),
            "checkout-api-too-few-tasks is in ALARM",
        ),
        Broken(
            "it waits too long",
            patience("checkout-api-too-few-tasks", 10),
            "checkout-api-too-few-tasks is in ALARM",
        ),
        Broken(
            "nobody is told", mute("checkout-api-impact"), "checkout-api-impact sends a notification of ALARM"
        ),
        Broken(
            "a gap in CPU is an alarm",
            setting("checkout-api-cpu", treat_missing_data="breaching"),
            "checkout-api-cpu is in INSUFFICIENT_DATA",
        ),
    ),
    "everything-fails": (
        Broken(
            "nobody is told of the whole",
            mute("system-critical"),
            "system-critical sends a notification of ALARM",
        ),
        Broken(
            "the whole is never seen",
            never("system-critical"),
            "system-critical sends a notification of ALARM",
        ),
        Broken("tickets are written, too", unsuppressed("*-degraded"), "*-impact, *-burn"),
        Broken("tickets do not wait", impatient("*-degraded"), "0 tickets in total"),
        Broken("services page beside it", unsuppressed("*-impact"), "*-impact, *-burn"),
        Broken(
            "nobody is told of the notifier", mute("platform-notifications-broken"), "platform-notifications"
        ),
    ),
    "outage-outlasted": (
        Broken(
            "nobody is told of the whole",
            mute("system-critical"),
            "system-critical sends a notification of ALARM",
        ),
        Broken(
            "who recovers late is forgotten",
            mute("checkout-api-impact"),
            "checkout-api-impact sends a notification of ALARM",
        ),
        Broken("services page beside it", unsuppressed("*-impact"), "2 pages in total"),
    ),
    "outage-spreads": (
        Broken("pages wait for others", waiting(f"{PAY}-impact", 900), f"{PAY}-impact sends"),
        Broken("services page beside it", unsuppressed("*-impact"), "checkout-api-*, inventory-worker-*"),
        Broken(
            "nobody is told of the whole",
            mute("system-critical"),
            "system-critical sends a notification of ALARM",
        ),
    ),
    "outage-unexplained": (
        Broken("the whole hides budgets", mute(FAST), f"{FAST} sends a notification of ALARM"),
        Broken("services page beside it", unsuppressed("*-impact"), "order-processor-impact is suppressed"),
        Broken(
            "nobody is told of the whole",
            mute("system-critical"),
            "system-critical sends a notification of ALARM",
        ),
    ),
    "errors-coincide": (
        Broken(
            "errors of two kinds hide an impact",
            rule("checkout-api-page-suppressor", "system-outage", "system-critical"),
            "checkout-api-impact sends a notification of ALARM",
        ),
        Broken("tickets are written, too", unsuppressed("*-degraded"), "*-degraded without"),
        Broken(
            "nobody is told of the whole",
            mute("system-critical"),
            "system-critical sends a notification of ALARM",
        ),
    ),
    "deploy-breaks-all": (
        Broken("deployments suppress nothing", unsuppressed("*-impact"), "1 page in total"),
        Broken("budgets page as well", unsuppressed(FAST), f"{FAST} is suppressed"),
        Broken(
            "nobody is told of the whole",
            mute("system-critical"),
            "system-critical sends a notification of ALARM",
        ),
    ),
    "twenty-minutes": (
        Broken(
            "it looks at long windows",
            period(f"{PAY}-mostly-failing", 900),
            f"{PAY}-mostly-failing is in ALARM",
        ),
        Broken("nobody is told", mute(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"),
        Broken(
            "few calls are not seen", threshold(f"{PAY}-mostly-failing", 9), f"{PAY}-mostly-failing is in"
        ),
    ),
    "failing-orders": (
        Broken(
            "errors are not seen",
            setting(f"{ORDERS}-errors", threshold=1000.0),
            f"{ORDERS}-errors is in ALARM",
        ),
        Broken("nobody is told", mute(f"{ORDERS}-degraded"), f"a message of {ORDERS}-degraded"),
        Broken("a few wake somebody", rule(f"{ORDERS}-impact", "error-rate", "errors"), f"{ORDERS}-impact, "),
        Broken(
            "it hangs on for hours",
            setting(f"{ORDERS}-errors", evaluation_periods=60),
            f"{ORDERS}-degraded is in OK",
        ),
    ),
    "failing-payments": (
        Broken("errors are not seen", threshold(f"{PAY}-error-rate", 1000), f"{PAY}-error-rate is in ALARM"),
        Broken("nobody is told", mute(f"{PAY}-impact"), f"a message of {PAY}-impact"),
        Broken(
            "the queue hears of no page", unsubscribed("critical", "alarms"), f"a message of {PAY}-impact"
        ),
        Broken(
            "it is never over", setting(f"{PAY}-error-rate", evaluation_periods=60), f"{PAY}-impact is in OK"
        ),
    ),
    "fast-burn": (
        Broken("the long window forgives", threshold(f"{FAST}-long", 1000), f"{FAST} is in ALARM"),
        Broken("the short window forgives", threshold(f"{FAST}-short", 1000), f"{FAST} is in ALARM"),
        Broken("nobody is told", mute(FAST), f"{FAST} sends a notification of ALARM"),
        Broken("one failure in 40 is too many", threshold(f"{PAY}-error-rate", 0.1), f"{PAY}-impact never"),
        Broken("each window pages", unsuppressed(f"{PAY}-slo-availability-medium-burn"), "1 page in total"),
    ),
    "lost-events": (
        Broken(
            "lost events are not seen",
            setting(f"{PAY}-async-dropped", threshold=1000.0),
            f"{PAY}-impact sends a notification of ALARM",
        ),
        Broken("nobody is told", mute(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"),
        Broken(
            "it hangs on for an hour",
            setting(f"{PAY}-async-dropped", evaluation_periods=60),
            f"{PAY}-impact is in OK",
        ),
    ),
    "maintenance": (
        Broken(
            "maintenance suppresses no impact", unsuppressed(f"{PAY}-impact"), f"{PAY}-impact is suppressed"
        ),
        Broken(
            "maintenance suppresses no budget",
            unsuppressed(f"{PAY}-slo-availability-*-burn"),
            "0 pages in total",
        ),
        Broken("maintenance suppresses no tickets", unsuppressed(f"{PAY}-degraded"), "0 tickets in total"),
        Broken(
            "maintenance is over at once",
            setting("maintenance*", threshold=1000.0),
            f"{PAY}-impact is suppressed",
        ),
        Broken("errors are not seen", never(f"{PAY}-impact"), f"{PAY}-impact is in ALARM"),
    ),
    "memory-leak": (
        Broken(
            "a full memory is no ticket",
            threshold("checkout-api-memory", 2),
            "checkout-api-saturation sends a notification of ALARM",
        ),
        Broken(
            "a full memory wakes nobody",
            mute("checkout-api-impact"),
            "checkout-api-impact sends a notification of ALARM",
        ),
        Broken(
            "half a memory wakes somebody",
            threshold("checkout-api-memory-exhausted", 0.6),
            "checkout-api-impact is in OK",
        ),
        Broken(
            "the ticket is never written",
            mute("checkout-api-saturation"),
            "checkout-api-saturation sends a notification of ALARM",
        ),
    ),
    "order-backlog": (
        Broken(
            "a queue may be old",
            threshold("order-processor-queue-age", 1000),
            "order-processor-queue-age is in ALARM",
        ),
        Broken(
            "it waits too long",
            patience("order-processor-queue-age", 10),
            "order-processor-queue-age is in ALARM",
        ),
        Broken(
            "dead letters are not told",
            mute("order-processor-dead-letters"),
            "order-processor-dead-letters sends a notification of ALARM",
        ),
        Broken(
            "nobody is told of old messages",
            mute("order-processor-degraded"),
            "order-processor-degraded sends a notification of ALARM",
        ),
    ),
    "payment-outage": (
        Broken("errors are not seen", threshold(f"{PAY}-error-rate", 1000), f"{PAY}-error-rate is in ALARM"),
        Broken("it waits too long", patience(f"{PAY}-error-rate", 10), f"{PAY}-error-rate is in ALARM"),
        Broken("nobody is told", mute(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"),
        Broken("the rule forgets it", never(f"{PAY}-impact"), f"{PAY}-impact is in ALARM"),
        Broken(
            "the queue does not hear of it",
            unsubscribed("critical", "alarms"),
            f"a message of {PAY}-impact",
        ),
        Broken(
            "the notifier does not hear of it",
            unsubscribed("critical", "notifier"),
            f"{PAY}-impact sends a notification of ALARM",
        ),
        Broken("tickets are written, too", unsuppressed(f"{PAY}-degraded"), f"{PAY}-degraded is suppressed"),
        Broken(
            "the budget speaks, too", unsuppressed(f"{PAY}-slo-availability-*-burn"), f"{PAY}-slo-* without"
        ),
        Broken(
            "another service fires, too",
            rule("order-processor-impact", "ALARM(", "NOT ALARM("),
            "order-processor-*, ",
        ),
    ),
    "normal-day": (
        Broken("an ordinary answer is slow", threshold(f"{PAY}-latency", 0.001), "* never in ALARM"),
        Broken("every line is an error", pattern("Errors", ""), "* never in ALARM"),
        Broken("an ordinary load is high", threshold("checkout-api-cpu", 0.1), "* never in ALARM"),
        Broken(
            "one failure is too many",
            setting(f"{PAY}-errors", threshold=0.0, evaluation_periods=1, datapoints_to_alarm=1),
            "* never",
        ),
    ),
    "second-outage": (
        Broken("nobody is told", mute(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"),
        Broken("the budget speaks after it", impatient(f"{PAY}-slo-availability-*-burn"), f"{PAY}-slo-*, "),
        Broken("the budget forgets", threshold(f"{SLOW}-long", 1000), f"{SLOW} is in ALARM"),
    ),
    "short-outage": (
        Broken(
            "the budget does not see it",
            threshold(f"{FAST}-long", 1000),
            f"{FAST} sends a notification of ALARM",
        ),
        Broken(
            "the tickets are written, too", unsuppressed(f"{PAY}-degraded"), f"{PAY}-degraded is suppressed"
        ),
        Broken(
            "two minutes are an outage",
            setting(f"{PAY}-error-rate", datapoints_to_alarm=1),
            f"{PAY}-impact never",
        ),
    ),
    "silent-log": (
        Broken(
            "silence is good",
            setting("checkout-api-no-logs", threshold=0.0),
            "checkout-api-no-logs is in ALARM",
        ),
        Broken("it waits too long", patience("checkout-api-no-logs", 10), "checkout-api-no-logs is in ALARM"),
        Broken(
            "nobody is told",
            mute("checkout-api-no-logs"),
            "checkout-api-no-logs sends a notification of ALARM",
        ),
        Broken(
            "a pause is silence",
            setting("checkout-api-no-logs", evaluation_periods=1, datapoints_to_alarm=1),
            "checkout-api-no-logs is in OK",
        ),
    ),
    "slow-and-crowded": (
        Broken("slow is not slow", threshold(f"{PAY}-latency", 1000), f"{PAY}-critical is in ALARM"),
        Broken(
            "crowded is not crowded", threshold(f"{PAY}-concurrency", 1000), f"{PAY}-critical is in ALARM"
        ),
        Broken(
            "both together wake nobody", mute(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"
        ),
        Broken("tickets are written, too", unsuppressed(f"{PAY}-degraded"), f"{PAY}-degraded is suppressed"),
        Broken(
            "saturation is told, too", unsuppressed(f"{PAY}-saturation"), f"{PAY}-saturation is suppressed"
        ),
    ),
    "slow-burn": (
        Broken("the long window forgives", threshold(f"{SLOW}-long", 1000), f"{SLOW} is in ALARM"),
        Broken("the short window forgives", threshold(f"{SLOW}-short", 1000), f"{SLOW} is in ALARM"),
        Broken("nobody is told", mute(SLOW), f"{SLOW} sends a notification of ALARM"),
        Broken("every budget is fast", threshold(f"{FAST}-*", 0.1), f"{PAY}-impact, "),
    ),
    "slow-payments": (
        Broken("slow is not slow", threshold(f"{PAY}-latency", 1000), f"{PAY}-latency is in ALARM"),
        Broken("it waits too long", patience(f"{PAY}-latency", 10), f"{PAY}-latency is in ALARM"),
        Broken("nobody is told", mute(f"{PAY}-degraded"), f"{PAY}-degraded sends a notification of ALARM"),
        Broken("ordinary is slow", threshold(f"{PAY}-latency", 0.05), f"{PAY}-latency is in OK by"),
        Broken(
            "the notifier does not hear of it",
            unsubscribed("warning", "notifier"),
            f"{PAY}-degraded sends a notification of ALARM",
        ),
    ),
    "traffic-stops": (
        Broken("nobody is told", mute(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"),
        Broken(
            "gaps keep the alarm",
            setting(f"{PAY}-error-rate", treat_missing_data="ignore"),
            f"{PAY}-impact is in OK",
        ),
        Broken("errors are not seen", never(f"{PAY}-impact"), f"{PAY}-impact sends a notification of ALARM"),
    ),
}


@functools.cache
def scenario(name: str) -> Scenario:
    """Return a scenario."""
    return reading.read(SCENARIOS[name])


@functools.cache
def system(name: str) -> System:
    """Return the alarms of an environment."""
    return catalog.system(*environment.read(name, variables={}))


@pytest.mark.parametrize("name", ["failing-orders", "failing-payments"])
@pytest.mark.parametrize("of", ALLOWED)
def test_scenarios_with_requests_can_be_played_live_wherever_drills_are_allowed(name: str, of: str) -> None:
    """They send a fault, and see the end of what it causes."""
    (plan,) = preparation.plans(*environment.read(of, variables={}), [SCENARIOS[name]])
    assert any(sending.request.fault for sending in plan.scenario.invoke)
    states = [
        expected.expects for expected in plan.scenario.expect if isinstance(expected.expects, StateExpected)
    ]
    assert states[-1].state == "OK"
    assert plan.scenario.head.duration <= 3600


def test_what_cannot_be_played_live_says_so_in_one_message() -> None:
    """With the key that is missing."""
    with pytest.raises(ConfigError) as refused:
        preparation.plans(*environment.read("local", variables={}), [SCENARIOS["payment-outage"]])
    (line,) = str(refused.value).splitlines()
    said = "cannot run as a live drill: it has no `invoke`, the requests to deployed functions"
    assert line == f"{SCENARIOS['payment-outage']}: {said}"


@functools.cache
def kept(name: str, of: str) -> Rehearsal:
    """Return a scenario as it is shipped, rehearsed in an environment."""
    return simulation.run(system(of), scenario(name), no_recording)


@pytest.mark.parametrize("of", environments())
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_passes_in_every_environment_that_it_is_for(name: str, of: str) -> None:
    """With what failed in the message."""
    if not is_for(scenario(name), of):
        assert of not in (scenario(name).head.environments or ())
        return
    found = kept(name, of)
    assert not [
        f"{verdict.place}: {verdict.expected}: {verdict.actual}"
        for verdict in found.verdicts
        if not verdict.passed
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_for_environments_that_there_are(name: str) -> None:
    """And for that in which it is broken below."""
    only = scenario(name).head.environments
    assert set(only or ()) <= set(environments())
    assert is_for(scenario(name), WITH_EVERYTHING)


def test_every_scenario_is_broken_below() -> None:
    """A new one needs its line in the table."""
    assert set(BROKEN) == set(SCENARIOS)
    assert all(len(broken) >= 3 for broken in BROKEN.values())


@pytest.mark.parametrize(
    ("name", "broken"),
    [(name, item) for name, some in BROKEN.items() for item in some],
    ids=lambda entry: getattr(entry, "what", entry),
)
def test_a_scenario_fails_when_what_it_is_about_is_broken(name: str, broken: Broken) -> None:
    """Exactly that expectation turns, and perhaps others with it."""
    found = simulation.run(broken.by(system(WITH_EVERYTHING)), scenario(name), no_recording)
    assert not found.passed
    failed = [verdict.expected for verdict in found.verdicts if not verdict.passed]
    assert any(text.startswith(broken.turns) for text in failed), failed
    assert kept(name, WITH_EVERYTHING).passed


@pytest.mark.parametrize("minutes", range(4, 46))
@pytest.mark.parametrize("name", ["twenty-minutes", "everything-fails"])
def test_an_outage_of_any_length_pages_once(name: str, minutes: int, tmp_path: Path) -> None:
    """Alarms over windows of different lengths end one after the other: none begins after another."""
    path = tmp_path / f"{name}.yaml"
    text = SCENARIOS[name].read_text(encoding="utf-8").replace("to: 50m", f"to: {30 + minutes}m")
    path.write_text(text, encoding="utf-8")
    found = simulation.run(system(WITH_EVERYTHING), reading.read(path), no_recording)
    pages = [
        notification.alarm
        for notification in found.notifications
        if notification.state == "ALARM" and notification.topic == "critical"
    ]
    assert len(pages) == 1


@pytest.mark.parametrize("name", ["payment-outage", "deploy-noise", "ecs-dies"])
def test_on_another_day_the_verdicts_are_the_same(name: str) -> None:
    """Shifted by a day and some hours, whatever is said of it."""
    one = scenario(name)
    head = one.head.model_copy(update={"start": one.head.start.replace(year=2031, hour=21)})
    shifted = simulation.run(system(WITH_EVERYTHING), replace(one, head=head), no_recording)
    said = [(two.expected, two.actual, two.passed) for two in shifted.verdicts]
    assert said == [(two.expected, two.actual, two.passed) for two in kept(name, WITH_EVERYTHING).verdicts]
