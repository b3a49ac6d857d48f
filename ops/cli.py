"""`reveille`: the commands, and how they end. What a command needs is imported when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

FAILED = 1
REFUSED = 2
"""Exit status when the configuration, a scenario or the command line is refused."""
_INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""
_CHANGES = {
    "deploy", "diff", "destroy", "bootstrap", "synth", "package", "local start", "local stop",
    "state restore", "state unlock", "drill live", "adopt",
}  # fmt: skip
"""Commands of which something is left undone when their output is closed."""


class Lazy(click.Group):
    """A group whose commands are imported when they are called; `--help` imports none."""

    def __init__(self, *, lazy: Mapping[str, tuple[str, str] | Lazy], **settings: Any) -> None:  # noqa: ANN401
        """Take name -> where the command is, `module:function`, and its help; or a group."""
        super().__init__(**settings)
        self.lazy = lazy

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order in which they are listed."""
        return list(self.lazy)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
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
        "stop": ("ops.commands.local_aws:stop", "Stop the local AWS; what it held is lost."),
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
        "unlock": ("ops.commands.state:unlock", "Remove the lock that a killed Terraform left."),
    },
)

drill = Lazy(
    name="drill",
    help="Rehearse CloudWatch alarms: whether they fire, when, and whom they reach.",
    lazy={
        "run": ("drill.commands:run", "Rehearse scenarios; all of drills/ unless some are named."),
        "live": ("ops.commands.drill_live:live", "Make deployed functions fail, and watch their alarms."),
        "explain": ("drill.commands:explain", "Say when an alarm fires, and whom it notifies."),
        "replay": ("drill.commands:replay", "Play a recorded series to any alarm."),
        "match": ("drill.filters:match", "Try log filter patterns: JSON lines in, JSON lines out."),
        "evaluate": ("drill.filters:evaluate", "Try an alarm's datapoints: JSON lines in, JSON lines out."),
        "rule": ("drill.filters:rule", "Try rules of composites: JSON lines in, JSON lines out."),
    },
)

reveille = Lazy(
    name="reveille",
    help="Observability for microservices on AWS. `make` runs these commands; ENV names the environment.",
    lazy={
        "deploy": ("ops.commands.deployment:deploy", "Deploy all stacks, or one."),
        "diff": ("ops.commands.deployment:diff", "Show what a deployment would change."),
        "destroy": ("ops.commands.deployment:destroy", "Destroy all stacks, or one."),
        "output": ("ops.commands.output:output", "Show the outputs of the stacks."),
        "bootstrap": ("ops.commands.deployment:bootstrap", "Create the state bucket, once per account."),
        "invoke": ("ops.commands.invoke:invoke", "Invoke a deployed function and show its log."),
        "drill": drill,
        "verify": ("ops.commands.verify:verify", "Verify that alarms have data and reach people."),
        "doctor": ("ops.commands.doctor:doctor", "Check this machine and the environment."),
        "state": state,
        "local": local,
        "synth": ("ops.commands.deployment:synth", "Write the Terraform configuration."),
        "package": ("ops.commands.deployment:package", "Build the functions' zips."),
        "docs": ("ops.commands.docs:docs", "Write the generated documents."),
        "adopt": ("ops.commands.adopt:adopt", "Rename the project and remove its samples, once."),
    },
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    name = _name(arguments)
    from config import failures  # noqa: PLC0415  # what follows may not be installed: `run` says so

    failures.escape_output()
    try:
        status = reveille.main(list(arguments), prog_name="reveille", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return REFUSED
    except BrokenPipeError:
        # Whoever read our output (`| head`) has gone; what Python still holds of it has nowhere to go either.
        _drop_output()
        if name not in _CHANGES:
            return 0
        text = "the output was closed: stopped. Run the command again to continue."
        print(f"{name}: {text}", file=sys.stderr)
        return FAILED
    except click.Abort:  # click has ended the line
        print(f"{name}: interrupted.", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a traceback is no message
        if isinstance(error, OSError) and error.filename is None:
            # Of the output itself, such as one to a disk that is full: Python would try again as it ends.
            _drop_output()
        return _failed(name, error)
    return int(status or 0)


def _drop_output() -> None:
    """Discard what Python still holds of the output, which nobody takes."""
    with suppress(OSError, ValueError):  # an output that is no file, such as one that a program captures
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(name: str, error: Exception) -> int:
    """Say what is wrong in one sentence; return the exit status."""
    from config.errors import ConfigError  # noqa: PLC0415  # as in `main`

    if isinstance(error, ConfigError):
        print(error, file=sys.stderr)
        return REFUSED
    print(f"{name}: {_sentence(error)}", file=sys.stderr)
    # A rehearsal that could not be made is not one that failed.
    return REFUSED if name.startswith("drill") else FAILED


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
    """Return the command that the arguments name, as it is typed."""
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
    """Run the command that was typed, and end the process with its status."""
    try:
        status = main()
    except ModuleNotFoundError as error:
        sys.exit(f".venv has no module {error.name}: remove .venv, and `make setup` makes it anew.")
    leave(status)


def leave(status: int) -> NoReturn:
    """End the process with `status`."""
    if status == _INTERRUPTED:
        # jsii's Node was interrupted too, and its farewell would be a traceback.
        sys.stdout.flush()
        os._exit(status)
    # Nor can anything be done about a Node that was killed: jsii fails to stop it.
    sys.unraisablehook = lambda _: None
    sys.exit(status)
