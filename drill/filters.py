"""The commands of `reveille drill` that are filters: JSON lines in, JSON lines out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from drill import answers, jsonlines


def _answer(answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Answer each line of standard input. The answer to an invalid line is an error."""
    jsonlines.run(answer, sys.stdin.buffer, sys.stdout)


@click.command()
def match() -> None:
    """Test log filter patterns: JSON lines in, JSON lines out."""
    _answer(answers.match)


@click.command()
def evaluate() -> None:
    """Evaluate an alarm's datapoints: JSON lines in, JSON lines out."""
    _answer(answers.evaluate)


@click.command()
def rule() -> None:
    """Evaluate composite alarm rules: JSON lines in, JSON lines out."""
    _answer(answers.rule)
