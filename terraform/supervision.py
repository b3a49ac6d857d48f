"""Supervision of Terraform: it completes and saves its state even if the command that started it is killed.

Terraform writes its output to a file, runs in its own session and inherits the lock of its environment. So it
survives if the command is killed (SIGKILL, out of memory, a cancelled pipeline). With a pipe, SIGPIPE would
end Terraform at its next line, and resources that it had created would be in no state.
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
"""Ctrl-C, a cancelled pipeline, a closed terminal."""

_FIRST = b"\ninterrupted: waiting for Terraform to complete its operations and to save its state.\n"
_SECOND = b"\ninterrupted again: killing Terraform; resources in progress may be missing from the state.\n"

_POLL_S = 0.1
_running: list[Supervised] = []
_STOP_S = 15.0
"""Seconds that a stalled Terraform has to end after SIGINT, and again after SIGTERM.

Terraform 1.11.4 ends 0.1 s after the first if a change hangs; at once after the second if a provider reads or
is being configured, because the provider ends; 5 s after the second if the backend hangs; and never if
`terraform init` hangs (measured).
"""


def interrupt_all() -> None:
    """Send SIGINT to every command that runs, in all threads."""
    for process in _running:
        process.interrupt()


class Supervised:
    """A running command whose output is read to its end, even if signals arrive.

    The first signal interrupts the command, the second kills it. Only the main thread can handle signals.
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
            name: its name in messages, such as `terraform apply of compute`.
            output: file for its output; removed after it has ended.
            tick: called several times per second while it runs.
            limit_s: returns the seconds without progress after which it is stopped; called at each tick.
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
        self._stopped = 0.0
        self._is_ending = False
        self.stalled_s = 0.0
        """Seconds without progress after which it was stopped; 0 if it was not stopped."""

    def __enter__(self) -> Self:
        self._output.parent.mkdir(parents=True, exist_ok=True)
        # Only the user may read it: it contains values of the configuration.
        descriptor = os.open(self._output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # Before it starts: afterwards only `_interrupted` may end this command.
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
            # An error in this program, such as a closed output: stop Terraform.
            self._end()
        self._process.wait()
        if self._process.returncode < 0:
            # A provider process survives a killed Terraform, and would keep the lock.
            self._kill()
        _running.remove(self)
        locking.note_child(self._process.pid, "")
        self._output.unlink(missing_ok=True)
        self._restore_signals()
        if self._interruptions and kind is None:
            raise KeyboardInterrupt

    def _handle_signals(self) -> None:
        if self._is_main:
            # Signals that the parent has set to be ignored (`nohup`, a background job) stay ignored.
            handled = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._interrupted) for number in handled}

    def _restore_signals(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self) -> None:
        """Interrupt the command, interrupt it again, and kill it; only what it saved until then is saved."""
        for stop in (self.interrupt, self.interrupt, self._kill):
            if self._process.poll() is None:
                stop()
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(2 * _STOP_S)

    @property
    def returncode(self) -> int:
        """Exit status; only valid after the command has ended."""
        return int(self._process.returncode)

    def interrupt(self) -> None:
        """Send SIGINT to the command."""
        self._process.send_signal(signal.SIGINT)

    def progressed(self) -> None:
        """Record that there was progress."""
        self._progressed = time.monotonic()

    def lines(self) -> Iterator[str]:
        """Yield the lines of the output until the command ends."""
        with self._output.open("rb") as file:
            incomplete = b""
            while True:
                ended = self._process.poll() is not None
                *complete, incomplete = (incomplete + file.read()).split(b"\n")
                for line in complete:
                    yield line.decode("utf-8", "replace")
                if ended:
                    break
                if not complete:
                    self._tick()
                    self._stop_when_stalled()
                    time.sleep(_POLL_S)
            if incomplete:
                yield incomplete.decode("utf-8", "replace")

    def _stop_when_stalled(self) -> None:
        if not self.stalled_s:
            idle_s = time.monotonic() - self._progressed
            if idle_s > self._limit_s():
                self.stalled_s = idle_s
                self._stopped = time.monotonic()
                self._process.send_signal(signal.SIGINT)
            return
        # Terraform's answer to the first signal is output too, so the time since then counts.
        stopping_s = time.monotonic() - self._stopped
        if stopping_s > 2 * _STOP_S:
            self._kill()
        elif stopping_s > _STOP_S and not self._is_ending:
            # The second signal ends Terraform within 5 s; a state that it is saving then would be lost. It
            # ends the provider too, which ignores SIGINT: its call fails, and Terraform releases the lock.
            self._is_ending = True
            os.killpg(self._process.pid, signal.SIGTERM)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._interruptions += 1
        # os.write, as a signal may arrive during a print. The output may be closed.
        with suppress(OSError):
            os.write(2, _FIRST if self._interruptions == 1 else _SECOND)
        if not hasattr(self, "_process"):
            return  # not started yet: `__enter__` interrupts it
        if self._interruptions == 1:
            self.interrupt()
        else:
            self._kill()

    def _kill(self) -> None:
        """Kill the process group of the command."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
