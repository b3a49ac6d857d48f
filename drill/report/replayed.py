"""What alarms did while a recording was played to them, for the terminal: a line for each change."""

from __future__ import annotations

import math

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cloudwatch.alarms import MetricAlarm
from cloudwatch.composites import Change
from drill.rehearsal import Rehearsal
from drill.report.moments import Moments
from drill.report.names import Names
from drill.report.texts import count, printable

_STYLES = {"ALARM": "bold red", "OK": "green", "INSUFFICIENT_DATA": "yellow"}


def show(rehearsal: Rehearsal, console: Console) -> None:
    """Print the changes of all alarms in the order of time, and which alarms had none."""
    names, moments = Names.of(rehearsal.system), Moments.of(rehearsal)
    changes = sorted((one for some in rehearsal.changes.values() for one in some), key=lambda one: one.at_s)
    rows = Table.grid(padding=(0, 2))
    for change in changes:
        rows.add_row(
            Text(moments.both(change.at_s), "dim"),
            printable(names.short(change.alarm)),
            Text.assemble(f"{change.old} -> ", (change.new, _STYLES[change.new])),
            _compared(rehearsal, change),
        )
    console.print(rows)
    still = [one.name for one in rehearsal.system.all_alarms if one.name not in rehearsal.changes]
    for name in still:
        console.print(f"{printable(names.short(name))} stays in INSUFFICIENT_DATA: nothing to compare")
    fired = sum(one.new == "ALARM" for one in changes)
    console.print(f"in ALARM {count(fired, 'time')}, {moments.date()}")


def _compared(rehearsal: Rehearsal, change: Change) -> str:
    """Return what a metric alarm compared when it changed; nothing for a composite."""
    alarm = next((one for one in rehearsal.system.alarms if one.name == change.alarm), None)
    if not isinstance(alarm, MetricAlarm):
        return ""
    line = rehearsal.line(alarm.name)
    value = float(line.values[int(np.searchsorted(line.times_s, change.at_s))])
    return "no datapoint" if math.isnan(value) else f"{value:g}"
