"""The report for the terminal: a line per scenario, and the failed expectations with diagnostics."""

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
from drill.model import LeftOut
from drill.rehearsal import Outcome, Rehearsal, Verdict
from drill.report.diagnostics import Diagnostics, Summary, action_line, notification_line, run_time
from drill.report.words import Moments, Names, count, printable

_WIDEST_NAME: Final = 32
"""Maximum width of the column of names."""
_INDENT: Final = 4
_LABEL: Final = 9
"""Width of the column of labels."""
_NOTES: Final = 5
"""Maximum number of notes of a scenario that are printed without `verbose`."""


def show(outcomes: Sequence[Outcome], console: Console, *, verbose: bool = False) -> None:
    """Print a line per scenario, and the failed expectations of each.

    Args:
        outcomes: the outcomes, in the order in which they are printed.
        console: the output. It decides about styles: a file has none.
        verbose: print all expectations and all notifications.
    """
    width = min(max((len(printable(outcome.name)) for outcome in outcomes), default=0), _WIDEST_NAME)
    marks = ("ok", "FAILED") if console.options.ascii_only else ("✓", "✗")
    for outcome in outcomes:
        summary = Summary.of(outcome)
        columns = (summary.verdict, summary.notified, run_time(outcome))
        name = (printable(outcome.name).ljust(width), "bold")
        _print(
            console,
            Text.assemble(
                _mark(marks, passed=outcome.passed), " ", name, *(f"   {column}" for column in columns)
            ),
        )
        for line, indent in _details(outcome, marks, verbose=verbose):
            _print(console, line, indent)
    if len(outcomes) > 1:
        failed = sum(not outcome.passed for outcome in outcomes)
        verdict = f"{failed} failed" if failed else "all passed"
        _print(console, Text(f"{count(len(outcomes), 'scenario')}, {verdict}", "bold red" if failed else ""))
    for text in (*left_out_lines(outcomes), *note_lines(outcomes)):
        _print(console, Text(text, "yellow"), _INDENT)


def left_out_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line per alarm that is not rehearsed, with its reason; and the scenarios, unless it is all."""
    scenarios: dict[LeftOut, list[str]] = {}
    for outcome in outcomes:
        for entry in outcome.system.left_out:
            scenarios.setdefault(entry, []).append(outcome.name)
    for entry, of_entry in scenarios.items():
        only = "" if len(of_entry) == len(outcomes) else f" in {', '.join(of_entry)}"
        yield printable(f"not rehearsed{only}: {entry.name}: {entry.reason}")


def note_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each note about the alarms."""
    notes = dict.fromkeys(note for outcome in outcomes for note in outcome.system.notes)
    yield from (printable(f"note: {note}") for note in notes)


def _mark(marks: tuple[str, str], *, passed: bool) -> Text:
    return Text(marks[0], "green") if passed else Text(marks[1], "bold red")


def _details(outcome: Outcome, marks: tuple[str, str], *, verbose: bool) -> Iterator[tuple[Text, int]]:
    """Yield lines, each with the indentation of its continuation lines."""
    diagnostics = Diagnostics.of(outcome)
    for verdict, details in zip(outcome.verdicts, diagnostics.without_repetition(), strict=True):
        if verdict.passed and not verbose:
            continue
        place = (printable(verdict.place), "dim")
        yield Text.assemble("  ", _mark(marks, passed=verdict.passed), " ", place), _INDENT
        for label, value in _rows(diagnostics, verdict, details):
            start = (" " * _INDENT + label.ljust(_LABEL), "dim")
            yield Text.assemble(start, printable(value)), _INDENT + _LABEL
    notes = outcome.notes if isinstance(outcome, Rehearsal) else ()
    shown = notes if verbose else notes[:_NOTES]
    for note in shown:
        yield Text.assemble("  ", ("note", "yellow"), f" {printable(note)}"), _INDENT
    if len(notes) > len(shown):
        yield Text(f"  and {count(len(notes) - len(shown), 'more note')}; -v lists them"), _INDENT
    for notification in outcome.notifications if verbose else ():
        yield Text(f"  {notification_line(diagnostics, notification)}"), _INDENT
    for action in outcome.actions if verbose else ():
        yield Text(f"  {action_line(diagnostics, action)}"), _INDENT


def _rows(diagnostics: Diagnostics, verdict: Verdict, details: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "expected", verdict.expected
    if verdict.at_s is not None:
        yield "time", diagnostics.moments.both(verdict.at_s)
    yield "actual", verdict.actual
    for number, detail in enumerate(details):
        yield "" if number else "details", detail


def _print(console: Console, line: Text, indent: int = 2) -> None:
    """Print a line, wrapped with an indentation and without padding."""
    width = max(console.width - indent, 1)
    first = line.wrap(console, console.width, no_wrap=False)[0]
    first.rstrip()
    console.print(first, soft_wrap=True)
    remainder = line[len(first.plain) :]
    remainder = remainder[len(remainder.plain) - len(remainder.plain.lstrip()) :]
    for wrapped in remainder.wrap(console, width) if remainder.plain else ():
        wrapped.rstrip()
        console.print(Text(" " * indent) + wrapped, soft_wrap=True)


_STYLES = {"ALARM": "bold red", "OK": "green", "INSUFFICIENT_DATA": "yellow"}


def show_replay(rehearsal: Rehearsal, console: Console) -> None:
    """Print the changes of all alarms in order of time, and the alarms without changes."""
    names, moments = Names.of(rehearsal.system), Moments.of(rehearsal)
    changes = sorted(
        (change for changes in rehearsal.changes.values() for change in changes),
        key=lambda change: change.at_s,
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
    for line in (*left_out_lines([rehearsal]), *note_lines([rehearsal])):
        console.print(line, style="yellow")
    unchanged = [alarm.name for alarm in rehearsal.system.all_alarms if alarm.name not in rehearsal.changes]
    for name in unchanged:
        console.print(f"{printable(names.short(name))} stays in INSUFFICIENT_DATA: no datapoints")
    fired = sum(change.new == "ALARM" for change in changes)
    console.print(f"in ALARM {count(fired, 'time')}, {moments.date()}")


def _compared(rehearsal: Rehearsal, change: Change) -> str:
    """Return the value that a metric alarm compared when it changed; empty for a composite."""
    alarm = next(
        (metric_alarm for metric_alarm in rehearsal.system.alarms if metric_alarm.name == change.alarm), None
    )
    if not isinstance(alarm, MetricAlarm):
        return ""
    line = rehearsal.line(alarm.name)
    value = float(line.values[int(np.searchsorted(line.times_s, change.at_s))])
    return "no datapoint" if math.isnan(value) else f"{value:g}"
