"""The rows of a timeline: which alarms it shows, in which order, and what each row shows.

An alarm matters if something was expected of it, if it changed or notified somebody, or if it is a child of a
composite that does. Composites that notify nobody and of which nothing was expected only suppress others, or
count: they stand apart, without their children.

A row has the alarm's name and its state bar, in which each state has its own height and pattern, so that
colour is not needed to tell them apart. It has its metric's line, expectations as flags and notifications as
marks at their times (what coincides stands together), and the values that the crosshair reads.
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
    Held,
    Span,
    bound,
    changed_alarms,
    compared,
    severity,
    told,
)
from drill.report.markup import Html, join, tag
from drill.report.words import Moments, count, suffix

_MARK: Final = 2.4
"""Percent of the track that a mark takes; notifications that are nearer to one another are one mark."""
_LETTER: Final = 0.95
"""Percent that a letter of a flag takes."""
_NARROW: Final = 2.8
"""How much wider, in percent, everything is on a phone."""
_EDGE: Final = 90
"""From this percent on, flags stand to the left of their time."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An expectation and the number that it has on the page."""

    number: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Pin:
    left: float
    width: float
    """Both in percent."""
    html: Html


def flags_of(rehearsal: Rehearsal) -> tuple[Flag, ...]:
    """Return the expectations in their order, numbered."""
    return tuple(Flag(number, verdict) for number, verdict in enumerate(rehearsal.verdicts, 1))


def pins(
    facts: Diagnostics, flags: Sequence[Flag], notifications: Sequence[Notification]
) -> tuple[Html, ...]:
    """Return flags and marks at their times, on as many levels as they need; nothing if there are none.

    An expectation without a time has no flag.
    """
    pinned = sorted((*_flags(facts, flags), *_marks(facts, notifications)), key=lambda flag: flag.left)
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
    """Return on which level each pin has room, from left to right, if it is so much wider."""
    free: list[float] = []
    levels = []
    for pin in pinned:
        level = next((index for index, end in enumerate(free) if end <= pin.left), len(free))
        free[level : level + 1] = [pin.left + pin.width * scale]
        levels.append(level)
    return levels


def _flags(facts: Diagnostics, flags: Sequence[Flag]) -> Iterator[_Pin]:
    timed = sorted((item for item in flags if item.verdict.at_s is not None), key=_when)
    for (at_s, passed), group in itertools.groupby(timed, _when):
        some = list(group)
        left = facts.moments.percent(at_s)
        numbers = (
            tag("a", str(item.number), href=f"#expected-{item.number}", title=item.verdict.expected)
            for item in some
        )
        said = "\n".join(f"{item.number}. {item.verdict.expected}: {item.verdict.found}" for item in some)
        side = " before" if left > _EDGE else ""
        flag = tag(
            "span",
            "✓" if passed else "✗",
            *numbers,
            class_=f"flag {'passed' if passed else 'failed'}{side}",
            title=f"{facts.moments.both(at_s)}\n{said}",
        )
        letters = 1 + sum(1 + len(str(item.number)) for item in some)
        yield _Pin(left, _LETTER * letters, flag)


def _when(flag: Flag) -> tuple[float, bool]:
    return flag.verdict.at_s or 0, flag.verdict.passed


def _marks(facts: Diagnostics, some: Sequence[Notification]) -> Iterator[_Pin]:
    near: list[Notification] = []
    for notification in some:
        if near and facts.moments.percent(notification.at_s) - facts.moments.percent(near[0].at_s) >= _MARK:
            yield _mark(facts, near)
            near = []
        near.append(notification)
    if near:
        yield _mark(facts, near)


def _mark(facts: Diagnostics, some: Sequence[Notification]) -> _Pin:
    count = (tag("b", str(len(some))),) if len(some) > 1 else ()
    said = "\n".join(told(facts, notification) for notification in some)
    return _Pin(facts.moments.percent(some[0].at_s), _MARK, mark(facts, some, *count, title=said))


def mark(facts: Diagnostics, some: Sequence[Notification], *more: Html, title: str | None = None) -> Html:
    """Return the sign of notifications: of the loudest among them, hollow if all say that it is over."""
    kinds = {severity(facts.outcome, notification) for notification in some}
    kind = "page" if "page" in kinds else "ticket" if "ticket" in kinds else "note"
    over = " over" if all(notification.state == "OK" for notification in some) else ""
    return tag("span", icon(kind), *more, class_=f"mark {kind}{over}", title=title)


def icon(kind: str) -> Html:
    """Return a bell for a page, a ticket for a ticket, a dot for what is neither."""
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
"""What `icon` refers to; a page has it once."""


_MOST: Final = 300
"""Rows of a page: nobody reads more, and a browser takes its time. What failed comes first."""

Role = Literal["alarm", "child", "suppressor"]


@dataclass(frozen=True, slots=True)
class Row:
    """An alarm's place in the picture."""

    alarm: MetricAlarm | CompositeAlarm
    above: tuple[str, ...]
    """Full names of the composites that it stands under, the outermost first."""
    role: Role
    has_line: bool
    """Whether its metric is drawn here."""


@dataclass(frozen=True, slots=True)
class Group:
    """A composite with what is below it, or the alarms of one service that speak for themselves."""

    service: str | None
    rows: tuple[Row, ...]
    failed: bool
    """Whether something that was expected of its alarms did not happen."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything that a timeline shows."""

    groups: tuple[Group, ...]
    helpers: tuple[Row, ...]
    """Composites that changed and only suppress others, or count."""
    more: tuple[str, ...]
    """Full names of alarms that matter too, for which there is no room."""
    others: Mapping[State, tuple[str, ...]]
    """State -> the full names of the alarms that stayed in it and are not shown."""


def rows(rehearsal: Rehearsal) -> Rows:
    """Return what the timeline of a rehearsal shows."""
    picked = _Picked.of(rehearsal)
    every = sorted(picked.groups(), key=picked.rank)
    sizes = itertools.accumulate(len(group.rows) for group in every)
    groups = [group for group, size in zip(every, sizes, strict=True) if size <= _MOST or group is every[0]]
    shown = {row.alarm.name for group in every for row in group.rows}
    more = shown - {row.alarm.name for group in groups for row in group.rows}
    helpers = tuple(
        Row(helper, (), "alarm", has_line=False) for helper in picked.helpers() if helper.name not in shown
    )
    shown.update(row.alarm.name for row in helpers)
    others: dict[State, list[str]] = defaultdict(list)
    for name in (*picked.metrics, *picked.composites):
        if name not in shown:
            others[rehearsal.state(name, rehearsal.begins_s)].append(name)
    return Rows(
        tuple(groups), helpers, tuple(sorted(more)), {state: tuple(names) for state, names in others.items()}
    )


@dataclass(frozen=True, slots=True)
class _Picked:
    rehearsal: Rehearsal
    metrics: Mapping[str, MetricAlarm]
    composites: Mapping[str, CompositeAlarm]
    children: Mapping[str, tuple[str, ...]]
    """Of composites that matter and are no helpers."""
    expected: frozenset[str]
    failed: frozenset[str]
    changed: frozenset[str]
    notified: frozenset[str]
    drawn: set[str]
    """Whose line, or children, are shown already."""

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> _Picked:
        expected = frozenset(verdict.alarm for verdict in rehearsal.verdicts if verdict.alarm)
        failed = frozenset(
            verdict.alarm for verdict in rehearsal.verdicts if verdict.alarm and not verdict.passed
        )
        notified = frozenset(notification.alarm for notification in rehearsal.notifications)
        changed = changed_alarms(rehearsal)
        composites = {composite.name: composite for composite in rehearsal.system.composites}
        matters = {
            name: _children(composite)
            for name, composite in composites.items()
            if name in expected | notified or (name in changed and _speaks(composite))
        }
        metrics = {alarm.name: alarm for alarm in rehearsal.system.alarms}
        # A composite below one that matters is shown with what is below it, if any of that changed.
        pending = [child for children in matters.values() for child in children]
        while pending:
            name = pending.pop()
            if name in composites and name in changed and name not in matters:
                matters[name] = _children(composites[name])
                pending.extend(matters[name])
        return cls(rehearsal, metrics, composites, matters, expected, failed, changed, notified, set())

    def groups(self) -> Iterator[Group]:
        below = {child for children in self.children.values() for child in children}
        roots = [name for name in self.composites if name in self.children and name not in below]
        # Composites that are below one another only would be lost; AWS permits such cycles.
        for name in (*roots, *self.children):
            if name not in self.drawn:
                yield self._group(self.composites[name].service, tuple(self._tree(name, ())))
        alone: dict[str | None, list[Row]] = defaultdict(list)
        for name, alarm in self.metrics.items():
            if (
                name not in below
                and name not in self.drawn
                and name in self.expected | self.changed | self.notified
            ):
                alone[alarm.service].append(self._row(name, (), explains=False))
        for service, found in alone.items():
            yield self._group(service, tuple(found))

    def helpers(self) -> Iterator[CompositeAlarm]:
        return (composite for name, composite in self.composites.items() if name in self.changed)

    def rank(self, group: Group) -> tuple[bool, bool, bool]:
        """Return what comes first: what failed, then what woke somebody, then what was told or expected."""
        names = {row.alarm.name for row in group.rows if row.role != "suppressor"}
        told = [notification for notification in self.rehearsal.notifications if notification.alarm in names]
        pages = any(severity(self.rehearsal, notification) == "page" for notification in told)
        return not group.failed, not pages, not (told or names & self.expected)

    def _group(self, service: str | None, found: tuple[Row, ...]) -> Group:
        return Group(service, found, any(row.alarm.name in self.failed for row in found))

    def _tree(self, name: str, above: tuple[str, ...]) -> Iterator[Row]:
        """Yield the row of an alarm and what is below it; `above` are the composites that it is below."""
        if name in self.metrics:
            yield self._row(name, above, explains=any(text in self.failed for text in above))
        elif name in self.composites:
            yield Row(self.composites[name], above, "child" if above else "alarm", has_line=False)
            if name not in self.drawn and name in self.children:
                self.drawn.add(name)
                for child in self.children[name]:
                    yield from self._tree(child, (*above, name))
                yield from self._suppressor(name, (*above, name))

    def _suppressor(self, name: str, above: tuple[str, ...]) -> Iterator[Row]:
        """Yield the alarm that held a composite's actions back, if it did more than make it wait."""
        suppressor = self.composites[name].suppressor
        held = Diagnostics.of(self.rehearsal).suppressed(name)
        if suppressor is None or all(item.by == "WaitPeriod" for item in held):
            return
        alarm = self.metrics.get(suppressor.alarm) or self.composites.get(suppressor.alarm)
        if alarm is not None:
            yield Row(alarm, above, "suppressor", has_line=False)
        # The metric alarms that made it change, unless they are shown already.
        for child in _children(alarm) if isinstance(alarm, CompositeAlarm) else ():
            if child in self.metrics and child in self.changed and child not in self.drawn:
                yield self._row(child, (*above, suppressor.alarm), explains=False)

    def _row(self, name: str, above: tuple[str, ...], *, explains: bool) -> Row:
        matters = explains or name in self.expected | self.changed | self.notified
        has_line = matters and name not in self.drawn
        if has_line:
            self.drawn.add(name)
        return Row(self.metrics[name], above, "child" if above else "alarm", has_line)


def _children(composite: CompositeAlarm) -> tuple[str, ...]:
    return rules.children(rules.parse(composite.rule))


def _speaks(composite: CompositeAlarm) -> bool:
    actions = composite.actions
    return bool(actions.alarm or actions.ok or actions.insufficient_data)


_RISING: Final[Sequence[State]] = ("OK", "INSUFFICIENT_DATA", "ALARM")
"""From the best to the worst."""
_ROOM: Final = 7
"""Percent of the bar that its text needs."""
_WORDS: Final = 45
"""Percent that the words below a bar may take."""
_MIDDLE: Final = 55
"""From this percent on, they end where what they are about ends."""


def bar(facts: Diagnostics, alarm: MetricAlarm | CompositeAlarm, states: Sequence[Span]) -> Html:
    """Return an alarm's bar from the scenario's beginning to its end."""
    moments = facts.moments
    held = _held(facts, alarm) if isinstance(alarm, CompositeAlarm) else ()
    pieces = []
    for state in states:
        left, width = (
            moments.percent(state.from_s),
            moments.percent(state.to_s) - moments.percent(state.from_s),
        )
        said = (
            f"{state.state} for {durations.text_of(state.lasts_s)}, {moments.span(state.from_s, state.to_s)}"
        )
        inside = ("ALARM",) if state.state == "ALARM" and width > _ROOM else ()
        style = f"left:{left}%;width:{width:.3f}%"
        pieces.append(tag("i", *inside, class_=f"state {state.state.lower()}", style=style, title=said))
    return tag("div", *held, *pieces, class_="bar")


def shown(found: tuple[Span, ...], most: int) -> tuple[Span, ...]:
    """Return spans that are few enough to be drawn: of more, so many columns, each in its worst state."""
    if len(found) <= most:
        return found
    begins_s, ends_s = found[0].from_s, found[-1].to_s
    edges_s = np.linspace(begins_s, ends_s, most + 1)
    worst = np.zeros(most, dtype=np.int64)
    for rank, state in enumerate(_RISING):
        some = [span for span in found if span.state == state]
        first = np.searchsorted(edges_s, [span.from_s for span in some], "right") - 1
        end = np.searchsorted(edges_s, [span.to_s for span in some], "left")
        steps = np.bincount(first, minlength=most + 1) - np.bincount(end, minlength=most + 1)
        worst[np.cumsum(steps)[:most] > 0] = rank
    starts = np.flatnonzero(np.diff(worst, prepend=-1))
    pairs = itertools.pairwise((*starts.tolist(), most))
    return tuple(
        Span(float(edges_s[start]), float(edges_s[end]), _RISING[worst[start]]) for start, end in pairs
    )


def _held(facts: Diagnostics, composite: CompositeAlarm) -> Iterator[Html]:
    """Yield what lies around a composite's bar while its actions are held back."""
    for held in facts.suppressed(composite.name):
        left = facts.moments.percent(held.from_s)
        width = facts.moments.percent(held.to_s) - left
        why = facts.why(composite, held)
        said = f"actions held back, {why}: {facts.moments.span(held.from_s, held.to_s)}"
        yield tag("i", class_=f"held {held.by.lower()}", style=f"left:{left}%;width:{width:.3f}%", title=said)


def held_words(facts: Diagnostics, composite: CompositeAlarm) -> tuple[Html, ...]:
    """Return what held a composite's actions back, in words below its bar.

    A wait that nothing came of is what every change of a composite with a suppressor begins with: no words.
    """
    moments = facts.moments
    words = []
    end = -1.0
    for run in _together(facts.suppressed(composite.name)):
        left, right = moments.percent(run[0].from_s), 100 - moments.percent(run[-1].to_s)
        if left <= end or all(held.by == "WaitPeriod" for held in run):
            continue
        why = ", then ".join(dict.fromkeys(facts.why(composite, held, brief=True) for held in run))
        goes_right = left < _MIDDLE
        place = f"left:{left}%;right:0" if goes_right else f"left:0;right:{right:.3f}%;text-align:right"
        words.append(tag("span", f"held back: {why}", style=place))
        end = left + _WORDS if goes_right else 100.0
    return (tag("div", *words, class_="why"),) if words else ()


def _together(spans: Sequence[Held]) -> list[list[Held]]:
    """Return spans in runs without a pause."""
    runs: list[list[Held]] = []
    for span in spans:
        if runs and span.from_s <= runs[-1][-1].to_s:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


_NO_DATA_ROOM: Final = 12
"""Percent of the width that the words "no data" need."""


def _bound_words(chart: Chart) -> Iterator[Html]:
    """Yield what a line is compared with, at its height; a band is seen."""
    if not chart.line.has_band and len(chart.line.upper):
        top = chart.percent(float(chart.line.upper[0]))
        yield tag("span", chart.line.bound, class_="bound", style=f"top:{top}%")


def _gap_words(chart: Chart, moments: Moments) -> Iterator[Html]:
    """Yield "no data" for every gap that is wide enough for the words."""
    there = chart.line.times_s[chart.line.breaching >= 0]
    edges_s = np.concatenate(([moments.begins_s], there, [moments.ends_s]))
    wide = np.flatnonzero(np.diff(edges_s) >= moments.lasts_s * _NO_DATA_ROOM / 100)
    for index in wide.tolist():
        middle_s = float(edges_s[index] + edges_s[index + 1]) / 2
        yield tag("span", "no data", class_="nodata", style=f"left:{moments.percent(middle_s)}%")


def _readings(
    facts: Diagnostics, alarm: MetricAlarm | CompositeAlarm, states: Sequence[Span], chart: Chart | None
) -> dict[str, object]:
    """Return a row's name, states and values for the crosshair; times are seconds after the beginning."""
    begins_s = facts.moments.begins_s
    found: dict[str, object] = {
        "name": facts.names.short(alarm.name),
        "states": [[round(state.from_s - begins_s), state.state] for state in states],
    }
    if isinstance(alarm, CompositeAlarm):
        found["held"] = [
            [round(held.from_s - begins_s), round(held.to_s - begins_s), facts.why(alarm, held)]
            for held in facts.suppressed(alarm.name)
        ]
    return found | (_values(chart, begins_s) if chart else {})


def _values(chart: Chart, begins_s: float) -> dict[str, object]:
    few = chart.shapes.few
    found: dict[str, object] = {
        "times": [round(float(time) - begins_s) for time in few.times_s],
        "values": _short(np.fmin(few.first, few.last)),
        "bound": chart.line.bound,
        "unit": suffix(chart.line.unit),
    }
    if few.each > 1:
        found["most"] = _short(np.fmax(few.first, few.last))
    if chart.line.has_band:
        found |= {"lower": _short(few.lower), "upper": _short(few.upper)}
    return found


def _short(values: np.ndarray) -> list[float | None]:
    """Return values with four digits; None for what JSON has no number for."""
    return [float(f"{value:.4g}") if np.isfinite(value) else None for value in values]


@dataclass(slots=True)
class Tracks:
    """Makes rows, and collects what the crosshair reads."""

    facts: Diagnostics
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
        states = shown(found, self.detail.spans)
        self.data[name] = _readings(self.facts, row.alarm, states, chart)
        notes = [_note(row), *([chart.range()] if chart else [])]
        if len(states) < len(found):
            notes.append(f"changed {len(found) - 1:,} times: worst states are shown")
        about = [
            flag for flag in self.flags if flag.verdict.alarm == row.alarm.name and row.role != "suppressor"
        ]
        failed = any(not flag.verdict.passed for flag in about)
        return tag(
            "div",
            self._label(row, service, about, notes),
            tag(
                "div",
                bar(self.facts, row.alarm, states),
                *self._track(row, chart, name, about),
                class_="track",
            ),
            class_=f"row {row.role}{' failed' if failed else ''}",
            id=name,
        )

    def _chart(self, row: Row) -> Chart | None:
        alarm, outcome = row.alarm, self.facts.outcome
        if not (row.has_line and isinstance(alarm, MetricAlarm) and isinstance(outcome, Rehearsal)):
            return None
        return Chart.of(compared(outcome, alarm), self.facts.moments, self.detail.columns)

    def _track(self, row: Row, chart: Chart | None, name: str, about: Sequence[Flag]) -> list[Html]:
        told = [
            notification
            for notification in self.facts.outcome.notifications
            if notification.alarm == row.alarm.name
        ]
        if row.role == "suppressor":
            return []
        held = held_words(self.facts, row.alarm) if isinstance(row.alarm, CompositeAlarm) else ()
        found = [*held, *pins(self.facts, about, told)]
        if chart:
            words = (*_bound_words(chart), *_gap_words(chart, self.facts.moments))
            shape = "chart flat" if chart.is_flat else "chart"
            found.append(tag("div", chart.svg(name), *words, class_=shape))
        return found

    def _label(self, row: Row, service: str | None, about: Sequence[Flag], notes: Sequence[str]) -> Html:
        alarm = row.alarm
        hover = "\n".join(text for text in (alarm.name, alarm.description) if text)
        short = self.facts.names.within(alarm.name, service, row.above[-1] if row.above else None)
        numbers = (
            tag(
                "a",
                str(flag.number),
                class_=f"number {'passed' if flag.verdict.passed else 'failed'}",
                href=f"#expected-{flag.number}",
            )
            for flag in about
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
    """Return what an alarm watches, in a few words."""
    alarm = row.alarm
    if row.role == "suppressor":
        return "holds it back"
    if isinstance(alarm, CompositeAlarm):
        return f"composite of {count(len(rules.children(rules.parse(alarm.rule))), 'alarm')}"
    datapoints = f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods}"
    return f"{bound(alarm)}, {datapoints} x {durations.text_of(alarm.period_s)}"
