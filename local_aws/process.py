"""Start, find and stop the local AWS, which outlives the command that starts it.

A state directory holds at most one server: `server.json` says which (process id, port, token) and
`server.log` what it printed. A process is believed to be the server only when its command line carries the
token, so that a process id used again by something else is never signalled.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.identity import HOST
from local_aws.ports import LocalAwsError, check_port, health

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PORT", "STATE_DIR", "LocalAwsError", "Server", "endpoint", "log_path", "start", "status", "stop"]

ROOT = Path(__file__).resolve().parent.parent
STATE_DIR = ROOT / "build" / "local-aws"
PORT = 4566

_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 10.0
_POLL_S = 0.02
_LOG_LINES = 15


@dataclass(frozen=True)
class Server:
    """A server that was started.

    Args:
        pid: its process id.
        port: the TCP port it listens on, on 127.0.0.1.
        token: what only this server carries, on its command line and at its health endpoint.
    """

    pid: int
    port: int
    token: str

    @property
    def endpoint(self) -> str:
        """The URL to give to AWS clients."""
        return endpoint(self.port)


def endpoint(port: int) -> str:
    """Return the endpoint URL of a server on this port."""
    return f"http://{HOST}:{port}"


def start(port: int = PORT, state_dir: Path = STATE_DIR) -> str:
    """Start the local AWS unless it runs, wait until it answers, and return its endpoint URL.

    Args:
        port: the TCP port to listen on, on 127.0.0.1.
        state_dir: where its record and log are; made when it is missing.

    Raises:
        LocalAwsError: the port is taken, the server runs on another port, or it ended while starting.
    """
    with _locked(state_dir):
        running = status(state_dir)
        if running:
            if running.port != port:
                message = (
                    f"the local AWS already runs on port {running.port}, not {port}: "
                    "stop it first (python -m local_aws stop) or use that port."
                )
                raise LocalAwsError(message)
            return running.endpoint
        check_port(port)
        token = secrets.token_hex(16)
        with log_path(state_dir).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "local_aws.server", "--port", str(port), "--token", token],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(fresh_scratch(state_dir))},
                start_new_session=True,
            )
        server = Server(process.pid, port, token)
        try:
            _wait_until_healthy(server, process, state_dir)
        except BaseException:
            _end(server)
            # What was interrupted before it had its command line is ended here.
            process.kill()
            process.wait()
            raise
        write_record(server, state_dir)
        # It is not this process's to wait for; without this, the object complains when it is collected.
        process.returncode = 0
        return server.endpoint


def stop(state_dir: Path = STATE_DIR) -> bool:
    """Stop the local AWS, whatever it holds, and tell whether one ran.

    Raises:
        LocalAwsError: it does not end.
    """
    with _locked(state_dir):
        server = _record(state_dir)
        if server is None:
            return False
        ran = is_ours(server)
        if ran:
            _end(server)
        forget(state_dir)
        return ran


def status(state_dir: Path = STATE_DIR) -> Server | None:
    """Return the server that runs and answers for this state directory, or None."""
    server = _record(state_dir)
    if server is None or not is_ours(server):
        return None
    return server if _healthy(server) else None


def log_path(state_dir: Path = STATE_DIR) -> Path:
    """Return the file that the server's output goes to."""
    return state_dir / "server.log"


def fresh_scratch(state_dir: Path) -> Path:
    """Return an empty folder for what the server unpacks (functions' code): it leaves nothing in /tmp."""
    path = _scratch(state_dir)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def write_record(server: Server, state_dir: Path) -> None:
    """Note which server runs, all at once so that nobody reads half of it."""
    state_dir.mkdir(parents=True, exist_ok=True)
    temporary = _record_path(state_dir).with_suffix(".new")
    temporary.write_text(json.dumps(asdict(server)) + "\n", encoding="utf-8")
    temporary.replace(_record_path(state_dir))


def forget(state_dir: Path) -> None:
    """Remove the note of which server runs, and what that server unpacked."""
    _record_path(state_dir).unlink(missing_ok=True)
    shutil.rmtree(_scratch(state_dir), ignore_errors=True)


def is_ours(server: Server) -> bool:
    """Tell whether the process with this id is the server that was started, by its command line."""
    return server.token in _command_line(server.pid)


def _healthy(server: Server) -> bool:
    return health(server.port).get("token") == server.token


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes], state_dir: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline:
        if _healthy(server):
            return
        if process.poll() is not None:
            message = (
                f"the local AWS ended while starting (exit status {process.returncode}). {_tail(state_dir)}"
            )
            raise LocalAwsError(message)
        time.sleep(_POLL_S)
    message = f"the local AWS does not answer after {_START_LIMIT_S:.0f} s. {_tail(state_dir)}"
    raise LocalAwsError(message)


def _tail(state_dir: Path) -> str:
    path = log_path(state_dir)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return f"Last lines of {path}:\n" + "\n".join(f"  {line}" for line in lines)


def _end(server: Server) -> None:
    """End the server and the functions that run in its process group.

    Raises:
        LocalAwsError: it is still there after SIGKILL.
    """
    leads = False
    with suppress(ProcessLookupError):
        leads = os.getpgid(server.pid) == server.pid
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not is_ours(server):
            break
        os.kill(server.pid, number)
        deadline = time.monotonic() + _STOP_LIMIT_S
        while is_ours(server) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    if is_ours(server):
        message = f"the local AWS (process {server.pid}) does not end."
        raise LocalAwsError(message)
    if leads:
        # A function that is still running does not notice; its group's number is not given away before.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, signal.SIGKILL)


def _command_line(pid: int) -> str:
    """Return a process's command line; empty when it is gone or has ended and was not waited for."""
    path = Path("/proc") / str(pid) / "cmdline"
    if path.parent.parent.joinpath("self").exists():
        try:
            return path.read_bytes().replace(b"\0", b" ").decode("utf-8", errors="replace")
        except OSError:
            return ""
    found = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout


def _scratch(state_dir: Path) -> Path:
    return state_dir.resolve() / "tmp"


def _record_path(state_dir: Path) -> Path:
    return state_dir / "server.json"


def _record(state_dir: Path) -> Server | None:
    try:
        return Server(**json.loads(_record_path(state_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def _locked(state_dir: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of a state directory."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        lock = (state_dir / "lock").open("w")
    except OSError as error:
        message = f"cannot write to {state_dir}: {error.strerror}."
        raise LocalAwsError(message) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
