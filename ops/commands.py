"""The commands, their arguments, and how their errors end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from catalog import Catalog
from config.errors import ConfigError
from config.models import Environment
from ops import (
    BUILD,
    ROOT,
    clients,
    doctor,
    documents,
    environment,
    functions,
    local,
    output,
    proving,
    state,
    synthesis,
)
from ops.errors import OpsError
from ops.invoke import invoke
from ops.live import drill as live
from ops.live import preparation, reading
from ops.live.alone import alone
from ops.package import PackageError, describe
from ops.stacks import deploy, destroy, diff
from ops.terraform import TerraformError

FAILED = 1
REFUSED = 2
"""Exit status when the configuration is refused."""
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
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except (OpsError, PackageError, TerraformError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return FAILED
    except (BotoCoreError, ClientError) as error:
        print(f"{options.command}: AWS did not do what was asked: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # Whoever read our output (`| head`) has gone; what Python still holds of it has nowhere to go either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(f"\n{options.command}: interrupted.", file=sys.stderr)
        return _INTERRUPTED


def leave(status: int) -> NoReturn:
    """End the process with `status`."""
    if status == _INTERRUPTED:
        # jsii's Node was interrupted too, and its farewell would be a traceback.
        sys.stdout.flush()
        os._exit(status)
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
        ("synth", _synth, "write Terraform configuration to cdktf.out"),
        ("prove", _prove, "prove that alarms have data and reach people"),
        ("package", _package, "build the functions' zips"),
        ("local-start", _local_start, "start the local AWS with its state bucket"),
        ("bootstrap", _bootstrap, "create the state bucket, once per account"),
        ("doctor", _doctor, "check this machine and the environment"),
        ("docs", _docs, "write the generated documents"),
        ("invoke", _invoke, "invoke a deployed function and show its log"),
        ("drill", _drill, "make deployed functions fail, and watch their alarms"),
    ):
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.set_defaults(run=run)
        if name in {"deploy", "diff", "destroy", "output"}:
            command.add_argument("--stack", metavar="NAME", help="only this stack")
        if name == "diff":
            command.add_argument(
                "--exit-code", action="store_true", help="exit with 2 when there are changes"
            )
        if name == "destroy":
            command.add_argument("--keep-local-aws", action="store_true", help="leave the local AWS running")
        if name == "output":
            command.add_argument("--json", action="store_true", help="one JSON object, name -> value")
        if name == "prove":
            command.add_argument("--all", action="store_true", help="every environment, one line each")
        if name == "docs":
            command.add_argument("--check", action="store_true", help="only say which are out of date")
        if name == "invoke":
            command.add_argument("function", help="the service's name, such as payment-handler")
            command.add_argument("event", type=Path, help="file with the event, JSON")
        if name == "drill":
            command.add_argument(
                "scenario", nargs="*", type=Path, help="files; all of drills/live unless given"
            )
            command.add_argument("--live", action="store_true", required=True, help="yes, what is deployed")
            command.add_argument(
                "--speed",
                type=_speed,
                default=SPEED,
                help="how many times faster a local AWS goes; %(default)s",
            )
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


def _console() -> Console:
    return Console(soft_wrap=False)


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


def _deploy(options: argparse.Namespace) -> int:
    env, catalog = _read()
    deploy(env, catalog, options.stack, _console())
    return 0


def _diff(options: argparse.Namespace) -> int:
    env, catalog = _read()
    changed = diff(env, catalog, options.stack, _console())
    return CHANGES if changed and options.exit_code else 0


def _destroy(options: argparse.Namespace) -> int:
    env, catalog = _read()
    destroy(env, catalog, options.stack, _console(), keep=options.keep_local_aws)
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


def _synth(_: argparse.Namespace) -> int:
    env, catalog = _read()
    synthesis.synthesize(env, catalog)
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


def _bootstrap(_: argparse.Namespace) -> int:
    env, _catalog = _read()
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
        raise OpsError(message)
    started = local.ensure(env)
    state.create_bucket(env)
    print(f"The local AWS {'is started' if started else 'was running'} at {env.endpoint}.")
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
    with alone(BUILD / "drill"):
        done = [live.run(env, catalog, one, _console(), speed=options.speed) for one in scenarios]
    return 0 if all(done) else FAILED
