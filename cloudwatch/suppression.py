"""Action suppression: whether the actions of a composite alarm are suppressed, by what and for how long.

Only actions are suppressed; the state of the alarm changes at once. Times are seconds on a monotonic clock.
AWS does not document the order of simultaneous events: here the suppressor changes first, then the composite
alarm, and then a wait period or an extension period ends.

Source: Amazon CloudWatch User Guide, "Suppressing composite alarm actions" (WaitPeriod and ExtensionPeriod,
its six examples); Amazon CloudWatch API Reference, CompositeAlarm, `ActionsSuppressedBy`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from cloudwatch.composites import Change

By = Literal["Alarm", "WaitPeriod", "ExtensionPeriod"]

T = TypeVar("T")
"""The type of a change, which is opaque here."""


@dataclass(frozen=True, slots=True)
class Suppressor:
    """The suppressor of a composite alarm's actions.

    Args:
        alarm: the name of the suppressor alarm.
        wait_s: seconds that a change waits for the suppressor to go into ALARM.
        extension_s: seconds that a suppressed change still waits after the suppressor has left ALARM.
    """

    alarm: str
    wait_s: float
    extension_s: float


@dataclass(frozen=True, slots=True)
class SuppressedChange(Generic[T]):
    """A change of a composite alarm whose actions are suppressed.

    Args:
        change: the newest change; the actions of an older suppressed change are never executed.
        suppressor: the name of the suppressor alarm.
        by: the reason of the suppression.
        until_s: end of the wait or extension period; None while the suppressor is in ALARM.
    """

    change: T
    suppressor: str
    by: By
    until_s: float | None

    def is_due(self, now_s: float) -> bool:
        """Return whether the actions are to be executed now."""
        return self.until_s is not None and self.until_s <= now_s


def suppress(change: T, suppressor: Suppressor, *, in_alarm: bool, now_s: float) -> SuppressedChange[T]:
    """Return the suppression of a new change: a running wait or extension period is discarded.

    Args:
        change: the composite alarm's new change.
        suppressor: the suppressor of the composite alarm.
        in_alarm: whether the suppressor is in ALARM.
        now_s: the time of the change.
    """
    if in_alarm:
        return SuppressedChange(change, suppressor.alarm, "Alarm", None)
    return SuppressedChange(change, suppressor.alarm, "WaitPeriod", now_s + suppressor.wait_s)


def follow(
    suppression: SuppressedChange[T], suppressor: Suppressor, *, in_alarm: bool, now_s: float
) -> SuppressedChange[T]:
    """Return the suppression of a change after the suppressor has changed its state, or may have changed it.

    With another suppressor than before, running periods are discarded, as if the change had happened now.

    Args:
        suppression: the suppression before.
        suppressor: the suppressor of the composite alarm.
        in_alarm: whether the suppressor is in ALARM now.
        now_s: the time of the suppressor's change.
    """
    if suppression.suppressor != suppressor.alarm:
        return suppress(suppression.change, suppressor, in_alarm=in_alarm, now_s=now_s)
    if in_alarm:
        return replace(suppression, by="Alarm", until_s=None)
    if suppression.by == "Alarm":
        return replace(suppression, by="ExtensionPeriod", until_s=now_s + suppressor.extension_s)
    return suppression


@dataclass(frozen=True, slots=True)
class Action:
    """The execution of a composite alarm's actions, at once or after a suppression."""

    at_s: float
    change: Change


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A period in which a composite alarm's actions were suppressed."""

    from_s: float
    to_s: float | None
    """None if the suppression lasts beyond the last change."""
    by: By


@dataclass(frozen=True, slots=True)
class Timeline:
    """The actions and suppressions that follow from a composite alarm's changes.

    A wait period that is replaced by another one ends a `Suppressed`; periods of length 0 are omitted.
    """

    actions: tuple[Action, ...]
    suppressed: tuple[Suppressed, ...]


def performed(
    changes: Iterable[Change], suppressor_changes: Iterable[Change], suppressor: Suppressor | None
) -> Timeline:
    """Return when a composite alarm's actions are executed, and the periods in which they are suppressed.

    Wait periods run to their end, even beyond the last change.

    Args:
        changes: of the composite alarm, in chronological order.
        suppressor_changes: of the suppressor, in chronological order. It is not in ALARM before the first.
        suppressor: the suppressor of the composite alarm; None if it has none.
    """
    if suppressor is None:
        return Timeline(tuple(Action(change.at_s, change) for change in changes), ())
    running = _Running(suppressor)
    events = [(change.at_s, False, change) for change in suppressor_changes]
    events += [(change.at_s, True, change) for change in changes]
    for at_s, is_composite, change in sorted(events, key=lambda event: event[:2]):
        running.perform_before(at_s)
        if is_composite:
            running.take(change)
        else:
            running.suppressor_changes(change)
    return running.timeline()


class _Running:
    """The suppression of a composite alarm over time."""

    def __init__(self, suppressor: Suppressor) -> None:
        self._suppressor = suppressor
        self._in_alarm = False
        self._current: SuppressedChange[Change] | None = None
        self._since_s = 0.0
        self._actions: list[Action] = []
        self._suppressed: list[Suppressed] = []

    def take(self, change: Change) -> None:
        """Suppress a new change; the actions of an older suppressed change are never executed."""
        now_s = change.at_s
        self._replace(suppress(change, self._suppressor, in_alarm=self._in_alarm, now_s=now_s), now_s)

    def suppressor_changes(self, change: Change) -> None:
        """Update the suppression after a change of the suppressor."""
        self._in_alarm = change.new == "ALARM"
        if self._current:
            now_s = change.at_s
            self._replace(
                follow(self._current, self._suppressor, in_alarm=self._in_alarm, now_s=now_s), now_s
            )

    def perform_before(self, at_s: float) -> None:
        """Execute the actions that are due before a time."""
        suppression = self._current
        if suppression and suppression.until_s is not None and suppression.until_s < at_s:
            self._end(suppression, suppression.until_s)
            self._actions.append(Action(suppression.until_s, suppression.change))
            self._current = None

    def timeline(self) -> Timeline:
        """Return the timeline up to the end of all wait and extension periods."""
        self.perform_before(math.inf)
        if self._current:
            self._end(self._current, None)
        return Timeline(tuple(self._actions), tuple(self._suppressed))

    def _replace(self, suppression: SuppressedChange[Change], now_s: float) -> None:
        before, self._current = self._current, suppression
        if before is None or (before.by, before.until_s) != (suppression.by, suppression.until_s):
            if before:
                self._end(before, now_s)
            self._since_s = now_s

    def _end(self, suppression: SuppressedChange[Change], now_s: float | None) -> None:
        if now_s != self._since_s:
            self._suppressed.append(Suppressed(self._since_s, now_s, suppression.by))
