"""Where a command's results go: the terminal, and files."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from drill.errors import DrillError


class Terminal(Console):
    """The terminal, or whatever reads what is printed."""

    def on_broken_pipe(self) -> None:
        """Go on when whoever read (`| head`) has gone: the exit status is asked for all the same."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
