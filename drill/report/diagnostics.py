"""Diagnostics of an outcome: what a person would look up next.

States as spans without a hole, what a metric alarm compared and how near it was, who was notified, and the
nearest facts to an expectation that was not met.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloudwatch import rules
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.evaluation import breaches
from cloudwatch.states import State
from cloudwatch.suppression import By
from drill import durations
from drill.model import Severity
from drill.rehearsal import Line, Notification, Outcome, Rehearsal, Verdict
from drill.report.words import Moments, Names, count, printable, quantity

SIGNS: Final[Mapping[str, str]] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
    "GreaterThanUpperThreshold": "above the band",
    "LessThanLowerThreshold": "below the band",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band",
}
"""Comparison -> how it is written."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The evaluations of one metric alarm within a scenario."""

    alarm: MetricAlarm
    times_s: np.ndarray
    values: np.ndarray
    """NaN where there was no datapoint."""
    breaching: np.ndarray
    """1 where a value breached, 0 where it did not, -1 where there was none."""
    lower: np.ndarray
    """The threshold, or the band's lower bound, at each time."""
    upper: np.ndarray
    """The threshold, or the band's upper bound, at each time."""
    unit: str
    most: int
    """How many of the datapoints that count breached when most did, missing ones that breach included."""
    most_at_s: float
    """When that was first so."""

    @property
    def has_band(self) -> bool:
        """Whether it compares with a band."""
        return SIGNS[self.alarm.comparison].endswith("band")

    @property
    def has_data(self) -> bool:
        """Whether any datapoint had a value."""
        return bool((self.breaching >= 0).any())

    @property
    def bound(self) -> str:
        """What is compared with, in words: `> 5 %`, `outside the band`."""
        return bound(self.alarm)

    @property
    def nearest(self) -> int:
        """Index of the value that came nearest to breaching, or breached most."""
        below = self.lower - self.values
        above = self.values - self.upper
        comparison = self.alarm.comparison
        if comparison.startswith("LessThan"):
            beyond = np.maximum(below, above) if "OrGreater" in comparison else below
        else:
            beyond = above
        return int(np.nanargmax(beyond))


def bound(alarm: MetricAlarm) -> str:
    """Return what an alarm's values are compared with, in words: `> 5 %`, `outside the band`."""
    sign = SIGNS[alarm.comparison]
    return sign if alarm.threshold is None else f"{sign} {quantity(alarm.threshold, alarm.unit)}"


def compared(rehearsal: Rehearsal, alarm: MetricAlarm) -> Compared:
    """Return what an alarm compared from the scenario's beginning to its end."""
    line = rehearsal.line(alarm.name)
    lower, upper = _bounds(line)
    threshold = (lower, upper) if isinstance(line.threshold, tuple) else line.threshold
    codes = breaches(line.values, alarm.comparison, threshold)
    within = (line.times_s >= rehearsal.begins_s) & (line.times_s <= rehearsal.ends_s)
    counts = (codes == 1) | ((codes < 0) & (alarm.treat_missing_data == "breaching"))
    together = np.where(within, _together(counts, alarm, line.times_s), -1)
    at = int(together.argmax()) if len(together) else -1
    return Compared(
        alarm,
        line.times_s[within],
        line.values[within],
        codes[within],
        lower[within],
        upper[within],
        line.unit or alarm.unit,
        max(int(together[at]), 0) if at >= 0 else 0,
        float(line.times_s[at]) if at >= 0 else rehearsal.begins_s,
    )


def _bounds(line: Line) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(line.threshold, tuple):
        return line.threshold
    same = np.full(len(line.values), line.threshold)
    return same, same


def _together(breaching: np.ndarray, alarm: MetricAlarm, times_s: np.ndarray) -> np.ndarray:
    """Return how many of the newest N datapoints breached at each evaluation.

    An alarm may be evaluated more often than it has new datapoints: those that count are a period apart.
    """
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else float(alarm.period_s)
    stride = max(round(alarm.period_s / step_s), 1) if step_s > 0 else 1
    counts = np.zeros(len(breaching), dtype=np.int64)
    for back in range(0, min(alarm.evaluation_periods * stride, len(counts)), stride):
        counts[back:] += breaching[: len(breaching) - back]
    return counts


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which an alarm was in one state."""

    from_s: float
    to_s: float
    state: State

    @property
    def lasts_s(self) -> float:
        """How long that was."""
        return self.to_s - self.from_s


def states_of(outcome: Outcome, alarm: str) -> tuple[Span, ...]:
    """Return the spans of an alarm (its full name), from the scenario's beginning to its end."""
    begins_s, ends_s = outcome.begins_s, outcome.ends_s
    times_s = [begins_s]
    found = [outcome.state(alarm, begins_s)]
    for change in outcome.changes.get(alarm, ()):
        at_s, new = change.at_s, change.new
        if begins_s < at_s < ends_s and new != found[-1]:
            times_s.append(at_s)
            found.append(new)
    edges = itertools.pairwise((*times_s, ends_s))
    return tuple(Span(start, end, state) for (start, end), state in zip(edges, found, strict=True))


def changed_alarms(outcome: Outcome) -> frozenset[str]:
    """Return the full names of the alarms that changed in the scenario itself, after the warm-up."""
    return frozenset(
        alarm
        for alarm, changes in outcome.changes.items()
        if any(outcome.begins_s < change.at_s <= outcome.ends_s for change in changes)
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """An outcome in numbers."""

    expected: int
    as_expected: int
    pages: int
    tickets: int

    @classmethod
    def of(cls, outcome: Outcome) -> Summary:
        """Count what was expected, and what told somebody that something is wrong."""
        told = [
            severity(outcome, notification)
            for notification in outcome.notifications
            if notification.state == "ALARM"
        ]
        passed = sum(item.passed for item in outcome.verdicts)
        return cls(len(outcome.verdicts), passed, told.count("page"), told.count("ticket"))

    @property
    def verdict(self) -> str:
        """`6 of 6 as expected`."""
        return f"{self.as_expected} of {self.expected} as expected" if self.expected else "nothing expected"

    @property
    def told(self) -> str:
        """`1 page, 0 tickets`."""
        return f"{count(self.pages, 'page')}, {count(self.tickets, 'ticket')}"


def severity(outcome: Outcome, notification: Notification) -> Severity | None:
    """Return what a notification is to whom it reaches; None for a topic of no severity."""
    found = (topic.severity for topic in outcome.system.topics if topic.name == notification.topic)
    return next(found, None)


def took(outcome: Outcome) -> str:
    """Return how long it took: `0.04 s`."""
    return f"{outcome.took_s:.2f} s"


_SHOWN: Final = 4
"""Spans, or children, that are told before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Held:
    """When a composite's actions were held back, and by what; at the latest until the scenario's end."""

    from_s: float
    to_s: float
    by: By


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What is known of the alarms of one outcome."""

    outcome: Outcome
    moments: Moments
    names: Names

    @classmethod
    def of(cls, outcome: Outcome) -> Diagnostics:
        """Return those of an outcome."""
        return cls(outcome, Moments.of(outcome), Names.of(outcome.system))

    def about(self, verdict: Verdict) -> tuple[str, ...]:
        """Return sentences about the alarm of an expectation; none if it is about no alarm of the system."""
        system = self.outcome.system
        for alarm in system.alarms:
            if alarm.name == verdict.alarm:
                return (self.states(alarm.name), *self._of_metric(alarm), *self._of_actions(alarm))
        for composite in system.composites:
            if composite.name == verdict.alarm:
                at_s = self.outcome.ends_s if verdict.at_s is None else verdict.at_s
                return (
                    self.states(composite.name),
                    *self._of_children(composite, at_s),
                    *(self.held(composite, item) for item in self.suppressed(composite.name)),
                    *self._of_actions(composite),
                )
        return ()

    def once(self) -> tuple[tuple[str, ...], ...]:
        """Return what is known of each verdict that failed, without what was said of its alarm before.

        Most failures are one failure, seen by several expectations.
        """
        said: set[tuple[str | None, str]] = set()
        found = []
        for verdict in self.outcome.verdicts:
            about = () if verdict.passed else self.about(verdict)
            found.append(tuple(text for text in about if (verdict.alarm, text) not in said))
            said.update((verdict.alarm, text) for text in about)
        return tuple(found)

    def states(self, alarm: str) -> str:
        """Say in which states an alarm was, one after the other."""
        found = states_of(self.outcome, alarm)
        if len(found) == 1:
            return f"it was {found[0].state} all along"
        shown = ", ".join(
            f"{span.state} until {self.moments.offset(span.to_s)}" for span in found[:-1][:_SHOWN]
        )
        more = len(found) - 1 - _SHOWN
        rest = f", {count(more, 'more change')}" if more > 0 else ""
        return f"it was {shown}{rest}, then {found[-1].state}"

    def suppressed(self, composite: str) -> tuple[Held, ...]:
        """Return when a composite's actions were held back, as far as it is in the scenario."""
        begins_s, ends_s = self.outcome.begins_s, self.outcome.ends_s
        found = (
            Held(item.from_s, ends_s if item.to_s is None else item.to_s, item.by)
            for item in self.outcome.suppressed.get(composite, ())
        )
        return tuple(item for item in found if item.to_s > begins_s and item.from_s < ends_s)

    def held(self, composite: CompositeAlarm, item: Held) -> str:
        """Say when a composite's actions were held back, and by what."""
        when = self.moments.span(item.from_s, item.to_s)
        return f"its actions were held back {when}: {self.why(composite, item)}"

    def why(self, composite: CompositeAlarm, item: Held, *, brief: bool = False) -> str:
        """Say what held a composite's actions back.

        Args:
            composite: the composite.
            item: when, and by what.
            brief: whether its service and its name stand above it.
        """
        suppressor = composite.suppressor
        if suppressor is None:
            return item.by
        name = self.names.short(suppressor.alarm)
        if brief:
            name = self.names.within(suppressor.alarm, composite.service, composite.name)
        if item.by == "WaitPeriod":
            return f"{durations.text_of(suppressor.wait_s)} to wait for {name}"
        if item.by == "ExtensionPeriod":
            return f"{durations.text_of(suppressor.extension_s)} more after {name}"
        return f"{name} was in ALARM"

    def _of_metric(self, alarm: MetricAlarm) -> Iterator[str]:
        if not isinstance(self.outcome, Rehearsal):
            return  # nobody knows what a deployed alarm compared
        shown = compared(self.outcome, alarm)
        if not shown.has_data:
            metrics = "; ".join(dict.fromkeys(str(statistic.metric) for statistic in alarm.statistics))
            yield f"it never had a datapoint: {metrics}; missing data is {alarm.treat_missing_data}"
            return
        missing = int((shown.breaching < 0).sum())
        if missing:
            treated = f"missing data is {alarm.treat_missing_data}"
            yield f"{missing:,} of {count(len(shown.values), 'datapoint')} had no data; {treated}"
        yield from self._of_values(alarm, shown)

    def _of_values(self, alarm: MetricAlarm, shown: Compared) -> Iterator[str]:
        """Say how near it was, if it never fired."""
        if self._fired(alarm):
            return
        needed = alarm.datapoints_to_alarm
        if shown.most:
            at = self.moments.both(shown.most_at_s)
            together = f"{shown.most} of {count(alarm.evaluation_periods, 'datapoint')} breached, {at}"
            yield f"at most {together}; it needs {needed}"
            return
        nearest = shown.nearest
        value = quantity(float(shown.values[nearest]), shown.unit)
        at = self.moments.both(float(shown.times_s[nearest]))
        yield f"nothing breached: the nearest was {value}, {at}; it needs {shown.bound}"

    def _of_children(self, composite: CompositeAlarm, at_s: float) -> Iterator[str]:
        if not isinstance(self.outcome, Rehearsal):
            return  # a live drill does not watch all of them
        children = rules.children(rules.parse(composite.rule))
        states = {child: self.outcome.state(child, at_s) for child in children}
        alarming = [self.names.short(text) for text, state in states.items() if state == "ALARM"]
        shown = ", ".join(alarming[:_SHOWN]) + (" …" if len(alarming) > _SHOWN else "")
        were = f"{len(alarming)} of the {count(len(children), 'alarm')} in its rule in ALARM"
        yield f"{self.moments.offset(at_s)}: {were}{': ' + shown if shown else ''}"

    def _of_actions(self, alarm: MetricAlarm | CompositeAlarm) -> Iterator[str]:
        if not alarm.actions.alarm and self._fired(alarm):
            yield "it notifies nobody when it goes into ALARM"

    def _fired(self, alarm: MetricAlarm | CompositeAlarm) -> bool:
        return any(state.state == "ALARM" for state in states_of(self.outcome, alarm.name))


def told(facts: Diagnostics, notification: Notification) -> str:
    """Return `+12m (14:12 UTC) page ALARM payment-handler-impact -> critical: oncall@example.com, alarms`."""
    kind = severity(facts.outcome, notification)
    whom = ", ".join(notification.reached) or "nobody"
    alarm = facts.names.short(notification.alarm)
    said = f"{kind + ' ' if kind else ''}{notification.state} {alarm} -> {notification.topic}: {whom}"
    held = (
        f", held back since {facts.moments.offset(notification.changed_s)}"
        if notification.changed_s < notification.at_s
        else ""
    )
    return printable(f"{facts.moments.both(notification.at_s)} {said}{held}")


def arrived(outcome: Outcome, notification: Notification) -> tuple[str, ...]:
    """Return the queues in which a notification arrived, dead-letter queues with whose they are."""
    return tuple(
        f"{message.queue} (dead letters of {message.dead_letter_of})"
        if message.dead_letter_of
        else message.queue
        for message in outcome.messages
        if message.notification == notification
    )
