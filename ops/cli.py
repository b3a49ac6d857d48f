"""`reveille`: the command line and its exit statuses. A command's module is imported when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

FAILED = 1
INVALID = 2
"""Exit status when the configuration, a scenario or the command line is not valid."""
_INTERRUPTED = 130
"""Exit status after Ctrl-C, as in shells."""
_CHANGES = {
    "deploy", "diff", "destroy", "bootstrap", "synth", "package", "local start", "local stop",
    "state restore", "state unlock", "drill live", "probe", "adopt",
}  # fmt: skip
"""Commands that are left unfinished when their output is closed."""


class Lazy(click.Group):
    """A group whose commands are imported when they are called; `--help` imports none."""

    def __init__(self, *, lazy: Mapping[str, tuple[str, str] | Lazy], **settings: Any) -> None:  # noqa: ANN401
        """Create the group from name -> (`module:function`, help text), or name -> group."""
        super().__init__(**settings)
        self.lazy = lazy

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order of the list."""
        return list(self.lazy)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and return it; None if it does not exist."""
        entry = self.lazy.get(cmd_name)
        if not isinstance(entry, tuple):
            return entry
        module, _separator, name = entry[0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, entry[1] if isinstance(entry, tuple) else entry.help or "")
                    for name, entry in self.lazy.items()
                ]
            )


local = Lazy(
    name="local",
    help="The local AWS.",
    lazy={
        "start": ("ops.commands.local_aws:start", "Start the local AWS with its state bucket."),
        "stop": ("ops.commands.local_aws:stop", "Stop the local AWS and delete its data."),
    },
)

state = Lazy(
    name="state",
    help="Terraform's state in S3: its history and its lock.",
    lazy={
        "history": ("ops.commands.state:history", "List the earlier versions of a stack's state."),
        "restore": (
            "ops.commands.state:restore",
            "Make an earlier version of a stack's state the current one.",
        ),
        "unlock": ("ops.commands.state:unlock", "Remove the state lock that a killed Terraform left."),
    },
)

drill = Lazy(
    name="drill",
    help="Rehearse CloudWatch alarms: whether they fire, when, and which recipients they notify.",
    lazy={
        "run": ("drill.commands:run", "Rehearse scenarios (default: all in drills/)."),
        "live": ("ops.commands.drill_live:live", "Make deployed functions fail and check their alarms."),
        "explain": (
            "drill.commands:explain",
            "Explain when an alarm fires and which recipients it notifies.",
        ),
        "replay": ("drill.commands:replay", "Evaluate an alarm against a recorded series."),
        "match": ("drill.filters:match", "Test log filter patterns: JSON lines in, JSON lines out."),
        "evaluate": (
            "drill.filters:evaluate",
            "Evaluate an alarm's datapoints: JSON lines in, JSON lines out.",
        ),
        "rule": ("drill.filters:rule", "Evaluate composite alarm rules: JSON lines in, JSON lines out."),
    },
)

reveille = Lazy(
    name="reveille",
    help="Observability for microservices on AWS. `make` runs these commands; ENV selects the environment.",
    lazy={
        "deploy": ("ops.commands.deployment:deploy", "Deploy all stacks, or one."),
        "diff": ("ops.commands.deployment:diff", "Show what a deployment would change."),
        "destroy": ("ops.commands.deployment:destroy", "Destroy all stacks, or one."),
        "output": ("ops.commands.output:output", "Show the outputs of the stacks."),
        "bootstrap": ("ops.commands.deployment:bootstrap", "Create the state bucket, once per environment."),
        "deployment": (
            "ops.commands.deployment:deployment",
            "Record a deployment of an existing service, in its own pipeline.",
        ),
        "invoke": ("ops.commands.invoke:invoke", "Invoke a deployed function and show its log."),
        "import": (
            "ops.commands.import_:import_",
            "Propose entries of the configuration file for resources that exist.",
        ),
        "logs": ("ops.commands.logs:logs", "Show which lines of a log file count as what."),
        "drill": drill,
        "probe": ("ops.commands.probe:probe", "Check the assumptions about AWS in an account."),
        "verify": ("ops.commands.verify:verify", "Verify that every alarm has data and reaches a recipient."),
        "doctor": ("ops.commands.doctor:doctor", "Check this machine and the environment."),
        "state": state,
        "local": local,
        "synth": ("ops.commands.deployment:synth", "Write the Terraform configuration."),
        "package": ("ops.commands.deployment:package", "Build the zip files of the functions."),
        "docs": ("ops.commands.docs:docs", "Write the generated documents."),
        "adopt": ("ops.commands.adopt:adopt", "Rename the project and remove its samples, once."),
    },
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name = _name(arguments)
    from config import failures  # noqa: PLC0415  # may not be installed, which `run` reports

    failures.escape_output()
    try:
        status = reveille.main(list(arguments), prog_name="reveille", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return INVALID
    except BrokenPipeError:
        # The reader of the output (`| head`) has exited.
        _drop_output()
        if name not in _CHANGES:
            return 0
        advice = "stopped because the output was closed. Run the command again to continue."
        print(f"{name}: {advice}", file=sys.stderr)
        return FAILED
    except click.Abort:  # click has ended the line
        print(f"{name}: interrupted.", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - users get a message and no traceback
        if isinstance(error, OSError) and error.filename is None:
            # The output itself failed, for example on a full disk; Python would flush it again at exit.
            _drop_output()
        return _failed(name, error)
    return int(status or 0)


def _drop_output() -> None:
    """Discard buffered output that cannot be written."""
    with suppress(OSError, ValueError):  # an output without a file descriptor, such as a captured one
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(name: str, error: Exception) -> int:
    """Print the error in one sentence and return the exit status."""
    from config.errors import ConfigError  # noqa: PLC0415  # as in `main`

    if isinstance(error, ConfigError):
        print(error, file=sys.stderr)
        return INVALID
    print(f"{name}: {_sentence(error)}", file=sys.stderr)
    # A rehearsal that cannot run is not a rehearsal that failed.
    return INVALID if name.startswith("drill") else FAILED


def _sentence(error: Exception) -> str:
    from cloudwatch.errors import InputError  # noqa: PLC0415  # as in `main`
    from config import failures  # noqa: PLC0415  # as in `main`
    from config.errors import CommandError  # noqa: PLC0415  # as in `main`

    if isinstance(error, CommandError | InputError):
        return str(error)
    if "botocore" in sys.modules:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # imported already

        from aws import errors as aws_errors  # noqa: PLC0415  # as botocore

        if isinstance(error, BotoCoreError | ClientError):
            return aws_errors.explain(error)
    return failures.sentence(error)


def _name(arguments: Sequence[str]) -> str:
    """Return the name of the command in the arguments, such as `state history`."""
    names: list[str] = []
    group: Lazy | None = reveille
    for argument in arguments:
        if group is None or argument not in group.lazy:
            break
        names.append(argument)
        entry = group.lazy[argument]
        group = entry if isinstance(entry, Lazy) else None
    return " ".join(names) or "reveille"


def run() -> NoReturn:
    """Run the command of `sys.argv` and end the process with its status."""
    try:
        status = main()
    except ModuleNotFoundError as error:
        sys.exit(f"module {error.name} is not installed in .venv: remove .venv and run `make setup`.")
    leave(status)


def leave(status: int) -> NoReturn:
    """End the process with `status`."""
    if status == _INTERRUPTED:
        # jsii's Node process was interrupted too; stopping it would print a traceback.
        sys.stdout.flush()
        os._exit(status)
    # If Node was killed, jsii fails to stop it and Python would print that error.
    sys.unraisablehook = lambda _: None
    sys.exit(status)
