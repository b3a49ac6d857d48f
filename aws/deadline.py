"""A limit for a call as a whole: timeouts of sockets begin anew with every byte that arrives."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")
_running = threading.local()


def within(limit_s: float, call: Callable[[], _Result]) -> _Result:
    """Return what `call` returns, or raise what it raises.

    Args:
        limit_s: seconds to wait for it.
        call: what is called, in a thread of its own; one that does not end is left behind, and ends with the
            process.

    Raises:
        TimeoutError: it has not ended in time.
    """
    outcome: concurrent.futures.Future[_Result] = concurrent.futures.Future()
    left = threading.Event()

    def run() -> None:
        _running.left = left
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True, name="within").start()
    try:
        return outcome.result(limit_s)
    except concurrent.futures.TimeoutError as error:
        if outcome.done():
            raise  # of the call itself, such as ETIMEDOUT
        left.set()
        message = f"no answer in {limit_s:g} s"
        raise TimeoutError(message) from error


def is_left() -> bool:
    """Return whether this thread makes a call of `within` that nobody waits for any more."""
    left: threading.Event | None = getattr(_running, "left", None)
    return left is not None and left.is_set()
