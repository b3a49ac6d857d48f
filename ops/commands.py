"""The commands, their arguments, and how their errors end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from aws import clients
from aws import errors as aws_errors
from catalog import Catalog, environment
from config import failures
from config.errors import CommandError, ConfigError
from config.models import Environment
from config.paths import BUILD, ROOT
from drill.live import drill as live
from drill.live import preparation, reading
from ops import (
    doctor,
    documents,
    functions,
    local,
    output,
    proving,
    state,
    state_history,
    state_lock,
    synthesis,
)
from ops.invoke import invoke
from ops.package import PackageError, describe
from ops.stacks import chosen, deploy, destroy, diff
from terraform import locking
from terraform.binary import TerraformError

FAILED = 1
REFUSED = 2
"""Exit status when the configuration is refused."""
_READING = {"docs", "doctor", "invoke", "output", "prove", "state-history"}
"""Commands that have done all they do when nobody reads on."""
_INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""
SPEED = 20
"""How many times faster a local AWS goes during a drill: what a laptop keeps up with."""
MOST_SPEED = 600
"""A minute passes in a tenth of a second then; nothing could be watched in less."""
CHANGES = 2
"""Exit status of `diff --exit-code` when there are changes, as `terraform plan -detailed-exitcode`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    failures.escape_output()
    options = _parser().parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except (CommandError, PackageError, TerraformError) as error:
        said = str(error)
    except (BotoCoreError, ClientError) as error:
        said = aws_errors.explain(error)
    except BrokenPipeError:
        # Whoever read our output (`| head`) has gone; what Python still holds of it has nowhere to go either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if options.command in _READING:
            return 0
        said = "nobody reads the output any more: stopped. Run the command again to continue."
    except KeyboardInterrupt:
        print(f"\n{options.command}: interrupted.", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a traceback is no message
        said = failures.sentence(error)
    else:
        return status
    print(f"{options.command}: {said}", file=sys.stderr)
    return FAILED


def leave(status: int) -> NoReturn:
    """End the process with `status`."""
    if status == _INTERRUPTED:
        # jsii's Node was interrupted too, and its farewell would be a traceback.
        sys.stdout.flush()
        os._exit(status)
    # Nor can anything be done about a Node that was killed: jsii fails to stop it.
    sys.unraisablehook = lambda _: None
    sys.exit(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops",
        description="What `make` runs, for the environment named by ENV (default: local).",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, run, text in (
        ("deploy", _deploy, "deploy all stacks, or one"),
        ("diff", _diff, "say what a deployment would change"),
        ("destroy", _destroy, "destroy all stacks, or one"),
        ("output", _output, "show what the stacks published"),
        ("synth", _synth, "write Terraform configuration"),
        ("prove", _prove, "prove that alarms have data and reach people"),
        ("package", _package, "build the functions' zips"),
        ("local-start", _local_start, "start the local AWS with its state bucket"),
        ("local-stop", _local_stop, "stop the local AWS; what it held is gone"),
        ("bootstrap", _bootstrap, "create the state bucket, once per account"),
        ("unlock", _unlock, "remove the lock that a killed Terraform left"),
        ("state-history", _state_history, "list the earlier versions of a stack's state"),
        ("state-restore", _state_restore, "bring an earlier version of a stack's state back"),
        ("doctor", _doctor, "check this machine and the environment"),
        ("docs", _docs, "write the generated documents"),
        ("invoke", _invoke, "invoke a deployed function and show its log"),
        ("drill", _drill, "make deployed functions fail, and watch their alarms"),
    ):
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.set_defaults(run=run)
        for options, of_commands, settings in _OPTIONS:
            if name in of_commands:
                command.add_argument(*options, **settings)
    return parser


def _speed(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0
    if not 1 <= found <= MOST_SPEED:
        message = f"must be a number from 1 to {MOST_SPEED} (found: {text})"
        raise argparse.ArgumentTypeError(message)
    return found


_OPTIONS: tuple[tuple[tuple[str, ...], set[str], dict[str, Any]], ...] = (
    (("--stack",), {"deploy", "diff", "destroy", "output"}, {"metavar": "NAME", "help": "only this stack"}),
    (
        ("--stack",),
        {"unlock", "state-history", "state-restore"},
        {"metavar": "NAME", "required": True, "help": "the stack"},
    ),
    (
        ("--version",),
        {"state-restore"},
        {"metavar": "ID", "required": True, "help": "as state-history lists it"},
    ),
    (
        ("--out",),
        {"synth"},
        {"type": Path, "metavar": "FOLDER", "help": "where (default: build/synth/<environment>)"},
    ),
    (
        ("--exit-code",),
        {"diff"},
        {"action": "store_true", "help": "exit with 2 when there are changes"},
    ),
    (
        ("--keep-local-aws",),
        {"destroy"},
        {"action": "store_true", "help": "leave the local AWS running"},
    ),
    (("--json",), {"output"}, {"action": "store_true", "help": "one JSON object, name -> value"}),
    (("--all",), {"prove"}, {"action": "store_true", "help": "every environment, one line each"}),
    (("--check",), {"docs"}, {"action": "store_true", "help": "only say which are out of date"}),
    (("function",), {"invoke"}, {"help": "the service's name, such as payment-handler"}),
    (("event",), {"invoke"}, {"type": Path, "help": "file with the event, JSON"}),
    (
        ("scenario",),
        {"drill"},
        {"nargs": "*", "type": Path, "help": "files; all of drills/live unless given"},
    ),
    (
        ("--live",),
        {"drill"},
        {"action": "store_true", "required": True, "help": "yes, what is deployed"},
    ),
    (
        ("--speed",),
        {"drill"},
        {"type": _speed, "default": SPEED, "help": "how many times faster a local AWS goes; %(default)s"},
    ),
)
"""Options, the commands that have them, and what argparse is told of them."""


class _Console(Console):
    """A console that leaves it to the command what a closed output means; rich ends the program."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def _console() -> Console:
    return _Console(soft_wrap=False)


def _read() -> tuple[Environment, Catalog]:
    """Return the environment that ENV names; one with a local AWS is cut off from the user's own AWS."""
    env, catalog = environment.read()
    if env.is_local:
        clients.forget_the_users_aws(os.environ)
    return env, catalog


def _require_aws(env: Environment) -> None:
    """Refuse to go on without the AWS of `env`: a local one that runs, or the right account."""
    if env.is_local:
        local.require(env)
    else:
        clients.check_account(env)


def _alone(env: Environment, options: argparse.Namespace) -> AbstractContextManager[None]:
    """Hold the lock of `env` while a command synthesizes or changes it."""
    stack = getattr(options, "stack", None)
    typed = f"make {options.command} ENV={env.environment}{f' STACK={stack}' if stack else ''}"
    return locking.environment(BUILD, env.environment, typed)


def _deploy(options: argparse.Namespace) -> int:
    env, catalog = _read()
    with _alone(env, options):
        deploy(env, catalog, options.stack, _console())
    return 0


def _diff(options: argparse.Namespace) -> int:
    env, catalog = _read()
    with _alone(env, options):
        changed = diff(env, catalog, options.stack, _console())
    return CHANGES if changed and options.exit_code else 0


def _destroy(options: argparse.Namespace) -> int:
    env, catalog = _read()
    with _alone(env, options):
        destroy(env, catalog, options.stack, _console(), keep=options.keep_local_aws)
    return 0


def _unlock(options: argparse.Namespace) -> int:
    env, _ = _read()
    (stack,) = chosen(options.stack)
    with _alone(env, options):
        _require_aws(env)
        state_lock.unlock(env, stack, _console())
    return 0


def _state_history(options: argparse.Namespace) -> int:
    env, _ = _read()
    (stack,) = chosen(options.stack)
    _require_aws(env)
    state_history.show(env, stack, _console())
    return 0


def _state_restore(options: argparse.Namespace) -> int:
    env, _ = _read()
    (stack,) = chosen(options.stack)
    with _alone(env, options):
        _require_aws(env)
        state_history.restore(env, stack, options.version, _console())
    return 0


def _output(options: argparse.Namespace) -> int:
    env, _ = _read()
    _require_aws(env)
    outputs = output.collect(env, options.stack)
    if options.json:
        print(output.as_json(outputs))
    else:
        output.show(outputs, _console())
    return 0


def _synth(options: argparse.Namespace) -> int:
    env, catalog = _read()
    if options.out:
        # One folder for whichever environment: two commands must not write it at once.
        with locking.environment(BUILD, f"folder-{options.out.name}", f"ENV={env.environment} cdktf synth"):
            synthesis.synthesize(env, catalog, options.out)
        return 0
    with _alone(env, options):
        synthesis.synthesize(env, catalog)
    print(synthesis.folder(env))
    return 0


def _prove(options: argparse.Namespace) -> int:
    console = _console()
    if options.all:
        told = [proving.tell(name, proof, console, table=False) for name, proof in proving.every()]
        return 0 if all(told) else FAILED
    env, catalog = _read()
    proof = proving.of_environment(env, catalog)
    return 0 if proving.tell(env.environment, proof, console, table=True) else FAILED


def _package(_: argparse.Namespace) -> int:
    env, _catalog = _read()
    packages = list(functions.build(env))
    print(describe(packages) if packages else "No functions.")
    return 0


def _bootstrap(options: argparse.Namespace) -> int:
    env, _catalog = _read()
    with _alone(env, options):
        if env.is_local:
            local.ensure(env)
        else:
            clients.check_account(env)
        created = state.create_bucket(env)
    done = "created" if created else "was there; settings checked"
    print(f"State bucket {env.state.bucket} in {env.region}: {done}.")
    return 0


def _doctor(_: argparse.Namespace) -> int:
    return 0 if doctor.examine(environment.current(), _console()) else FAILED


def _docs(options: argparse.Namespace) -> int:
    generated = documents.generate()
    stale = documents.stale(generated)
    if options.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: `make docs`", file=sys.stderr)
        return FAILED if stale else 0
    documents.write(generated)
    for path in stale:
        print(path.relative_to(ROOT))
    return 0


def _local_start(_: argparse.Namespace) -> int:
    env, _catalog = _read()
    if not env.is_local:
        message = f"{env.environment} is in account {env.account_id}: only what has an endpoint is local."
        raise CommandError(message)
    started = local.ensure(env)
    state.create_bucket(env)
    print(f"The local AWS {'is started' if started else 'was running'} at {env.endpoint}.")
    if not started and os.environ.get(local.SPEED_VARIABLE):
        print(
            f"{local.SPEED_VARIABLE} counts when it starts: `make local-stop` first, with which all is gone."
        )
    return 0


def _local_stop(_: argparse.Namespace) -> int:
    stopped = local.stop_unused(BUILD)
    print("The local AWS is stopped; what it held is gone." if stopped else "No local AWS runs from here.")
    return 0


def _invoke(options: argparse.Namespace) -> int:
    env, _ = _read()
    _require_aws(env)
    return 0 if invoke(env, options.function, options.event, _console()) else FAILED


def _drill(options: argparse.Namespace) -> int:
    env, catalog = _read()
    preparation.require_allowed(env)
    paths = options.scenario or sorted(live.FOLDER.glob("*.yaml"))
    scenarios = [reading.read(path, env, catalog) for path in paths]
    _require_aws(env)
    # Local environments share one clock; those in accounts share nothing.
    drill = local.LIVE_DRILL if env.is_local else f"the live drill of {env.environment}"
    with locking.environment(BUILD, drill, f"make drill LIVE=1 ENV={env.environment}"):
        outputs = output.collect(env, None)
        done = [
            live.run(env, catalog, one, _console(), outputs=outputs, speed=options.speed) for one in scenarios
        ]
    return 0 if all(done) else FAILED
