"""The command line: `python -m local_aws start|stop|status|run`."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path

from local_aws import process
from local_aws.ports import LocalAwsError, check_port
from local_aws.process import Server


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except LocalAwsError as error:
        said = str(error)
    except OSError as error:
        said = f"{error.filename or 'the local AWS'}: {error.strerror or error}."
    except KeyboardInterrupt:
        said = "interrupted."
    else:
        return status
    print(f"local_aws: {said}", file=sys.stderr)
    return 1


def start(options: argparse.Namespace) -> int:
    """Start it, or say that it runs."""
    running = process.status(options.state_dir)
    endpoint = process.start(options.port, options.state_dir)
    print(f"local AWS already runs at {endpoint}" if running else f"local AWS runs at {endpoint}")
    return 0


def stop(options: argparse.Namespace) -> int:
    """Stop it, or say that it does not run."""
    stopped = process.stop(options.state_dir)
    print("local AWS stopped; what it held is gone" if stopped else "local AWS does not run")
    return 0


def status(options: argparse.Namespace) -> int:
    """Say whether it runs: exit status 0 when it does, 3 when not (as init scripts have it)."""
    server = process.status(options.state_dir)
    if server is None:
        print("local AWS does not run")
        return 3
    log = process.log_path(options.state_dir)
    print(f"local AWS runs at {server.endpoint} (process {server.pid}, log {log})")
    return 0


def run(options: argparse.Namespace) -> int:
    """Serve in the foreground, until ctrl-C or the end of the process that started this one."""
    running = process.status(options.state_dir)
    if running:
        message = f"the local AWS already runs at {running.endpoint}."
        raise LocalAwsError(message)
    check_port(options.port)
    if not options.token:
        # The token belongs on the command line, by which a server is known: begin again with one.
        token = secrets.token_hex(16)
        state_dir = options.state_dir.resolve()
        os.environ["TMPDIR"] = str(process.fresh_scratch(state_dir))
        arguments = ["--port", str(options.port), "--state-dir", str(state_dir), "--token", token]
        os.chdir(process.ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "local_aws", "run", *arguments])  # noqa: S606 - ourselves
    # Imported here: the server takes half a second to import, and the other commands do not need it.
    from local_aws.server import serve  # noqa: PLC0415

    server = Server(os.getpid(), options.port, options.token)
    process.write_record(server, options.state_dir)
    try:
        serve(options.port, options.token, with_parent=True)
    finally:
        process.forget(options.state_dir)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws",
        description="MiniStack behind a front, on 127.0.0.1. What it holds is gone after stop.",
    )
    commands = parser.add_subparsers(required=True, metavar="start|stop|status|run")
    for function in (start, stop, status, run):
        name = function.__name__
        about = (function.__doc__ or "").rstrip(".")
        command = commands.add_parser(name, help=about, description=function.__doc__)
        command.set_defaults(run=function)
        command.add_argument(
            "--state-dir",
            type=Path,
            default=process.STATE_DIR,
            help="where its record and log are (default: build/local-aws in the project)",
        )
        if name in {"start", "run"}:
            command.add_argument(
                "--port", type=int, default=process.PORT, help="TCP port (default: %(default)s)"
            )
        if name == "run":
            command.add_argument("--token", default="", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
