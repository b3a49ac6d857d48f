"""Start, find and stop the local AWS, which keeps running after the command that starts it.

A state directory has at most one server: `server.json` is its record (process id, port, token), `server.log`
its output. A process is identified as the server by the token on its command line, so that a process id that
another program reuses is never signalled.
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
        port: its TCP port on 127.0.0.1.
        token: a random token on its command line and in the answer of its health endpoint.
    """

    pid: int
    port: int
    token: str

    @property
    def endpoint(self) -> str:
        """The endpoint URL for AWS clients."""
        return endpoint(self.port)


def endpoint(port: int) -> str:
    """Return the endpoint URL of a server on this port."""
    return f"http://{HOST}:{port}"


def start(port: int = PORT, state_dir: Path = STATE_DIR) -> str:
    """Start the local AWS unless it is running, wait until it answers, and return its endpoint URL.

    Args:
        port: the TCP port on 127.0.0.1.
        state_dir: the folder of its record and log; created if it does not exist.

    Raises:
        LocalAwsError: the port is in use, the server is running on another port, or it ended while starting.
    """
    with _locked(state_dir):
        running = status(state_dir)
        if running:
            if running.port != port:
                message = (
                    f"the local AWS is already running on port {running.port}, not {port}. "
                    f"Stop it first (python -m local_aws stop) or use port {running.port}."
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
                env={**os.environ, "TMPDIR": str(create_scratch(state_dir))},
                start_new_session=True,
            )
        server = Server(process.pid, port, token)
        try:
            _wait_until_healthy(server, process, state_dir)
        except BaseException:
            _end(server)
            # `_end` does not find a process that was interrupted before it had its command line.
            process.kill()
            process.wait()
            raise
        write_record(server, state_dir)
        # The server keeps running. Without a return code, Popen warns when it is garbage-collected.
        process.returncode = 0
        return server.endpoint


def stop(state_dir: Path = STATE_DIR) -> bool:
    """Stop the local AWS, delete its data, and return whether it was running.

    Raises:
        LocalAwsError: the server did not stop.
    """
    with _locked(state_dir):
        server = _record(state_dir)
        if server is None:
            return False
        was_running = is_ours(server)
        if was_running:
            _end(server)
        remove_record(state_dir)
        return was_running


def status(state_dir: Path = STATE_DIR) -> Server | None:
    """Return the server of this state directory if it is running and healthy, or None."""
    server = _record(state_dir)
    if server is None or not is_ours(server):
        return None
    return server if _healthy(server) else None


def log_path(state_dir: Path = STATE_DIR) -> Path:
    """Return the path of the server's log."""
    return state_dir / "server.log"


def create_scratch(state_dir: Path) -> Path:
    """Create an empty folder for temporary files of the server (code of functions), instead of /tmp."""
    path = _scratch(state_dir)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def write_record(server: Server, state_dir: Path) -> None:
    """Write the record of the running server. The write is atomic."""
    state_dir.mkdir(parents=True, exist_ok=True)
    temporary = _record_path(state_dir).with_suffix(".new")
    temporary.write_text(json.dumps(asdict(server)) + "\n", encoding="utf-8")
    temporary.replace(_record_path(state_dir))


def remove_record(state_dir: Path) -> None:
    """Remove the server's record and its temporary files."""
    _record_path(state_dir).unlink(missing_ok=True)
    shutil.rmtree(_scratch(state_dir), ignore_errors=True)


def is_ours(server: Server) -> bool:
    """Return whether the process with this id is the started server: its command line has the token."""
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
    message = f"the local AWS does not answer {_START_LIMIT_S:.0f} s after its start. {_tail(state_dir)}"
    raise LocalAwsError(message)


def _tail(state_dir: Path) -> str:
    path = log_path(state_dir)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return f"Last lines of {path}:\n" + "\n".join(f"  {line}" for line in lines)


def _end(server: Server) -> None:
    """End the server and the functions in its process group.

    Raises:
        LocalAwsError: the server still exists after SIGKILL.
    """
    is_group_leader = False
    with suppress(ProcessLookupError):
        is_group_leader = os.getpgid(server.pid) == server.pid
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not is_ours(server):
            break
        os.kill(server.pid, number)
        deadline = time.monotonic() + _STOP_LIMIT_S
        while is_ours(server) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    if is_ours(server):
        message = f"the local AWS (process {server.pid}) did not stop."
        raise LocalAwsError(message)
    if is_group_leader:
        # Functions may still be running in the group. Its id is not reused while one of them exists.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, signal.SIGKILL)


def _command_line(pid: int) -> str:
    """Return the command line of a process; empty if it does not exist or is a zombie."""
    path = Path("/proc") / str(pid) / "cmdline"
    if path.parent.parent.joinpath("self").exists():
        try:
            return path.read_bytes().replace(b"\0", b" ").decode("utf-8", errors="replace")
        except OSError:
            return ""
    listing = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout


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
    """Hold the lock of a state directory: one process at a time starts or stops its server."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        lock = (state_dir / "lock").open("w")
    except OSError as error:
        message = f"cannot write to {state_dir}: {error.strerror}."
        raise LocalAwsError(message) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
