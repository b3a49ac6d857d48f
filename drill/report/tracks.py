"""A row of the timeline: an alarm's name, its state bar, its metric's line, what the crosshair reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cloudwatch import rules
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from drill import durations
from drill.report import bars, readings
from drill.report.chart import Chart
from drill.report.compared import bound, compared
from drill.report.facts import Facts
from drill.report.marks import Flag, pins
from drill.report.markup import Html, join, tag
from drill.report.reduced import Detail
from drill.report.rows import Row
from drill.report.spans import Span
from drill.report.texts import count


@dataclass(slots=True)
class Tracks:
    """Makes rows, and collects what the crosshair reads."""

    facts: Facts
    flags: Sequence[Flag]
    detail: Detail
    states: Callable[[str], tuple[Span, ...]]
    """From an alarm's full name to its states over the scenario."""
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
        found = self.states(row.alarm.name)
        states = bars.shown(found, self.detail.spans)
        self.data[name] = readings.of(self.facts, row.alarm, states, chart)
        notes = [_note(row), *([chart.range()] if chart else [])]
        if len(states) < len(found):
            notes.append(f"changed {len(found) - 1:,} times: worst states are shown")
        about = [
            one for one in self.flags if one.verdict.alarm == row.alarm.name and row.role != "suppressor"
        ]
        failed = any(not one.verdict.passed for one in about)
        return tag(
            "div",
            self._label(row, service, about, notes),
            tag(
                "div",
                bars.bar(self.facts, row.alarm, states),
                *self._track(row, chart, name, about),
                class_="track",
            ),
            class_=f"row {row.role}{' failed' if failed else ''}",
            id=name,
        )

    def _chart(self, row: Row) -> Chart | None:
        if not row.has_line or not isinstance(row.alarm, MetricAlarm):
            return None
        return Chart.of(compared(self.facts.rehearsal, row.alarm), self.facts.moments, self.detail.columns)

    def _track(self, row: Row, chart: Chart | None, name: str, about: Sequence[Flag]) -> list[Html]:
        told = [one for one in self.facts.rehearsal.notifications if one.alarm == row.alarm.name]
        if row.role == "suppressor":
            return []
        held = bars.held_words(self.facts, row.alarm) if isinstance(row.alarm, CompositeAlarm) else ()
        found = [*held, *pins(self.facts, about, told)]
        if chart:
            words = (*readings.bound(chart), *readings.gaps(chart, self.facts.moments))
            shape = "chart flat" if chart.is_flat else "chart"
            found.append(tag("div", chart.svg(name), *words, class_=shape))
        return found

    def _label(self, row: Row, service: str | None, about: Sequence[Flag], notes: Sequence[str]) -> Html:
        alarm = row.alarm
        hover = "\n".join(one for one in (alarm.name, alarm.description) if one)
        short = self.facts.names.within(alarm.name, service, row.above[-1] if row.above else None)
        numbers = (
            tag(
                "a",
                str(one.number),
                class_=f"number {'passed' if one.verdict.passed else 'failed'}",
                href=f"#expected-{one.number}",
            )
            for one in about
            if one.verdict.at_s is None
        )
        name = tag("span", short, class_="name", title=hover)
        return tag(
            "div",
            name,
            join(numbers),
            *(tag("span", one, class_="note") for one in notes),
            class_="label",
            style=f"--depth:{len(row.above)}",
        )


def _note(row: Row) -> str:
    """Return what an alarm watches, in a few words."""
    alarm = row.alarm
    if row.role == "suppressor":
        return "holds it back"
    if isinstance(alarm, CompositeAlarm):
        return f"composite of {count(len(rules.children(rules.parse(alarm.rule))), 'alarm')}"
    datapoints = f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods}"
    return f"{bound(alarm)}, {datapoints} x {durations.text_of(alarm.period_s)}"
