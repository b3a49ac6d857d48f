"""One stack's Terraform run: init, plan, show, apply."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

from rich.console import Console

from aws import errors as aws_errors
from config.errors import CommandError
from config.models import Environment
from config.paths import BUILD
from local_aws import process
from ops import state, state_lock, synthesis
from terraform import binary
from terraform import errors as terraform_errors
from terraform.events import Plan, PlanEvents, diagnostic_text, event_of
from terraform.progress import Progress
from terraform.supervision import Supervised

_LAST_LINES = 20
"""Lines of plain text that are shown when Terraform fails without a diagnostic."""

_STALL_S = 300.0
"""Seconds without an event after which Terraform is stopped while it reads.

Terraform has no such limit: it waits indefinitely for an answer on an open connection (measured with 1.11.4
and hashicorp/aws 5.100.0, in the backend and in the provider) and prints nothing.
"""

_STALL_CHANGING_S = 1800.0
"""The same while resources change or providers are installed. The longest timeout of the AWS provider for the
resources of this platform is 20 minutes (Terraform Registry, hashicorp/aws 5.100.0, `aws_ecs_service`,
Timeouts)."""

STALL_VARIABLE = "TERRAFORM_STALL_S"
"""Environment variable that replaces both limits, in seconds."""

_ERRORED_STATE = "errored.tfstate"
"""File to which Terraform writes a state that it could not save ("state push", Terraform documentation)."""


class StackRun:
    """Terraform in one stack's folder; its working data is kept per environment under `build/`."""

    def __init__(self, env: Environment, stack: str, console: Console, *, live: bool = True) -> None:
        """Prepare to run Terraform.

        Args:
            env: the environment.
            stack: the stack's name.
            console: where to print.
            live: whether to show a live progress line on a terminal; only one is possible at a time.
        """
        self.stack = stack
        self._env = env
        self._live = live
        self._console = console
        self._folder = synthesis.stack_folder(env, stack)
        self._data = BUILD / "terraform" / env.environment / stack
        self._plan_file = self._data / "plan.tfplan"
        self._unsaved = self._data / _ERRORED_STATE

    def init(self) -> None:
        """Run `terraform init`, unless it has run for the same backend, provider and Terraform.

        It then saves a state that an earlier run could not save.

        Raises:
            CommandError: the synthesized stack is of another environment.
            TerraformError: it failed.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        self._keep_unsaved_state()
        mark = self._data / "initialised"
        settings = self._init_settings()
        # Terraform's lock file of providers is beside the configuration, which may have been removed since.
        locked = (self._folder / ".terraform.lock.hcl").exists()
        is_initialised = locked and mark.exists() and mark.read_text(encoding="utf-8") == settings
        if not is_initialised or not binary.is_installed(self._data):
            with binary.provider_cache():
                # The folder may have been used with another backend, which `-reconfigure` discards.
                self._collect("init", "-input=false", "-no-color", "-reconfigure")
            mark.write_text(settings, encoding="utf-8")
        if self._unsaved.exists():
            self._save_unsaved_state()

    @property
    def has_unsaved_state(self) -> bool:
        """Whether an earlier run has changed AWS and could not save its state."""
        return self._unsaved.exists() or (self._folder / _ERRORED_STATE).exists()

    def unsaved_resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources of a state that an earlier run could not save, address -> attributes."""
        for path in (self._folder / _ERRORED_STATE, self._unsaved):
            if path.exists():
                # A state that is not valid is reported when it is saved.
                with contextlib.suppress(ValueError):
                    return state.managed(state.parse(path.read_bytes(), self._env, self.stack))
        return {}

    def _init_settings(self) -> str:
        """Return everything that requires another `terraform init` when it changes."""
        configuration = synthesis.configuration(self._env, self.stack)
        plugins = binary.plugin_environment()
        return json.dumps([binary.version(binary.executable()), configuration.terraform, plugins])

    def _keep_unsaved_state(self) -> None:
        """Move a state that Terraform could not save to a folder that synthesis does not delete."""
        errored = self._folder / _ERRORED_STATE
        if errored.exists():
            errored.chmod(0o600)
            errored.replace(self._unsaved)

    def _save_unsaved_state(self) -> None:
        """Save the state that an earlier run could not save: its resources exist in AWS.

        Raises:
            TerraformError: the state has changed since.
        """
        try:
            self._collect("state", "push", "-no-color", str(self._unsaved.resolve()))
        except binary.TerraformError as error:
            message = (
                f"{self.stack}: the state that the last run could not save cannot be saved now either. It is "
                f"in {self._unsaved}. `make state-history ENV={self._env.environment} STACK={self.stack}` "
                f"lists the versions in S3: delete the file if S3 has the newer state. {error}"
            )
            raise binary.TerraformError(message) from error
        self._unsaved.unlink()
        line = f"{self.stack:<11} saved the state that the last run could not save"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def plan(self, *, destroy: bool = False) -> Plan:
        """Run `terraform plan` and save the plan for `apply`.

        Raises:
            TerraformError: it failed.
        """
        return self._plan_and_maybe_apply("plan", f"-out={self._plan_file}", *_options(destroy=destroy))[0]

    def plan_and_apply(
        self, *, destroy: bool = False, begin: Callable[[Sequence[str]], None] | None = None
    ) -> tuple[Plan, float]:
        """Plan and apply without a confirmation, in one run of Terraform, which loads the provider once.

        Args:
            destroy: whether to destroy the stack.
            begin: called between plan and apply with the addresses of the resources that change, if any.

        Returns:
            The changes, and the duration in seconds.

        Raises:
            TerraformError: it failed; the changes until then are in the state.
        """
        arguments = ("-auto-approve", *_options(destroy=destroy))
        return self._plan_and_maybe_apply("apply", *arguments, begin=begin)

    def apply(self, plan: Plan) -> float:
        """Apply the saved plan; return the duration in seconds.

        Raises:
            TerraformError: it failed; the changes until then are in the state.
        """
        return self._plan_and_maybe_apply("apply", str(self._plan_file), total=plan.changes)[1]

    def show(self) -> str:
        """Return the saved plan as Terraform shows it, coloured on a terminal."""
        options = [] if self._console.is_terminal else ["-no-color"]
        return self._collect("show", *options, str(self._plan_file))

    def _plan_and_maybe_apply(
        self,
        command: str,
        *arguments: str,
        total: int | None = None,
        begin: Callable[[Sequence[str]], None] | None = None,
    ) -> tuple[Plan, float]:
        """Run Terraform and show its progress; return the plan and the duration in seconds."""
        plan = PlanEvents()
        with (
            Progress(self._console, self.stack, total, live=self._live) as progress,
            closing(self._events(command, "-input=false", *arguments, progress=progress)) as events,
        ):
            for event in events:
                if plan.take(event):
                    progress.total = plan.changes
                    if begin and progress.total:
                        begin(plan.changed)
                _follow(progress, event)
            elapsed_s = progress.elapsed_s
        return plan.result(self.stack), elapsed_s

    def forget(self) -> None:
        """Remove the saved plan, which contains every value of the configuration."""
        self._plan_file.unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove Terraform's working data of this stack."""
        shutil.rmtree(self._data, ignore_errors=True)

    def _collect(self, *arguments: str) -> str:
        """Run Terraform and return its output."""
        with (
            Progress(self._console, self.stack, doing=arguments[0], live=self._live) as progress,
            self._supervised(
                *arguments,
                tick=progress.tick,
                # The download of a provider (700 MB) prints nothing.
                limit_s=lambda: _limit_s(changing=arguments[0] == "init"),
            ) as process,
        ):
            lines = []
            for line in process.lines():
                process.progressed()
                lines.append(line)
            output = "\n".join(lines)
        self._refuse_stalled(process, arguments[0])
        if process.returncode != 0:
            raise self._failure(arguments[0], [output.strip()])
        return output

    def _supervised(
        self,
        *arguments: str,
        tick: Callable[[], None],
        limit_s: Callable[[], float],
    ) -> Supervised:
        """Return Terraform as a supervised process, after checking the environment of the stack's folder."""
        synthesis.configuration(self._env, self.stack)
        limit_s()  # raises for a wrong variable before anything runs
        return Supervised(
            [binary.executable(), f"-chdir={self._folder}", *arguments],
            {**binary.environment(), "TF_DATA_DIR": str(self._data.resolve())},
            name=f"terraform {arguments[0]} of {self.stack}",
            output=self._data / f"{arguments[0]}.log",
            tick=tick,
            limit_s=limit_s,
        )

    def _events(
        self, command: str, *arguments: str, progress: Progress
    ) -> Generator[dict[str, Any], None, None]:
        """Run and yield Terraform's events ("Machine-Readable UI", Terraform documentation)."""
        errors: list[str] = []
        plain: list[str] = []
        process = self._supervised(
            command,
            "-json",
            *arguments,
            tick=progress.tick,
            limit_s=lambda: _limit_s(changing=progress.is_changing),
        )
        with process:
            for line in process.lines():
                event = event_of(line)
                if event["type"] != "apply_progress":
                    process.progressed()
                if event["type"] == "diagnostic":
                    self._diagnose(event["diagnostic"], errors)
                elif event["type"] == "text" and event["text"]:
                    plain.append(event["text"])
                yield event
                progress.tick()
        self._keep_unsaved_state()
        self._refuse_stalled(process, command)
        if process.returncode != 0:
            # Failures before the first event, and crashes, are reported as plain text.
            raise self._failure(command, errors or plain[-_LAST_LINES:], self._advice(process.returncode))

    def _failure(self, command: str, errors: Sequence[str], advice: str = "") -> binary.TerraformError:
        """Return the error of a failed run: a sentence if AWS is the cause, else Terraform's messages."""
        cause = terraform_errors.cause(errors)
        if cause:
            problem, remedy = cause
            if self._env.is_local and cause in {aws_errors.UNREACHABLE, aws_errors.CLOSED}:
                remedy = f"Its log is {process.log_path()}; the data of a local AWS that ended is lost."
            details = (
                f" {re.sub('^AWS', self._aws, problem)}. {remedy} Then run the command again: it continues "
                f"with the remaining changes.{self._saved(errors)}"
            )
        else:
            shown = [error for error in errors if not (advice and terraform_errors.about_the_state(error))]
            details = "\n" + ("\n".join(shown or errors) or "it ended without a message")
        return binary.TerraformError(f"{self.stack}: terraform {command} failed.{details}{advice}")

    def _saved(self, errors: Sequence[str]) -> str:
        """Write Terraform's messages to a file; return a sentence with its path."""
        path = self._data / "failed.log"
        try:
            path.unlink(missing_ok=True)
            # The messages may contain values of the configuration.
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write("\n".join(errors) + "\n")
        except OSError:
            return ""  # report the failure without the details
        return f" Terraform's own messages are in {path}."

    @property
    def _aws(self) -> str:
        """The AWS of the environment, as the subject of a sentence."""
        return self._env.endpoint or f"AWS in {self._env.region}"

    def _refuse_stalled(self, process: Supervised, command: str) -> None:
        if process.stalled_s:
            server = self._aws
            if command == "init":
                server = f"the provider registry or {server}"
            message = (
                f"{self.stack}: terraform {command} was stopped: {server} has not answered for "
                f"{process.stalled_s:.0f} s. Run the command again when it answers: it continues with the "
                f"remaining changes. {STALL_VARIABLE} sets another limit.{self._advice(process.returncode)}"
            )
            raise binary.TerraformError(message)

    def _advice(self, returncode: int) -> str:
        """Return what to do about an unsaved state or a lock that a failed run left; else an empty text."""
        lines = []
        if self._unsaved.exists():
            lines.append(
                f"The state could not be saved. It is in {self._unsaved}; the next `make deploy` saves it."
            )
        if returncode < 0:
            lines.append(
                f"Terraform was killed by signal {-returncode}; the resources that it was changing may be "
                "missing from the state."
            )
        try:
            lock = state_lock.find(self._env, self.stack)
        except Exception:  # noqa: BLE001 - AWS itself may have failed, and that failure is reported
            lock = None
        if lock:
            lines.append(lock.advice(self._env, self.stack))
        return "".join(f"\n{line}" for line in lines)

    def _diagnose(self, diagnostic: dict[str, Any], errors: list[str]) -> None:
        message = diagnostic_text(diagnostic)
        if "releasing the state lock" in message:
            state_lock.remember(self._env, self.stack, message)
        if diagnostic.get("severity") == "error":
            errors.append(message)
        else:
            self._console.print(f"{self.stack}: warning: {message}", highlight=False, markup=False)


def _follow(progress: Progress, event: dict[str, Any]) -> None:
    """Show an event about a change as progress."""
    kind, hook = event["type"], event.get("hook", {})
    if kind == "change_summary" and event["changes"]["operation"] != "plan":
        progress.is_changing = False
    elif hook.get("action") == "read":
        return  # data sources are not changes
    elif kind == "apply_start":
        progress.is_changing = True
        progress.started(hook["resource"]["addr"])
    elif kind in {"apply_complete", "apply_errored"}:
        progress.finished(hook["resource"]["addr"])


def _options(*, destroy: bool) -> list[str]:
    # A refresh evaluates the configuration, which may read an output that was never published (a service that
    # was added and not deployed); a destroy needs the state only.
    return ["-destroy", "-refresh=false"] if destroy else []


def _limit_s(*, changing: bool) -> float:
    """Return the seconds without progress after which Terraform is stopped.

    Raises:
        CommandError: the variable that sets it is not a number of seconds.
    """
    value = os.environ.get(STALL_VARIABLE)
    if not value:
        return _STALL_CHANGING_S if changing else _STALL_S
    try:
        limit_s = float(value)
    except ValueError:
        limit_s = 0
    if not 1 <= limit_s < float("inf"):
        message = (
            f"environment variable {STALL_VARIABLE}: must be a number of seconds from 1 (found: {value!r})"
        )
        raise CommandError(message)
    return limit_s
