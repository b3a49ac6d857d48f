"""Before a live drill: the scenario is fit for it, all is deployed, nothing is wrong yet, somebody agrees."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from aws.clients import client
from catalog import Catalog
from cloudwatch.states import State
from config.errors import CommandError, ConfigError, Problem
from config.models import Environment
from drill import assertions, choosing
from drill.durations import text_of
from drill.live.states import ACTIONS, States
from drill.model import System
from drill.output import Teller
from drill.scenarios.model import MessageExpected, NotificationExpected, PagesExpected, TicketsExpected
from drill.scenarios.reading import Scenario
from drill.selection import Selection
from drill.sources import catalog as source

VARIABLE = "DRILLS"
"""The functions' variable that lets them fail on request (functions/README.md)."""


@dataclass(frozen=True)
class Awaited:
    """A notification that is expected to arrive in the alarm queue."""

    position: int
    """Of the expectation in the file."""
    place: str
    """File and line of it."""
    alarm: str
    """Its name in AWS."""
    state: State
    topic: str | None
    """As a scenario calls it; None for any."""


@dataclass(frozen=True)
class Plan:
    """A scenario that can be played in an environment, and the names in it."""

    scenario: Scenario
    system: System

    @property
    def services(self) -> tuple[str, ...]:
        """The services that requests are sent to."""
        return tuple(dict.fromkeys(sending.request.service for sending in self.scenario.invoke))

    @cached_property
    def alarms(self) -> tuple[str, ...]:
        """Names in AWS of the alarms that something is expected of."""
        selection = Selection(self.system)
        of_each = (assertions.alarms(selection, expected.expects) for expected in self.scenario.expect)
        return tuple(dict.fromkeys(name for names in of_each for name in names))

    @cached_property
    def heard(self) -> tuple[str, ...]:
        """Names in AWS of the alarms whose messages are the drill's: all if pages or tickets are counted."""
        if any(
            isinstance(expected.expects, PagesExpected | TicketsExpected) for expected in self.scenario.expect
        ):
            return tuple(alarm.name for alarm in self.system.all_alarms)
        return self.alarms

    @cached_property
    def awaited(self) -> tuple[Awaited, ...]:
        """What is expected to arrive."""
        selection = Selection(self.system)
        return tuple(
            Awaited(
                position,
                expected.place,
                assertions.alarms(selection, expected.expects)[0],
                expected.expects.state,
                expected.expects.topic,
            )
            for position, expected in enumerate(self.scenario.expect)
            if isinstance(expected.expects, MessageExpected | NotificationExpected)
        )


def plans(env: Environment, catalog: Catalog, paths: Sequence[Path]) -> list[Plan]:
    """Return what is played: the scenarios in these files, or all in `drills/` that send requests.

    Raises:
        ConfigError: with every problem found, each with its file, line and key.
    """
    readings = choosing.read_all(paths or sorted(choosing.FOLDER.glob("*.yaml")))
    if not paths:
        readings = tuple(
            reading
            for reading in readings
            if reading.scenario is None
            or (reading.scenario.invoke and choosing.is_for(reading.scenario, env.environment))
        )
    system = source.system(env, catalog)
    unfit = [
        problem for scenario in choosing.scenarios(readings) for problem in _unfit(env, system, scenario)
    ]
    choosing.refuse(readings, {env.environment: system}, unfit)
    return [Plan(scenario, system) for scenario in choosing.scenarios(readings)]


def _unfit(env: Environment, system: System, scenario: Scenario) -> Iterator[Problem]:
    """Yield why a scenario cannot be played live in an environment."""
    if not choosing.is_for(scenario, env.environment):
        yield choosing.not_for(scenario, env.environment)
    if "invoke" not in scenario.places:
        text = "cannot be played live: it has no `invoke`, which says what is sent to deployed functions"
        yield Problem(str(scenario.path), "", text)
        return
    for placed in scenario.happens[:1]:
        text = "cannot be played live: only what `invoke` sends happens to deployed functions"
        yield Problem(placed.place, "happens", text)
    (queue, *_) = system.queues
    for expected in scenario.expect:
        for key in ("queue", "reaches"):
            named: Any = getattr(expected.expects, key, ())
            if not {named} <= {queue.name} if isinstance(named, str) else not set(named) <= {queue.name}:
                text = f"cannot be seen live: a drill reads the queue {queue.name} only"
                yield Problem(expected.place, key, text)


@dataclass(frozen=True)
class Deployed:
    """What a drill needs of what is deployed."""

    functions: dict[str, str]
    """Service -> name of its function."""
    queue_url: str
    """The alarm queue."""


def require_allowed(env: Environment) -> None:
    """Refuse an environment that does not allow drills.

    Raises:
        ConfigError: it does not; the message names the key, the file and why.
    """
    if env.drills.allowed:
        return
    text = (
        f"is false: functions of {env.environment} do not fail on request, and a live drill may not ask them "
        "to. "
    )
    if env.deletion_protection:
        text += "It cannot be true where deletion_protection is: what is protected serves people"
    else:
        text += "Where nobody depends on them, set it to true and deploy compute"
    raise ConfigError([Problem(f"config/{env.environment}.yaml", "drills.allowed", text)])


def find(env: Environment, plan: Plan, outputs: Mapping[str, Mapping[str, Any]]) -> Deployed:
    """Return what is deployed of what the scenario needs.

    Args:
        env: the environment.
        plan: what is played.
        outputs: stack -> name -> value, of the stacks that are deployed.

    Raises:
        CommandError: something is missing, or its functions would not fail when they are asked to.
    """
    missing = [stack for stack in ("compute", "monitoring") if stack not in outputs]
    deploy = f"`make deploy ENV={env.environment}`"
    if missing:
        message = f"{' and '.join(missing)} not deployed in {env.environment}: {deploy}."
        raise CommandError(message)
    names: dict[str, str] = outputs["compute"]["lambda_function_names"]
    lambda_ = client(env, "lambda")
    for service in plan.services:
        if service not in names:
            message = f"{service} is not deployed in {env.environment}: {deploy}."
            raise CommandError(message)
        variables = lambda_.get_function_configuration(FunctionName=names[service]).get("Environment", {})
        if variables.get("Variables", {}).get(VARIABLE) != "allowed":
            message = (
                f"{service} as it is deployed does not fail on request, though config allows it by now: "
                f"`make deploy ENV={env.environment} STACK=compute`. Nothing was sent."
            )
            raise CommandError(message)
    return Deployed(
        {service: names[service] for service in plan.services}, outputs["monitoring"]["alarm_queue_url"]
    )


def require_messages(plan: Plan, states: States) -> None:
    """Refuse to wait for messages that cannot come.

    Raises:
        CommandError: an alarm does not notify the topic when it enters the state.
    """
    arns = {topic.name: topic.arn.rpartition(":")[2] for topic in plan.system.topics}
    for awaited in plan.awaited:
        alarm = states.described[awaited.alarm]
        topics = {arn.rpartition(":")[2] for arn in alarm.get(ACTIONS[awaited.state], ())}
        wanted = {arns[awaited.topic]} if awaited.topic else topics
        if not (wanted & topics and alarm.get("ActionsEnabled", True)):
            known = ", ".join(sorted(topics)) or "nobody"
            message = (
                f"{awaited.place}: no such message can come: {awaited.alarm} notifies {known} when "
                f"it is {awaited.state}. Nothing was sent."
            )
            raise CommandError(message)


def unquiet(plan: Plan, states: States) -> list[str]:
    """Return why nobody could tell what a drill causes now, a phrase for each reason."""
    watched = sorted({item.alarm for item in plan.awaited})
    return [
        *(f"{name} is in ALARM already" for name in plan.alarms if states.now(name) == "ALARM"),
        *(
            f"{name} is in ALARM, which holds the messages of {composite} back"
            for composite in watched
            if (name := states.suppressor(composite)) and states.now(name) == "ALARM"
        ),
        # One that still burns from an earlier drill, say: with its other half it holds the messages back.
        *(
            f"{name} is in ALARM, which has a part in what holds the messages of {composite} back"
            for composite in watched
            if states.now(composite) != "ALARM"
            and (by := states.suppressor(composite))
            and states.now(by) != "ALARM"
            for name in states.alarming_behind(composite)
        ),
    ]


def agree(env: Environment, plan: Plan, console: Console, speed: float) -> None:
    """Say what will be done and how long it takes, and ask where there are people whom it could concern.

    Raises:
        CommandError: the answer was not yes, or nobody is there to answer.
    """
    teller = Teller(console)
    scenario, over_s = plan.scenario, plan.scenario.head.duration
    teller.say(f"{scenario.name}: {scenario.head.says}")
    for sending in scenario.invoke:
        request = sending.request
        asked = ", ".join(f"{name} {value}" for name, value in request.asked.items())
        span = f"from {text_of(request.begins_s)} to {text_of(request.ends_s(over_s))}"
        rate = f"{request.per_min:g} requests a minute {span}"
        teller.say(f"  {request.service}: {rate}, asking for {asked or 'nothing but its work'}")
    longest = text_of(over_s)
    if env.is_local:
        real = text_of(over_s / speed)
        teller.say(f"  at most {longest} of the local AWS's time, {real} at {speed:g} times its speed")
        return
    where = f"{env.environment} (account {env.account_id}, {env.region})"
    teller.say(f"  in {where}, at most {longest}")
    teller.say(f"  whoever hears of alarms there hears of these: {_people(env)}")
    if os.environ.get("APPROVE") == "auto":
        return
    if not sys.stdin.isatty():
        message = "nobody is here to answer. APPROVE=auto begins without a question. Nothing was sent."
        raise CommandError(message)
    if console.input(f"Make functions of {env.environment} fail? Only 'yes' does: ").strip() != "yes":
        message = "not begun. Nothing was sent."
        raise CommandError(message)


def _people(env: Environment) -> str:
    """Return who is told of alarms, by severity."""
    recipients = {"critical": env.notifications.critical, "warning": env.notifications.warning}
    parts = [f"{severity}: {', '.join(of.addresses)}" for severity, of in recipients.items() if of.addresses]
    return "; ".join(parts) or "nobody but the alarm queue"
