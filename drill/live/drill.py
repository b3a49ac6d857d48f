"""A live drill: send requests, observe alarms and messages, and restore what was changed."""

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
from drill.output import Progress, written
from drill.rehearsal import Message, Notification, Outcome, Verdict
from drill.report import junit, table
from drill.selection import Selection

_POLL_EVERY_S = 10
"""Seconds of drill time between two polls. An alarm keeps a state for at least a minute."""

_SHORTEST_S, _QUEUE_WAIT_S = 0.2, 1

_LATE_S, _COMPARED_EVERY_S = 30, 2.0
"""Seconds of drill time that a request may be late, and real seconds between two comparisons of that."""

_READY_WITHIN_S = 1800
"""Seconds that a drill waits for interfering alarms. Suppression after a deployment lasts ten minutes."""


def run(  # noqa: PLR0913  # each is used
    env: Environment,
    catalog: Catalog,
    plan: Plan,
    console: Console,
    *,
    outputs: Mapping[str, Mapping[str, Any]],
    speed: float,
) -> bool:
    """Run a scenario against a deployment; return whether all expectations are met.

    Args:
        env: the environment. Its AWS was verified.
        catalog: its catalog.
        plan: the scenario.
        console: the output for progress and the report.
        outputs: stack -> name -> value, of the deployed stacks.
        speed: the speed of a local AWS, as a multiple of real time.

    Raises:
        CommandError: something is not deployed, it was declined, or functions answer unexpectedly.
    """
    deployed = preparation.find(env, plan, outputs)
    states = States(client(env, "cloudwatch"), _watched(catalog, plan))
    preparation.require_messages(plan, states)
    preparation.confirm(env, plan, console, speed)
    began = time.monotonic()
    drill = _Drill(env, catalog, plan, deployed, states, Progress(console))
    try:
        drill.run(speed)
    finally:
        drill.report_lasting_alarms()
    outcome = drill.outcome(time.monotonic() - began)
    verdicts = assertions.judge(outcome, plan.scenario.expect)
    outcome = replace(outcome, verdicts=tuple(verdict for verdict in verdicts if verdict is not None))
    table.show([outcome], console, verbose=True)
    path = BUILD / "drill" / f"live-{outcome.name}.xml"
    with written(path):
        junit.write([outcome], path)
    drill.progress.line(f"JUnit: {_shown(path)}")
    return outcome.passed


@dataclass
class _Drill:
    """The state of a running drill."""

    env: Environment
    catalog: Catalog
    plan: Plan
    deployed: preparation.Deployed
    states: States
    progress: Progress
    clock: Clock = field(default_factory=Clock)
    interruptions: Interruptions = field(default_factory=Interruptions)
    notifications: list[Notification] = field(default_factory=list)
    """Notifications that arrived in the alarm queue."""
    begins_s: float = 0.0
    """The start, in the time of AWS."""
    last_s: float = 0.0
    """The newest drill time."""
    late_s: float = 0.0
    """How late requests were at the last comparison."""
    compared: float = 0.0
    """When that comparison was, by the monotonic clock."""

    def __post_init__(self) -> None:
        self.scenario = self.plan.scenario
        self.short = Selection(self.plan.system).short
        self.topics = {topic.arn.rpartition(":")[2]: topic.name for topic in self.plan.system.topics}

    def run(self, speed: float) -> None:
        """Run the drill, and restore everything in any case."""
        with ExitStack() as restore:
            restore.enter_context(self.interruptions)
            self.clock = restore.enter_context(sped_up(self.env, speed))
            # Runs first in a restoration, as callbacks run in reverse order; again below, for more of them.
            restore.callback(self.interruptions.ignore)
            self._wait_until_ready()
            mailbox = Mailbox(
                client(self.env, "sqs"),
                self.deployed.queue_url,
                self.plan.observed,
                since_s=self.begins_s,
                wait_s=0 if self.env.is_local else _QUEUE_WAIT_S,
            )
            over_s = self.scenario.head.duration
            requests = self.scenario.invoke
            sender = Sender(self.env, self.deployed.functions, requests, self.clock, over_s=over_s)
            restore.enter_context(sender)
            # Before requests in progress are awaited: messages of others stay hidden for a limited time.
            restore.callback(mailbox.close)
            restore.callback(self.interruptions.ignore)
            self.progress.event("started")
            self._watch(mailbox, sender)
            sender.stop()
            if any(change.alarm in self.plan.observed for change in self.states.changes):
                self._take(mailbox)
        for request, tally in zip(requests, sender.tallies, strict=True):
            all_due = self.last_s >= request.request.ends_s(over_s)
            self.progress.line(tally.sentence(request.request.service, all_due=all_due))

    def _wait_until_ready(self) -> None:
        """Wait until no alarm interferes with the drill, such as suppression after a deployment.

        Raises:
            CommandError: an alarm still interferes after half an hour.
        """
        reported: list[str] = []
        while reasons := preparation.interference(self.plan, self.states):
            if self.clock.now_s() > _READY_WITHIN_S:
                remedy = " To reset it: `make local-stop`, then `make deploy`." if self.env.is_local else ""
                after = f"still the case after {text_of(_READY_WITHIN_S)}. Nothing was sent."
                message = f"{'; '.join(reasons)}: {after}{remedy}"
                raise CommandError(message)
            if reasons != reported:
                self.progress.event(f"waiting: {'; '.join(reasons)}")
                reported = reasons
            self._pause()
            self.states.poll(self.clock.now_s())
        self.clock.restart()
        self.states.restart()
        self.begins_s = self.states.server_time_s

    def _pause(self) -> None:
        time.sleep(max(_SHORTEST_S, self.clock.real_s(_POLL_EVERY_S)))

    def outcome(self, took_s: float = 0.0) -> Outcome:
        """Return the outcome so far.

        Args:
            took_s: the run time.
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
            description=self.scenario.head.description,
            system=self.plan.system,
            begins_s=self.begins_s,
            ends_s=self.begins_s + self.last_s,
            changes={name: tuple(of_alarm) for name, of_alarm in changes.items()},
            suppressed=suppressed,
            notifications=tuple(self.notifications),
            messages=tuple(
                Message(notification, queue, notification.at_s) for notification in self.notifications
            ),
            verdicts=(),
            took_s=took_s,
        )

    def _watch(self, mailbox: Mailbox, sender: Sender) -> None:
        """Poll until every expectation has a verdict, or the time is over."""
        reported: set[int] = set()
        while True:
            self.last_s = self.clock.now_s()
            for change in self.states.poll(self.last_s):
                # A change from INSUFFICIENT_DATA to OK is only reported for alarms with expectations.
                if "ALARM" in {change.old, change.new} or change.alarm in self.plan.alarms:
                    text = f"{self.short(change.alarm)} {change.old} -> {change.new}"
                    self.progress.event(text + self._suppression(change.alarm), change.at_s)
            expect = self.scenario.expect
            verdicts = assertions.judge(self.outcome(), expect, over=False)
            if self._is_due(verdicts):
                self._take(mailbox)
                verdicts = assertions.judge(self.outcome(), expect, over=False)
            else:
                mailbox.release()
            self._keep_up(sender)
            if sender.refusal:
                raise CommandError(sender.refusal)
            for position, verdict in enumerate(verdicts):
                if verdict is not None and not verdict.passed and position not in reported:
                    reported.add(position)
                    self.progress.event(
                        f"FAILED: expected {verdict.expected}; {verdict.actual} ({verdict.place})"
                    )
            if None not in verdicts or self.last_s > self.scenario.head.duration:
                return
            self._pause()

    def _keep_up(self, sender: Sender) -> None:
        """Slow a local AWS down when requests are late, and getting later."""
        late_s, before_s = sender.late_s, self.late_s
        if time.monotonic() - self.compared < _COMPARED_EVERY_S:
            return
        self.late_s, self.compared = late_s, time.monotonic()
        if late_s >= before_s > _LATE_S and self.clock.slow_down():
            self.late_s = 0.0
            self.progress.event(
                f"continuing at {self.clock.speed:g} times real time: this machine is too slow"
            )

    def _take(self, mailbox: Mailbox) -> None:
        """Receive the messages of the drill from the queue."""
        queue = self.plan.system.queues[0].name
        with self.interruptions.uninterrupted():
            notices = mailbox.read()
        for notice in notices:
            drill_s = self.clock.now_s()
            at_s, topic = self.begins_s + drill_s, self.topics.get(notice.topic, notice.topic)
            state = cast("State", notice.state)
            self.notifications.append(Notification(at_s, notice.alarm, state, topic, at_s, (queue,)))
            text = f"{self.short(notice.alarm)} {notice.state}, from topic {topic}"
            self.progress.event(f"message in the alarm queue: {text}", drill_s)

    def _is_due(self, verdicts: Sequence[Verdict | None]) -> bool:
        """Return whether an expected message without a verdict may be in the queue."""
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

    def _suppression(self, alarm: str) -> str:
        """Return why the actions of a composite are suppressed; empty if they are not."""
        reason = self.states.suppressed_by(alarm)
        return f" (actions suppressed by {reason})" if reason else ""

    def report_lasting_alarms(self) -> None:
        """Report the alarms that are still in ALARM and, if known, when they return to OK."""
        # The error that ended the drill, such as an AWS that does not answer, is reported by the command.
        with suppress(Exception):
            self.states.poll(self.clock.now_s())
        now = {name: self.states.now(name) for name in self.states.described}
        alarms = [
            replace(alarm, alarm=self.short(alarm.alarm), is_expected=alarm.alarm in self.plan.alarms)
            for alarm in lasting(self.catalog, now, self.last_s)
        ]
        for sentence in aftermath.sentences(alarms, self.last_s, self.clock.afterwards):
            self.progress.line(sentence)


def _watched(catalog: Catalog, plan: Plan) -> list[str]:
    """Return the alarms to observe: those with expectations, and those of the services."""
    # Without those that only suppress others.
    relevant = (alarm for alarm in catalog.all_alarms if alarm.topic or alarm.runbook)
    of_services = (
        alarm.name for alarm in relevant if alarm.service in plan.services or alarm.name in plan.observed
    )
    return list(dict.fromkeys([*plan.alarms, *of_services]))


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
