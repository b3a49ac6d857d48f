"""A Terraform that is interrupted stops in order: it finishes what it began and saves its state.

Without that, what was created is in AWS and in no state: nothing could change or destroy it any more.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any

from typing_extensions import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a pipeline that is cancelled, a terminal that is closed."""

_FIRST = b"\ninterrupted: waiting until Terraform has finished what it began and saved its state.\n"
_SECOND = b"\ninterrupted again: Terraform is ended; what it was doing is in no state.\n"


class Interruptible:
    """A running command whose output is read to its end, whatever signals come meanwhile.

    The first signal asks the command to stop, the second ends it. Only the main thread can take signals; a
    command started in another one gets Ctrl-C from the terminal itself.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Prepare to run `command`."""
        self._command = command
        self._environment = environment
        self._is_main = threading.current_thread() is threading.main_thread()
        self._interruptions = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            env=dict(self._environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Away from the terminal's process group: it is told once, by us.
            start_new_session=self._is_main,
        )
        if self._is_main:
            self._before = {number: signal.signal(number, self._interrupted) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._interruptions and kind is None:
            raise KeyboardInterrupt

    @property
    def returncode(self) -> int:
        """Exit status, once it has ended."""
        return self._process.returncode

    def lines(self) -> Iterator[str]:
        """Yield what it prints until it ends."""
        yield from self._process.stdout or ()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._interruptions += 1
        # os.write: a signal may come in the middle of a print.
        if self._interruptions == 1:
            os.write(2, _FIRST)
            self._process.send_signal(signal.SIGINT)
        else:
            os.write(2, _SECOND)
            self._process.kill()
