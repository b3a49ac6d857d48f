"""What a person sees while Terraform works: a moving line on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text
from typing_extensions import Self

from config.errors import cut

_QUIET_S = 10
"""Seconds between lines where there is no terminal."""


class Progress:
    """Progress of one stack: how many changes are done, and what is being waited for."""

    def __init__(
        self,
        console: Console,
        stack: str,
        total: int | None = None,
        *,
        doing: str = "planning",
        live: bool = True,
    ) -> None:
        """Begin with nothing of `total` changes done; without a total, with what is being done."""
        self._console = console
        self._stack = stack
        self._doing = doing
        self.total = total
        self.is_changing = False
        """Whether resources are being changed, or the state of what was changed is being saved."""
        self._done = 0
        self._running: dict[str, float] = {}
        self._started = self._spoke = time.monotonic()
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
        """Note that a change of the resource at `address` began."""
        self._running[address] = time.monotonic()
        self._say()

    def finished(self, address: str) -> None:
        """Note that it ended."""
        self._running.pop(address, None)
        self._done += 1
        self._say()

    def tick(self) -> None:
        """Note that time went by."""
        self._say()

    def text(self) -> str:
        """Return what there is to say now, in one line of the console."""
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
            done = f"saving the state ({self.elapsed_s:.0f} s)"
        else:
            done = f"{self._done}/{self.total}"
        text = f"{self._stack:<11} {done}{waiting}"
        # A line of a log has any length; one that moves must not wrap.
        return cut(text, self._console.width - 4) if self._status else text

    def _say(self) -> None:
        now = time.monotonic()
        if self._status is None and now - self._spoke >= _QUIET_S:
            self._spoke = now
            self._console.print(self.text(), markup=False, highlight=False, soft_wrap=True)


class _Moving:
    """The line of a progress, asked for at each drawing of the terminal: seconds go by without events."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich__(self) -> Text:
        return Text(self._progress.text())
