"""One live drill: requests are sent, alarms and messages watched, and all is put back as it was."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from aws.clients import client
from catalog import Catalog
from cloudwatch.composites import Change
from cloudwatch.states import State
from cloudwatch.suppression import Suppressed
from config.errors import CommandError
from config.models import Environment
from config.paths import BUILD, ROOT
from drill import assertions
from drill.durations import text_of
from drill.live import aftermath, preparation
from drill.live.aftermath import lasting
from drill.live.clock import Clock, sped_up
from drill.live.interruptions import Interruptions
from drill.live.mailbox import Mailbox
from drill.live.preparation import Plan
from drill.live.sender import Sender
from drill.live.states import States
from drill.output import Teller, written
from drill.rehearsal import Message, Notification, Outcome, Verdict
from drill.report import junit, table
from drill.selection import Selection

_LOOK_EVERY_S = 10
"""Seconds of the drill's time between two looks: an alarm keeps a state for a minute at least."""

_SHORTEST_S, _QUEUE_WAIT_S = 0.2, 1

_LATE_S, _COMPARED_EVERY_S = 30, 2.0
"""Seconds of the drill's time that a request may be late, and of the world's in which that may get better."""

_QUIET_WITHIN_S = 1800
"""Seconds that a drill waits for what is wrong before it; the quiet after a deployment lasts ten minutes."""


def run(  # noqa: PLR0913 - what a drill is made of
    env: Environment,
    catalog: Catalog,
    plan: Plan,
    console: Console,
    *,
    outputs: Mapping[str, Mapping[str, Any]],
    speed: float,
) -> bool:
    """Play a scenario with what is deployed; return whether all was as expected.

    Args:
        env: the environment; its AWS is there and is the right one.
        catalog: what is watched in it.
        plan: the scenario.
        console: where to say what happens.
        outputs: stack -> name -> value, of the stacks that are deployed.
        speed: how many times faster a local AWS goes.

    Raises:
        CommandError: something is missing, or was declined, or functions do not do what they are asked.
    """
    deployed = preparation.find(env, plan, outputs)
    states = States(client(env, "cloudwatch"), _watched(catalog, plan))
    preparation.require_messages(plan, states)
    preparation.agree(env, plan, console, speed)
    began = time.monotonic()
    drill = _Drill(env, catalog, plan, deployed, states, Teller(console))
    try:
        drill.run(speed)
    finally:
        drill.tell_what_lasts()
    outcome = drill.outcome(time.monotonic() - began)
    verdicts = assertions.judge(outcome, plan.scenario.expect)
    outcome = replace(outcome, verdicts=tuple(verdict for verdict in verdicts if verdict is not None))
    table.show([outcome], console, verbose=True)
    path = BUILD / "drill" / f"live-{outcome.name}.xml"
    with written(path):
        junit.write([outcome], path)
    drill.teller.say(f"JUnit: {_shown(path)}")
    return outcome.passed


@dataclass
class _Drill:
    """A drill under way."""

    env: Environment
    catalog: Catalog
    plan: Plan
    deployed: preparation.Deployed
    states: States
    teller: Teller
    clock: Clock = field(default_factory=Clock)
    interruptions: Interruptions = field(default_factory=Interruptions)
    notifications: list[Notification] = field(default_factory=list)
    """What has arrived in the alarm queue."""
    begins_s: float = 0.0
    """AWS's time when it began."""
    last_s: float = 0.0
    """The drill's time when it was over."""
    late_s: float = 0.0
    """How late requests were when that was last looked at."""
    compared: float = 0.0
    """When that was."""

    def __post_init__(self) -> None:
        self.scenario = self.plan.scenario
        self.short = Selection(self.plan.system).short
        self.topics = {topic.arn.rpartition(":")[2]: topic.name for topic in self.plan.system.topics}

    def run(self, speed: float) -> None:
        """Run it, and put everything back whatever happens."""
        with ExitStack() as put_back:
            put_back.enter_context(self.interruptions)
            self.clock = put_back.enter_context(sped_up(self.env, speed))
            self._wait_for_quiet()
            mailbox = Mailbox(
                client(self.env, "sqs"),
                self.deployed.queue_url,
                self.plan.heard,
                since_s=self.begins_s,
                wait_s=0 if self.env.is_local else _QUEUE_WAIT_S,
            )
            put_back.callback(mailbox.close)
            over_s = self.scenario.head.duration
            requests = self.scenario.invoke
            sender = Sender(self.env, self.deployed.functions, requests, self.clock, over_s=over_s)
            put_back.enter_context(sender)
            # Undone in reverse order: nobody disturbs what puts things back.
            put_back.callback(self.interruptions.ignore)
            self.teller.event("begins")
            self._watch(mailbox, sender)
            sender.stop()
            if any(change.alarm in self.plan.heard for change in self.states.changes):
                self._take(mailbox)
        for request, tally in zip(requests, sender.tallies, strict=True):
            all_due = self.last_s >= request.request.ends_s(over_s)
            self.teller.say(tally.sentence(request.request.service, all_due=all_due))

    def _wait_for_quiet(self) -> None:
        """Wait until nothing hides what the drill causes, such as the quiet after a deployment.

        Raises:
            CommandError: something still does after half an hour.
        """
        told: list[str] = []
        while why := preparation.unquiet(self.plan, self.states):
            if self.clock.now_s() > _QUIET_WITHIN_S:
                remedy = " `make local-stop` and `make deploy` begin anew." if self.env.is_local else ""
                still = f"still so after {text_of(_QUIET_WITHIN_S)}. Nothing was sent."
                message = f"{'; '.join(why)}: {still}{remedy}"
                raise CommandError(message)
            if why != told:
                self.teller.event(f"waits: {'; '.join(why)}")
                told = why
            self._pause()
            self.states.look(self.clock.now_s())
        self.clock.restart()
        self.states.forget()
        self.begins_s = self.states.server_time_s

    def _pause(self) -> None:
        time.sleep(max(_SHORTEST_S, self.clock.real_s(_LOOK_EVERY_S)))

    def outcome(self, took_s: float = 0.0) -> Outcome:
        """Return what has happened so far.

        Args:
            took_s: how long it took.
        """
        changes = {
            name: [Change(self.begins_s, name, "INSUFFICIENT_DATA", state)]
            for name, state in self.states.first.items()
        }
        for change in self.states.changes:
            changes[change.alarm].append(replace(change, at_s=self.begins_s + change.at_s))
        suppressed = {
            name: tuple(
                Suppressed(self.begins_s + span.from_s, span.to_s and self.begins_s + span.to_s, span.by)
                for span in spans
            )
            for name, spans in self.states.suppressed.items()
        }
        queue = self.plan.system.queues[0].name
        return Outcome(
            name=self.scenario.name,
            says=self.scenario.head.says,
            system=self.plan.system,
            begins_s=self.begins_s,
            ends_s=self.begins_s + self.last_s,
            changes={name: tuple(some) for name, some in changes.items()},
            suppressed=suppressed,
            notifications=tuple(self.notifications),
            messages=tuple(
                Message(notification, queue, notification.at_s) for notification in self.notifications
            ),
            verdicts=(),
            took_s=took_s,
        )

    def _watch(self, mailbox: Mailbox, sender: Sender) -> None:
        """Look again and again until all that was expected has happened, or its time is up."""
        told: set[int] = set()
        while True:
            self.last_s = self.clock.now_s()
            for change in self.states.look(self.last_s):
                # That the first data of an alarm are good is no news, unless it is waited for.
                if "ALARM" in {change.old, change.new} or change.alarm in self.plan.alarms:
                    text = f"{self.short(change.alarm)} {change.old} -> {change.new}"
                    self.teller.event(text + self._held_back(change.alarm), change.at_s)
            expect = self.scenario.expect
            verdicts = assertions.judge(self.outcome(), expect, over=False)
            if self._is_due(verdicts):
                self._take(mailbox)
                verdicts = assertions.judge(self.outcome(), expect, over=False)
            else:
                mailbox.rest()
            self._keep_up(sender)
            if sender.refusal:
                raise CommandError(sender.refusal)
            for position, verdict in enumerate(verdicts):
                if verdict is not None and not verdict.passed and position not in told:
                    told.add(position)
                    self.teller.event(
                        f"NOT AS EXPECTED: {verdict.expected}: {verdict.found} ({verdict.place})"
                    )
            if None not in verdicts or self.last_s > self.scenario.head.duration:
                return
            self._pause()

    def _keep_up(self, sender: Sender) -> None:
        """Let a local AWS go slower when this machine is behind, and falls back further."""
        late_s, before_s = sender.late_s, self.late_s
        if time.monotonic() - self.compared < _COMPARED_EVERY_S:
            return
        self.late_s, self.compared = late_s, time.monotonic()
        if late_s >= before_s > _LATE_S and self.clock.slow_down():
            self.late_s = 0.0
            self.teller.event(f"goes on at {self.clock.speed:g} times its speed: this machine is behind")

    def _take(self, mailbox: Mailbox) -> None:
        """Take the drill's messages out of the queue."""
        queue = self.plan.system.queues[0].name
        with self.interruptions.uninterrupted():
            notices = mailbox.read()
        for notice in notices:
            drill_s = self.clock.now_s()
            at_s, topic = self.begins_s + drill_s, self.topics.get(notice.topic, notice.topic)
            state = cast("State", notice.state)
            self.notifications.append(Notification(at_s, notice.alarm, state, topic, at_s, (queue,)))
            said = f"{self.short(notice.alarm)} is {notice.state}, through {topic}"
            self.teller.event(f"message in the alarm queue: {said}", drill_s)

    def _is_due(self, verdicts: Sequence[Verdict | None]) -> bool:
        """Return whether a message that is expected, and has no verdict, may be in the queue."""
        changes = Counter((change.alarm, change.new) for change in self.states.changes)
        return any(
            changes[awaited.alarm, awaited.state]
            > sum(
                (arrived.alarm, arrived.state) == (awaited.alarm, awaited.state)
                and awaited.topic in {None, arrived.topic}
                for arrived in self.notifications
            )
            for awaited in self.plan.awaited
            if verdicts[awaited.position] is None
        )

    def _held_back(self, alarm: str) -> str:
        """Return why a composite's change notifies nobody, if something holds its actions back."""
        by = self.states.held_by(alarm)
        return f" (its actions are held back: {by})" if by else ""

    def tell_what_lasts(self) -> None:
        """Say which alarms are still in ALARM and when that is over, as far as anybody can know."""
        # What has ended the drill, such as an AWS that does not answer, is told by whoever ends the command.
        with suppress(Exception):
            self.states.look(self.clock.now_s())
        now = {name: self.states.now(name) for name in self.states.described}
        found = [
            replace(item, alarm=self.short(item.alarm), is_expected=item.alarm in self.plan.alarms)
            for item in lasting(self.catalog, now, self.last_s)
        ]
        for sentence in aftermath.sentences(found, self.last_s, self.clock.afterwards):
            self.teller.say(sentence)


def _watched(catalog: Catalog, plan: Plan) -> list[str]:
    """Return the alarms whose changes are told: those that something is expected of, and the services'."""
    # Without those that are there only to silence others.
    speak = (alarm for alarm in catalog.all_alarms if alarm.topic or alarm.runbook)
    others = (alarm.name for alarm in speak if alarm.service in plan.services or alarm.name in plan.heard)
    return list(dict.fromkeys([*plan.alarms, *others]))


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
