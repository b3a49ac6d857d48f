"""Output of commands: the terminal and files."""

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
    """The terminal, or the process that reads the output."""

    def on_broken_pipe(self) -> None:
        """Continue when the reader (`| head`) is gone, so that the exit status is correct."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """Progress messages: a line for each event, with the local time."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console

    def event(self, text: str, at_s: float | None = None) -> None:
        """Print an event with its time, and optionally the drill time."""
        after = f" after {text_of(at_s)}" if at_s is not None else ""
        self.line(f"{datetime.now().astimezone():%H:%M:%S}  {text}{after}")

    def line(self, text: str) -> None:
        """Print a line without a time."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def written(where: Path) -> Iterator[None]:
    """Turn errors of writing files into messages.

    Raises:
        DrillError: for every OSError, with the path.
    """
    try:
        yield
    except OSError as error:
        raise DrillError(f"{error.filename or where}: cannot be written: {error.strerror}") from error
