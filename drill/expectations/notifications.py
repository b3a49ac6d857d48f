"""Whether alarms notified as was expected, and whether their messages arrived."""

from __future__ import annotations

from collections.abc import Sequence

from cloudwatch.states import State
from drill.expectations.seen import SHOWN, Judged, Seen, these, times
from drill.rehearsal import Notification
from drill.scenarios.model import (
    MessageExpected,
    NotificationExpected,
    SilentExpected,
    SuppressedExpected,
)


def notification(seen: Seen, one: NotificationExpected) -> Judged:
    """Judge that an alarm notifies: whom, when and how often."""
    name = seen.full_name(one.notification)
    by_s = seen.at(one.by_s) if one.by_s is not None else None
    after_s = seen.at(one.after_s) if one.after_s is not None else None
    said = " ".join(
        (
            f"{one.notification} says {one.state}",
            *([f"to {one.topic}"] if one.topic else []),
            *([f"and reaches {', '.join(one.reaches)}"] if one.reaches else []),
            *([f"after {seen.told(after_s)}"] if after_s is not None else []),
            *([f"by {seen.told(by_s)}"] if by_s is not None else []),
            *([times(one.times)] if one.times is not None else []),
        )
    )
    sent = [two for two in seen.all.notifications if two.alarm == name and two.state == one.state]
    addressed = [
        two
        for two in sent
        if (one.topic is None or two.topic == one.topic) and set(one.reaches) <= set(two.reached)
    ]
    right = [two for two in addressed if after_s is None or two.at_s >= after_s]
    fitting = [two for two in right if by_s is None or two.at_s <= by_s]
    # How often means to the end: one that is too late is one too many.
    passed = bool(fitting) if one.times is None else len(fitting) == len(right) == one.times
    if fitting:
        return Judged(said, f"it did {seen.listed(right)}", name, by_s or fitting[0].at_s, passed=passed)
    if addressed:
        return Judged(said, f"it did only {seen.listed(addressed)}", name, by_s, passed=passed)
    return Judged(said, _why_silent(seen, name, one.state, sent), name, by_s, passed=passed)


def _why_silent(seen: Seen, name: str, state: State, sent: Sequence[Notification]) -> str:
    if sent:
        where = ", ".join(
            f"{one.topic} at {seen.told(one.at_s)}, reaching {', '.join(one.reached) or 'nobody'}"
            for one in sent[:SHOWN]
        )
        return f"it said so only to {where}"
    when = seen.first(name, state, seen.all.begins_s, seen.all.ends_s)
    if when is None:
        return f"it did not: it never was in {state}"
    held = seen.held(name)
    if held:
        spans = "; ".join(f"by {one.by} {seen.span(one)}" for one in held[:SHOWN])
        return f"it did not: in {state} at {seen.told(when)}, held back {spans}"
    return f"it did not, although it was in {state} at {seen.told(when)}: it has no action for that"


def silent(seen: Seen, one: SilentExpected) -> Judged:
    """Judge that alarms do not notify."""
    names = set(seen.without(one.silent, one.but))
    kind = f" of {one.state}" if one.state else ""
    said = f"{these(one.silent, one.but)} without a notification{kind}"
    sent = [two for two in seen.all.notifications if two.alarm in names and one.state in {None, two.state}]
    if not sent:
        return Judged(said, "none was sent", passed=True)
    first = sent[0]
    return Judged(
        said, f"{seen.short(first.alarm)} did {seen.listed(sent)}", first.alarm, first.at_s, passed=False
    )


def suppressed(seen: Seen, one: SuppressedExpected) -> Judged:
    """Judge that a composite's actions are held back."""
    name = seen.full_name(one.suppressed)
    spans = [two for two in seen.held(name) if two.by == one.because]
    at_s = seen.at(one.at_s) if one.at_s is not None else None
    said = f"{one.suppressed} is held back by {one.because}" + (
        f" at {seen.told(at_s)}" if at_s is not None else ""
    )
    fitting = [two for two in spans if at_s is None or two.from_s <= at_s < seen.end(two)]
    if fitting:
        return Judged(said, seen.span(fitting[0]), name, at_s, passed=True)
    if spans:
        return Judged(said, f"only {seen.span(spans[0])}", name, at_s, passed=False)
    others = sorted({two.by for two in seen.held(name)})
    return Judged(
        said, f"only by {', '.join(others)}" if others else "it was not held back", name, at_s, passed=False
    )


def message(seen: Seen, one: MessageExpected) -> Judged:
    """Judge that a notification is in a queue."""
    name = seen.full_name(one.message)
    by_s = seen.at(one.by_s) if one.by_s is not None else None
    said = f"the message that {one.message} is in {one.state} is in the queue {one.queue}" + (
        f" by {seen.told(by_s)}" if by_s is not None else ""
    )
    arrived = [
        two
        for two in seen.all.messages
        if two.queue == one.queue
        and two.notification.alarm == name
        and two.notification.state == one.state
        and one.topic in {None, two.notification.topic}
    ]
    if not arrived:
        sent = [two for two in seen.all.notifications if two.alarm == name and two.state == one.state]
        return Judged(
            said, f"it is not: {_why_silent(seen, name, one.state, sent)}", name, by_s, passed=False
        )
    first = arrived[0]
    origin = f", given up by {first.dead_letter_of}'s consumer" if first.dead_letter_of else ""
    passed = by_s is None or first.arrived_s <= by_s
    return Judged(
        said, f"since {seen.told(first.arrived_s)}{origin}", name, by_s or first.arrived_s, passed=passed
    )
