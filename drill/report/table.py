"""What was rehearsed, for the terminal: a line for a scenario that went as expected, what to look at for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from drill.rehearsal import Rehearsal, Verdict
from drill.report.facts import Facts
from drill.report.notified import told
from drill.report.summary import Summary, took
from drill.report.texts import count, printable

_WIDEST_NAME: Final = 32
"""Columns that the names of scenarios may take before they push the rest aside."""
_LABEL: Final = 9
"""Columns of `expected` and what stands under it."""


def show(rehearsals: Sequence[Rehearsal], console: Console, *, verbose: bool = False) -> None:
    """Print a line per scenario, and below one that failed each expectation that was not met.

    Args:
        rehearsals: in the order in which they are shown.
        console: where to; styles are its business, so that a file gets none.
        verbose: all expectations and all notifications, too.
    """
    width = min(max((len(printable(one.name)) for one in rehearsals), default=0), _WIDEST_NAME)
    good, bad = ("ok", "FAILED") if console.options.ascii_only else ("✓", "✗")
    for rehearsal in rehearsals:
        mark = Text(good, "green") if rehearsal.passed else Text(bad, "bold red")
        console.print(_headline(rehearsal, mark, width), soft_wrap=False)
        _details(rehearsal, console, (good, bad), verbose=verbose)
    if len(rehearsals) > 1:
        failed = sum(not one.passed for one in rehearsals)
        said = f"{count(len(rehearsals), 'scenario')}, {'all as expected' if not failed else f'{failed} not as expected'}"
        console.print(Text(said, "bold red" if failed else ""))


def _headline(rehearsal: Rehearsal, mark: Text, width: int) -> Text:
    summary = Summary.of(rehearsal)
    name = printable(rehearsal.name).ljust(width)
    parts = (name, summary.verdict, summary.told, took(rehearsal))
    return Text.assemble(mark, " ", (parts[0], "bold"), *("   " + part for part in parts[1:]))


def _details(rehearsal: Rehearsal, console: Console, marks: tuple[str, str], *, verbose: bool) -> None:
    facts = Facts.of(rehearsal)
    for verdict in rehearsal.verdicts:
        if verdict.passed and not verbose:
            continue
        mark = Text(marks[0], "green") if verdict.passed else Text(marks[1], "red")
        console.print(_indented(Text.assemble(mark, " ", (printable(verdict.place), "dim")), 2))
        for label, said in _said(facts, verdict):
            line = Text.assemble((label.ljust(_LABEL), "dim"), printable(said))
            console.print(_hanging(line))
    if verbose:
        for one in rehearsal.notifications:
            console.print(_indented(Text(told(facts, one)), 2))


def _said(facts: Facts, verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "expected", verdict.expected
    yield "found", verdict.found
    if verdict.at_s is not None:
        yield "by", facts.moments.both(verdict.at_s)
    if not verdict.passed:
        for number, fact in enumerate(facts.about(verdict)):
            yield "" if number else "facts", fact


def _indented(text: Text, left: int) -> Padding:
    return Padding(text, (0, 0, 0, left))


def _hanging(line: Text) -> Padding:
    """Return a line whose further ones begin below its text, not below its label."""
    grid = Table.grid(padding=0)
    grid.add_column(width=_LABEL)
    grid.add_column(overflow="fold")
    grid.add_row(line[:_LABEL], line[_LABEL:])
    return Padding(grid, (0, 0, 0, 4))
