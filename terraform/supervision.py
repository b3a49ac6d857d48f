"""Run Terraform so that it completes and saves its state, whatever happens to the command that started it.

Terraform writes its output to a file, runs in a session of its own and inherits the lock of its
environment. A command that is killed (SIGKILL, out of memory, a cancelled pipeline) takes nothing along:
with a pipe, Terraform would be ended by SIGPIPE at its next line, and what it had created would be in AWS
and in no state.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from typing_extensions import Self

from terraform import locking

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a pipeline that is cancelled, a terminal that is closed."""

_FIRST = b"\ninterrupted: waiting until Terraform has completed what it began and saved its state.\n"
_SECOND = b"\ninterrupted again: Terraform is killed; what it was changing may be in no state.\n"

_POLL_S = 0.1
_running: list[Supervised] = []
_STOP_S = 15.0
"""Seconds that a stalled Terraform has to end after SIGINT, and again after a second one.

Terraform 1.11.4 ends 0.1 s after the first where a provider's call hangs, 5 s after the second where the
backend or the configuration of the provider does, and never where `terraform init` does (measured).
"""


def interrupt_all() -> None:
    """Ask every command that runs in any thread to stop."""
    for process in _running:
        process.interrupt()


class Supervised:
    """A running command whose output is read to its end, whatever signals arrive meanwhile.

    The first signal asks the command to stop, the second kills it. Only the main thread can handle signals.
    """

    def __init__(  # noqa: PLR0913 - what is run, and how it is watched
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        name: str,
        output: Path,
        tick: Callable[[], None] = lambda: None,
        limit_s: Callable[[], float] = lambda: float("inf"),
    ) -> None:
        """Prepare to run `command`.

        Args:
            command: the program and its arguments.
            environment: its environment variables.
            name: what it is called in messages, such as `terraform apply of compute`.
            output: file that it writes to; removed when it has ended.
            tick: called several times a second while it runs.
            limit_s: seconds without progress after which it is stopped; asked anew at each tick.
        """
        self._command = command
        self._environment = environment
        self._name = name
        self._output = output
        self._tick = tick
        self._limit_s = limit_s
        self._is_main = threading.current_thread() is threading.main_thread()
        self._interruptions = 0
        self._before: dict[int, Any] = {}
        self._progressed = time.monotonic()
        self.stalled_s = 0.0
        """Seconds without progress after which it was stopped; 0 when it was not."""

    def __enter__(self) -> Self:
        self._output.parent.mkdir(parents=True, exist_ok=True)
        # Readable by the user alone: it holds values of the configuration.
        descriptor = os.open(self._output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # Before it runs: from then on nobody but `_interrupted` may end this command.
            self._handle_signals()
            self._process = subprocess.Popen(
                self._command,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=locking.inherited(),
            )
        except BaseException:
            self._restore_signals()
            raise
        finally:
            os.close(descriptor)
        _running.append(self)
        locking.note_child(self._process.pid, self._name)
        if self._interruptions:
            self.interrupt()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            # An error of ours, such as an output that is closed: Terraform is asked to stop.
            self._end()
        self._process.wait()
        if self._process.returncode < 0:
            # A provider outlives a Terraform that is killed, and would keep the lock.
            self._kill()
        _running.remove(self)
        locking.note_child(self._process.pid, "")
        self._output.unlink(missing_ok=True)
        self._restore_signals()
        if self._interruptions and kind is None:
            raise KeyboardInterrupt

    def _handle_signals(self) -> None:
        if self._is_main:
            # What the parent lets us ignore (`nohup`, a job in the background) stays ignored.
            handled = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._interrupted) for number in handled}

    def _restore_signals(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self) -> None:
        """Ask the command to stop, ask again, and kill it: what it has saved then is all that is saved."""
        for stop in (self.interrupt, self.interrupt, self._kill):
            if self._process.poll() is None:
                stop()
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(2 * _STOP_S)

    @property
    def returncode(self) -> int:
        """Exit status, once it has ended."""
        return int(self._process.returncode)

    def interrupt(self) -> None:
        """Ask the command to stop."""
        self._process.send_signal(signal.SIGINT)

    def progressed(self) -> None:
        """Note that there was progress."""
        self._progressed = time.monotonic()

    def lines(self) -> Iterator[str]:
        """Yield the lines that it writes until it ends."""
        with self._output.open("rb") as file:
            rest = b""
            while True:
                ended = self._process.poll() is not None
                *whole, rest = (rest + file.read()).split(b"\n")
                for line in whole:
                    yield line.decode("utf-8", "replace")
                if ended:
                    break
                if not whole:
                    self._tick()
                    self._stop_when_stalled()
                    time.sleep(_POLL_S)
            if rest:
                yield rest.decode("utf-8", "replace")

    def _stop_when_stalled(self) -> None:
        quiet_s = time.monotonic() - self._progressed
        if not self.stalled_s:
            if quiet_s > self._limit_s():
                self.stalled_s = quiet_s
                self._process.send_signal(signal.SIGINT)
        elif quiet_s > self.stalled_s + 2 * _STOP_S:
            self._kill()
        elif quiet_s > self.stalled_s + _STOP_S:
            # The second SIGINT ends Terraform; while it saves its state, that would be lost.
            self._process.send_signal(signal.SIGINT)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._interruptions += 1
        # os.write: a signal may arrive in the middle of a print. Nobody may read it any more.
        with suppress(OSError):
            os.write(2, _FIRST if self._interruptions == 1 else _SECOND)
        if not hasattr(self, "_process"):
            return  # it is about to run, and is interrupted then
        if self._interruptions == 1:
            self.interrupt()
        else:
            self._kill()

    def _kill(self) -> None:
        """Kill the command and what it started: they are a process group of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
