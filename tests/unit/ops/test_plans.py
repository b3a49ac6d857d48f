"""What is understood of Terraform's events, with a program in its place that prints recorded ones."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from config.errors import CommandError
from config.loader import load
from ops import plans, state_lock, synthesis
from ops.plans import StackRun
from ops.state_lock import StateLock
from terraform import binary, progress
from terraform.binary import TerraformError
from terraform.events import Plan
from terraform.progress import Progress
from tests.unit.ops import configurations

Fake = Callable[..., StackRun]

PROD = load("prod", variables={})

PLANNED = {
    "type": "change_summary",
    "changes": {"add": 2, "change": 1, "remove": 3, "operation": "plan", "import": 0},
}
DONE = {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "apply"}}
OUTPUTS = {
    "type": "outputs",
    "outputs": {"a": {"action": "create"}, "b": {"action": "noop"}, "c": {"action": "update"}},
}
AFTER = {"type": "outputs", "outputs": {"a": {"value": 1}, "b": {"value": 2}, "c": {"value": 3}}}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Return a function that makes a run whose Terraform prints these lines and ends with this status."""
    binary.executable.cache_clear()
    monkeypatch.setattr(plans, "BUILD", tmp_path / "build")
    monkeypatch.setattr(binary, "find_mirror", lambda: None)
    monkeypatch.setattr(binary, "BUILD", tmp_path / "build")
    monkeypatch.setattr(synthesis, "folder", lambda _: tmp_path / "out")
    monkeypatch.setattr(state_lock, "find", lambda *_: None)
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", str(tmp_path / "terraform"))
    configurations.write(tmp_path / "out", PROD, "compute")

    def make(*lines: dict[str, Any] | str, status: int = 0, screen: io.StringIO | None = None) -> StackRun:
        printed = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        (tmp_path / "printed").write_text(f"{printed}\n", encoding="utf-8")
        script = tmp_path / "terraform"
        script.write_text(
            "#!/bin/sh\n"
            f'echo "$@" >> {tmp_path}/commands\n'
            """[ "$1" = version ] && { echo '{"terraform_version": "1.11.0"}'; exit 0; }\n"""
            f"cat {tmp_path}/printed\nexit {status}\n",
            encoding="utf-8",
        )
        script.chmod(0o755)
        return StackRun(PROD, "compute", Console(file=screen or io.StringIO(), width=200))

    yield make
    binary.executable.cache_clear()


def commands(tmp_path: Path) -> list[str]:
    """Return the arguments of each run so far, without those that ask for the version."""
    lines = (tmp_path / "commands").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("version")]


def test_a_plan_is_counted_from_terraform_s_own_summary(fake: Fake) -> None:
    """Resources by what happens to them, and outputs that change."""
    plan = fake("plain text before", PLANNED, OUTPUTS).plan()
    assert plan == Plan("compute", add=2, change=1, remove=3, output_changes=2)
    assert str(plan) == "2 to add, 1 to change, 3 to destroy, 2 outputs to change"
    assert not plan.is_empty


ACTIONS = {
    "create": "changed", "update": "changed", "delete": "removed", "replace": "removed",
    "noop": None, "read": None, "move": None, "import": None,
}  # fmt: skip
"""Action of a planned change ("Machine-Readable UI", Terraform documentation) -> what becomes of it."""


def planned(action: str) -> dict[str, Any]:
    """Return the event of one planned change; its address is named after the action."""
    return {"type": "planned_change", "change": {"resource": {"addr": f"aws_x.{action}"}, "action": action}}


@pytest.mark.parametrize("action", ACTIONS)
def test_a_plan_knows_what_changes_and_what_goes(fake: Fake, action: str) -> None:
    """What is read, moved or imported stays as it is; what is replaced goes, and changes too."""
    plan = fake(planned(action), PLANNED).plan()
    becomes, addresses = ACTIONS[action], (f"aws_x.{action}",)
    assert plan.changed == (addresses if becomes else ())
    assert plan.removed == (addresses if becomes == "removed" else ())


def test_a_plan_has_its_changes_in_terraform_s_order(fake: Fake) -> None:
    """All of them, in one run and in two; drift that Terraform reports is no change of ours."""
    drift = {**planned("update"), "type": "resource_drift"}
    lines = (drift, *map(planned, ACTIONS), PLANNED, OUTPUTS)
    changed = tuple(f"aws_x.{action}" for action, becomes in ACTIONS.items() if becomes)
    assert fake(*lines).plan().changed == changed
    assert fake(*lines).plan_and_apply()[0].changed == changed


@pytest.mark.parametrize("resources", [True, False])
def test_what_begins_is_told_what_changes_before_it_does(fake: Fake, resources: bool) -> None:  # noqa: FBT001
    """Once, with all addresses and between plan and apply; not when only outputs change."""
    begun: list[list[str]] = []
    nothing = {"type": "change_summary", "changes": {"add": 0, "change": 0, "remove": 0, "operation": "plan"}}
    lines = (planned("read"), planned("create"), planned("delete"), PLANNED) if resources else (nothing,)
    after = ({"type": "apply_start", "hook": {"resource": {"addr": "aws_x.create"}}}, DONE, AFTER)
    fake(*lines, OUTPUTS, *after).plan_and_apply(begin=lambda changed: begun.append(list(changed)))
    assert begun == ([["aws_x.create", "aws_x.delete"]] if resources else [])


def test_nothing_to_do_is_no_changes(fake: Fake) -> None:
    """Which is what `make diff` has to say after a deployment."""
    nothing = {"type": "change_summary", "changes": {"add": 0, "change": 0, "remove": 0, "operation": "plan"}}
    plan = fake(nothing).plan()
    assert plan.is_empty
    assert str(plan) == "No changes"


def test_a_change_of_outputs_alone_is_a_change(fake: Fake) -> None:
    """Other stacks read them."""
    nothing = {"type": "change_summary", "changes": {"add": 0, "change": 0, "remove": 0, "operation": "plan"}}
    assert not fake(nothing, OUTPUTS).plan().is_empty


def test_applying_reports_what_was_planned_and_not_what_came_out(fake: Fake) -> None:
    """The summary and the outputs after the apply are others."""
    plan, elapsed_s = fake(
        PLANNED,
        OUTPUTS,
        {"type": "apply_start", "hook": {"resource": {"addr": "a.b"}}},
        {"type": "apply_complete", "hook": {"resource": {"addr": "a.b"}}},
        DONE,
        AFTER,
    ).plan_and_apply()
    assert plan == Plan("compute", add=2, change=1, remove=3, output_changes=2)
    assert elapsed_s >= 0


def test_an_error_names_stack_command_address_and_detail(fake: Fake) -> None:
    """All of Terraform's errors, as it words them."""
    errors = [
        {
            "type": "diagnostic",
            "diagnostic": {
                "severity": "error",
                "summary": "creating queue",
                "detail": "AccessDenied\nask somebody",
                "address": "aws_sqs_queue.x",
            },
        },
        {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "and this", "detail": ""}},
    ]
    with pytest.raises(TerraformError) as failed:
        fake(*errors, status=1).plan()
    assert str(failed.value) == (
        "compute: terraform plan failed.\n"
        "aws_sqs_queue.x: creating queue\n  AccessDenied\n  ask somebody\nand this"
    )


def test_when_aws_is_the_cause_terraform_s_own_words_are_in_a_file(fake: Fake, tmp_path: Path) -> None:
    """One sentence is shown; the file, which may hold values of the configuration, is the user's alone."""
    sent = 'request send failed, Post "https://kms": dial tcp 10.0.0.1:443: connect: connection refused'
    text = f"operation error KMS: CreateKey, https response error StatusCode: 0, RequestID: , {sent}"
    lost = {"severity": "error", "summary": "creating KMS Key", "detail": text, "address": "aws_kms_key.main"}
    with pytest.raises(TerraformError) as failed:
        fake(*[{"type": "diagnostic", "diagnostic": lost}] * 3, status=1).plan()
    path = tmp_path / "build" / "terraform" / "prod" / "compute" / "failed.log"
    assert str(failed.value) == (
        f"compute: terraform plan failed. AWS in {PROD.region} cannot be reached. Check the network, the VPN "
        "and the proxy. Then run the command again: it continues with the remaining changes. Terraform's own "
        f"messages are in {path}."
    )
    assert path.read_text(encoding="utf-8").count(text) == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_is_full_does_not_hide_what_failed(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence goes without the file."""
    said = "https response error StatusCode: 503, RequestID: x, api error ServiceUnavailable: no"
    lost = {"severity": "error", "summary": "creating KMS Key", "detail": said}
    run = fake({"type": "diagnostic", "diagnostic": lost}, status=1)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(TerraformError, match=r"answers with status 503\..*with the remaining changes\.$"):
        run.plan()


def test_what_the_command_says_of_a_lock_is_not_said_twice(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terraform advises `force-unlock`, which is `make unlock`; another error stays."""
    lock = {
        "severity": "error",
        "summary": "Error acquiring the state lock",
        "detail": "terraform force-unlock",
    }
    other = {"severity": "error", "summary": "creating queue", "detail": "AccessDenied"}
    for errors, said in (([lock], "force-unlock"), ([lock, other], "creating queue\n  AccessDenied")):
        run = fake(*({"type": "diagnostic", "diagnostic": error} for error in errors), status=1)
        held = StateLock("id", "ci@runner-7", "2026-11-22T02:43:12Z", "apply", "1.11.4")
        monkeypatch.setattr(state_lock, "find", lambda *_, held=held: held)
        with pytest.raises(TerraformError) as failed:
            run.plan()
        assert said in str(failed.value)
        assert ("force-unlock" in str(failed.value)) == (errors == [lock])
        assert "`make unlock ENV=prod STACK=compute`" in str(failed.value)


PROGRESS = {
    (None, 0): "planning (",
    (0, 0): "saving the state (",
    (3, 3): "saving the state (",
    (3, 1): "1/3",
}
"""Changes in all, and done -> what is said."""


@pytest.mark.parametrize(("total", "done"), PROGRESS)
def test_progress_is_never_silent(total: int | None, done: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it plans, changes, and saves the state; whole lines, since a log has no width."""
    monkeypatch.setattr(progress, "_INTERVAL_S", 0)
    screen = io.StringIO()
    shown = Progress(Console(file=screen, width=20), "security", total)
    for number in range(done):
        shown.started(f"aws_kms_key.{number}")
        shown.finished(f"aws_kms_key.{number}")
    shown.tick()
    assert PROGRESS[total, done] in screen.getvalue().splitlines()[-1]
    shown.started("aws_cloudwatch_metric_alarm.with_a_long_name_that_is_not_cut")
    assert "with_a_long_name_that_is_not_cut (0 s)" in screen.getvalue().splitlines()[-1]


def test_a_warning_is_shown_and_ends_nothing(fake: Fake) -> None:
    """With the stack that it is about; square brackets are text."""
    screen = io.StringIO()
    warning = {"severity": "warning", "summary": "Deprecated [x]", "detail": "use y"}
    fake({"type": "diagnostic", "diagnostic": warning}, PLANNED, screen=screen).plan()
    assert "compute: warning: Deprecated [x]\n  use y" in screen.getvalue()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Error: Failed to load", "because of x"], "Error: Failed to load\nbecause of x"),
        (["[1, 2]", '{"no": "type"}'], '[1, 2]\n{"no": "type"}'),
        ([], "it ended without a message"),
    ],
)
def test_a_failure_in_plain_text_is_passed_on(fake: Fake, lines: list[str], said: str) -> None:
    """Before its first event, and when it crashes, Terraform speaks no JSON."""
    with pytest.raises(TerraformError) as failed:
        fake(*lines, status=1).plan()
    assert str(failed.value) == f"compute: terraform plan failed.\n{said}"


def test_init_runs_once_for_the_same_backend(fake: Fake, tmp_path: Path) -> None:
    """And again when the configuration of the backend is another."""
    run = fake()
    lock = tmp_path / "out" / "stacks" / "compute" / ".terraform.lock.hcl"
    lock.touch()  # as Terraform does
    installed = tmp_path / "build" / "terraform" / "prod" / "compute" / "providers" / binary.PROVIDER
    (installed / binary.PROVIDER_VERSION / binary.target()).mkdir(parents=True)
    run.init()
    run.init()
    assert sum(" init " in f"{line} " for line in commands(tmp_path)) == 1
    other = {**configurations.head(PROD, "compute")["terraform"], "required_version": ">= 1.10"}
    configurations.write(tmp_path / "out", PROD, "compute", terraform=other)
    run.init()
    assert sum(" init " in f"{line} " for line in commands(tmp_path)) == 2
    lock.unlink()  # somebody removed the folder
    run.init()
    assert sum(" init " in f"{line} " for line in commands(tmp_path)) == 3
    lock.touch()
    shutil.rmtree(installed)  # or the cache that it links to
    run.init()
    assert sum(" init " in f"{line} " for line in commands(tmp_path)) == 4


def test_a_failed_init_is_not_taken_for_done(fake: Fake, tmp_path: Path) -> None:
    """The next command tries again, and the message has what Terraform printed."""
    for _ in range(2):
        with pytest.raises(TerraformError, match=r"^compute: terraform init failed\."):
            fake(status=1).init()
    assert sum(" init " in f"{line} " for line in commands(tmp_path)) == 2


def test_the_kept_plan_is_what_is_applied_and_then_forgotten(fake: Fake, tmp_path: Path) -> None:
    """It holds every value of the configuration, so it does not stay."""
    run = fake(PLANNED)
    plan = run.plan(destroy=True)
    kept = next(word for word in commands(tmp_path)[-1].split() if word.startswith("-out="))[5:]
    assert "-destroy" in commands(tmp_path)[-1].split()
    Path(kept).parent.mkdir(parents=True, exist_ok=True)
    Path(kept).touch()
    run.apply(plan)
    assert commands(tmp_path)[-1].split()[-1] == kept
    run.forget()
    assert not Path(kept).exists()


@pytest.mark.parametrize("text", ["x", "0", "-1", "nan", "inf", "1e400"])
def test_a_limit_that_is_no_number_of_seconds_is_refused_before_anything_runs(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """With the variable's name, and what is allowed."""
    monkeypatch.setenv(plans.STALL_VARIABLE, text)
    with pytest.raises(
        CommandError, match="environment variable TERRAFORM_STALL_S: must be a number of seconds"
    ):
        fake(PLANNED).plan()
    assert not (tmp_path / "commands").exists()


def test_a_terraform_that_is_killed_is_no_terraform_that_fails(fake: Fake, tmp_path: Path) -> None:
    """What it was changing may be in no state."""
    run = fake()
    script = tmp_path / "terraform"
    text = script.read_text(encoding="utf-8")
    script.write_text(text.rpartition("exit")[0] + "kill -9 $$\n", encoding="utf-8")
    with pytest.raises(
        TerraformError,
        match=r"killed by signal 9; the resources that it was changing may be missing from the state\.",
    ):
        run.plan()


def test_an_init_that_prints_is_not_stalled(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes: a provider of 700 MB over a slow network."""
    monkeypatch.setenv(plans.STALL_VARIABLE, "1")
    run = fake()
    script = tmp_path / "terraform"
    text = script.read_text(encoding="utf-8").rpartition("cat")[0]
    script.write_text(f"{text}for n in 1 2 3 4 5 6; do echo $n; sleep 0.4; done\n", encoding="utf-8")
    run.init()


def test_an_init_that_stalls_does_not_blame_aws_alone(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the registry of providers that does not answer."""
    monkeypatch.setenv(plans.STALL_VARIABLE, "1")
    run = fake()
    script = tmp_path / "terraform"
    text = script.read_text(encoding="utf-8").rpartition("cat")[0]
    script.write_text(f"{text}exec sleep 20\n", encoding="utf-8")
    with pytest.raises(
        TerraformError, match="init was stopped: the provider registry or AWS in eu-west-1 has"
    ):
        run.init()
