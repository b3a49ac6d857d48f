"""Checks before a live drill: the scenario, the deployment, interfering alarms, and confirmation."""

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
from config.services import ExistingService
from drill import assertions, choosing
from drill.durations import text_of
from drill.live.states import ACTIONS, States
from drill.model import System
from drill.output import Progress
from drill.scenarios.model import MessageExpected, NotificationExpected, PagesExpected, TicketsExpected
from drill.scenarios.reading import Scenario
from drill.selection import Selection
from drill.sources import catalog as source

VARIABLE = "DRILLS"
"""The environment variable of functions that allows drills (functions/README.md)."""


@dataclass(frozen=True)
class Awaited:
    """A notification that is expected to arrive in the alarm queue."""

    position: int
    """The position of the expectation in the file."""
    place: str
    """File and line of the expectation."""
    alarm: str
    """Its name in AWS."""
    state: State
    topic: str | None
    """Its short name; None for any topic."""


@dataclass(frozen=True)
class Plan:
    """A scenario that can run in an environment, and the names in it."""

    scenario: Scenario
    system: System

    @property
    def services(self) -> tuple[str, ...]:
        """The services that requests are sent to."""
        return tuple(dict.fromkeys(sending.request.service for sending in self.scenario.invoke))

    @cached_property
    def alarms(self) -> tuple[str, ...]:
        """Names in AWS of the alarms with expectations."""
        selection = Selection(self.system)
        of_expectations = (
            assertions.alarms(selection, expected.expects) for expected in self.scenario.expect
        )
        return tuple(dict.fromkeys(name for names in of_expectations for name in names))

    @cached_property
    def observed(self) -> tuple[str, ...]:
        """Names in AWS of the alarms whose messages are received: all if pages or tickets are counted."""
        if any(
            isinstance(expected.expects, PagesExpected | TicketsExpected) for expected in self.scenario.expect
        ):
            return tuple(alarm.name for alarm in self.system.all_alarms)
        return self.alarms

    @cached_property
    def awaited(self) -> tuple[Awaited, ...]:
        """The expected notifications."""
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
    """Return the scenarios in these files, or all in `drills/` that send requests.

    Raises:
        ConfigError: with every problem, each with its file, line and key.
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
    """Yield why a scenario cannot run as a live drill in an environment."""
    if not choosing.is_for(scenario, env.environment):
        yield choosing.not_for(scenario, env.environment)
    if "invoke" not in scenario.places:
        text = "cannot run as a live drill: it has no `invoke`, the requests to deployed functions"
        yield Problem(str(scenario.path), "", text)
        return
    for sending in scenario.invoke:
        if isinstance(env.services.get(sending.request.service), ExistingService):
            text = (
                f"{sending.request.service} is an existing service, which does not fail on request: live "
                "drills send requests to functions of this project only. `make drill` rehearses its alarms"
            )
            yield Problem(sending.place, "service", text)
    for placed in scenario.happens[:1]:
        text = "is not supported in live drills: use `invoke` to send requests to deployed functions"
        yield Problem(placed.place, "happens", text)
    (queue, *_) = system.queues
    for expected in scenario.expect:
        for key in ("queue", "delivered_to"):
            value: Any = getattr(expected.expects, key, ())
            names = {value} if isinstance(value, str) else set(value)
            if not names <= {queue.name}:
                text = f"is not observed in live drills: they only read the queue {queue.name}"
                yield Problem(expected.place, key, text)


@dataclass(frozen=True)
class Deployed:
    """The deployed resources that a drill uses."""

    functions: dict[str, str]
    """Service -> name of its function."""
    queue_url: str
    """URL of the alarm queue."""


def require_allowed(env: Environment, what: str = "live drills") -> None:
    """Reject an environment that does not allow drills.

    Args:
        env: the environment.
        what: what is not allowed, in the plural.

    Raises:
        ConfigError: drills are not allowed. The message names the key, the file and the reason.
    """
    if env.drills.allowed:
        return
    text = f"is false: {what} are not allowed in {env.environment}. "
    if env.deletion_protection:
        text += "It cannot be true while deletion_protection is true"
    else:
        text += "If its functions may fail on request, set it to true and deploy compute"
    raise ConfigError([Problem(f"config/{env.environment}.yaml", "drills.allowed", text)])


def find(env: Environment, plan: Plan, outputs: Mapping[str, Mapping[str, Any]]) -> Deployed:
    """Return the deployed resources that a scenario uses.

    Args:
        env: the environment.
        plan: the scenario.
        outputs: stack -> name -> value, of the deployed stacks.

    Raises:
        CommandError: something is not deployed, or a deployed function does not allow drills.
    """
    missing = [stack for stack in ("compute", "monitoring") if stack not in outputs]
    deploy = f"`make deploy ENV={env.environment}`"
    if missing:
        are = "is" if len(missing) == 1 else "are"
        message = f"{' and '.join(missing)} {are} not deployed in {env.environment}: {deploy}."
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
                f"the deployed {service} does not allow drills, but the configuration does: "
                f"`make deploy ENV={env.environment} STACK=compute`. Nothing was sent."
            )
            raise CommandError(message)
    return Deployed(
        {service: names[service] for service in plan.services}, outputs["monitoring"]["alarm_queue_url"]
    )


def require_messages(plan: Plan, states: States) -> None:
    """Reject expected messages that cannot arrive.

    Raises:
        CommandError: the deployed alarm has no action for the state with the topic.
    """
    arns = {topic.name: topic.arn.rpartition(":")[2] for topic in plan.system.topics}
    for awaited in plan.awaited:
        alarm = states.described[awaited.alarm]
        topics = {arn.rpartition(":")[2] for arn in alarm.get(ACTIONS[awaited.state], ())}
        expected = {arns[awaited.topic]} if awaited.topic else topics
        if not (expected & topics and alarm.get("ActionsEnabled", True)):
            known = ", ".join(sorted(topics)) or "no topic"
            message = (
                f"{awaited.place}: this message cannot arrive: in {awaited.state}, {awaited.alarm} notifies "
                f"{known}. Nothing was sent."
            )
            raise CommandError(message)


def interference(plan: Plan, states: States) -> list[str]:
    """Return why the effects of a drill would not be visible now, a phrase for each reason."""
    awaited = sorted({awaited.alarm for awaited in plan.awaited})
    return [
        *(f"{name} is already in ALARM" for name in plan.alarms if states.now(name) == "ALARM"),
        *(
            f"{name} is in ALARM and suppresses {composite}"
            for composite in awaited
            if (name := states.suppressor(composite)) and states.now(name) == "ALARM"
        ),
        # For example a burn rate of an earlier drill: together with another alarm it would suppress.
        *(
            f"{name} is in ALARM and is part of the suppressor of {composite}"
            for composite in awaited
            if states.now(composite) != "ALARM"
            and (by := states.suppressor(composite))
            and states.now(by) != "ALARM"
            for name in states.alarming_below_suppressor(composite)
        ),
    ]


def confirm(env: Environment, plan: Plan, console: Console, speed: float) -> None:
    """Print what the drill does and how long it takes, and ask for confirmation outside of the local AWS.

    Raises:
        CommandError: it was not confirmed, or there is no terminal to confirm it.
    """
    progress = Progress(console)
    scenario, over_s = plan.scenario, plan.scenario.head.duration
    progress.line(f"{scenario.name}: {scenario.head.description}")
    for sending in scenario.invoke:
        request = sending.request
        parameters = ", ".join(f"{name} {value}" for name, value in request.parameters.items())
        span = f"from {text_of(request.begins_s)} to {text_of(request.ends_s(over_s))}"
        rate = f"{request.per_min:g} requests a minute {span}"
        progress.line(f"  {request.service}: {rate}{', ' if parameters else ''}{parameters}")
    longest = text_of(over_s)
    if env.is_local:
        real = text_of(over_s / speed)
        progress.line(f"  at most {longest} of simulated time, {real} at {speed:g} times real time")
        return
    where = f"{env.environment} (account {env.account_id}, {env.region})"
    progress.line(f"  in {where}, at most {longest}")
    progress.line(f"  its alarms notify {_recipients(env)}")
    if os.environ.get("APPROVE") == "auto":
        return
    if not sys.stdin.isatty():
        message = "not confirmed: no terminal. APPROVE=auto skips the confirmation. Nothing was sent."
        raise CommandError(message)
    if console.input(f"Make functions of {env.environment} fail? Only 'yes' is accepted: ").strip() != "yes":
        message = "not confirmed. Nothing was sent."
        raise CommandError(message)


def _recipients(env: Environment) -> str:
    """Return the recipients of notifications, by severity."""
    recipients = {"critical": env.notifications.critical, "warning": env.notifications.warning}
    parts = [f"{severity}: {', '.join(of.addresses)}" for severity, of in recipients.items() if of.addresses]
    return "; ".join(parts) or "only the alarm queue"
