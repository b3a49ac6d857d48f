"""What was rehearsed, for the terminal: a line for each scenario, and what to look at if one failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from drill.rehearsal import Rehearsal, Verdict
from drill.report.facts import Facts
from drill.report.notified import told
from drill.report.summary import Summary, took
from drill.report.texts import count, printable

_WIDEST_NAME: Final = 32
"""Columns that the names of scenarios may take before they push the rest aside."""
_INDENT: Final = 4
_LABEL: Final = 9
"""Columns of `expected`, and of what stands under it."""


def show(rehearsals: Sequence[Rehearsal], console: Console, *, verbose: bool = False) -> None:
    """Print a line per scenario, and below one that failed each expectation that was not met.

    Args:
        rehearsals: in the order in which they are shown.
        console: where to; styles are its business, so that a file gets none.
        verbose: all expectations and all notifications, too.
    """
    width = min(max((len(printable(one.name)) for one in rehearsals), default=0), _WIDEST_NAME)
    marks = ("ok", "FAILED") if console.options.ascii_only else ("✓", "✗")
    for rehearsal in rehearsals:
        summary = Summary.of(rehearsal)
        said = (summary.verdict, summary.told, took(rehearsal))
        name = (printable(rehearsal.name).ljust(width), "bold")
        _print(
            console,
            Text.assemble(_mark(marks, passed=rehearsal.passed), " ", name, *(f"   {one}" for one in said)),
        )
        for line, indent in _details(rehearsal, marks, verbose=verbose):
            _print(console, line, indent)
    if len(rehearsals) > 1:
        failed = sum(not one.passed for one in rehearsals)
        verdict = f"{failed} not as expected" if failed else "all as expected"
        _print(
            console, Text(f"{count(len(rehearsals), 'scenario')}, {verdict}", "bold red" if failed else "")
        )


def _mark(marks: tuple[str, str], *, passed: bool) -> Text:
    return Text(marks[0], "green") if passed else Text(marks[1], "bold red")


def _details(rehearsal: Rehearsal, marks: tuple[str, str], *, verbose: bool) -> Iterator[tuple[Text, int]]:
    """Yield lines, each with the columns by which its further lines are indented."""
    facts = Facts.of(rehearsal)
    for verdict, known in zip(rehearsal.verdicts, facts.once(), strict=True):
        if verdict.passed and not verbose:
            continue
        place = (printable(verdict.place), "dim")
        yield Text.assemble("  ", _mark(marks, passed=verdict.passed), " ", place), _INDENT
        for label, said in _said(facts, verdict, known):
            start = (" " * _INDENT + label.ljust(_LABEL), "dim")
            yield Text.assemble(start, printable(said)), _INDENT + _LABEL
    for one in rehearsal.notifications if verbose else ():
        yield Text(f"  {told(facts, one)}"), _INDENT


def _said(facts: Facts, verdict: Verdict, known: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "expected", verdict.expected
    if verdict.at_s is not None:
        yield "when", facts.moments.both(verdict.at_s)
    yield "found", verdict.found
    for number, fact in enumerate(known):
        yield "" if number else "facts", fact


def _print(console: Console, line: Text, indent: int = 2) -> None:
    """Print a line; what does not fit goes on below, indented, and nothing is padded."""
    room = max(console.width - indent, 1)
    first = line.wrap(console, console.width, no_wrap=False)[0]
    first.rstrip()
    console.print(first, soft_wrap=True)
    rest = line[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    for more in rest.wrap(console, room) if rest.plain else ():
        more.rstrip()
        console.print(Text(" " * indent) + more, soft_wrap=True)
