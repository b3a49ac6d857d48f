"""Whether what a scenario expects happened, in a sentence each that says what happened instead.

The same assertions judge a rehearsal and a live drill. A drill that goes on asks again and again: what may
still change has no verdict until then.
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
from config.explain import did_you_mean
from drill import durations
from drill.model import Severity, System
from drill.rehearsal import Notification, Outcome, Verdict
from drill.scenarios.model import (
    Expectation,
    MessageExpected,
    NeverExpected,
    NotificationExpected,
    PagesExpected,
    SilentExpected,
    StateExpected,
    SuppressedExpected,
    TicketsExpected,
)
from drill.scenarios.reading import Expected
from drill.selection import Selection, UnknownNameError
from drill.sources.names import SEVERITIES

_SHOWN: Final = 3
"""How many of several are named."""
_ALARMS: Final = ("alarm", "never", "notification", "silent", "suppressed", "message", "but")
"""Keys that name alarms."""


def judge(outcome: Outcome, expect: Iterable[Expected], *, over: bool = True) -> tuple[Verdict | None, ...]:
    """Return a verdict on each expectation, in the order of the file.

    Args:
        outcome: what has happened until its end.
        expect: the expectations.
        over: whether nothing happens after that; if something may, what it could change has no verdict.
    """
    seen = _Seen(outcome)
    return tuple(_verdict(seen, expected, over=over) for expected in expect)


def _verdict(seen: _Seen, expected: Expected, *, over: bool) -> Verdict | None:
    judged = _JUDGES[type(expected.expects)](seen, expected.expects)
    if judged.is_open and not over:
        return None
    return Verdict(expected.place, judged.said, judged.passed, judged.found, judged.alarm, judged.at_s)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is found of one expectation."""

    said: str
    """What was expected, in a sentence."""
    found: str
    """What happened instead, or when."""
    alarm: str | None = None
    """Full name of the alarm that it is about."""
    at_s: float | None = None
    """The time that it is about."""
    passed: bool = field(kw_only=True)
    is_open: bool = field(kw_only=True)
    """Whether something that happens later can change it."""


@dataclass(frozen=True)
class _Seen:
    """What happened, as expectations ask for it and in their words; they ask in the order of the file."""

    all: Outcome
    met_s: dict[str, float] = field(default_factory=dict)
    """Alarm -> when the last of its entries with `by` was met."""
    used: set[int] = field(default_factory=set)
    """Positions of the messages that have met an entry."""

    @cached_property
    def selection(self) -> Selection:
        """The names of the system."""
        return Selection(self.all.system)

    @property
    def now_s(self) -> float:
        """The end, or as much of it as has passed."""
        return self.all.ends_s

    def full_name(self, name: str) -> str:
        """Return the name in AWS of the alarm that is called so."""
        return self.selection.full_name(name)

    def short(self, name: str) -> str:
        """Return what people call an alarm."""
        return self.selection.short(name)

    def first(self, name: str, state: State) -> float | None:
        """Return when an alarm was first in a state."""
        begins_s, ends_s = self.all.begins_s, self.all.ends_s
        if self.all.state(name, begins_s) == state:
            return begins_s
        changes = self.all.changes.get(name, ())
        return next(
            (change.at_s for change in changes if begins_s < change.at_s <= ends_s and change.new == state),
            None,
        )

    def entered(self, name: str, state: State, by_s: float) -> tuple[float | None, bool]:
        """Return when an alarm entered a state by a deadline, and whether that may still change.

        It has to enter it after what was expected of it further up, or to be in it from then on without a
        break: that an alarm is OK at the start is no recovery.
        """
        since_s = self.met_s.get(name, self.all.begins_s)
        changes = self.all.changes.get(name, ())
        when = next(
            (change.at_s for change in changes if since_s < change.at_s <= by_s and change.new == state), None
        )
        if when is not None:
            return when, False
        if since_s <= by_s and self.first_other(name, state, since_s, by_s) is None:
            return since_s, self.now_s < by_s
        return None, self.now_s <= by_s

    def first_other(self, name: str, state: State, from_s: float, to_s: float) -> tuple[float, State] | None:
        """Return the first time from … to at which an alarm was in another state, and in which."""
        at_first = self.all.state(name, from_s)
        if at_first != state:
            return from_s, at_first
        for change in self.all.changes.get(name, ()):
            if from_s < change.at_s <= to_s and change.new != state:
                return change.at_s, change.new
        return None

    def since(self, name: str, at_s: float) -> str:
        """Return since when an alarm had been in its state."""
        changes = [change.at_s for change in self.all.changes.get(name, ()) if change.at_s <= at_s]
        if not changes or changes[-1] <= self.all.begins_s:
            return "since before the start"
        return f"since {self.told(changes[-1])}"

    def held(self, name: str) -> list[Suppressed]:
        """Return when something held a composite back, in the scenario itself."""
        spans = self.all.suppressed.get(name, ())
        return [
            span for span in spans if span.from_s < self.all.ends_s and self.end(span) > self.all.begins_s
        ]

    def end(self, span: Suppressed) -> float:
        """Return when actions were performed again; at the latest the end."""
        return self.all.ends_s if span.to_s is None else min(span.to_s, self.all.ends_s)

    def span(self, span: Suppressed) -> str:
        """Say when actions were held back."""
        to = "the end" if span.to_s is None else self.told(span.to_s)
        return f"from {self.told(max(span.from_s, self.all.begins_s))} to {to}"

    def listed(self, sent: Sequence[Notification]) -> str:
        """Say when notifications were sent."""
        at = ", ".join(self.told(notification.at_s) for notification in sent[:_SHOWN])
        return f"at {at}" + (f" and {len(sent) - _SHOWN} more" if len(sent) > _SHOWN else "")

    def at(self, offset_s: float) -> float:
        """Return the time that is so long after the start."""
        return self.all.begins_s + offset_s

    def at_or_none(self, offset_s: float | None) -> float | None:
        """Return the time that is so long after the start, if one is said."""
        return None if offset_s is None else self.at(offset_s)

    def told(self, at_s: float) -> str:
        """Say a time: how long after the start it is."""
        offset_s = at_s - self.all.begins_s
        return f"{'-' if offset_s < 0 else '+'}{durations.text_of(abs(offset_s))}"


def _in_state(seen: _Seen, expected: StateExpected) -> _Judged:
    """Judge that an alarm is in a state: at a time, by a time, or from … to."""
    name = seen.full_name(expected.alarm)
    if expected.at_s is not None:
        at_s = seen.at(expected.at_s)
        state = seen.all.state(name, at_s)
        said = f"{expected.alarm} is in {expected.state} at {seen.told(at_s)}"
        found = f"it was in {state} {seen.since(name, at_s)}"
        return _Judged(said, found, name, at_s, passed=state == expected.state, is_open=seen.now_s < at_s)
    if expected.by_s is not None:
        return _by(seen, expected, name, seen.at(expected.by_s))
    from_s, to_s = seen.at(cast("float", expected.from_s)), seen.at(cast("float", expected.to_s))
    said = f"{expected.alarm} is in {expected.state} from {seen.told(from_s)} to {seen.told(to_s)}"
    other = seen.first_other(name, expected.state, from_s, to_s)
    if other is None:
        return _Judged(said, "all the time", name, from_s, passed=True, is_open=seen.now_s < to_s)
    found = f"it was in {other[1]} at {seen.told(other[0])}"
    return _Judged(said, found, name, from_s, passed=False, is_open=seen.now_s < from_s)


def _by(seen: _Seen, expected: StateExpected, name: str, by_s: float) -> _Judged:
    said = f"{expected.alarm} is in {expected.state} by {seen.told(by_s)}"
    when, is_open = seen.entered(name, expected.state, by_s)
    found = f"from {seen.told(when)} on" if when is not None else _instead(seen, name, expected.state, by_s)
    if when is not None:
        seen.met_s[name] = when
    return _Judged(said, found, name, by_s, passed=when is not None, is_open=is_open)


def _instead(seen: _Seen, name: str, state: State, by_s: float) -> str:
    """Say what was the case instead of a state that was expected by a time."""
    since_s = seen.met_s.get(name, seen.all.begins_s)
    if since_s > by_s:
        return f"its entries further up were met only at {seen.told(since_s)}"
    changes = seen.all.changes.get(name, ())
    later = next((change.at_s for change in changes if change.at_s > by_s and change.new == state), None)
    then = seen.all.state(name, by_s)
    if later is not None:
        return f"only at {seen.told(later)}, {durations.text_of(later - by_s)} too late; until then {then}"
    instead = "it never was" if seen.all.state(name, since_s) != state else "it did not return"
    return f"{instead}; at {seen.told(by_s)} it was in {then} {seen.since(name, by_s)}"


def _never(seen: _Seen, expected: NeverExpected) -> _Judged:
    """Judge that alarms are never in a state."""
    names = _without(seen.selection, expected.never, expected.but)
    said = f"{_these(expected.never, expected.but)} never in {expected.state}"
    wrong = [(when, name) for name in names if (when := seen.first(name, expected.state)) is not None]
    if not wrong:
        found = f"{len(names)} alarms" if len(names) > 1 else "it was not"
        return _Judged(said, found, passed=True, is_open=True)
    when, name = min(wrong)
    first = f"{seen.short(name)} was, at {seen.told(when)}"
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return _Judged(said, first + more, name, when, passed=False, is_open=False)


def _notification(seen: _Seen, expected: NotificationExpected) -> _Judged:
    """Judge that an alarm notifies: whom, when and how often."""
    name = seen.full_name(expected.notification)
    by_s, after_s = (
        seen.at_or_none(expected.by_s),
        seen.at_or_none(expected.after_s),
    )
    said = " ".join(
        (
            f"{expected.notification} says {expected.state}",
            *([f"to {expected.topic}"] if expected.topic else []),
            *([f"and reaches {', '.join(expected.reaches)}"] if expected.reaches else []),
            *([f"after {seen.told(after_s)}"] if after_s is not None else []),
            *([f"by {seen.told(by_s)}"] if by_s is not None else []),
            *([_times(expected.times)] if expected.times is not None else []),
        )
    )
    sent = [each for each in seen.all.notifications if (each.alarm, each.state) == (name, expected.state)]
    addressed = [
        each
        for each in sent
        if expected.topic in {None, each.topic} and set(expected.reaches) <= set(each.reached)
    ]
    right = [each for each in addressed if after_s is None or each.at_s >= after_s]
    fitting = [each for each in right if by_s is None or each.at_s <= by_s]
    # How often means to the end: one that is too late is one too many.
    if expected.times is None:
        passed = bool(fitting)
        is_open = not passed and (by_s is None or seen.now_s <= by_s)
    else:
        passed = len(fitting) == len(right) == expected.times
        is_open = len(right) <= expected.times
    at_s = by_s
    if fitting:
        found, at_s = f"it did {seen.listed(right)}", by_s or fitting[0].at_s
    elif addressed:
        found = f"it did only {seen.listed(addressed)}"
    else:
        found = _why_silent(seen, name, expected.state, sent)
    return _Judged(said, found, name, at_s, passed=passed, is_open=is_open)


def _why_silent(seen: _Seen, name: str, state: State, sent: Sequence[Notification]) -> str:
    if sent:
        where = ", ".join(
            f"{sending.topic} at {seen.told(sending.at_s)}, reaching {', '.join(sending.reached) or 'nobody'}"
            for sending in sent[:_SHOWN]
        )
        return f"it said so only to {where}"
    when = seen.first(name, state)
    if when is None:
        return f"it did not: it never was in {state}"
    held = seen.held(name)
    if held:
        spans = "; ".join(f"by {suppressed.by} {seen.span(suppressed)}" for suppressed in held[:_SHOWN])
        return f"it did not: in {state} at {seen.told(when)}, held back {spans}"
    has_action = seen.selection.alarms[name].actions.of(state)
    why = "none was seen" if has_action else "it has no action for that"
    return f"it did not, although it was in {state} at {seen.told(when)}: {why}"


def _silent(seen: _Seen, expected: SilentExpected) -> _Judged:
    """Judge that alarms do not notify."""
    names = set(_without(seen.selection, expected.silent, expected.but))
    kind = f" of {expected.state}" if expected.state else ""
    said = f"{_these(expected.silent, expected.but)} without a notification{kind}"
    sent = [
        each
        for each in seen.all.notifications
        if each.alarm in names and expected.state in {None, each.state}
    ]
    if not sent:
        return _Judged(said, "none was sent", passed=True, is_open=True)
    first = sent[0]
    found = f"{seen.short(first.alarm)} did {seen.listed(sent)}"
    return _Judged(said, found, first.alarm, first.at_s, passed=False, is_open=False)


def _suppressed(seen: _Seen, expected: SuppressedExpected) -> _Judged:
    """Judge that a composite's actions are held back."""
    name = seen.full_name(expected.suppressed)
    spans = [span for span in seen.held(name) if span.by == expected.because]
    at_s = seen.at_or_none(expected.at_s)
    at = f" at {seen.told(at_s)}" if at_s is not None else ""
    said = f"{expected.suppressed} is held back by {expected.because}{at}"
    fitting = [span for span in spans if at_s is None or span.from_s <= at_s < seen.end(span)]
    if fitting:
        return _Judged(said, seen.span(fitting[0]), name, at_s, passed=True, is_open=False)
    others = sorted({span.by for span in seen.held(name)})
    found = f"only {seen.span(spans[0])}" if spans else f"only by {', '.join(others)}" if others else ""
    is_open = at_s is None or seen.now_s <= at_s
    return _Judged(said, found or "it was not held back", name, at_s, passed=False, is_open=is_open)


def _message(seen: _Seen, expected: MessageExpected) -> _Judged:
    """Judge that a notification is in a queue."""
    name = seen.full_name(expected.message)
    by_s = seen.at_or_none(expected.by_s)
    by = f" by {seen.told(by_s)}" if by_s is not None else ""
    said = f"the message that {expected.message} is in {expected.state} is in the queue {expected.queue}{by}"
    arrived = next(
        (
            (position, message)
            for position, message in enumerate(seen.all.messages)
            if position not in seen.used
            and message.queue == expected.queue
            and (message.notification.alarm, message.notification.state) == (name, expected.state)
            and expected.topic in {None, message.notification.topic}
        ),
        None,
    )
    if arrived is None:
        sent = [each for each in seen.all.notifications if (each.alarm, each.state) == (name, expected.state)]
        found = f"it is not: {_why_silent(seen, name, expected.state, sent)}"
        is_open = by_s is None or seen.now_s <= by_s
        return _Judged(said, found, name, by_s, passed=False, is_open=is_open)
    position, first = arrived
    origin = f", given up by {first.dead_letter_of}'s consumer" if first.dead_letter_of else ""
    found = f"since {seen.told(first.arrived_s)}{origin}"
    passed = by_s is None or first.arrived_s <= by_s
    if passed:
        seen.used.add(position)
    return _Judged(said, found, name, by_s or first.arrived_s, passed=passed, is_open=False)


def _pages(seen: _Seen, expected: PagesExpected) -> _Judged:
    """Judge how often somebody is woken."""
    return _counted(seen, "page", expected.pages)


def _tickets(seen: _Seen, expected: TicketsExpected) -> _Judged:
    """Judge how much waits for the morning."""
    return _counted(seen, "ticket", expected.tickets)


def _counted(seen: _Seen, severity: Severity, wanted: int) -> _Judged:
    severities = {topic.name: topic.severity for topic in seen.all.system.topics}
    sent = [
        each
        for each in seen.all.notifications
        if each.state == "ALARM" and severities.get(each.topic) == severity
    ]
    said = f"{wanted} {severity}{'' if wanted == 1 else 's'} in all"
    named = ", ".join(
        f"{seen.short(notification.alarm)} at {seen.told(notification.at_s)}"
        for notification in sent[:_SHOWN]
    )
    more = f" and {len(sent) - _SHOWN} more" if len(sent) > _SHOWN else ""
    found = f"{len(sent)}: {named}{more}" if sent else "none"
    return _Judged(said, found, passed=len(sent) == wanted, is_open=len(sent) <= wanted)


_JUDGES: Mapping[type[Expectation], Callable[[_Seen, Any], _Judged]] = {
    StateExpected: _in_state,
    NeverExpected: _never,
    NotificationExpected: _notification,
    SilentExpected: _silent,
    SuppressedExpected: _suppressed,
    MessageExpected: _message,
    PagesExpected: _pages,
    TicketsExpected: _tickets,
}


def _these(names: Sequence[str], but: Sequence[str]) -> str:
    """Return several names as one subject."""
    listed = ", ".join(names)
    return f"{listed} (but for {', '.join(but)})" if but else listed


def _times(number: int) -> str:
    """Return how often."""
    return "once" if number == 1 else f"{number} times"


def _without(selection: Selection, names: Sequence[str], but: Sequence[str]) -> tuple[str, ...]:
    """Return the full names of alarms, without those that are excepted."""
    spared = set(selection.full_names(but)) if but else set()
    return tuple(name for name in selection.full_names(names) if name not in spared)


def alarms(selection: Selection, expects: Expectation) -> tuple[str, ...]:
    """Return the full names of the alarms that an expectation is about; none for what is counted.

    Raises:
        UnknownNameError: there is no such alarm.
    """
    if isinstance(expects, NeverExpected):
        return _without(selection, expects.never, expects.but)
    if isinstance(expects, SilentExpected):
        return _without(selection, expects.silent, expects.but)
    named = [getattr(expects, key) for key in _ALARMS if hasattr(expects, key)]
    return tuple(selection.full_name(name) for name in named)


def problems(selection: Selection, expect: Iterable[Expected]) -> Iterator[Problem]:
    """Yield expectations about what is not there, or about what cannot be told."""
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
            else:
                selection.full_names(value)
        except UnknownNameError as error:
            yield Problem(expected.place, key, str(error))


def _nothing_left(selection: Selection, expected: Expected) -> Iterator[Problem]:
    """Yield that exceptions leave nothing of which something could be expected."""
    expects = expected.expects
    if isinstance(expects, NeverExpected | SilentExpected) and expects.but:
        with contextlib.suppress(UnknownNameError):
            if not alarms(selection, expects):
                yield Problem(expected.place, "but", "leaves no alarm of which anything is expected")


def _unknown_receivers(system: System, expected: Expected) -> Iterator[Problem]:
    topics = {topic.name for topic in system.topics}
    queues = {queue.name for queue in system.queues}
    reached = {subscription.name for topic in system.topics for subscription in topic.subscriptions}
    for key, known in (("topic", topics), ("queue", queues), ("reaches", reached)):
        named: Any = getattr(expected.expects, key, None)
        for name in [named] if isinstance(named, str) else named or ():
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                text = f"no such name; known: {listed} (found: {name}){did_you_mean(name, known)}"
                yield Problem(expected.place, key, text)


def _unsuppressed(selection: Selection, expected: Expected) -> Iterator[Problem]:
    expects, system = expected.expects, selection.system
    if isinstance(expects, SuppressedExpected):
        held = {composite.name for composite in system.composites if composite.suppressor is not None}
        name = system.short_names.get(expects.suppressed, expects.suppressed)
        if name in selection.alarms and name not in held:
            yield Problem(expected.place, "suppressed", f"nothing suppresses {expects.suppressed}")


def _without_severity(system: System, expected: Expected) -> Iterator[Problem]:
    """Yield that notifications of a kind are counted where no topic is of that kind: it would always be 0."""
    expects = expected.expects
    if not isinstance(expects, PagesExpected | TicketsExpected):
        return
    wanted: Severity = "page" if isinstance(expects, PagesExpected) else "ticket"
    if any(topic.severity == wanted for topic in system.topics):
        return
    tags = " or ".join(name for name, severity in SEVERITIES.items() if severity == wanted)
    named = ", ".join(sorted(topic.name for topic in system.topics)) or "none"
    yield Problem(
        expected.place,
        f"{wanted}s",
        f"no topic of {system.title} is for {wanted}s: there would be 0 whatever happens; a topic is if its "
        f"tag Severity, or its name, is {tags} (topics: {named})",
    )
