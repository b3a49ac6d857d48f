"""Progress messages during long waits: the reason and the seconds so far."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

INTERVAL_S = 15.0
"""Seconds between two lines; there are never more than 30 s without output."""


class _Waits:
    """The current waits of all threads; a single thread prints them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun: dict[int, tuple[str, float]] = {}
        self._thread: threading.Thread | None = None
        self._next = 0

    def begin(self, what: str) -> int:
        with self._changed:
            self._next += 1
            self._begun[self._next] = (what, time.monotonic())
            if self._thread is None:
                self._thread = threading.Thread(target=self._print, daemon=True, name="waiting")
                self._thread.start()
            self._changed.notify()
            return self._next

    def end(self, number: int) -> None:
        with self._changed:
            self._begun.pop(number, None)

    def _print(self) -> None:
        printed: dict[int, float] = {}
        while True:
            with self._changed:
                self._changed.wait(INTERVAL_S / 5 if self._begun else None)
                begun = dict(self._begun)
            now = time.monotonic()
            printed = {number: at for number, at in printed.items() if number in begun}
            for number, (what, since) in begun.items():
                if now - printed.get(number, since) >= INTERVAL_S:
                    printed[number] = now
                    sys.stderr.write(f"waiting for {what} ({now - since:.0f} s)\n")
                    sys.stderr.flush()


_WAITS = _Waits()


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Print `waiting for <what> (<seconds> s)` every `INTERVAL_S` seconds to standard error.

    Args:
        what: the reason for waiting, such as `S3 to answer GetObject`.
    """
    number = _WAITS.begin(what)
    try:
        yield
    finally:
        _WAITS.end(number)
