"""What was played, for the terminal: a line for each scenario, and what to look at if one failed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cloudwatch.alarms import MetricAlarm
from cloudwatch.composites import Change
from drill.rehearsal import Outcome, Rehearsal, Verdict
from drill.report.diagnostics import Diagnostics, Summary, told, took
from drill.report.words import Moments, Names, count, printable

_WIDEST_NAME: Final = 32
"""Columns that the names of scenarios may take before they push the rest aside."""
_INDENT: Final = 4
_LABEL: Final = 9
"""Columns of `expected`, and of what stands under it."""


def show(outcomes: Sequence[Outcome], console: Console, *, verbose: bool = False) -> None:
    """Print a line per scenario, and below one that failed each expectation that was not met.

    Args:
        outcomes: in the order in which they are shown.
        console: where to; styles are its business, so that a file gets none.
        verbose: all expectations and all notifications, too.
    """
    width = min(max((len(printable(outcome.name)) for outcome in outcomes), default=0), _WIDEST_NAME)
    marks = ("ok", "FAILED") if console.options.ascii_only else ("✓", "✗")
    for outcome in outcomes:
        summary = Summary.of(outcome)
        said = (summary.verdict, summary.told, took(outcome))
        name = (printable(outcome.name).ljust(width), "bold")
        _print(
            console,
            Text.assemble(_mark(marks, passed=outcome.passed), " ", name, *(f"   {text}" for text in said)),
        )
        for line, indent in _details(outcome, marks, verbose=verbose):
            _print(console, line, indent)
    if len(outcomes) > 1:
        failed = sum(not outcome.passed for outcome in outcomes)
        verdict = f"{failed} not as expected" if failed else "all as expected"
        _print(console, Text(f"{count(len(outcomes), 'scenario')}, {verdict}", "bold red" if failed else ""))


def _mark(marks: tuple[str, str], *, passed: bool) -> Text:
    return Text(marks[0], "green") if passed else Text(marks[1], "bold red")


def _details(outcome: Outcome, marks: tuple[str, str], *, verbose: bool) -> Iterator[tuple[Text, int]]:
    """Yield lines, each with the columns by which its further lines are indented."""
    facts = Diagnostics.of(outcome)
    for verdict, known in zip(outcome.verdicts, facts.once(), strict=True):
        if verdict.passed and not verbose:
            continue
        place = (printable(verdict.place), "dim")
        yield Text.assemble("  ", _mark(marks, passed=verdict.passed), " ", place), _INDENT
        for label, said in _said(facts, verdict, known):
            start = (" " * _INDENT + label.ljust(_LABEL), "dim")
            yield Text.assemble(start, printable(said)), _INDENT + _LABEL
    for notification in outcome.notifications if verbose else ():
        yield Text(f"  {told(facts, notification)}"), _INDENT


def _said(facts: Diagnostics, verdict: Verdict, known: Sequence[str]) -> Iterator[tuple[str, str]]:
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


_STYLES = {"ALARM": "bold red", "OK": "green", "INSUFFICIENT_DATA": "yellow"}


def show_replay(rehearsal: Rehearsal, console: Console) -> None:
    """Print the changes of all alarms in the order of time, and which alarms had none."""
    names, moments = Names.of(rehearsal.system), Moments.of(rehearsal)
    changes = sorted(
        (change for some in rehearsal.changes.values() for change in some), key=lambda change: change.at_s
    )
    rows = Table.grid(padding=(0, 2))
    for change in changes:
        rows.add_row(
            Text(moments.both(change.at_s), "dim"),
            printable(names.short(change.alarm)),
            Text.assemble(f"{change.old} -> ", (change.new, _STYLES[change.new])),
            _compared(rehearsal, change),
        )
    console.print(rows)
    still = [alarm.name for alarm in rehearsal.system.all_alarms if alarm.name not in rehearsal.changes]
    for name in still:
        console.print(f"{printable(names.short(name))} stays in INSUFFICIENT_DATA: nothing to compare")
    fired = sum(change.new == "ALARM" for change in changes)
    console.print(f"in ALARM {count(fired, 'time')}, {moments.date()}")


def _compared(rehearsal: Rehearsal, change: Change) -> str:
    """Return what a metric alarm compared when it changed; nothing for a composite."""
    alarm = next(
        (metric_alarm for metric_alarm in rehearsal.system.alarms if metric_alarm.name == change.alarm), None
    )
    if not isinstance(alarm, MetricAlarm):
        return ""
    line = rehearsal.line(alarm.name)
    value = float(line.values[int(np.searchsorted(line.times_s, change.at_s))])
    return "no datapoint" if math.isnan(value) else f"{value:g}"
