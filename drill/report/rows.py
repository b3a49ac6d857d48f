"""Which alarms a timeline shows, in which order: those that matter, composites above their children.

An alarm matters if something was expected of it, if it changed or notified somebody, or if it is a child of a
composite that does. Composites that notify nobody and of which nothing was expected only hold others back, or
count: they stand apart, without their children.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cloudwatch import rules
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.states import State
from drill.rehearsal import Rehearsal
from drill.report import spans
from drill.report.facts import Facts
from drill.report.summary import severity

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
    """Composites that changed and only hold others back, or count."""
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
        Row(one, (), "alarm", has_line=False) for one in picked.helpers() if one.name not in shown
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
        expected = frozenset(one.alarm for one in rehearsal.verdicts if one.alarm)
        failed = frozenset(one.alarm for one in rehearsal.verdicts if one.alarm and not one.passed)
        notified = frozenset(one.alarm for one in rehearsal.notifications)
        changed = spans.changed(rehearsal)
        composites = {one.name: one for one in rehearsal.system.composites}
        matters = {
            name: _children(one)
            for name, one in composites.items()
            if name in expected | notified or (name in changed and _speaks(one))
        }
        metrics = {one.name: one for one in rehearsal.system.alarms}
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
        return (one for name, one in self.composites.items() if name in self.changed)

    def rank(self, group: Group) -> tuple[bool, bool, bool]:
        """Return what comes first: what failed, then what woke somebody, then what was told or expected."""
        names = {row.alarm.name for row in group.rows if row.role != "suppressor"}
        told = [one for one in self.rehearsal.notifications if one.alarm in names]
        pages = any(severity(self.rehearsal, one) == "page" for one in told)
        return not group.failed, not pages, not (told or names & self.expected)

    def _group(self, service: str | None, found: tuple[Row, ...]) -> Group:
        return Group(service, found, any(row.alarm.name in self.failed for row in found))

    def _tree(self, name: str, above: tuple[str, ...]) -> Iterator[Row]:
        """Yield the row of an alarm and what is below it; `above` are the composites that it is below."""
        if name in self.metrics:
            yield self._row(name, above, explains=any(one in self.failed for one in above))
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
        held = Facts.of(self.rehearsal).suppressed(name)
        if suppressor is None or all(one.by == "WaitPeriod" for one in held):
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
