"""Calls with a limit for their total time.

The timeouts of sockets do not include name resolution, and restart with every byte that arrives.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class LateError(Exception):
    """A call did not end in time; it continues in its thread."""


class Call(Generic[Result]):
    """A call in a thread, which is abandoned when its time is over."""

    def __init__(self, function: Callable[[], Result]) -> None:
        """Start the call."""
        self._answers: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, args=(function,), daemon=True).start()

    def _run(self, function: Callable[[], Result]) -> None:
        try:
            self._answers.put((function(), None))
        except Exception as error:  # noqa: BLE001 (raised again by `result`)
            self._answers.put((None, error))

    def result(self, limit_s: float) -> Result:
        """Return the result of the call, or raise its exception. Call this once.

        Raises:
            LateError: The call does not end within `limit_s` seconds.
        """
        try:
            result, error = self._answers.get(timeout=max(0.0, limit_s))
        except queue.Empty:
            raise LateError from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # None only if the call returned None
