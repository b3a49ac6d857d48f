"""One live drill at a time on this machine: two would take each other's messages and set one clock."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from ops.errors import OpsError


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold what only one process holds at a time; it is given back when the process ends, however that is.

    Raises:
        OpsError: another drill runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "live.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = "another live drill runs: wait until it is over. Nothing was sent."
            raise OpsError(message) from None
        yield
