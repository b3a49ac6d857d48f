"""Signals that end a live drill, and when they are handled.

An interruption between the answer of `ReceiveMessage` and the record of its messages would leave messages
of other consumers hidden until their visibility timeout ends: `uninterrupted` delays it.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from typing_extensions import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a pipeline that is cancelled, a terminal that is closed."""


class Interruptions:
    """Turns each of `SIGNALS` into KeyboardInterrupt while it is entered."""

    def __init__(self) -> None:
        """Prepare. Handlers are replaced on entering."""
        self._handlers: dict[signal.Signals, Any] = {}
        self._is_delayed = False
        self._is_pending = False

    def __enter__(self) -> Self:
        """Replace the handlers."""
        # What the parent lets us ignore, as `nohup` does, stays ignored.
        caught = [number for number in SIGNALS if signal.getsignal(number) not in {signal.SIG_IGN, None}]
        self._handlers = {number: signal.signal(number, self._interrupt) for number in caught}
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the handlers."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def ignore(self) -> None:
        """Ignore the signals from now on, during restoration."""
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """Raise an interruption at the end of this block, a second Ctrl-C immediately."""
        self._is_delayed = True
        try:
            yield
        finally:
            self._is_delayed = False
        if self._is_pending:
            raise KeyboardInterrupt

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        del frame
        # A closed terminal may send SIGHUP twice, and a cancelled pipeline SIGINT and SIGTERM.
        if self._is_delayed and not (self._is_pending and number == signal.SIGINT):
            self._is_pending = True
            return
        raise KeyboardInterrupt
