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
    """Run a command and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except LocalAwsError as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename or 'the local AWS'}: {error.strerror or error}."
    except KeyboardInterrupt:
        message = "interrupted."
    else:
        return status
    print(f"local_aws: {message}", file=sys.stderr)
    return 1


def start(options: argparse.Namespace) -> int:
    """Start the local AWS, unless it is running."""
    running = process.status(options.state_dir)
    endpoint = process.start(options.port, options.state_dir)
    print(f"local AWS is already running at {endpoint}" if running else f"local AWS is running at {endpoint}")
    return 0


def stop(options: argparse.Namespace) -> int:
    """Stop the local AWS and delete its data."""
    stopped = process.stop(options.state_dir)
    print("local AWS stopped; its data is deleted" if stopped else "local AWS is not running")
    return 0


def status(options: argparse.Namespace) -> int:
    """Show whether the local AWS is running: exit status 0 if it is, 3 if not (as in init scripts)."""
    server = process.status(options.state_dir)
    if server is None:
        print("local AWS is not running")
        return 3
    log = process.log_path(options.state_dir)
    print(f"local AWS is running at {server.endpoint} (process {server.pid}, log {log})")
    return 0


def run(options: argparse.Namespace) -> int:
    """Serve in the foreground, until Ctrl-C or until the parent process ends."""
    running = process.status(options.state_dir)
    if running:
        message = f"the local AWS is already running at {running.endpoint}."
        raise LocalAwsError(message)
    check_port(options.port)
    if not options.token:
        # A server is identified by the token on its command line: execute this program again with one.
        token = secrets.token_hex(16)
        state_dir = options.state_dir.resolve()
        os.environ["TMPDIR"] = str(process.create_scratch(state_dir))
        arguments = ["--port", str(options.port), "--state-dir", str(state_dir), "--token", token]
        os.chdir(process.ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "local_aws", "run", *arguments])  # noqa: S606 - this program itself
    # Imported here because the import takes half a second and the other commands do not need it.
    from local_aws.server import serve  # noqa: PLC0415

    server = Server(os.getpid(), options.port, options.token)
    process.write_record(server, options.state_dir)
    try:
        serve(options.port, options.token, with_parent=True)
    finally:
        process.remove_record(options.state_dir)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws",
        description="MiniStack behind a gateway, on 127.0.0.1. Its data is deleted on stop.",
    )
    commands = parser.add_subparsers(required=True, metavar="start|stop|status|run")
    for function in (start, stop, status, run):
        name = function.__name__
        summary = (function.__doc__ or "").rstrip(".")
        command = commands.add_parser(name, help=summary, description=function.__doc__)
        command.set_defaults(run=function)
        command.add_argument(
            "--state-dir",
            type=Path,
            default=process.STATE_DIR,
            help="folder of the server's record and log (default: build/local-aws in the project)",
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
