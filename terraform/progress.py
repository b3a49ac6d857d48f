"""Progress output while Terraform runs: a live line on a terminal, else a line every ten seconds."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text
from typing_extensions import Self

from config.errors import cut

_INTERVAL_S = 10
"""Seconds between lines where there is no terminal."""


class Progress:
    """Progress of one stack: the number of completed changes, and the resources in progress."""

    def __init__(
        self,
        console: Console,
        stack: str,
        total: int | None = None,
        *,
        doing: str = "planning",
        live: bool = True,
    ) -> None:
        """Begin with 0 of `total` changes; without a total, the line shows `doing`."""
        self._console = console
        self._stack = stack
        self._doing = doing
        self.total = total
        self.is_changing = False
        """Whether resources are being changed, or the state is being saved after changes."""
        self._done = 0
        self._running: dict[str, float] = {}
        self._started = self._printed = time.monotonic()
        self._status = Status(_Moving(self), console=console) if live and console.is_terminal else None

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._started

    def started(self, address: str) -> None:
        """Record that a change of the resource at `address` began."""
        self._running[address] = time.monotonic()
        self._print_line()

    def finished(self, address: str) -> None:
        """Record that the change of the resource at `address` ended."""
        self._running.pop(address, None)
        self._done += 1
        self._print_line()

    def tick(self) -> None:
        """Print a line if it is due; called several times per second."""
        self._print_line()

    def text(self) -> str:
        """Return the current line."""
        now = time.monotonic()
        waiting = ""
        if self._running:
            address, since = min(self._running.items(), key=lambda item: item[1])
            waiting = f" · {address} ({now - since:.0f} s)"
            if len(self._running) > 1:
                waiting += f" and {len(self._running) - 1} more"
        if self.total is None:
            done = f"{self._doing} ({self.elapsed_s:.0f} s)"
        elif self._done >= self.total:
            done = f"saving the state ({self.elapsed_s:.0f} s since the start)"
        else:
            done = f"{self._done}/{self.total}"
        text = f"{self._stack:<11} {done}{waiting}"
        # A line in a log may have any length; a live line must not wrap.
        return cut(text, self._console.width - 4) if self._status else text

    def _print_line(self) -> None:
        now = time.monotonic()
        if self._status is None and now - self._printed >= _INTERVAL_S:
            self._printed = now
            self._console.print(self.text(), markup=False, highlight=False, soft_wrap=True)


class _Moving:
    """The live line, computed at each refresh of the terminal so that the seconds advance without events."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich__(self) -> Text:
        return Text(self._progress.text())
