"""Before a live drill: it is allowed, all is deployed, nothing is wrong yet, and somebody agrees."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from aws.clients import client
from catalog.naming import Names
from config.errors import CommandError, ConfigError, Problem
from config.models import Environment
from drill.durations import text_of
from drill.live.reading import Scenario
from drill.live.report import Teller
from drill.live.scenario import MessageExpected
from drill.live.states import ACTIONS, States

VARIABLE = "DRILLS"
"""The functions' variable that lets them fail on request (functions/README.md)."""


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


def find(env: Environment, scenario: Scenario, outputs: Mapping[str, Mapping[str, Any]]) -> Deployed:
    """Return what is deployed of what the scenario needs.

    Args:
        env: the environment.
        scenario: the scenario.
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
    for service in scenario.services:
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
    return Deployed({one: names[one] for one in scenario.services}, outputs["monitoring"]["alarm_queue_url"])


def require_messages(env: Environment, scenario: Scenario, states: States) -> None:
    """Refuse to wait for messages that cannot come.

    Raises:
        CommandError: an alarm does not notify the topic when it enters the state.
    """
    names = Names.of(env)
    for one in scenario.expect:
        if isinstance(one.expects, MessageExpected):
            alarm = states.described[one.alarms[0]]
            topics = {arn.rpartition(":")[2] for arn in alarm.get(ACTIONS[one.expects.state], ())}
            wanted = {names.topic(one.expects.topic)} if one.expects.topic else topics
            if not (wanted & topics and alarm.get("ActionsEnabled", True)):
                known = ", ".join(sorted(topics)) or "nobody"
                message = (
                    f"{one.place}: no such message can come: {one.alarms[0]} notifies {known} when it "
                    f"is {one.expects.state}. Nothing was sent."
                )
                raise CommandError(message)


def unquiet(scenario: Scenario, states: States) -> list[str]:
    """Return why nobody could tell what a drill causes now, a phrase for each reason."""
    watched = {one.alarms[0] for one in scenario.expect if isinstance(one.expects, MessageExpected)}
    return [
        *(f"{name} is in ALARM already" for name in scenario.alarms if states.now(name) == "ALARM"),
        *(
            f"{name} is in ALARM, which holds the messages of {composite} back"
            for composite in sorted(watched)
            if (name := states.suppressor(composite)) and states.now(name) == "ALARM"
        ),
        # One that still burns from an earlier drill, say: with its other half it holds the messages back.
        *(
            f"{name} is in ALARM, which has a part in what holds the messages of {composite} back"
            for composite in sorted(watched)
            if states.now(composite) != "ALARM"
            and (by := states.suppressor(composite))
            and states.now(by) != "ALARM"
            for name in states.alarming_behind(composite)
        ),
    ]


def agree(env: Environment, scenario: Scenario, console: Console, speed: float) -> None:
    """Say what will be done and how long it takes, and ask where there are people whom it could concern.

    Raises:
        CommandError: the answer was not yes, or nobody is there to answer.
    """
    teller = Teller(console)
    teller.say(f"{scenario.name}: {scenario.says}")
    for one in scenario.invoke:
        asked = ", ".join(f"{name} {value}" for name, value in one.asks.asked.items())
        lasts, begins = text_of(one.asks.for_s), text_of(one.asks.from_s)
        rate = f"{one.asks.per_min:g} requests a minute for {lasts}, from {begins} on"
        teller.say(f"  {one.asks.service}: {rate}, asking for {asked or 'nothing but its work'}")
    longest = text_of(scenario.lasts_s)
    if env.is_local:
        real = text_of(scenario.lasts_s / speed)
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
