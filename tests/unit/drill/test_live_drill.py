"""A whole live drill against an AWS that is made for it: what is refused, seen, judged and put back."""

# ruff: noqa: E501  # what is said is compared whole

from __future__ import annotations

import io
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from catalog import environment
from catalog.naming import Names
from cloudwatch.composites import Change
from cloudwatch.suppression import Suppressed
from config.errors import CommandError, ConfigError
from config.models import Environment
from drill import choosing
from drill.live import clock, drill, preparation, sender
from drill.live.aftermath import lasting
from drill.live.mailbox import Mailbox
from drill.live.preparation import Plan
from drill.live.states import States
from drill.output import Progress
from ops import cli, local, output
from ops.commands import common
from tests.unit.drill.live_aws import DEPLOYING, ERRORS, IMPACT, OUTPUTS, Aws, throttled

LOCAL, CATALOG = environment.read("local", variables={})
SPEED = 300
"""A minute of the drill passes in a fifth of a second."""

SCENARIO = """\
description: Payments fail
duration: 19m
invoke: [{service: payment-handler, event: {a: 1}, fault: error, per_min: 5, to: 4m}]
expect:
  - {alarm: payment-handler-errors, state: ALARM, by: 6m}
  - {message: payment-handler-impact, topic: critical, by: 9m}
  - {alarm: payment-handler-impact, state: OK, by: 19m}
"""


class Stage:
    """One drill, its AWS and its screen."""

    def __init__(self, folder: Path, aws: Aws, told: list[dict[str, Any]]) -> None:
        """Have nothing happened yet."""
        self.folder, self.aws, self.told = folder, aws, told
        self.screen = io.StringIO()

    def run(self, text: str = SCENARIO, env: Environment = LOCAL) -> bool:
        """Run a scenario."""
        path = self.folder / "pay.yaml"
        path.write_text(text, encoding="utf-8")
        (plan,) = preparation.plans(env, CATALOG, [path])
        console = Console(file=self.screen, width=200)
        return drill.run(env, CATALOG, plan, console, outputs=output.collect(env, None), speed=SPEED)

    @property
    def said(self) -> str:
        """What is on the screen."""
        return self.screen.getvalue()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A local AWS in which nothing is wrong."""
    arns = {IMPACT: f"arn:aws:sns:eu-west-1:000000000000:{Names.of(LOCAL).topic('critical')}"}
    aws, told = Aws(arns), []
    aws.states = {alarm.name: "OK" for alarm in CATALOG.all_alarms}
    state = {"speed": 1.0, "evaluating": True, "now_s": 0.0}

    def ask(_env: Environment, _method: str, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
        told.append(wanted or {})
        return dict(state)

    monkeypatch.setattr(clock, "_ask", ask)
    for module in (drill, sender, preparation):
        monkeypatch.setattr(module, "client", aws.client)
    monkeypatch.setattr(output, "collect", lambda *_: OUTPUTS)
    monkeypatch.setattr(drill, "BUILD", tmp_path / "build")
    monkeypatch.setattr(drill, "_SHORTEST_S", 0.02)
    Progress(Console(file=io.StringIO())).event(
        ""
    )  # what this imports at first would take minutes of the drill
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    yield Stage(tmp_path, aws, told)
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


def is_as_before(stage: Stage) -> bool:
    """Tell whether the clock goes as before and others' messages are theirs again."""
    return stage.told[-1] == {"speed": 1.0, "evaluating": True} and len(stage.aws.queue.visible()) == len(
        stage.aws.queue.messages
    )


def test_a_drill_that_goes_as_expected_says_what_happens_and_leaves_nothing(stage: Stage) -> None:
    """Requests, changes with their times, the message, a verdict on each expectation; a report for pipelines."""
    stage.aws.queue.put("somebody's")
    assert stage.run()
    assert len(stage.aws.requests) == 20
    assert all(event == {"a": 1, "drill": {"fault": "error"}} for _, event in stage.aws.requests)
    assert stage.aws.sent_s[-1] - stage.aws.sent_s[0] >= 0.9 * 228 / SPEED, "not spread over their time"
    for line in (
        "payment-handler: 5 requests a minute from 0s to 4m, fault error",
        "payment-handler-errors OK -> ALARM after ",
        "message in the alarm queue: payment-handler-impact ALARM, from topic critical after ",
        "payment-handler-impact ALARM -> OK after ",
        "payment-handler: 20 of 20 requests sent",
        "pay   3 of 3 passed   1 page, 0 tickets",
        "a message of payment-handler-impact in ALARM arrives in the queue alarms by +9m",
    ):
        assert line in stage.said, line
    assert "still in ALARM" not in stage.said
    assert is_as_before(stage)
    assert [message.body for message in stage.aws.queue.messages] == ["somebody's"]
    assert stage.aws.queue.dead == []
    cases = ET.parse(stage.folder / "build" / "drill" / "live-pay.xml").findall(".//testcase")  # noqa: S314  # ours
    assert [(element.get("line"), element.find("failure")) for element in cases] == [
        ("5", None),
        ("6", None),
        ("7", None),
    ]


def test_a_message_that_does_not_come_is_told_with_its_place_and_fails_the_drill(stage: Stage) -> None:
    """As soon as its time is up; the rest goes on."""
    stage.aws.delivers = False
    assert not stage.run()
    assert (
        "FAILED: expected a message of payment-handler-impact in ALARM arrives in the queue alarms by +9m; "
        in stage.said
    )
    assert "pay.yaml:6)" in stage.said
    assert "pay   2 of 3 passed" in stage.said
    failures = ET.parse(stage.folder / "build" / "drill" / "live-pay.xml").findall(".//failure")  # noqa: S314  # ours
    assert len(failures) == 1
    assert "not sent: it was in ALARM at +" in str(failures[0].get("message"))
    assert is_as_before(stage)


def test_expectations_on_one_line_are_told_apart(stage: Stage) -> None:
    """A message is looked for although what stands beside it has its verdict."""
    head, entries = SCENARIO.split("expect:\n")
    one_line = ", ".join(entry.removeprefix("  - ") for entry in entries.splitlines())
    assert stage.run(f"{head}expect: [{one_line}]\n"), stage.said


def test_functions_that_do_not_fail_on_request_end_the_drill_at_once(stage: Stage) -> None:
    """With what they answered: there is nothing to wait for."""
    stage.aws.answer = lambda _: {}
    with pytest.raises(
        CommandError, match=r"^payment-handler did not answer as requested \(.*pay\.yaml:3\): "
    ) as error:
        stage.run()
    assert str(error.value).endswith('requested fault error, answered {"status": "x"}')
    assert len(stage.aws.requests) < 20
    assert is_as_before(stage)


def test_functions_that_fail_without_being_asked_end_the_drill_too(stage: Stage) -> None:
    """What follows would not be the drill's."""
    stage.aws.answer = lambda _: {"FunctionError": "Unhandled"}
    with pytest.raises(CommandError, match=r"requested no fault, answered"):
        stage.run(SCENARIO.replace("fault: error, ", ""))


def test_a_machine_that_cannot_keep_up_makes_the_local_aws_go_slower(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it can: the requests are sent all the same, and the clock is set back to what it was."""
    monkeypatch.setattr(drill, "_COMPARED_EVERY_S", 0.1)
    fails = stage.aws.answer

    def slow(event: Any) -> dict[str, Any]:
        time.sleep(0.08)
        return fails(event)

    stage.aws.answer = slow
    stage.run(SCENARIO.replace("per_min: 5", "per_min: 10").replace("19m", "10m"))
    assert "continuing at 150 times real time: this machine is too slow" in stage.said
    assert {"speed": 150} in stage.told
    assert is_as_before(stage)


def test_refused_requests_are_counted(stage: Stage) -> None:
    """Throttling may be what is rehearsed."""
    stage.aws.answer = throttled
    assert not stage.run(SCENARIO.replace("19m", "10m"))
    assert "payment-handler: 20 of 20 requests sent, 20 throttled" in stage.said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_drill_puts_everything_back(stage: Stage, number: int) -> None:
    """Ctrl-C, a cancelled pipeline, a closed terminal; and it says what it leaves in ALARM."""
    stage.aws.queue.put("somebody's", receives=2)
    stage.aws.delivers = False

    def interrupt() -> None:
        while "errors OK -> ALARM" not in stage.said or stage.aws.queue.visible():
            time.sleep(0.01)  # until the queue is being read
        signal.raise_signal(number)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        stage.run(SCENARIO.replace("4m", "19m").replace("by: 9m", "by: 18m"))
    assert is_as_before(stage)
    assert [(message.body, message.receives) for message in stage.aws.queue.messages] == [("somebody's", 0)]
    assert "still in ALARM: payment-handler-errors, OK again within " in stage.said
    sent = len(stage.aws.requests)
    assert sent < 5 * 19, "the rest was sent all the same"
    time.sleep(0.2)
    assert len(stage.aws.requests) == sent
    assert not (stage.folder / "build").exists()


def test_a_second_interruption_does_not_keep_things_from_being_put_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who presses Ctrl-C twice is in a hurry, and the queue and the clock are others' too."""
    close = Mailbox.close

    def slow(self: Mailbox) -> None:
        signal.raise_signal(signal.SIGINT)
        close(self)

    monkeypatch.setattr(Mailbox, "close", slow)
    assert stage.run()
    assert is_as_before(stage)


@pytest.mark.parametrize("what", ["already", "quiet"])
def test_a_drill_waits_until_nothing_hides_what_it_causes(stage: Stage, what: str) -> None:
    """An alarm that is in ALARM already; a deployment whose quiet holds messages back."""
    if what == "already":
        stage.aws.states[ERRORS] = stage.aws.states[IMPACT] = "ALARM"
        stage.aws.failures = [time.monotonic()]
        why = f"waiting: {ERRORS} is already in ALARM; {IMPACT} is already in ALARM"
    else:
        stage.aws.suppressor = DEPLOYING
        stage.aws.states[DEPLOYING] = "ALARM"
        threading.Timer(0.3, lambda: stage.aws.states.update({DEPLOYING: "OK"})).start()
        why = f"waiting: {DEPLOYING} is in ALARM and suppresses {IMPACT}"
    assert stage.run()
    assert why in stage.said
    assert stage.said.index("waiting: ") < stage.said.index("started")
    assert not re.search(r"is in ALARM by \+6m\n.*\n +actual +from \+0s on", stage.said), (
        "what was before counts"
    )


def test_a_drill_does_not_wait_for_ever(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour; nothing was sent by then."""
    monkeypatch.setattr(drill, "_READY_WITHIN_S", 60)
    stage.aws.suppressor = DEPLOYING
    stage.aws.states[DEPLOYING] = "ALARM"
    with pytest.raises(CommandError, match=r"still the case after 1m\. Nothing was sent\. "):
        stage.run()
    assert stage.aws.requests == []
    assert is_as_before(stage)


def test_what_is_never_to_happen_is_watched_to_the_end(stage: Stage) -> None:
    """Though everything else has happened long before."""
    never = SCENARIO.replace("19m", "12m") + "  - {never: order-processor-impact}\n"
    began = time.monotonic()
    assert stage.run(never)
    assert time.monotonic() - began >= 12 * 60 / SPEED
    broken = SCENARIO.replace(
        "alarm: payment-handler-impact, state: OK, by: 19m", "never: payment-handler-impact"
    )
    assert not stage.run(broken)
    assert (
        "FAILED: expected payment-handler-impact never in ALARM; payment-handler-impact was in ALARM at +"
        in stage.said
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"variables": {}},
            "the deployed payment-handler does not allow drills, but the configuration does",
        ),
        ({"variables": {"DRILLS": "no"}}, "make deploy ENV=local STACK=compute`. Nothing was sent."),
        ({"topics": {}}, f"pay.yaml:6: this message cannot arrive: in ALARM, {IMPACT} notifies no topic"),
        ({"topics": {IMPACT: "arn:aws:sns:r:1:other"}}, "notifies other. Nothing was sent."),
        ({"states": {ERRORS: "OK"}}, f"not deployed: {IMPACT}"),
    ],
)
def test_what_is_deployed_otherwise_than_needed_is_refused_before_anything_is_sent(
    stage: Stage, change: dict[str, Any], said: str
) -> None:
    """With what to do."""
    for name, value in change.items():
        setattr(stage.aws, name, value)
    with pytest.raises(CommandError) as refused:
        stage.run()
    assert said in str(refused.value)
    assert stage.aws.requests == []
    assert stage.told == []


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"security": {}}, "compute and monitoring are not deployed in local: `make deploy ENV=local`."),
        ({**OUTPUTS, "compute": {"lambda_function_names": {}}}, "payment-handler is not deployed in local"),
    ],
)
def test_what_is_not_deployed_is_said_to_be_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any], said: str
) -> None:
    """With the command that deploys it."""
    monkeypatch.setattr(output, "collect", lambda *_: outputs)
    with pytest.raises(CommandError, match=said):
        stage.run()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment in an account, with the local one's names."""
    data = {**LOCAL.model_dump(by_alias=True), "endpoint": None}
    data["notifications"]["critical"] |= {"emails": ["oncall@example.com"], "slack": ["ssm:/a"]}
    real = clock.Clock
    monkeypatch.setattr(clock, "Clock", lambda: real(SPEED))
    return Environment.model_validate(data)


def test_in_an_account_nothing_begins_without_a_yes(
    stage: Stage, account: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it was said where, how long, and who will hear of it."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(Console, "input", lambda *_: "y")
    with pytest.raises(CommandError, match=r"^not confirmed\. Nothing was sent\.$"):
        stage.run(env=account)
    assert "in local (account 000000000000, eu-west-1), at most 19m" in stage.said
    assert "its alarms notify critical: oncall@example.com, slack ssm:/a" in stage.said
    assert stage.aws.requests == []
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(CommandError, match="APPROVE=auto skips the confirmation"):
        stage.run(env=account)


@pytest.mark.parametrize("how", ["yes", "auto"])
def test_in_an_account_a_yes_begins_and_no_clock_is_set(
    stage: Stage, account: Environment, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Or APPROVE=auto, for pipelines."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: how == "yes")
    monkeypatch.setattr(Console, "input", lambda *_: "yes ")
    monkeypatch.setenv("APPROVE", "auto" if how == "auto" else "")
    assert stage.run(env=account)
    assert stage.told == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("prod", "It cannot be true while deletion_protection is true"),
        ("staging", "If its functions may fail on request, set it to true and deploy compute"),
    ],
)
def test_an_environment_that_does_not_allow_drills_is_refused_with_key_file_and_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    """Before anything is asked of AWS; the exit status is that of a refused configuration."""
    monkeypatch.setenv("ENV", name)
    monkeypatch.delattr(common, "require_aws")
    assert cli.main(["drill", "live"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        f"config/{name}.yaml: drills.allowed: is false: live drills are not allowed in {name}"
    )
    assert said.strip().endswith(why)
    with pytest.raises(ConfigError):
        preparation.require_allowed(environment.read(name, variables={})[0])


@pytest.mark.parametrize(("passed", "status"), [([True, True], 0), ([True, False], 1)])
def test_every_scenario_is_run_and_all_must_be_as_expected(
    monkeypatch: pytest.MonkeyPatch, passed: list[bool], status: int
) -> None:
    """Those of drills/ that send requests, unless some are named."""
    monkeypatch.setenv("ENV", "local")
    monkeypatch.setattr(local, "require", lambda _: None)
    monkeypatch.setattr(output, "collect", lambda *_: OUTPUTS)
    ran: list[str] = []

    def run(_env: Any, _catalog: Any, plan: Plan, *_: Any, outputs: dict[str, Any], speed: float) -> bool:
        assert (outputs, speed) == (OUTPUTS, 7)
        ran.append(plan.scenario.name)
        return passed[len(ran) - 1]

    monkeypatch.setattr(drill, "run", run)
    assert cli.main(["drill", "live", "--speed", "7"]) == status
    with_requests = [
        path for path in choosing.FOLDER.glob("*.yaml") if "\ninvoke:" in path.read_text("utf-8")
    ]
    assert ran == sorted(path.stem for path in with_requests)


def test_a_bad_scenario_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With file and line, before AWS is asked."""
    path = tmp_path / "bad.yaml"
    path.write_text("description: x\ninvoke: 5\nexpect: [{}]\n", encoding="utf-8")
    assert cli.main(["drill", "live", str(path)]) == 2
    assert "bad.yaml:2: invoke: must be a list" in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "601", "fast", "-1", "nan", "inf"])
def test_a_speed_is_a_number_that_can_be_watched(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From 1 to 600."""
    assert cli.main(["drill", "live", "--speed", speed]) == 2
    assert f"must be a number from 1 to 600 (found: {speed})" in capsys.readouterr().err


def test_what_lasts_is_said_until_when() -> None:
    """A metric alarm by its window, a composite by the alarms below it that are in ALARM."""
    slow = "reveille-payment-handler-slo-availability-slow-burn-long-local"
    rate = "reveille-payment-handler-error-rate-local"
    states = {ERRORS: "ALARM", slow: "ALARM", rate: "ALARM", IMPACT: "ALARM", DEPLOYING: "OK"}
    found = {item.alarm: item.until_s for item in lasting(CATALOG, states, 360.0)}
    assert found == {
        ERRORS: 360 + 2 * 600 + 120,
        slow: 360 + 2 * 86_400 + 120,
        rate: 360 + (5 - 3 + 2) * 60 + 120,
        IMPACT: 360 + (5 - 3 + 2) * 60 + 120,
    }
    heartbeat = next(alarm.name for alarm in CATALOG.alarms if alarm.treat_missing_data != "notBreaching")
    (last,) = lasting(CATALOG, {heartbeat: "ALARM"}, 0.0)
    assert last.until_s is None


def test_any_number_of_alarms_is_asked_for(stage: Stage) -> None:
    """A hundred at once, which is what CloudWatch takes; and those that hold their actions back."""
    names = [f"a{number}" for number in range(250)]
    stage.aws.states = {**dict.fromkeys(names, "OK"), ERRORS: "OK", IMPACT: "OK", DEPLOYING: "ALARM"}
    stage.aws.suppressor = DEPLOYING
    states = States(stage.aws, [*names, IMPACT])
    assert set(states.described) == {*names, IMPACT, DEPLOYING}
    stage.aws.states["a249"] = "ALARM"
    assert states.poll(7.0) == [Change(7.0, "a249", "OK", "ALARM")]
    assert states.poll(8.0) == []
    assert [states.suppressor(text) for text in ("a0", IMPACT)] == ["", DEPLOYING]


def test_notifications_silence_suppression_and_pages_are_seen_live_too(stage: Stage) -> None:
    """Of the queue's messages and DescribeAlarms: what a rehearsal asserts, a live drill asserts."""
    text = SCENARIO.replace("19m", "12m").replace(
        "{alarm: payment-handler-impact, state: OK, by: 12m}", "{pages: 1}"
    )
    good = f"""{text}
  - {{notification: payment-handler-impact, topic: critical, delivered_to: [alarms], by: 9m, times: 1}}
  - {{no_notifications: payment-handler-errors}}
  - {{suppressed: payment-handler-impact}}
  - {{tickets: 0}}
"""
    stage.aws.held_by = "Alarm"
    assert stage.run(good), stage.said
    assert "sent at +" in stage.said
    assert "1: payment-handler-impact at +" in stage.said
    stage.aws.held_by = None


def test_when_actions_were_held_back_is_followed(stage: Stage) -> None:
    """From the look at which something holds them back to the one at which nothing does."""
    states = States(stage.aws, [IMPACT])
    for at_s, by in ((1.0, None), (2.0, "WaitPeriod"), (3.0, "Alarm"), (4.0, "Alarm"), (5.0, None)):
        stage.aws.held_by = by
        states.poll(at_s)
    assert states.suppressed == {IMPACT: [Suppressed(2.0, 3.0, "WaitPeriod"), Suppressed(3.0, 5.0, "Alarm")]}
    stage.aws.held_by = "Alarm"
    states.poll(6.0)
    states.restart()
    assert states.suppressed == {IMPACT: [Suppressed(0.0, None, "Alarm")]}


def test_what_still_burns_behind_a_silence_is_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its other half it would hold the message back in the middle of the drill."""
    monkeypatch.setattr(drill, "_READY_WITHIN_S", 60)
    stage.aws.suppressor = "quiet"
    stage.aws.states |= {"quiet": "OK", "burn-long": "ALARM", "burn-short": "OK"}
    stage.aws.rules["quiet"] = 'ALARM("burn-long") AND ALARM("burn-short")'
    with pytest.raises(CommandError, match=r"^burn-long is in ALARM and is part of the suppressor of "):
        stage.run()
    assert stage.aws.requests == []
    stage.aws.states["burn-long"] = "OK"
    assert stage.run()
