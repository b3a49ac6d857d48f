"""The rows of a timeline: which alarms it shows, in which order, and the content of each row.

An alarm is shown if it has expectations, changed or notified, or if it is a child of a composite that is
shown. Composites without notifications and expectations, which only suppress or count, are separate and have
no children.

A row has the name of the alarm and its state bar, in which each state has its own height and pattern, so that
it can be read without colours. It also has the line of the metric, expectations as flags and notifications as
marks at their times (simultaneous ones are combined), and the values that the crosshair reads.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from cloudwatch import rules
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.states import State
from drill import durations
from drill.rehearsal import Notification, Rehearsal, Verdict
from drill.report.chart import Chart, Detail
from drill.report.diagnostics import (
    Diagnostics,
    Span,
    Suppression,
    bound,
    changed_alarms,
    compared,
    notification_line,
    severity,
)
from drill.report.markup import Html, join, tag
from drill.report.words import Moments, count, suffix

_MARK: Final = 2.4
"""Width of a mark in percent of the track. Notifications closer than this are one mark."""
_LETTER: Final = 0.95
"""Width of a character of a flag in percent."""
_NARROW: Final = 2.8
"""Factor by which everything is wider on a phone."""
_EDGE: Final = 90
"""Percent beyond which flags are to the left of their time."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An expectation and its number on the page."""

    number: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Pin:
    left: float
    width: float
    """Both in percent."""
    html: Html


def flags_of(rehearsal: Rehearsal) -> tuple[Flag, ...]:
    """Return the numbered expectations, in the order of the file."""
    return tuple(Flag(number, verdict) for number, verdict in enumerate(rehearsal.verdicts, 1))


def pins(
    diagnostics: Diagnostics, flags: Sequence[Flag], notifications: Sequence[Notification]
) -> tuple[Html, ...]:
    """Return flags and marks at their times, on as many levels as necessary; empty if there are none.

    An expectation without a time has no flag.
    """
    pinned = sorted(
        (*_flags(diagnostics, flags), *_marks(diagnostics, notifications)), key=lambda pin: pin.left
    )
    if not pinned:
        return ()
    wide, narrow = _levels(pinned, 1), _levels(pinned, _NARROW)
    pieces = (
        tag("span", pin.html, class_="pin", style=f"left:{pin.left}%;--level:{level};--narrow:{narrow_level}")
        for pin, level, narrow_level in zip(pinned, wide, narrow, strict=True)
    )
    levels = f"--levels:{max(wide) + 1};--narrows:{max(narrow) + 1}"
    return (tag("div", join(pieces), class_="pins", style=levels),)


def _levels(pinned: Sequence[_Pin], scale: float) -> list[int]:
    """Return the level of each pin, from left to right, if pins are wider by a factor."""
    free: list[float] = []
    levels = []
    for pin in pinned:
        level = next((index for index, end in enumerate(free) if end <= pin.left), len(free))
        free[level : level + 1] = [pin.left + pin.width * scale]
        levels.append(level)
    return levels


def _flags(diagnostics: Diagnostics, flags: Sequence[Flag]) -> Iterator[_Pin]:
    timed = sorted((flag for flag in flags if flag.verdict.at_s is not None), key=_when)
    for (at_s, passed), group in itertools.groupby(timed, _when):
        simultaneous = list(group)
        left = diagnostics.moments.percent(at_s)
        numbers = (
            tag("a", str(flag.number), href=f"#expected-{flag.number}", title=flag.verdict.expected)
            for flag in simultaneous
        )
        lines = "\n".join(
            f"{flag.number}. {flag.verdict.expected}: {flag.verdict.actual}" for flag in simultaneous
        )
        side = " before" if left > _EDGE else ""
        element = tag(
            "span",
            "✓" if passed else "✗",
            *numbers,
            class_=f"flag {'passed' if passed else 'failed'}{side}",
            title=f"{diagnostics.moments.both(at_s)}\n{lines}",
        )
        characters = 1 + sum(1 + len(str(flag.number)) for flag in simultaneous)
        yield _Pin(left, _LETTER * characters, element)


def _when(flag: Flag) -> tuple[float, bool]:
    return flag.verdict.at_s or 0, flag.verdict.passed


def _marks(diagnostics: Diagnostics, notifications: Sequence[Notification]) -> Iterator[_Pin]:
    percent = diagnostics.moments.percent
    near: list[Notification] = []
    for notification in notifications:
        if near and percent(notification.at_s) - percent(near[0].at_s) >= _MARK:
            yield _mark(diagnostics, near)
            near = []
        near.append(notification)
    if near:
        yield _mark(diagnostics, near)


def _mark(diagnostics: Diagnostics, near: Sequence[Notification]) -> _Pin:
    count = (tag("b", str(len(near))),) if len(near) > 1 else ()
    title = "\n".join(notification_line(diagnostics, notification) for notification in near)
    left = diagnostics.moments.percent(near[0].at_s)
    return _Pin(left, _MARK, mark(diagnostics, near, *count, title=title))


def mark(
    diagnostics: Diagnostics, notifications: Sequence[Notification], *more: Html, title: str | None = None
) -> Html:
    """Return the mark of notifications: of the highest severity, hollow if all are of OK."""
    kinds = {severity(diagnostics.outcome, notification) for notification in notifications}
    kind = "page" if "page" in kinds else "ticket" if "ticket" in kinds else "note"
    over = " over" if all(notification.state == "OK" for notification in notifications) else ""
    return tag("span", icon(kind), *more, class_=f"mark {kind}{over}", title=title)


def icon(kind: str) -> Html:
    """Return the icon: a bell for a page, a ticket for a ticket, a dot for others."""
    return tag("svg", tag("use", href=f"#icon-{kind}"), class_="icon", aria_hidden="true")


_BELL: Final = (
    "M8 1a4.500 4.500 0 0 0-4.500 4.500V9L2 11.500V12h12v-.500L12.500 9V5.500A4.500 4.500 0 0 0 8 1z",
    "M6 13a2 2 0 0 0 4 0z",
)
_TICKET: Final = "M2 3h12v10H2zM4 6v1.300h8V6zm0 3v1.300h5V9z"

ICONS: Final = tag(
    "svg",
    tag("symbol", *(tag("path", d=text) for text in _BELL), id="icon-page", viewBox="0 0 16 16"),
    tag("symbol", tag("path", d=_TICKET, fill_rule="evenodd"), id="icon-ticket", viewBox="0 0 16 16"),
    tag("symbol", tag("circle", cx=8, cy=8, r=4), id="icon-note", viewBox="0 0 16 16"),
    class_="icons",
    aria_hidden="true",
)
"""The definitions that `icon` refers to, once per page."""


_MOST: Final = 300
"""Maximum number of rows of a page, for the sake of browsers. Failures are first."""

Role = Literal["alarm", "child", "suppressor"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the timeline."""

    alarm: MetricAlarm | CompositeAlarm
    above: tuple[str, ...]
    """Full names of the composites above it, the outermost first."""
    role: Role
    has_line: bool
    """Whether the row has the line of the metric."""


@dataclass(frozen=True, slots=True)
class Group:
    """A composite with its children, or the alarms of a service that are part of no composite."""

    service: str | None
    rows: tuple[Row, ...]
    failed: bool
    """Whether an expectation of its alarms failed."""


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a timeline."""

    groups: tuple[Group, ...]
    helpers: tuple[Row, ...]
    """Composites that changed and only suppress or count."""
    more: tuple[str, ...]
    """Full names of relevant alarms that exceed the maximum."""
    unchanged: Mapping[State, tuple[str, ...]]
    """State -> full names of the alarms that stayed in it and are not shown."""


def rows(rehearsal: Rehearsal) -> Rows:
    """Return the rows of the timeline of a rehearsal."""
    relevant = _Relevant.of(rehearsal)
    all_groups = sorted(relevant.groups(), key=relevant.rank)
    sizes = itertools.accumulate(len(group.rows) for group in all_groups)
    groups = [
        group
        for group, size in zip(all_groups, sizes, strict=True)
        if size <= _MOST or group is all_groups[0]
    ]
    shown = {row.alarm.name for group in all_groups for row in group.rows}
    more = shown - {row.alarm.name for group in groups for row in group.rows}
    helpers = tuple(
        Row(helper, (), "alarm", has_line=False) for helper in relevant.helpers() if helper.name not in shown
    )
    shown.update(row.alarm.name for row in helpers)
    unchanged: dict[State, list[str]] = defaultdict(list)
    for name in (*relevant.metrics, *relevant.composites):
        if name not in shown:
            unchanged[rehearsal.state(name, rehearsal.begins_s)].append(name)
    return Rows(
        tuple(groups),
        helpers,
        tuple(sorted(more)),
        {state: tuple(names) for state, names in unchanged.items()},
    )


@dataclass(frozen=True, slots=True)
class _Relevant:
    rehearsal: Rehearsal
    metrics: Mapping[str, MetricAlarm]
    composites: Mapping[str, CompositeAlarm]
    children: Mapping[str, tuple[str, ...]]
    """Composite -> its children, for relevant composites that are not helpers."""
    expected: frozenset[str]
    failed: frozenset[str]
    changed: frozenset[str]
    notified: frozenset[str]
    drawn: set[str]
    """Names whose line, or children, are already shown."""

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> _Relevant:
        expected = frozenset(verdict.alarm for verdict in rehearsal.verdicts if verdict.alarm)
        failed = frozenset(
            verdict.alarm for verdict in rehearsal.verdicts if verdict.alarm and not verdict.passed
        )
        notified = frozenset(notification.alarm for notification in rehearsal.notifications)
        changed = changed_alarms(rehearsal)
        composites = {composite.name: composite for composite in rehearsal.system.composites}
        children_of = {
            name: _children(composite)
            for name, composite in composites.items()
            if name in expected | notified or (name in changed and _notifies(composite))
        }
        metrics = {alarm.name: alarm for alarm in rehearsal.system.alarms}
        # A composite below a relevant one is shown with its children if it changed.
        pending = [child for children in children_of.values() for child in children]
        while pending:
            name = pending.pop()
            if name in composites and name in changed and name not in children_of:
                children_of[name] = _children(composites[name])
                pending.extend(children_of[name])
        return cls(rehearsal, metrics, composites, children_of, expected, failed, changed, notified, set())

    def groups(self) -> Iterator[Group]:
        below = {child for children in self.children.values() for child in children}
        roots = [name for name in self.composites if name in self.children and name not in below]
        # Composites that are only below one another are in no other group. AWS permits such cycles.
        for name in (*roots, *self.children):
            if name not in self.drawn:
                yield self._group(self.composites[name].service, tuple(self._tree(name, ())))
        standalone: dict[str | None, list[Row]] = defaultdict(list)
        for name, alarm in self.metrics.items():
            if (
                name not in below
                and name not in self.drawn
                and name in self.expected | self.changed | self.notified
            ):
                standalone[alarm.service].append(self._row(name, (), explains=False))
        for service, service_rows in standalone.items():
            yield self._group(service, tuple(service_rows))

    def helpers(self) -> Iterator[CompositeAlarm]:
        return (composite for name, composite in self.composites.items() if name in self.changed)

    def rank(self, group: Group) -> tuple[bool, bool, bool]:
        """Return the sort key: failures, then pages, then other notifications or expectations."""
        names = {row.alarm.name for row in group.rows if row.role != "suppressor"}
        notifications = [
            notification for notification in self.rehearsal.notifications if notification.alarm in names
        ]
        pages = any(severity(self.rehearsal, notification) == "page" for notification in notifications)
        return not group.failed, not pages, not (notifications or names & self.expected)

    def _group(self, service: str | None, rows: tuple[Row, ...]) -> Group:
        return Group(service, rows, any(row.alarm.name in self.failed for row in rows))

    def _tree(self, name: str, above: tuple[str, ...]) -> Iterator[Row]:
        """Yield the row of an alarm and those of its children; `above` are the composites above it."""
        if name in self.metrics:
            yield self._row(name, above, explains=any(composite in self.failed for composite in above))
        elif name in self.composites:
            yield Row(self.composites[name], above, "child" if above else "alarm", has_line=False)
            if name not in self.drawn and name in self.children:
                self.drawn.add(name)
                for child in self.children[name]:
                    yield from self._tree(child, (*above, name))
                yield from self._suppressor(name, (*above, name))

    def _suppressor(self, name: str, above: tuple[str, ...]) -> Iterator[Row]:
        """Yield the suppressor of a composite, if it suppressed more than for the wait period."""
        suppressor = self.composites[name].suppressor
        suppressions = Diagnostics.of(self.rehearsal).suppressions(name)
        if suppressor is None or all(span.by == "WaitPeriod" for span in suppressions):
            return
        alarm = self.metrics.get(suppressor.alarm) or self.composites.get(suppressor.alarm)
        if alarm is not None:
            yield Row(alarm, above, "suppressor", has_line=False)
        # The metric alarms that made it change, unless they are already shown.
        for child in _children(alarm) if isinstance(alarm, CompositeAlarm) else ():
            if child in self.metrics and child in self.changed and child not in self.drawn:
                yield self._row(child, (*above, suppressor.alarm), explains=False)

    def _row(self, name: str, above: tuple[str, ...], *, explains: bool) -> Row:
        is_relevant = explains or name in self.expected | self.changed | self.notified
        has_line = is_relevant and name not in self.drawn
        if has_line:
            self.drawn.add(name)
        return Row(self.metrics[name], above, "child" if above else "alarm", has_line)


def _children(composite: CompositeAlarm) -> tuple[str, ...]:
    return rules.children(rules.parse(composite.rule))


def _notifies(composite: CompositeAlarm) -> bool:
    actions = composite.actions
    return bool(actions.alarm or actions.ok or actions.insufficient_data)


_RISING: Final[Sequence[State]] = ("OK", "INSUFFICIENT_DATA", "ALARM")
"""In ascending order of severity."""
_ROOM: Final = 7
"""Width of the text of a bar in percent."""
_WORDS: Final = 45
"""Maximum width of the text below a bar in percent."""
_MIDDLE: Final = 55
"""Percent beyond which the text is right-aligned with its suppression."""


def bar(diagnostics: Diagnostics, alarm: MetricAlarm | CompositeAlarm, states: Sequence[Span]) -> Html:
    """Return the state bar of an alarm."""
    moments = diagnostics.moments
    suppressions = _suppressions(diagnostics, alarm) if isinstance(alarm, CompositeAlarm) else ()
    pieces = []
    for state in states:
        left, width = (
            moments.percent(state.from_s),
            moments.percent(state.to_s) - moments.percent(state.from_s),
        )
        title = (
            f"{state.state} for {durations.text_of(state.lasts_s)}, {moments.span(state.from_s, state.to_s)}"
        )
        inside = ("ALARM",) if state.state == "ALARM" and width > _ROOM else ()
        style = f"left:{left}%;width:{width:.3f}%"
        pieces.append(tag("i", *inside, class_=f"state {state.state.lower()}", style=style, title=title))
    return tag("div", *suppressions, *pieces, class_="bar")


def downsampled_states(states: tuple[Span, ...], most: int) -> tuple[Span, ...]:
    """Return at most `most` spans. If there are more, time is divided into columns with their worst state."""
    if len(states) <= most:
        return states
    begins_s, ends_s = states[0].from_s, states[-1].to_s
    edges_s = np.linspace(begins_s, ends_s, most + 1)
    worst = np.zeros(most, dtype=np.int64)
    for rank, state in enumerate(_RISING):
        spans = [span for span in states if span.state == state]
        first = np.searchsorted(edges_s, [span.from_s for span in spans], "right") - 1
        end = np.searchsorted(edges_s, [span.to_s for span in spans], "left")
        steps = np.bincount(first, minlength=most + 1) - np.bincount(end, minlength=most + 1)
        worst[np.cumsum(steps)[:most] > 0] = rank
    starts = np.flatnonzero(np.diff(worst, prepend=-1))
    pairs = itertools.pairwise((*starts.tolist(), most))
    return tuple(
        Span(float(edges_s[start]), float(edges_s[end]), _RISING[worst[start]]) for start, end in pairs
    )


def _suppressions(diagnostics: Diagnostics, composite: CompositeAlarm) -> Iterator[Html]:
    """Yield the frames around the bar of a composite while its actions are suppressed."""
    for span in diagnostics.suppressions(composite.name):
        left = diagnostics.moments.percent(span.from_s)
        width = diagnostics.moments.percent(span.to_s) - left
        when = diagnostics.moments.span(span.from_s, span.to_s)
        title = f"actions suppressed, {diagnostics.why(composite, span)}: {when}"
        style = f"left:{left}%;width:{width:.3f}%"
        yield tag("i", class_=f"suppressed {span.by.lower()}", style=style, title=title)


def suppression_texts(diagnostics: Diagnostics, composite: CompositeAlarm) -> tuple[Html, ...]:
    """Return the reasons for suppression, as text below the bar of a composite.

    Every change of a composite with a suppressor begins with a wait period. A wait period alone has no text.
    """
    moments = diagnostics.moments
    texts = []
    end = -1.0
    for run in _runs(diagnostics.suppressions(composite.name)):
        left, right = moments.percent(run[0].from_s), 100 - moments.percent(run[-1].to_s)
        if left <= end or all(span.by == "WaitPeriod" for span in run):
            continue
        why = ", then ".join(dict.fromkeys(diagnostics.why(composite, span, brief=True) for span in run))
        goes_right = left < _MIDDLE
        place = f"left:{left}%;right:0" if goes_right else f"left:0;right:{right:.3f}%;text-align:right"
        texts.append(tag("span", f"suppressed: {why}", style=place))
        end = left + _WORDS if goes_right else 100.0
    return (tag("div", *texts, class_="why"),) if texts else ()


def _runs(spans: Sequence[Suppression]) -> list[list[Suppression]]:
    """Return suppressions grouped into runs without an interruption."""
    runs: list[list[Suppression]] = []
    for span in spans:
        if runs and span.from_s <= runs[-1][-1].to_s:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


_NO_DATA_ROOM: Final = 12
"""Width of the text "no data" in percent."""


def _bound_texts(chart: Chart) -> Iterator[Html]:
    """Yield the condition as text at the height of the threshold; a band has none."""
    if not chart.line.has_band and len(chart.line.upper):
        top = chart.percent(float(chart.line.upper[0]))
        yield tag("span", chart.line.bound, class_="bound", style=f"top:{top}%")


def _gap_texts(chart: Chart, moments: Moments) -> Iterator[Html]:
    """Yield "no data" for every gap that is wide enough for the text."""
    with_data = chart.line.times_s[chart.line.breaching >= 0]
    edges_s = np.concatenate(([moments.begins_s], with_data, [moments.ends_s]))
    wide = np.flatnonzero(np.diff(edges_s) >= moments.lasts_s * _NO_DATA_ROOM / 100)
    for index in wide.tolist():
        middle_s = float(edges_s[index] + edges_s[index + 1]) / 2
        yield tag("span", "no data", class_="nodata", style=f"left:{moments.percent(middle_s)}%")


def _readings(
    diagnostics: Diagnostics, alarm: MetricAlarm | CompositeAlarm, states: Sequence[Span], chart: Chart | None
) -> dict[str, object]:
    """Return the name, states and values of a row for the crosshair; times are seconds from the start."""
    begins_s = diagnostics.moments.begins_s
    readings: dict[str, object] = {
        "name": diagnostics.names.short(alarm.name),
        "states": [[round(state.from_s - begins_s), state.state] for state in states],
    }
    if isinstance(alarm, CompositeAlarm):
        readings["suppressed"] = [
            [round(span.from_s - begins_s), round(span.to_s - begins_s), diagnostics.why(alarm, span)]
            for span in diagnostics.suppressions(alarm.name)
        ]
    return readings | (_values(chart, begins_s) if chart else {})


def _values(chart: Chart, begins_s: float) -> dict[str, object]:
    few = chart.shapes.few
    readings: dict[str, object] = {
        "times": [round(float(time) - begins_s) for time in few.times_s],
        "values": _short(np.fmin(few.first, few.last)),
        "bound": chart.line.bound,
        "unit": suffix(chart.line.unit),
    }
    if few.each > 1:
        readings["most"] = _short(np.fmax(few.first, few.last))
    if chart.line.has_band:
        readings |= {"lower": _short(few.lower), "upper": _short(few.upper)}
    return readings


def _short(values: np.ndarray) -> list[float | None]:
    """Return values with four digits; None for values that JSON cannot represent."""
    return [float(f"{value:.4g}") if np.isfinite(value) else None for value in values]


@dataclass(slots=True)
class Tracks:
    """Renders rows and collects the readings of the crosshair."""

    diagnostics: Diagnostics
    flags: Sequence[Flag]
    detail: Detail
    states: Callable[[str], tuple[Span, ...]]
    """Full name of an alarm -> its states."""
    data: dict[str, object] = field(default_factory=dict)
    """Id of each row -> its readings."""

    def row(self, row: Row, service: str | None) -> Html:
        """Return a row.

        Args:
            row: the row.
            service: the service whose name is shown above.
        """
        name = f"row-{len(self.data) + 1}"
        chart = self._chart(row)
        all_states = self.states(row.alarm.name)
        states = downsampled_states(all_states, self.detail.spans)
        self.data[name] = _readings(self.diagnostics, row.alarm, states, chart)
        notes = [_note(row), *([chart.range()] if chart else [])]
        if len(states) < len(all_states):
            notes.append(f"changed {len(all_states) - 1:,} times: worst state of each interval")
        flags = [
            flag for flag in self.flags if flag.verdict.alarm == row.alarm.name and row.role != "suppressor"
        ]
        failed = any(not flag.verdict.passed for flag in flags)
        return tag(
            "div",
            self._label(row, service, flags, notes),
            tag(
                "div",
                bar(self.diagnostics, row.alarm, states),
                *self._track(row, chart, name, flags),
                class_="track",
            ),
            class_=f"row {row.role}{' failed' if failed else ''}",
            id=name,
        )

    def _chart(self, row: Row) -> Chart | None:
        alarm, outcome = row.alarm, self.diagnostics.outcome
        if not (row.has_line and isinstance(alarm, MetricAlarm) and isinstance(outcome, Rehearsal)):
            return None
        return Chart.of(compared(outcome, alarm), self.diagnostics.moments, self.detail.columns)

    def _track(self, row: Row, chart: Chart | None, name: str, flags: Sequence[Flag]) -> list[Html]:
        notifications = [
            notification
            for notification in self.diagnostics.outcome.notifications
            if notification.alarm == row.alarm.name
        ]
        if row.role == "suppressor":
            return []
        reasons = (
            suppression_texts(self.diagnostics, row.alarm) if isinstance(row.alarm, CompositeAlarm) else ()
        )
        elements = [*reasons, *pins(self.diagnostics, flags, notifications)]
        if chart:
            texts = (*_bound_texts(chart), *_gap_texts(chart, self.diagnostics.moments))
            shape = "chart flat" if chart.is_flat else "chart"
            elements.append(tag("div", chart.svg(name), *texts, class_=shape))
        return elements

    def _label(self, row: Row, service: str | None, flags: Sequence[Flag], notes: Sequence[str]) -> Html:
        alarm = row.alarm
        hover = "\n".join(text for text in (alarm.name, alarm.description) if text)
        short = self.diagnostics.names.within(alarm.name, service, row.above[-1] if row.above else None)
        numbers = (
            tag(
                "a",
                str(flag.number),
                class_=f"number {'passed' if flag.verdict.passed else 'failed'}",
                href=f"#expected-{flag.number}",
            )
            for flag in flags
            if flag.verdict.at_s is None
        )
        name = tag("span", short, class_="name", title=hover)
        return tag(
            "div",
            name,
            join(numbers),
            *(tag("span", note, class_="note") for note in notes),
            class_="label",
            style=f"--depth:{len(row.above)}",
        )


def _note(row: Row) -> str:
    """Return a short description of an alarm."""
    alarm = row.alarm
    if row.role == "suppressor":
        return "suppressor"
    if isinstance(alarm, CompositeAlarm):
        return f"composite of {count(len(rules.children(rules.parse(alarm.rule))), 'alarm')}"
    datapoints = f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods}"
    return f"{bound(alarm)}, {datapoints} x {durations.text_of(alarm.period_s)}"
