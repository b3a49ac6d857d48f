"""Confirmations before a change: only `yes` continues."""

from __future__ import annotations

import os
import sys

from rich.console import Console

from config.errors import CommandError


def ask(question: str, declined: str, console: Console) -> None:
    """Ask, unless `APPROVE=auto`.

    Args:
        question: such as `security of prod: 1 to add. Apply?`.
        declined: the message when the answer is not yes, such as `security: not applied`.
        console: where to ask.

    Raises:
        CommandError: the answer is not yes, or standard input is not a terminal.
    """
    if os.environ.get("APPROVE") == "auto":
        return
    if not sys.stdin.isatty():
        message = (
            f"{question} Standard input is not a terminal: set APPROVE=auto to answer yes. "
            "Nothing was changed."
        )
        raise CommandError(message)
    answer = console.input(f"{question} Only 'yes' is accepted: ", markup=False)
    if answer.strip() != "yes":
        message = f"{declined}. Nothing was changed."
        raise CommandError(message)
