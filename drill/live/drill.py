"""One live drill: requests are sent, alarms and messages watched, and all is put back as it was."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from aws.clients import client
from catalog import Catalog
from catalog.naming import Names
from config.errors import CommandError
from config.models import Environment
from config.paths import BUILD, ROOT
from drill.durations import text_of
from drill.live import aftermath, preparation, report
from drill.live.aftermath import lasting
from drill.live.clock import Clock, sped_up
from drill.live.expectations import Arrival, Seen, judge
from drill.live.interruption import interruptible
from drill.live.mailbox import Mailbox
from drill.live.reading import Scenario
from drill.live.report import Teller
from drill.live.scenario import MessageExpected, NeverExpected
from drill.live.sender import Sender
from drill.live.states import States
from drill.rehearsal import Verdict

FOLDER = ROOT / "drills" / "live"
"""Where scenarios are that are run unless one is named."""

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
    scenario: Scenario,
    console: Console,
    *,
    outputs: Mapping[str, Mapping[str, Any]],
    speed: float,
) -> bool:
    """Run a scenario against what is deployed; return whether all was as expected.

    Args:
        env: the environment; its AWS is there and is the right one.
        catalog: what is watched in it.
        scenario: the scenario.
        console: where to say what happens.
        outputs: stack -> name -> value, of the stacks that are deployed.
        speed: how many times faster a local AWS goes.

    Raises:
        CommandError: something is missing, or was declined, or functions do not do what they are asked.
    """
    deployed = preparation.find(env, scenario, outputs)
    states = States(client(env, "cloudwatch"), _watched(catalog, scenario))
    preparation.require_messages(env, scenario, states)
    preparation.agree(env, scenario, console, speed)
    began = time.monotonic()
    drill = _Drill(env, catalog, scenario, deployed, states, Teller(console))
    try:
        drill.run(speed)
    finally:
        drill.tell_what_lasts()
    verdicts = drill.verdicts()
    drill.teller.verdicts(verdicts)
    path = BUILD / "drill" / f"live-{scenario.name}.xml"
    report.write_junit(path, report.junit(scenario.name, verdicts, time.monotonic() - began))
    passed = all(one.passed for one in verdicts)
    good = sum(one.passed for one in verdicts)
    drill.teller.say(f"{scenario.name}: {good} of {len(verdicts)} as expected. JUnit: {_shown(path)}")
    return passed


@dataclass
class _Drill:
    """A drill under way."""

    env: Environment
    catalog: Catalog
    scenario: Scenario
    deployed: preparation.Deployed
    states: States
    teller: Teller
    clock: Clock = field(default_factory=Clock)
    seen: Seen = field(init=False)
    last_s: float = 0.0
    """The drill's time when it was over."""
    late_s: float = 0.0
    """How late requests were when that was last looked at."""
    compared: float = 0.0
    """When that was."""

    def __post_init__(self) -> None:
        names = Names.of(self.env)
        self.short = names.without
        topics = {topic.key: topic.name for topic in self.catalog.routes.topics}
        self.seen = Seen(self.states.first, topics, self.states.changes)

    def run(self, speed: float) -> None:
        """Run it, and put everything back whatever happens."""
        with ExitStack() as put_back:
            ignore = put_back.enter_context(interruptible())
            self.clock = put_back.enter_context(sped_up(self.env, speed))
            self._wait_for_quiet()
            mailbox = Mailbox(
                client(self.env, "sqs"),
                self.deployed.queue_url,
                self.scenario.alarms,
                since_s=self.states.server_time_s,
                wait_s=0 if self.env.is_local else _QUEUE_WAIT_S,
            )
            put_back.callback(mailbox.close)
            sender = Sender(self.env, self.deployed.functions, self.scenario.invoke, self.clock)
            put_back.enter_context(sender)
            # Undone in reverse order: nobody disturbs what puts things back.
            put_back.callback(ignore)
            self.teller.event("begins")
            self._watch(mailbox, sender)
            sender.stop()
            if any(one.alarm in self.scenario.alarms for one in self.states.changes):
                self._take(mailbox)
        for one, tally in zip(self.scenario.invoke, sender.tallies, strict=True):
            self.teller.say(tally.sentence(one.asks, self.last_s))

    def _wait_for_quiet(self) -> None:
        """Wait until nothing hides what the drill causes, such as the quiet after a deployment.

        Raises:
            CommandError: something still does after half an hour.
        """
        told: list[str] = []
        while why := preparation.unquiet(self.scenario, self.states):
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

    def _pause(self) -> None:
        time.sleep(max(_SHORTEST_S, self.clock.real_s(_LOOK_EVERY_S)))

    def verdicts(self) -> list[Verdict]:
        """Return what became of each expectation, once it is over."""
        found = judge(self.scenario.expect, self.seen, self.last_s, over=True)
        return [one for one in found if one is not None]

    def _watch(self, mailbox: Mailbox, sender: Sender) -> None:
        """Look again and again until all that was expected has happened, or its time is up."""
        told: set[int] = set()
        while True:
            self.last_s = self.clock.now_s()
            for change in self.states.look(self.last_s):
                # That the first data of an alarm are good is no news, unless it is waited for.
                if "ALARM" in {change.old, change.new} or change.alarm in self.scenario.alarms:
                    text = f"{self.short(change.alarm)} {change.old} -> {change.new}"
                    self.teller.event(text + self._held_back(change.alarm), change.at_s)
            if self._is_due():
                self._take(mailbox)
            else:
                mailbox.rest()
            self._keep_up(sender)
            if sender.refusal:
                raise CommandError(sender.refusal)
            verdicts = judge(self.scenario.expect, self.seen, self.last_s, over=False)
            for position, one in enumerate(verdicts):
                if one is not None and not one.passed and position not in told:
                    told.add(position)
                    self.teller.event(f"NOT AS EXPECTED: {one.expected}: {one.found} ({one.place})")
            if self._is_over(verdicts):
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
        for notice in mailbox.read():
            at_s = self.clock.now_s()
            self.seen.arrivals.append(Arrival(at_s, notice))
            through = self.short(notice.topic)
            said = f"{self.short(notice.alarm)} is {notice.state}, through {through}"
            self.teller.event(f"message in the alarm queue: {said}", at_s)

    def _is_due(self) -> bool:
        """Tell whether a message that is expected may be in the queue."""
        verdicts = judge(self.scenario.expect, self.seen, self.last_s, over=False)
        changed = {(one.alarm, one.new) for one in self.states.changes}
        return any(
            isinstance(one.expects, MessageExpected)
            and verdict is None
            and (one.alarms[0], one.expects.state) in changed
            for one, verdict in zip(self.scenario.expect, verdicts, strict=True)
        )

    def _is_over(self, verdicts: Sequence[Verdict | None]) -> bool:
        """Tell whether nothing is expected any more; what must never happen is watched to the end."""
        never = any(isinstance(one.expects, NeverExpected) for one in self.scenario.expect)
        if never and self.last_s < self.scenario.lasts_s:
            return False
        return all(
            verdict is not None or isinstance(one.expects, NeverExpected)
            for one, verdict in zip(self.scenario.expect, verdicts, strict=True)
        )

    def _held_back(self, alarm: str) -> str:
        """Return why a composite's change notifies nobody, if something holds its actions back."""
        by = self.states.described[alarm].get("ActionsSuppressedBy")
        return f" (its actions are held back: {by})" if by else ""

    def tell_what_lasts(self) -> None:
        """Say which alarms are still in ALARM and when that is over, as far as anybody can know."""
        # What has ended the drill, such as an AWS that does not answer, is told by whoever ends the command.
        with suppress(Exception):
            self.states.look(self.clock.now_s())
        now = {name: self.states.now(name) for name in self.states.described}
        found = [
            replace(one, alarm=self.short(one.alarm), is_expected=one.alarm in self.scenario.alarms)
            for one in lasting(self.catalog, now, self.last_s)
        ]
        for sentence in aftermath.sentences(found, self.last_s, self.clock.afterwards):
            self.teller.say(sentence)


def _watched(catalog: Catalog, scenario: Scenario) -> list[str]:
    """Return the alarms whose changes are told: those that something is expected of, and the services'."""
    # Without those that are there only to silence others.
    speak = (one for one in catalog.all_alarms if one.topic or one.runbook)
    of_services = [one.name for one in speak if one.service in scenario.services]
    return list(dict.fromkeys([*scenario.alarms, *of_services]))


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
