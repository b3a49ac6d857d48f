"""Run a command and measure its duration and the memory of its processes."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROC = Path("/proc")
SAMPLE_EVERY_S = 0.02


class CommandError(Exception):
    """The measured command failed; the message contains its output."""


@dataclass(frozen=True)
class Measurement:
    """The measurements of one run.

    Attributes:
        seconds: wall-clock time from start to exit.
        megabytes: maximum sum of the resident memory of the process and its descendants, sampled every
            20 ms. Shared pages count for each process. None on systems without `/proc`.
        output: its output and errors.
    """

    seconds: float
    megabytes: float | None
    output: str


def measure(command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> Measurement:
    """Run a command and return its measurements.

    Raises:
        CommandError: the exit status is not 0.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=dict(environ), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        peak = Peak(process.pid)
        peak.start()
        output, _ = process.communicate()
        seconds = time.perf_counter() - started
        peak.stop()
    if process.returncode != 0:
        message = f"{' '.join(command)} failed:\n{output}"
        raise CommandError(message)
    return Measurement(seconds, peak.megabytes, output)


class Peak(threading.Thread):
    """A thread that samples the memory of a process and its descendants until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.megabytes: float | None = None
        self.stopped = threading.Event()

    def run(self) -> None:
        """Sample every 20 ms until stopped."""
        while PROC.is_dir() and not self.stopped.wait(SAMPLE_EVERY_S):
            kilobytes = sum(resident_kb(pid) for pid in family(self.pid))
            self.megabytes = max(self.megabytes or 0.0, kilobytes / 1024)

    def stop(self) -> None:
        """Stop sampling and wait for the thread."""
        self.stopped.set()
        self.join()


def family(pid: int) -> list[int]:
    """Return the ids of a process and its descendants."""
    members = [pid]
    for member in members:  # grows during the iteration
        for path in PROC.glob(f"{member}/task/*/children"):
            members += map(int, read(path).split())
    return members


def resident_kb(pid: int) -> int:
    """Return the resident memory of a process in kB; 0 if it does not exist."""
    for line in read(PROC / str(pid) / "status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def read(path: Path) -> str:
    """Return the content of a file in `/proc`; empty if its process does not exist."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
