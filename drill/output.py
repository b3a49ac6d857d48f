"""Where a command's results go: the terminal, and files."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rich.console import Console

from drill.durations import text_of
from drill.errors import DrillError


class Terminal(Console):
    """The terminal, or whatever reads what is printed."""

    def on_broken_pipe(self) -> None:
        """Go on when whoever read (`| head`) has gone: the exit status is asked for all the same."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Teller:
    """Says what happens, a line for each event, with the time on the wall."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console

    def event(self, text: str, at_s: float | None = None) -> None:
        """Say what happened just now, and after how much of the drill's time."""
        after = f" after {text_of(at_s)}" if at_s is not None else ""
        self.say(f"{datetime.now().astimezone():%H:%M:%S}  {text}{after}")

    def say(self, text: str) -> None:
        """Say something without a time."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def written(where: Path) -> Iterator[None]:
    """Say in a sentence why something cannot be written.

    Raises:
        DrillError: for every OSError, with the file that it is about, or with where it was to be.
    """
    try:
        yield
    except OSError as error:
        raise DrillError(f"{error.filename or where}: cannot be written: {error.strerror}") from error
