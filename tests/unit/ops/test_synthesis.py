"""What is synthesized of one environment is never taken for another's."""

from __future__ import annotations

import io
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import stacks as stacks_package
from config.errors import CommandError
from config.loader import environments, load
from config.models import Environment
from ops import dashboards, moves, plans, reads, state_lock, synthesis
from ops.plans import StackRun
from terraform import binary
from terraform.events import Plan
from tests.unit.ops import configurations

PROD, LOCAL, DEV = (load(name, variables={}) for name in ("prod", "local", "dev"))


def test_every_environment_has_a_folder_of_its_own() -> None:
    """None within another's."""
    folders = [synthesis.folder(load(name, variables={})).resolve() for name in environments()]
    assert len(set(folders)) == len(folders) > 2
    assert not any(path in other.parents for path in folders for other in folders)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where all environments are synthesized to, for once."""
    monkeypatch.setattr(synthesis, "folder", lambda _: tmp_path / "synth")
    return tmp_path / "synth"


@pytest.mark.parametrize("env", [PROD, LOCAL], ids=["prod", "local"])
@pytest.mark.parametrize("stack", ["security", "monitoring"])
def test_what_is_of_the_environment_is_read(folder: Path, env: Environment, stack: str) -> None:
    """In an account and in a local AWS."""
    configurations.write(folder, env, stack, resource={"a": {"b": {}}})
    assert synthesis.configuration(env, stack).resources == {"a": {"b": {}}}


@pytest.mark.parametrize(("env", "other"), [(PROD, LOCAL), (LOCAL, PROD), (PROD, DEV), (DEV, PROD)])
def test_what_is_of_another_environment_is_refused(
    folder: Path, env: Environment, other: Environment
) -> None:
    """With what differs, and what to do."""
    configurations.write(folder, other, "compute")
    with pytest.raises(CommandError) as refused:
        synthesis.configuration(env, "compute")
    said = str(refused.value)
    assert f"is not of {env.environment}: bucket {other.state.bucket} instead of {env.state.bucket}" in said
    assert "Nothing was changed in this stack; run the command again." in said


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "bucket": lambda c: c["terraform"]["backend"]["s3"].update(bucket="another"),
    "key": lambda c: c["terraform"]["backend"]["s3"].update(key="reveille/prod/security.tfstate"),
    "region": lambda c: c["terraform"]["backend"]["s3"].update(region="us-east-1"),
    "endpoint": lambda c: c["terraform"]["backend"]["s3"].update(endpoints={"s3": "http://127.0.0.1:1"}),
    "account_id": lambda c: c["provider"]["aws"][0].update(allowed_account_ids=["999999999999"]),
    "endpoint of the provider": lambda c: c["provider"]["aws"][0].update(endpoints=[{"kms": "http://x"}]),
    "no account": lambda c: c["provider"]["aws"][0].pop("allowed_account_ids"),
    "two accounts": lambda c: c["provider"]["aws"][0]["allowed_account_ids"].append("999999999999"),
    "no provider": lambda c: c.pop("provider"),
    "no backend": lambda c: c["terraform"].pop("backend"),
    "another backend": lambda c: c["terraform"].update(backend={"local": {}}),
}


@pytest.mark.parametrize("env", [PROD, LOCAL], ids=["prod", "local"])
@pytest.mark.parametrize("name", CHANGES)
def test_each_part_of_the_backend_and_the_account_counts(folder: Path, env: Environment, name: str) -> None:
    """A part that differs is enough."""
    content = configurations.head(env, "compute")
    CHANGES[name](content)
    configurations.write(folder, env, "compute").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CommandError, match=f"is not of {env.environment}: "):
        synthesis.configuration(env, "compute")


@pytest.mark.parametrize("content", ["", "{", "\x00"])
def test_what_cannot_be_read_is_refused(folder: Path, content: str) -> None:
    """And so is what is not there."""
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        synthesis.configuration(PROD, "compute")
    configurations.write(folder, PROD, "compute").write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match="is not JSON"):
        synthesis.configuration(PROD, "compute")


STEPS: dict[str, Callable[[StackRun], object]] = {
    "init": lambda run: run.init(),
    "plan": lambda run: run.plan(),
    "plan to destroy": lambda run: run.plan(destroy=True),
    "show": lambda run: run.show(),
    "apply": lambda run: run.apply(Plan("compute", 1, 0, 0, 0)),
    "plan and apply": lambda run: run.plan_and_apply(),
    "destroy": lambda run: run.plan_and_apply(destroy=True),
}
"""Everything that runs Terraform."""


@pytest.mark.parametrize("name", STEPS)
def test_terraform_never_runs_in_what_is_of_another_environment(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whichever step: the folder may have been written since the step before."""
    program = tmp_path / "terraform"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && {{ echo \'{{"terraform_version": "1.11.0"}}\'; exit 0; }}\n'
        f"touch {tmp_path}/ran\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    binary.executable.cache_clear()
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", str(program))
    monkeypatch.setattr(binary, "find_mirror", lambda: None)
    monkeypatch.setattr(plans, "BUILD", tmp_path / "build")
    monkeypatch.setattr(binary, "BUILD", tmp_path / "build")
    monkeypatch.setattr(state_lock, "find", lambda *_: None)
    run = StackRun(PROD, "compute", Console(file=io.StringIO()))
    configurations.write(folder, PROD, "compute")
    STEPS[name](run)
    assert (tmp_path / "ran").exists()
    (tmp_path / "ran").unlink()
    configurations.write(folder, LOCAL, "compute")
    with pytest.raises(CommandError, match="is not of prod"):
        STEPS[name](run)
    assert not (tmp_path / "ran").exists()
    binary.executable.cache_clear()


@pytest.mark.parametrize(
    "look",
    [
        lambda: moves.refuse_to_lose(PROD, "compute"),
        lambda: reads.unpublished(PROD, "compute"),
        lambda: dashboards.refuse_to_overwrite(PROD),
    ],
)
def test_what_looks_at_it_before_terraform_refuses_it_too(folder: Path, look: Callable[[], object]) -> None:
    """Before AWS is asked anything."""
    for stack in ("compute", "dashboard"):
        configurations.write(folder, LOCAL, stack)
    with pytest.raises(CommandError, match="is not of prod"):
        look()


def test_a_node_that_is_killed_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jsii raises what Python raises when nobody reads the output."""

    def killed(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    module = types.ModuleType("stacks.app")
    module.synthesize = killed  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stacks.app", module)
    monkeypatch.setattr(stacks_package, "app", module, raising=False)
    with pytest.raises(CommandError, match=r"Node\.js, which cdktf needs, was killed"):
        synthesis.synthesize(PROD, None, tmp_path)  # type: ignore[arg-type]
