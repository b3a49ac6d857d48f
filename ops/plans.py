"""One stack's Terraform run: init, plan, show, apply."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from ops import BUILD, synthesis, terraform
from ops.interruptible import Interruptible
from ops.progress import Progress

_LAST_LINES = 20
"""Lines of plain text that are shown when Terraform fails without an event that says why."""

_NO_CHANGE = {"noop", "read", "move", "import"}
"""Actions of a plan that change nothing in AWS ("Machine-Readable UI", Terraform documentation)."""

_WORDS = (("add", "to add"), ("change", "to change"), ("remove", "to destroy"))


@dataclass(frozen=True)
class Plan:
    """What Terraform would do to one stack."""

    stack: str
    add: int
    change: int
    remove: int
    output_changes: int
    removed: tuple[str, ...] = ()
    """Addresses of what would be deleted or replaced."""
    changed: tuple[str, ...] = ()
    """Addresses of what would be created, changed, deleted or replaced."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change, outputs included."""
        return self.changes == 0 and self.output_changes == 0

    @property
    def changes(self) -> int:
        """How many changes of resources there would be."""
        return self.add + self.change + self.remove

    def __str__(self) -> str:
        parts = [f"{getattr(self, name)} {words}" for name, words in _WORDS if getattr(self, name)]
        if self.output_changes:
            parts.append(f"{self.output_changes} outputs to change")
        return ", ".join(parts) or "No changes"


class StackRun:
    """Terraform in one stack's folder; its working data is kept per environment under `build/`."""

    def __init__(self, environment: str, stack: str, console: Console, *, live: bool = True) -> None:
        """Prepare to run Terraform.

        Args:
            environment: the environment's name.
            stack: the stack's name.
            console: where to say what happens.
            live: with a moving line on a terminal, of which there can be only one at a time.
        """
        self.stack = stack
        self._live = live
        self._console = console
        self._folder = synthesis.out() / "stacks" / stack
        self._data = BUILD / "terraform" / environment / stack
        self._plan_file = self._data / "plan.tfplan"

    def init(self) -> None:
        """Run `terraform init`, unless it has run for the same backend, provider and Terraform.

        Raises:
            TerraformError: it failed.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        mark = self._data / "initialised"
        wanted = self._needs_init_for()
        # Terraform keeps its lock of providers beside the configuration, which may have been removed since.
        locked = (self._folder / ".terraform.lock.hcl").exists()
        if locked and mark.exists() and mark.read_text(encoding="utf-8") == wanted:
            return
        # Another environment's state may have been used from this folder before: `-reconfigure` forgets it.
        self._collect("init", "-input=false", "-no-color", "-reconfigure")
        mark.write_text(wanted, encoding="utf-8")

    def _needs_init_for(self) -> str:
        configuration = json.loads((self._folder / "cdk.tf.json").read_text(encoding="utf-8"))
        plugins = terraform.plugin_environment()
        return json.dumps([terraform.version(terraform.binary()), configuration["terraform"], plugins])

    def plan(self, *, destroy: bool = False) -> Plan:
        """Run `terraform plan` and keep the plan for `apply`.

        Raises:
            TerraformError: it failed.
        """
        return self._plan_and_maybe_apply("plan", f"-out={self._plan_file}", *_options(destroy=destroy))[0]

    def plan_and_apply(
        self, *, destroy: bool = False, begin: Callable[[Sequence[str]], None] | None = None
    ) -> tuple[Plan, float]:
        """Plan and apply without a question: one run of Terraform, which loads the provider once.

        Args:
            destroy: whether to destroy the stack.
            begin: called between plan and apply, if resources change, with their addresses.

        Returns:
            What was done, and the seconds it took.

        Raises:
            TerraformError: it failed; what was done until then is in the state.
        """
        arguments = ("-auto-approve", *_options(destroy=destroy))
        return self._plan_and_maybe_apply("apply", *arguments, begin=begin)

    def apply(self, plan: Plan) -> float:
        """Apply the kept plan; return the seconds it took.

        Raises:
            TerraformError: it failed; what was done until then is in the state.
        """
        return self._plan_and_maybe_apply("apply", str(self._plan_file), total=plan.changes)[1]

    def show(self) -> str:
        """Return the kept plan in Terraform's own words, coloured on a terminal."""
        options = [] if self._console.is_terminal else ["-no-color"]
        return self._collect("show", *options, str(self._plan_file))

    def _plan_and_maybe_apply(
        self,
        command: str,
        *arguments: str,
        total: int | None = None,
        begin: Callable[[Sequence[str]], None] | None = None,
    ) -> tuple[Plan, float]:
        """Run and follow Terraform; return what it planned, and the seconds it took."""
        planned: dict[str, int] = {}
        output_changes = 0
        removed: list[str] = []
        changed: list[str] = []
        with Progress(self._console, self.stack, total, live=self._live) as progress:
            for event in self._events(command, "-input=false", *arguments, tick=progress.tick):
                kind = event["type"]
                address = event.get("hook", {}).get("resource", {}).get("addr", "")
                if kind == "change_summary" and event["changes"]["operation"] == "plan":
                    planned = event["changes"]
                    progress.total = _total(planned)
                    if begin and progress.total:
                        begin(changed)
                elif kind == "outputs" and not output_changes:
                    output_changes = sum(
                        one.get("action", "noop") != "noop" for one in event["outputs"].values()
                    )
                elif kind == "planned_change" and event["change"]["action"] not in _NO_CHANGE:
                    changed.append(event["change"]["resource"]["addr"])
                    if event["change"]["action"] in {"delete", "replace"}:
                        removed.append(event["change"]["resource"]["addr"])
                elif event.get("hook", {}).get("action") == "read":
                    continue  # data sources are not changes
                elif kind == "apply_start":
                    progress.started(address)
                elif kind in {"apply_complete", "apply_errored"}:
                    progress.finished(address)
            elapsed_s = progress.elapsed_s
        add, change, remove = (planned.get(name, 0) for name, _ in _WORDS)
        return Plan(
            self.stack, add, change, remove, output_changes, tuple(removed), tuple(changed)
        ), elapsed_s

    def forget(self) -> None:
        """Remove the kept plan: it holds every value of the configuration."""
        self._plan_file.unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove Terraform's working data of this stack."""
        shutil.rmtree(self._data, ignore_errors=True)

    def _command(self, *arguments: str) -> list[str]:
        return [terraform.binary(), f"-chdir={self._folder}", *arguments]

    def _environment(self) -> dict[str, str]:
        return {**terraform.environment(), "TF_DATA_DIR": str(self._data.resolve())}

    def _collect(self, *arguments: str) -> str:
        """Run to the end and return what it printed."""
        result = subprocess.run(
            self._command(*arguments), env=self._environment(), capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            message = f"{self.stack}: terraform {arguments[0]} failed.\n{result.stderr.strip()}"
            raise terraform.TerraformError(message)
        return result.stdout

    def _events(self, command: str, *arguments: str, tick: Callable[[], None]) -> Iterator[dict[str, Any]]:
        """Run and yield Terraform's events ("Machine-Readable UI", Terraform documentation)."""
        errors: list[str] = []
        plain: list[str] = []
        with Interruptible(self._command(command, "-json", *arguments), self._environment()) as process:
            for line in process.lines():
                tick()
                event = _event(line)
                if event["type"] == "diagnostic":
                    self._diagnose(event["diagnostic"], errors)
                elif event["type"] == "text" and event["text"]:
                    plain.append(event["text"])
                yield event
        if process.returncode != 0:
            # What fails before the first event, and what crashes, is said in plain text.
            details = "\n".join(errors or plain[-_LAST_LINES:]) or "it ended without saying why"
            message = f"{self.stack}: terraform {command} failed.\n{details}"
            raise terraform.TerraformError(message)

    def _diagnose(self, diagnostic: dict[str, Any], errors: list[str]) -> None:
        text = _diagnostic(diagnostic)
        if diagnostic.get("severity") == "error":
            errors.append(text)
        else:
            self._console.print(f"{self.stack}: warning: {text}", highlight=False, markup=False)


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict) and "type" in event:
        return event
    # Before its first event Terraform may print plain text, for one about its CLI configuration.
    return {"type": "text", "text": line.rstrip()}


def _diagnostic(diagnostic: dict[str, Any]) -> str:
    address = diagnostic.get("address")
    lines = [f"{address}: {diagnostic['summary']}" if address else str(diagnostic["summary"])]
    detail = str(diagnostic.get("detail", "")).strip()
    lines += [f"  {line}" for line in detail.splitlines()]
    return "\n".join(lines)


def _options(*, destroy: bool) -> list[str]:
    # A refresh evaluates the configuration, which may read what was never published (a service that was added
    # and not deployed); what is to be destroyed is what the state says.
    return ["-destroy", "-refresh=false"] if destroy else []


def _total(planned: dict[str, int]) -> int:
    return sum(planned.get(name, 0) for name, _ in _WORDS)
