"""Locks between commands: one command at a time uses an environment, or a resource that environments share.

A lock is an flock(2) on a file. The operating system releases it when the last process that has the file open
ends. Terraform inherits it (`inherited`), so an environment stays locked while Terraform runs, even if the
command that started it was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from aws.waiting import waiting_for
from config.errors import CommandError

_POLL_S = 0.1
_ENDING_S = 10.0
"""Seconds in which killed processes end."""
_RETRY_S = 0.2
"""Seconds to retry: a process that reads the holders of locks (`holders`) holds a lock for an instant."""
_RECORD_BYTES = 4096
"""Size of the record in a lock file: written in one call and in place, so that readers never see a part."""

_ENVIRONMENT = "environment-{}.lock"
_SHARED = "shared-{}.lock"
"""Names of the lock files. A shared lock cannot have the name of an environment."""

_inherited: list[int] = []
"""File descriptors of the locks that Terraform processes inherit."""
_held: list[tuple[int, Holder]] = []
"""The environment locks that this process holds."""
_note = threading.Lock()


@dataclass
class Holder:
    """The command that holds a lock."""

    pid: int
    """Process ID of the command."""
    command: str
    """The command line, such as `make deploy ENV=prod`."""
    since_s: float
    """Time at which it acquired the lock, in seconds since the epoch."""
    children: dict[str, str] = field(default_factory=dict)
    """Process ID of each Terraform that inherits the lock -> its name: `terraform apply of compute`."""

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.since_s))
        if _runs(self.pid):
            return f"`{self.command}` (process {self.pid}) has run since {since}"
        running = [f"{name} (process {pid})" for pid, name in self.children.items()]
        return (
            f"{' and '.join(running) or 'a Terraform'} still runs, started by `{self.command}` (process "
            f"{self.pid}, since {since}), which was killed. Terraform completes its changes and saves its "
            "state"
        )


_HOLDER = TypeAdapter(Holder)


@contextmanager
def environment(build: Path, name: str, command: str) -> Iterator[None]:
    """Hold the lock of the environment `name`.

    Args:
        build: folder of generated files.
        name: the environment, or another name of a resource that only one command at a time may write.
        command: the name of the holder in the messages of other commands.

    Raises:
        CommandError: another command holds the lock; the message names it, and since when it runs.
    """
    with ExitStack() as stack:
        path = build / "locks" / _ENVIRONMENT.format(name)
        file = _locked(path, stack)
        if file is None and _end_orphans(_read(path)):
            deadline = time.monotonic() + _ENDING_S
            while (file := _locked(path, stack)) is None and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        deadline = time.monotonic() + _RETRY_S
        while file is None and time.monotonic() < deadline:
            time.sleep(_POLL_S / 10)
            file = _locked(path, stack)
        if file is None:
            holder = _read(path) or "another command has just begun"
            message = f"{name} is locked: {holder}. Nothing was changed; try again when it has ended."
            raise CommandError(message)
        own = Holder(os.getpid(), command, time.time())
        _write(file, own)
        _held.append((file, own))
        _inherited.append(file)
        try:
            yield
        finally:
            _held.remove((file, own))
            _inherited.remove(file)


def holders(build: Path, *, but: str = "") -> dict[str, Holder | None]:
    """Return the holder of the lock of each environment in use; None for a command that has just begun.

    Args:
        build: folder of generated files.
        but: an environment to exclude.
    """
    result = {}
    before, after = _ENVIRONMENT.split("{}")
    for path in sorted((build / "locks").glob(_ENVIRONMENT.format("*"))):
        name = path.name.removeprefix(before).removesuffix(after)
        with ExitStack() as stack:
            if name != but and _locked(path, stack) is None:
                result[name] = _read(path)
    return result


@contextmanager
def shared(folder: Path, name: str, what: str, *, inherit: bool = False) -> Iterator[None]:
    """Hold the lock of a resource that environments share; wait for it and print a message while waiting.

    Args:
        folder: the folder of the lock file; created if it does not exist.
        name: name of the lock.
        what: the reason for waiting in the message, such as `another command that builds functions`.
        inherit: whether Terraform processes that are started in this context inherit the lock.
    """
    path = folder / _SHARED.format(name)
    with ExitStack() as stack:
        file = _locked(path, stack)
        if file is None:
            with waiting_for(what):
                while (file := _locked(path, stack)) is None:
                    time.sleep(_POLL_S)
        if inherit:
            _inherited.append(file)
            stack.callback(_inherited.remove, file)
        yield


def inherited() -> tuple[int, ...]:
    """Return the file descriptors that Terraform has to inherit to keep the locks."""
    return tuple(_inherited)


def note_child(pid: int, child: str) -> None:
    """Record in the held locks which Terraform inherits them; an empty `child` removes the process."""
    with _note:
        for file, holder in _held:
            if child:
                holder.children[str(pid)] = child
            else:
                holder.children.pop(str(pid), None)
            _write(file, holder)


def _locked(path: Path, stack: ExitStack) -> int | None:
    """Return the descriptor of a file that is locked until `stack` ends; None if another process holds it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(file, path):
                stack.callback(os.close, file)
                return file
        except BlockingIOError:
            os.close(file)
            return None
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # removed or replaced while it was opened: lock the current file


def _is_at(file: int, path: Path) -> bool:
    try:
        current = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(file), current)


def _end_orphans(holder: Holder | None) -> bool:
    """Kill provider processes whose command and Terraform have ended; return whether there were any.

    They are in the process group of that Terraform; its ID is not reused while the group exists.
    """
    if holder is None or _runs(holder.pid):
        return False
    killed = False
    for pid in map(int, holder.children):
        if not _runs(pid):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
                killed = True
    return killed


def _write(file: int, holder: Holder) -> None:
    os.pwrite(file, json.dumps(asdict(holder)).encode().ljust(_RECORD_BYTES), 0)


def _read(path: Path) -> Holder | None:
    try:
        return _HOLDER.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def _runs(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except (OSError, IndexError):
        return True  # of another user, or a system without /proc
    return state != "Z"
