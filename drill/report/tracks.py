"""A row of the timeline: an alarm's name, its state bar, its metric's line, and what the crosshair reads there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from drill import durations, rules
from drill.model import CompositeAlarm, MetricAlarm
from drill.report import bars, readings
from drill.report.chart import Chart
from drill.report.compared import bound, compared
from drill.report.facts import Facts
from drill.report.markup import Html, join, tag
from drill.report.marks import Flag, flags, marks
from drill.report.rows import Row
from drill.report.texts import count


@dataclass(slots=True)
class Tracks:
    """Makes rows, and collects what the crosshair reads."""

    facts: Facts
    flags: Sequence[Flag]
    columns: int
    """That a line may have."""
    data: dict[str, object] = field(default_factory=dict)
    """Id of each row -> its readings."""

    def row(self, row: Row, service: str | None) -> Html:
        """Return a row.

        Args:
            row: what it shows.
            service: whose name stands above it already.
        """
        name = f"row-{len(self.data) + 1}"
        chart = self._chart(row)
        self.data[name] = readings.of(self.facts, row.alarm, chart)
        about = [
            one for one in self.flags if one.verdict.alarm == row.alarm.name and row.role != "suppressor"
        ]
        failed = any(not one.verdict.passed for one in about)
        return tag(
            "div",
            self._label(row, service, about),
            tag("div", *self._track(row, chart, name, about), class_="track"),
            class_=f"row {row.role}{' failed' if failed else ''}",
            id=name,
        )

    def _chart(self, row: Row) -> Chart | None:
        if not row.has_line or not isinstance(row.alarm, MetricAlarm):
            return None
        return Chart.of(compared(self.facts.rehearsal, row.alarm), self.facts.moments, self.columns)

    def _track(self, row: Row, chart: Chart | None, name: str, about: Sequence[Flag]) -> list[Html]:
        told = [one for one in self.facts.rehearsal.notifications if one.alarm == row.alarm.name]
        found = [bars.bar(self.facts, row.alarm.name)]
        if row.role == "suppressor":
            return found
        if told:
            found.append(marks(self.facts, told))
        if any(one.verdict.at_s is not None for one in about):
            found.append(flags(self.facts, about))
        if chart:
            shown = (
                chart.svg(name, chart.label()),
                *readings.heights(chart),
                *readings.gaps(chart, self.facts.moments),
            )
            found.append(tag("div", *shown, class_="chart"))
        return found

    def _label(self, row: Row, service: str | None, about: Sequence[Flag]) -> Html:
        alarm = row.alarm
        hover = "\n".join(one for one in (alarm.name, alarm.description) if one)
        short = self.facts.names.within(alarm.name, service if row.depth else None)
        numbers = (
            tag(
                "a",
                str(one.number),
                class_=f"number {'passed' if one.verdict.passed else 'failed'}",
                href=f"#expected-{one.number}",
            )
            for one in about
        )
        inside = (
            tag("span", short, class_="name", title=hover),
            join(numbers),
            tag("span", _note(row), class_="note"),
        )
        return tag("div", *inside, class_="label", style=f"--depth:{row.depth}")


def _note(row: Row) -> str:
    """Return what an alarm watches, in a few words."""
    alarm = row.alarm
    if row.role == "suppressor":
        return "holds it back"
    if isinstance(alarm, CompositeAlarm):
        return f"composite of {count(len(set(rules.children(rules.parse(alarm.rule)))), 'alarm')}"
    datapoints = f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods}"
    return f"{bound(alarm)}, {datapoints} × {durations.text_of(alarm.period_s)}"
