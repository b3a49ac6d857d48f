"""A timeout for a whole call; the timeouts of sockets start again with every byte that arrives."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")
_running = threading.local()


def within(limit_s: float, call: Callable[[], _Result]) -> _Result:
    """Return the result of `call`, or raise its exception.

    Args:
        limit_s: timeout in seconds.
        call: the function, which is called in a new thread; if it does not end in time, the thread is
            abandoned and ends with the process.

    Raises:
        TimeoutError: the call has not ended in time.
    """
    outcome: concurrent.futures.Future[_Result] = concurrent.futures.Future()
    left = threading.Event()

    def run() -> None:
        _running.left = left
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised in the waiting thread
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True, name="within").start()
    try:
        return outcome.result(limit_s)
    except concurrent.futures.TimeoutError as error:
        if outcome.done():
            raise  # raised by the call itself, such as ETIMEDOUT
        left.set()
        message = f"no answer in {limit_s:g} s"
        raise TimeoutError(message) from error


def is_left() -> bool:
    """Return whether this thread runs a call of `within` that has timed out."""
    left: threading.Event | None = getattr(_running, "left", None)
    return left is not None and left.is_set()
