"""Diagnostics of an outcome: states of alarms, compared values, suppressions and notifications.

They explain why an expectation is not met.
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
from drill import actions, durations
from drill.model import Severity
from drill.rehearsal import Line, Notification, Outcome, Performed, Rehearsal, Verdict
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
"""Comparison operator -> its text."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The evaluations of one metric alarm within a scenario."""

    alarm: MetricAlarm
    times_s: np.ndarray
    values: np.ndarray
    """NaN where there was no datapoint."""
    breaching: np.ndarray
    """1 where a value breached, 0 where it did not, -1 where it is missing."""
    lower: np.ndarray
    """The threshold, or the band's lower bound, at each time."""
    upper: np.ndarray
    """The threshold, or the band's upper bound, at each time."""
    unit: str
    most: int
    """Maximum number of breaching datapoints in one evaluation, including missing ones that count so."""
    most_at_s: float
    """The time of the first such evaluation."""

    @property
    def has_band(self) -> bool:
        """Whether it compares with an anomaly band."""
        return SIGNS[self.alarm.comparison].endswith("band")

    @property
    def has_data(self) -> bool:
        """Whether any datapoint had a value."""
        return bool((self.breaching >= 0).any())

    @property
    def bound(self) -> str:
        """The condition: `> 5 %`, `outside the band`."""
        return bound(self.alarm)

    @property
    def nearest(self) -> int:
        """Index of the value nearest to breaching, or furthest beyond the threshold."""
        below = self.lower - self.values
        above = self.values - self.upper
        comparison = self.alarm.comparison
        if comparison.startswith("LessThan"):
            beyond = np.maximum(below, above) if "OrGreater" in comparison else below
        else:
            beyond = above
        return int(np.nanargmax(beyond))


def bound(alarm: MetricAlarm) -> str:
    """Return the condition of an alarm: `> 5 %`, `outside the band`."""
    sign = SIGNS[alarm.comparison]
    return sign if alarm.threshold is None else f"{sign} {quantity(alarm.threshold, alarm.unit)}"


def compared(rehearsal: Rehearsal, alarm: MetricAlarm) -> Compared:
    """Return the evaluations of an alarm from the start of the scenario to its end."""
    line = rehearsal.line(alarm.name)
    lower, upper = _bounds(line)
    threshold = (lower, upper) if isinstance(line.threshold, tuple) else line.threshold
    codes = breaches(line.values, alarm.comparison, threshold)
    within = (line.times_s >= rehearsal.begins_s) & (line.times_s <= rehearsal.ends_s)
    counts = (codes == 1) | ((codes < 0) & (alarm.treat_missing_data == "breaching"))
    breaching = np.where(within, _breaching_of_newest(counts, alarm, line.times_s), -1)
    at = int(breaching.argmax()) if len(breaching) else -1
    return Compared(
        alarm,
        line.times_s[within],
        line.values[within],
        codes[within],
        lower[within],
        upper[within],
        line.unit or alarm.unit,
        max(int(breaching[at]), 0) if at >= 0 else 0,
        float(line.times_s[at]) if at >= 0 else rehearsal.begins_s,
    )


def _bounds(line: Line) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(line.threshold, tuple):
        return line.threshold
    same = np.full(len(line.values), line.threshold)
    return same, same


def _breaching_of_newest(breaching: np.ndarray, alarm: MetricAlarm, times_s: np.ndarray) -> np.ndarray:
    """Return the number of breaching datapoints among the newest N, for each evaluation.

    An alarm may be evaluated more often than it has new datapoints: the evaluated ones are a period apart.
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
        """The duration."""
        return self.to_s - self.from_s


def states_of(outcome: Outcome, alarm: str) -> tuple[Span, ...]:
    """Return the states of an alarm (its full name), from the start of the scenario to its end."""
    begins_s, ends_s = outcome.begins_s, outcome.ends_s
    times_s = [begins_s]
    states = [outcome.state(alarm, begins_s)]
    for change in outcome.changes.get(alarm, ()):
        at_s, new = change.at_s, change.new
        if begins_s < at_s < ends_s and new != states[-1]:
            times_s.append(at_s)
            states.append(new)
    edges = itertools.pairwise((*times_s, ends_s))
    return tuple(Span(start, end, state) for (start, end), state in zip(edges, states, strict=True))


def changed_alarms(outcome: Outcome) -> frozenset[str]:
    """Return the full names of the alarms that changed after the warm-up."""
    return frozenset(
        alarm
        for alarm, changes in outcome.changes.items()
        if any(outcome.begins_s < change.at_s <= outcome.ends_s for change in changes)
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """An outcome in numbers."""

    expectations: int
    passed: int
    pages: int
    tickets: int

    @classmethod
    def of(cls, outcome: Outcome) -> Summary:
        """Count expectations and notifications of ALARM."""
        severities = [
            severity(outcome, notification)
            for notification in outcome.notifications
            if notification.state == "ALARM"
        ]
        passed = sum(verdict.passed for verdict in outcome.verdicts)
        return cls(len(outcome.verdicts), passed, severities.count("page"), severities.count("ticket"))

    @property
    def verdict(self) -> str:
        """`6 of 6 passed`."""
        return f"{self.passed} of {self.expectations} passed" if self.expectations else "no expectations"

    @property
    def notified(self) -> str:
        """`1 page, 0 tickets`."""
        return f"{count(self.pages, 'page')}, {count(self.tickets, 'ticket')}"


def severity(outcome: Outcome, notification: Notification) -> Severity | None:
    """Return the severity of a notification; None if its topic has none."""
    severities = (topic.severity for topic in outcome.system.topics if topic.name == notification.topic)
    return next(severities, None)


def run_time(outcome: Outcome) -> str:
    """Return the run time: `0.04 s`."""
    return f"{outcome.took_s:.2f} s"


_SHOWN: Final = 4
"""Maximum number of states, or children, that are listed."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """When the actions of a composite were suppressed, at the latest until the end, and the reason."""

    from_s: float
    to_s: float
    by: By


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Explanations of one outcome."""

    outcome: Outcome
    moments: Moments
    names: Names

    @classmethod
    def of(cls, outcome: Outcome) -> Diagnostics:
        """Return the diagnostics of an outcome."""
        return cls(outcome, Moments.of(outcome), Names.of(outcome.system))

    def about(self, verdict: Verdict) -> tuple[str, ...]:
        """Return sentences about the alarm of an expectation; none if it is not an alarm of the system."""
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
                    *(self._suppressed(composite, span) for span in self.suppressions(composite.name)),
                    *self._of_actions(composite),
                )
        return ()

    def without_repetition(self) -> tuple[tuple[str, ...], ...]:
        """Return the sentences about each failed verdict, each sentence about an alarm only once.

        Several failed expectations often have the same cause.
        """
        printed: set[tuple[str | None, str]] = set()
        of_verdicts = []
        for verdict in self.outcome.verdicts:
            sentences = () if verdict.passed else self.about(verdict)
            of_verdicts.append(tuple(text for text in sentences if (verdict.alarm, text) not in printed))
            printed.update((verdict.alarm, text) for text in sentences)
        return tuple(of_verdicts)

    def states(self, alarm: str) -> str:
        """Return the states of an alarm in order, in a sentence."""
        states = states_of(self.outcome, alarm)
        if len(states) == 1:
            return f"it was in {states[0].state} throughout"
        listed = ", ".join(
            f"{span.state} until {self.moments.offset(span.to_s)}" for span in states[:-1][:_SHOWN]
        )
        more = len(states) - 1 - _SHOWN
        omitted = f", {count(more, 'more change')}" if more > 0 else ""
        return f"it was in {listed}{omitted}, then {states[-1].state}"

    def suppressions(self, composite: str) -> tuple[Suppression, ...]:
        """Return when the actions of a composite were suppressed, without the warm-up."""
        begins_s, ends_s = self.outcome.begins_s, self.outcome.ends_s
        spans = (
            Suppression(span.from_s, ends_s if span.to_s is None else span.to_s, span.by)
            for span in self.outcome.suppressed.get(composite, ())
        )
        return tuple(span for span in spans if span.to_s > begins_s and span.from_s < ends_s)

    def _suppressed(self, composite: CompositeAlarm, span: Suppression) -> str:
        when = self.moments.span(span.from_s, span.to_s)
        return f"its actions were suppressed {when}: {self.why(composite, span)}"

    def why(self, composite: CompositeAlarm, span: Suppression, *, brief: bool = False) -> str:
        """Return why the actions of a composite were suppressed.

        Args:
            composite: the composite.
            span: the suppression.
            brief: whether to omit the names of the service and of the composite, which are shown above.
        """
        suppressor = composite.suppressor
        if suppressor is None:
            return span.by
        name = self.names.short(suppressor.alarm)
        if brief:
            name = self.names.within(suppressor.alarm, composite.service, composite.name)
        if span.by == "WaitPeriod":
            return f"wait period of {durations.text_of(suppressor.wait_s)} for {name}"
        if span.by == "ExtensionPeriod":
            return f"extension period of {durations.text_of(suppressor.extension_s)} after {name}"
        return f"{name} was in ALARM"

    def _of_metric(self, alarm: MetricAlarm) -> Iterator[str]:
        if not isinstance(self.outcome, Rehearsal):
            return  # the values of deployed alarms are not known
        shown = compared(self.outcome, alarm)
        if not shown.has_data:
            metrics = "; ".join(dict.fromkeys(str(statistic.metric) for statistic in alarm.statistics))
            yield f"it had no datapoints: {metrics}; missing data is {alarm.treat_missing_data}"
            return
        missing = int((shown.breaching < 0).sum())
        if missing:
            treated = f"missing data is {alarm.treat_missing_data}"
            yield f"{missing:,} of {count(len(shown.values), 'datapoint')} were missing; {treated}"
        yield from self._of_values(alarm, shown)

    def _of_values(self, alarm: MetricAlarm, shown: Compared) -> Iterator[str]:
        """Yield how near an alarm was to its condition, if it never entered ALARM."""
        if self._fired(alarm):
            return
        needed = alarm.datapoints_to_alarm
        if shown.most:
            at = self.moments.both(shown.most_at_s)
            breaching = f"{shown.most} of {count(alarm.evaluation_periods, 'datapoint')} breached at {at}"
            yield f"at most {breaching}; required: {needed}"
            return
        nearest = shown.nearest
        value = quantity(float(shown.values[nearest]), shown.unit)
        at = self.moments.both(float(shown.times_s[nearest]))
        yield f"no datapoint breached: the nearest was {value}, at {at}; required: {shown.bound}"

    def _of_children(self, composite: CompositeAlarm, at_s: float) -> Iterator[str]:
        if not isinstance(self.outcome, Rehearsal):
            return  # a live drill does not observe all of them
        children = rules.children(rules.parse(composite.rule))
        states = {child: self.outcome.state(child, at_s) for child in children}
        alarming = [self.names.short(text) for text, state in states.items() if state == "ALARM"]
        shown = ", ".join(alarming[:_SHOWN]) + (" …" if len(alarming) > _SHOWN else "")
        were = f"{len(alarming)} of {count(len(children), 'alarm')} in its rule in ALARM"
        yield f"at {self.moments.offset(at_s)}, {were}{': ' + shown if shown else ''}"

    def _of_actions(self, alarm: MetricAlarm | CompositeAlarm) -> Iterator[str]:
        if not alarm.actions.alarm and self._fired(alarm):
            yield "it has no action for ALARM"
        for action in dict.fromkeys(map(actions.read, alarm.actions.alarm)):
            if action.kind == "other":
                yield f"in ALARM it {action.text}, which is not a notification"
            elif action.kind == "unknown":
                yield f"in ALARM it {action.text}"

    def _fired(self, alarm: MetricAlarm | CompositeAlarm) -> bool:
        return any(state.state == "ALARM" for state in states_of(self.outcome, alarm.name))


def notification_line(diagnostics: Diagnostics, notification: Notification) -> str:
    """Return `+12m (14:12 UTC) page ALARM payment-handler-impact -> critical: oncall@example.com, alarms`."""
    kind = severity(diagnostics.outcome, notification)
    recipients = ", ".join(notification.delivered_to) or "no recipient"
    alarm = diagnostics.names.short(notification.alarm)
    line = f"{kind + ' ' if kind else ''}{notification.state} {alarm} -> {notification.topic}: {recipients}"
    suppressed = (
        f", suppressed since {diagnostics.moments.offset(notification.changed_s)}"
        if notification.changed_s < notification.at_s
        else ""
    )
    return printable(f"{diagnostics.moments.both(notification.at_s)} {line}{suppressed}")


def action_line(diagnostics: Diagnostics, action: Performed) -> str:
    """Return `+12m (14:12 UTC) ALARM cpu stops the EC2 instance`."""
    alarm = diagnostics.names.short(action.alarm)
    return printable(f"{diagnostics.moments.both(action.at_s)} {action.state} {alarm} {action.does}")


def arrived(outcome: Outcome, notification: Notification) -> tuple[str, ...]:
    """Return the queues in which a notification arrived; dead-letter queues with their source."""
    return tuple(
        f"{message.queue} (dead-letter queue of {message.dead_letter_of})"
        if message.dead_letter_of
        else message.queue
        for message in outcome.messages
        if message.notification == notification
    )
