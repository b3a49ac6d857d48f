"""Assertions: whether each expectation of a scenario is met, and what happened otherwise.

Rehearsals and live drills use the same assertions. While a live drill runs they are evaluated repeatedly: an
expectation whose result may still change has no verdict.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, cast

from cloudwatch.states import State
from cloudwatch.suppression import Suppressed
from config.errors import Problem
from config.words import did_you_mean
from drill import actions, durations
from drill.model import Severity, System
from drill.rehearsal import Notification, Outcome, Verdict
from drill.scenarios.model import (
    Expectation,
    MessageExpected,
    NeverExpected,
    NoNotificationsExpected,
    NotificationExpected,
    PagesExpected,
    StateExpected,
    SuppressedExpected,
    TicketsExpected,
)
from drill.scenarios.reading import Expected
from drill.selection import Selection, UnknownNameError
from drill.sources.names import SEVERITIES

_SHOWN: Final = 3
"""Maximum number of names or times in a message."""
_ALARMS: Final = ("alarm", "never", "notification", "no_notifications", "suppressed", "message", "except_")
"""Fields that name alarms."""


def judge(outcome: Outcome, expect: Iterable[Expected], *, over: bool = True) -> tuple[Verdict | None, ...]:
    """Return a verdict on each expectation, in the order of the file.

    Args:
        outcome: what has happened until its end.
        expect: the expectations.
        over: whether the outcome is final. If not, an expectation whose result may change has no verdict.
    """
    history = _History(outcome)
    return tuple(_verdict(history, expected, over=over) for expected in expect)


def _verdict(history: _History, expected: Expected, *, over: bool) -> Verdict | None:
    result = _ASSERTIONS[type(expected.expects)](history, expected.expects)
    if result.is_open and not over:
        return None
    return Verdict(expected.place, result.expected, result.passed, result.actual, result.alarm, result.at_s)


@dataclass(frozen=True, slots=True)
class _Result:
    """The result of one expectation."""

    expected: str
    """What was expected, in a sentence."""
    actual: str
    """What happened, and when."""
    alarm: str | None = None
    """Full name of the alarm."""
    at_s: float | None = None
    """The time of the expectation."""
    passed: bool = field(kw_only=True)
    is_open: bool = field(kw_only=True)
    """Whether a later event can change the result."""


@dataclass(frozen=True)
class _History:
    """The outcome, with the look-ups that assertions need. They are evaluated in the order of the file."""

    outcome: Outcome
    met_s: dict[str, float] = field(default_factory=dict)
    """Alarm -> when its latest expectation with `by` was met."""
    used: set[int] = field(default_factory=set)
    """Positions of the messages that have met an expectation."""

    @cached_property
    def selection(self) -> Selection:
        """The names of the system."""
        return Selection(self.outcome.system)

    @property
    def now_s(self) -> float:
        """The end; while a drill runs, the current time."""
        return self.outcome.ends_s

    def full_name(self, name: str) -> str:
        """Return the name in AWS of an alarm."""
        return self.selection.full_name(name)

    def short(self, name: str) -> str:
        """Return the short name of an alarm."""
        return self.selection.short(name)

    def first(self, name: str, state: State) -> float | None:
        """Return when an alarm was first in a state."""
        begins_s, ends_s = self.outcome.begins_s, self.outcome.ends_s
        if self.outcome.state(name, begins_s) == state:
            return begins_s
        changes = self.outcome.changes.get(name, ())
        return next(
            (change.at_s for change in changes if begins_s < change.at_s <= ends_s and change.new == state),
            None,
        )

    def entered(self, name: str, state: State, by_s: float) -> tuple[float | None, bool]:
        """Return when an alarm entered a state by a deadline, and whether that may still change.

        It has to enter the state after its preceding expectation was met, or be in it from then on without
        interruption: being OK at the start is not a recovery.
        """
        since_s = self.met_s.get(name, self.outcome.begins_s)
        changes = self.outcome.changes.get(name, ())
        when = next(
            (change.at_s for change in changes if since_s < change.at_s <= by_s and change.new == state), None
        )
        if when is not None:
            return when, False
        if since_s <= by_s and self.first_other(name, state, since_s, by_s) is None:
            return since_s, self.now_s < by_s
        return None, self.now_s <= by_s

    def first_other(self, name: str, state: State, from_s: float, to_s: float) -> tuple[float, State] | None:
        """Return the first time from … to at which an alarm was in another state, and that state."""
        at_first = self.outcome.state(name, from_s)
        if at_first != state:
            return from_s, at_first
        for change in self.outcome.changes.get(name, ()):
            if from_s < change.at_s <= to_s and change.new != state:
                return change.at_s, change.new
        return None

    def since(self, name: str, at_s: float) -> str:
        """Return the time since which an alarm was in its state, as text."""
        changes = [change.at_s for change in self.outcome.changes.get(name, ()) if change.at_s <= at_s]
        if not changes or changes[-1] <= self.outcome.begins_s:
            return "since before the start"
        return f"since {self.offset(changes[-1])}"

    def suppressions(self, name: str) -> list[Suppressed]:
        """Return when the actions of a composite were suppressed, without the warm-up."""
        spans = self.outcome.suppressed.get(name, ())
        return [
            span
            for span in spans
            if span.from_s < self.outcome.ends_s and self.end(span) > self.outcome.begins_s
        ]

    def sent(self, name: str, state: State) -> list[Notification]:
        """Return the notifications of an alarm for a state."""
        return [
            notification
            for notification in self.outcome.notifications
            if (notification.alarm, notification.state) == (name, state)
        ]

    def end(self, span: Suppressed) -> float:
        """Return the end of a suppression, at the latest the end of the scenario."""
        return self.outcome.ends_s if span.to_s is None else min(span.to_s, self.outcome.ends_s)

    def span(self, span: Suppressed) -> str:
        """Return the time of a suppression as text."""
        to = "the end" if span.to_s is None else self.offset(span.to_s)
        return f"from {self.offset(max(span.from_s, self.outcome.begins_s))} to {to}"

    def times(self, sent: Sequence[Notification]) -> str:
        """Return the times of notifications as text."""
        times = [self.offset(notification.at_s) for notification in sent]
        more = f" and {len(times) - _SHOWN} more" if len(times) > _SHOWN else ""
        return f"at {', '.join(times[:_SHOWN])}{more}"

    def at(self, offset_s: float) -> float:
        """Return the time at an offset from the start."""
        return self.outcome.begins_s + offset_s

    def at_or_none(self, offset_s: float | None) -> float | None:
        """Return the time at an offset from the start; None for None."""
        return None if offset_s is None else self.at(offset_s)

    def offset(self, at_s: float) -> str:
        """Return a time as its offset from the start, such as `+12m`."""
        offset_s = at_s - self.outcome.begins_s
        return f"{'-' if offset_s < 0 else '+'}{durations.text_of(abs(offset_s))}"


def _in_state(history: _History, expected: StateExpected) -> _Result:
    """Check that an alarm is in a state: at a time, by a time, or from … to."""
    name = history.full_name(expected.alarm)
    if expected.at_s is not None:
        at_s = history.at(expected.at_s)
        state = history.outcome.state(name, at_s)
        text = f"{expected.alarm} is in {expected.state} at {history.offset(at_s)}"
        actual = f"it was in {state} {history.since(name, at_s)}"
        return _Result(text, actual, name, at_s, passed=state == expected.state, is_open=history.now_s < at_s)
    if expected.by_s is not None:
        return _by(history, expected, name, history.at(expected.by_s))
    from_s, to_s = history.at(cast("float", expected.from_s)), history.at(cast("float", expected.to_s))
    text = f"{expected.alarm} is in {expected.state} from {history.offset(from_s)} to {history.offset(to_s)}"
    other = history.first_other(name, expected.state, from_s, to_s)
    if other is None:
        return _Result(text, "throughout", name, from_s, passed=True, is_open=history.now_s < to_s)
    actual = f"it was in {other[1]} at {history.offset(other[0])}"
    return _Result(text, actual, name, from_s, passed=False, is_open=history.now_s < from_s)


def _by(history: _History, expected: StateExpected, name: str, by_s: float) -> _Result:
    text = f"{expected.alarm} is in {expected.state} by {history.offset(by_s)}"
    when, is_open = history.entered(name, expected.state, by_s)
    actual = (
        f"from {history.offset(when)} on"
        if when is not None
        else _not_by(history, name, expected.state, by_s)
    )
    if when is not None:
        history.met_s[name] = when
    return _Result(text, actual, name, by_s, passed=when is not None, is_open=is_open)


def _not_by(history: _History, name: str, state: State, by_s: float) -> str:
    """Return what happened instead of entering a state by a time."""
    since_s = history.met_s.get(name, history.outcome.begins_s)
    if since_s > by_s:
        return f"its preceding expectations were only met at {history.offset(since_s)}"
    changes = history.outcome.changes.get(name, ())
    later = next((change.at_s for change in changes if change.at_s > by_s and change.new == state), None)
    then = history.outcome.state(name, by_s)
    if later is not None:
        return f"at {history.offset(later)}, {durations.text_of(later - by_s)} late; in {then} until then"
    verb = "never entered" if history.outcome.state(name, since_s) != state else "did not return to"
    return f"it {verb} {state}; at {history.offset(by_s)} it was in {then} {history.since(name, by_s)}"


def _never(history: _History, expected: NeverExpected) -> _Result:
    """Check that alarms are never in a state."""
    names = _without(history.selection, expected.never, expected.except_)
    text = f"{_listed(expected.never, expected.except_)} never in {expected.state}"
    failing = [(when, name) for name in names if (when := history.first(name, expected.state)) is not None]
    if not failing:
        actual = f"none of {len(names)} alarms was" if len(names) > 1 else "it was not"
        actual += _without_left_out(history.selection, expected.never, expected.except_)
        return _Result(text, actual, passed=True, is_open=True)
    when, name = min(failing)
    first = f"{history.short(name)} was in {expected.state} at {history.offset(when)}"
    more = f", and {len(failing) - 1} more" if len(failing) > 1 else ""
    return _Result(text, first + more, name, when, passed=False, is_open=False)


def _notification(history: _History, expected: NotificationExpected) -> _Result:
    """Check that an alarm notifies: topic, deliveries, time and number."""
    name = history.full_name(expected.notification)
    by_s, after_s = (
        history.at_or_none(expected.by_s),
        history.at_or_none(expected.after_s),
    )
    to = f" to {expected.topic}" if expected.topic else ""
    text = ", ".join(
        (
            f"{expected.notification} sends a notification of {expected.state}{to}",
            *([f"delivered to {', '.join(expected.delivered_to)}"] if expected.delivered_to else []),
            *([f"after {history.offset(after_s)}"] if after_s is not None else []),
            *([f"by {history.offset(by_s)}"] if by_s is not None else []),
            *([_times(expected.times)] if expected.times is not None else []),
        )
    )
    sent = history.sent(name, expected.state)
    delivered = [
        notification
        for notification in sent
        if expected.topic in {None, notification.topic}
        and set(expected.delivered_to) <= set(notification.delivered_to)
    ]
    counted = [notification for notification in delivered if after_s is None or notification.at_s >= after_s]
    in_time = [notification for notification in counted if by_s is None or notification.at_s <= by_s]
    # `times` counts to the end: a notification after the deadline is one too many. A change of the state that
    # notifies several topics is one.
    if expected.times is None:
        passed = bool(in_time)
        is_open = not passed and (by_s is None or history.now_s <= by_s)
    else:
        number = len(_of_one_topic(counted))
        passed = len(_of_one_topic(in_time)) == number == expected.times
        is_open = number <= expected.times
    at_s = by_s
    if in_time:
        actual, at_s = f"sent {history.times(_of_one_topic(counted))}", by_s or in_time[0].at_s
    elif delivered:
        actual = f"only sent {history.times(_of_one_topic(delivered))}"
    else:
        actual = _why_not_sent(history, name, expected.state, sent)
    return _Result(text, actual, name, at_s, passed=passed, is_open=is_open)


def _of_one_topic(sent: Sequence[Notification]) -> list[Notification]:
    """Return the notifications to the topic that received the most."""
    by_topic: dict[tuple[str, str], list[Notification]] = {}
    for notification in sent:
        by_topic.setdefault((notification.alarm, notification.topic), []).append(notification)
    return max(by_topic.values(), key=len, default=[])


def _why_not_sent(history: _History, name: str, state: State, sent: Sequence[Notification]) -> str:
    if sent:
        deliveries = ", ".join(
            f"{notification.topic} at {history.offset(notification.at_s)}, "
            f"delivered to {', '.join(notification.delivered_to) or 'no recipient'}"
            for notification in sent[:_SHOWN]
        )
        return f"only sent to {deliveries}"
    entered_s = history.first(name, state)
    if entered_s is None:
        return f"not sent: it never entered {state}"
    suppressions = history.suppressions(name)
    was = f"not sent: it was in {state} at {history.offset(entered_s)}"
    if suppressions:
        return f"{was}, suppressed " + "; ".join(
            f"by {suppression.by} {history.span(suppression)}" for suppression in suppressions[:_SHOWN]
        )
    performed = [actions.read(action) for action in history.selection.alarms[name].actions.of(state)]
    if performed and (no_topic := actions.without_topic(performed)):
        return f"{was}, but notifies {no_topic}: it only {' and '.join(action.text for action in performed)}"
    return f"{was}, but {'no notification was observed' if performed else 'has no action for this state'}"


def _no_notifications(history: _History, expected: NoNotificationsExpected) -> _Result:
    """Check that alarms do not notify."""
    names = set(_without(history.selection, expected.no_notifications, expected.except_))
    of_state = f" of {expected.state}" if expected.state else ""
    text = f"{_listed(expected.no_notifications, expected.except_)} without a notification{of_state}"
    sent = [
        notification
        for notification in history.outcome.notifications
        if notification.alarm in names and expected.state in {None, notification.state}
    ]
    if not sent:
        actual = "none was sent" + _without_left_out(
            history.selection, expected.no_notifications, expected.except_
        )
        return _Result(text, actual, passed=True, is_open=True)
    first = sent[0]
    # A change of state that notifies several topics is one notification.
    changes = {(notification.alarm, notification.at_s): notification for notification in sent}
    actual = f"sent {history.times(list(changes.values()))}, first by {history.short(first.alarm)}"
    return _Result(text, actual, first.alarm, first.at_s, passed=False, is_open=False)


def _suppressed(history: _History, expected: SuppressedExpected) -> _Result:
    """Check that the actions of a composite are suppressed."""
    name = history.full_name(expected.suppressed)
    spans = [span for span in history.suppressions(name) if span.by == expected.suppressed_by]
    at_s = history.at_or_none(expected.at_s)
    at = f" at {history.offset(at_s)}" if at_s is not None else ""
    text = f"{expected.suppressed} is suppressed by {expected.suppressed_by}{at}"
    matching = [span for span in spans if at_s is None or span.from_s <= at_s < history.end(span)]
    if matching:
        return _Result(text, history.span(matching[0]), name, at_s, passed=True, is_open=False)
    reasons = sorted({span.by for span in history.suppressions(name)})
    actual = f"only {history.span(spans[0])}" if spans else f"only by {', '.join(reasons)}" if reasons else ""
    is_open = at_s is None or history.now_s <= at_s
    return _Result(text, actual or "it was not suppressed", name, at_s, passed=False, is_open=is_open)


def _message(history: _History, expected: MessageExpected) -> _Result:
    """Check that a notification arrives in a queue."""
    name = history.full_name(expected.message)
    by_s = history.at_or_none(expected.by_s)
    by = f" by {history.offset(by_s)}" if by_s is not None else ""
    text = f"a message of {expected.message} in {expected.state} arrives in the queue {expected.queue}{by}"
    arrived = next(
        (
            (position, message)
            for position, message in enumerate(history.outcome.messages)
            if position not in history.used
            and message.queue == expected.queue
            and (message.notification.alarm, message.notification.state) == (name, expected.state)
            and expected.topic in {None, message.notification.topic}
        ),
        None,
    )
    if arrived is None:
        sent = history.sent(name, expected.state)
        actual = _why_not_sent(history, name, expected.state, sent)
        is_open = by_s is None or history.now_s <= by_s
        return _Result(text, actual, name, by_s, passed=False, is_open=is_open)
    position, first = arrived
    origin = f", as a dead letter of {first.dead_letter_of}" if first.dead_letter_of else ""
    actual = f"arrived at {history.offset(first.arrived_s)}{origin}"
    passed = by_s is None or first.arrived_s <= by_s
    if passed:
        history.used.add(position)
    return _Result(text, actual, name, by_s or first.arrived_s, passed=passed, is_open=False)


def _pages(history: _History, expected: PagesExpected) -> _Result:
    """Check the total number of pages."""
    return _counted(history, "page", expected.pages)


def _tickets(history: _History, expected: TicketsExpected) -> _Result:
    """Check the total number of tickets."""
    return _counted(history, "ticket", expected.tickets)


def _counted(history: _History, severity: Severity, number: int) -> _Result:
    severities = {topic.name: topic.severity for topic in history.outcome.system.topics}
    sent = [
        notification
        for notification in history.outcome.notifications
        if notification.state == "ALARM" and severities.get(notification.topic) == severity
    ]
    text = f"{number} {severity}{'' if number == 1 else 's'} in total"
    named = ", ".join(
        f"{history.short(notification.alarm)} at {history.offset(notification.at_s)}"
        for notification in sent[:_SHOWN]
    )
    more = f" and {len(sent) - _SHOWN} more" if len(sent) > _SHOWN else ""
    actual = f"{len(sent)}: {named}{more}" if sent else "none"
    actual += _without_left_out(history.selection, ["*"], [])
    return _Result(text, actual, passed=len(sent) == number, is_open=len(sent) <= number)


_ASSERTIONS: Mapping[type[Expectation], Callable[[_History, Any], _Result]] = {
    StateExpected: _in_state,
    NeverExpected: _never,
    NotificationExpected: _notification,
    NoNotificationsExpected: _no_notifications,
    SuppressedExpected: _suppressed,
    MessageExpected: _message,
    PagesExpected: _pages,
    TicketsExpected: _tickets,
}


def _listed(names: Sequence[str], excluded: Sequence[str]) -> str:
    """Return several names as one subject."""
    listed = ", ".join(names)
    return f"{listed} (except {', '.join(excluded)})" if excluded else listed


def _without_left_out(selection: Selection, names: Sequence[str], excluded: Sequence[str]) -> str:
    """Return that some of the alarms with these names are not rehearsed, as the end of a sentence."""
    left_out = set(selection.left_out(names)) - set(selection.left_out(excluded))
    listed = ", ".join(sorted(left_out)[:_SHOWN])
    more = f" and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    return f"; not rehearsed: {listed}{more}" if left_out else ""


def _times(number: int) -> str:
    """Return a number of times as text."""
    return "once" if number == 1 else f"{number} times"


def _without(selection: Selection, names: Sequence[str], excluded: Sequence[str]) -> tuple[str, ...]:
    """Return the full names of alarms, without the excluded ones."""
    excluded_names = selection.full_names_of_excluded(excluded)
    return tuple(name for name in selection.full_names(names) if name not in excluded_names)


def alarms(selection: Selection, expects: Expectation) -> tuple[str, ...]:
    """Return the full names of the alarms of an expectation; none for pages and tickets.

    Raises:
        UnknownNameError: an alarm does not exist.
    """
    if isinstance(expects, NeverExpected):
        return _without(selection, expects.never, expects.except_)
    if isinstance(expects, NoNotificationsExpected):
        return _without(selection, expects.no_notifications, expects.except_)
    named = [getattr(expects, key) for key in _ALARMS if hasattr(expects, key)]
    return tuple(selection.full_name(name) for name in named)


def problems(selection: Selection, expect: Iterable[Expected]) -> Iterator[Problem]:
    """Yield expectations that name something unknown or that cannot be decided."""
    for expected in expect:
        yield from _unknown_alarms(selection, expected)
        yield from _nothing_left(selection, expected)
        yield from _unknown_receivers(selection.system, expected)
        yield from _unsuppressed(selection, expected)
        yield from _without_severity(selection.system, expected)


def _unknown_alarms(selection: Selection, expected: Expected) -> Iterator[Problem]:
    for key in _ALARMS:
        if key not in expected.expects.model_fields_set:
            continue
        value: Any = getattr(expected.expects, key)
        try:
            if isinstance(value, str):
                selection.full_name(value)
            elif key == "except_":
                selection.full_names_of_excluded(value)
            else:
                selection.full_names(value)
        except UnknownNameError as error:
            yield Problem(expected.place, key.rstrip("_"), str(error))


def _nothing_left(selection: Selection, expected: Expected) -> Iterator[Problem]:
    """Yield expectations that exclude all of their alarms."""
    expects = expected.expects
    if isinstance(expects, NeverExpected | NoNotificationsExpected) and expects.except_:
        with contextlib.suppress(UnknownNameError):
            if not alarms(selection, expects):
                yield Problem(expected.place, "except", "excludes every alarm of this expectation")


def _unknown_receivers(system: System, expected: Expected) -> Iterator[Problem]:
    topics = {topic.name for topic in system.topics}
    queues = {queue.name for queue in system.queues}
    subscribers = {subscription.name for topic in system.topics for subscription in topic.subscriptions}
    for key, known in (("topic", topics), ("queue", queues), ("delivered_to", subscribers)):
        names: Any = getattr(expected.expects, key, None)
        for name in [names] if isinstance(names, str) else names or ():
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                text = f"no such name; known: {listed} (found: {name}){did_you_mean(name, known)}"
                yield Problem(expected.place, key, text)


def _unsuppressed(selection: Selection, expected: Expected) -> Iterator[Problem]:
    expects, system = expected.expects, selection.system
    if isinstance(expects, SuppressedExpected):
        suppressible = {composite.name for composite in system.composites if composite.suppressor is not None}
        name = system.short_names.get(expects.suppressed, expects.suppressed)
        if name in selection.alarms and name not in suppressible:
            yield Problem(expected.place, "suppressed", f"{expects.suppressed} has no suppressor")


def _without_severity(system: System, expected: Expected) -> Iterator[Problem]:
    """Yield counts of pages or tickets where no topic has that severity: they are always 0."""
    expects = expected.expects
    if not isinstance(expects, PagesExpected | TicketsExpected):
        return
    severity: Severity = "page" if isinstance(expects, PagesExpected) else "ticket"
    if any(topic.severity == severity for topic in system.topics):
        return
    tags = " or ".join(name for name, meaning in SEVERITIES.items() if meaning == severity)
    topics = ", ".join(sorted(topic.name for topic in system.topics)) or "none"
    yield Problem(
        expected.place,
        f"{severity}s",
        f"no topic of {system.title} is for {severity}s, so the number is always 0; a topic is for "
        f"{severity}s if its tag Severity, or its name, is {tags} (topics: {topics})",
    )
