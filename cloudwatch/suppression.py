"""Action suppression: whether a composite alarm holds its actions back, by what and for how long.

Only actions are held back; the state of the alarm changes at once. Times are seconds on any clock that does
not jump. AWS does not say what happens when things coincide: here the suppressor changes first, then the
composite, and only then is a wait or an extension over.

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
"""What a change is: nothing here looks into it."""


@dataclass(frozen=True, slots=True)
class Suppressor:
    """What holds a composite alarm's actions back.

    Args:
        alarm: the name of the suppressor alarm.
        wait_s: how long a change waits for the suppressor to go into ALARM.
        extension_s: how long a change that was held back still waits once the suppressor has left ALARM.
    """

    alarm: str
    wait_s: float
    extension_s: float


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """A change of a composite alarm whose actions are held back.

    Args:
        change: the newest change; an older one that was still held back is never acted on.
        suppressor: the name of the suppressor alarm.
        by: what holds it back.
        until_s: when that ends by itself; None while it is the suppressor, which has to leave ALARM first.
    """

    change: T
    suppressor: str
    by: By
    until_s: float | None

    def is_due(self, now_s: float) -> bool:
        """Tell whether the actions are to be performed now."""
        return self.until_s is not None and self.until_s <= now_s


def hold(change: T, suppressor: Suppressor, *, in_alarm: bool, now_s: float) -> Held[T]:
    """Return how a new change is held back: whatever wait or extension ran before is discarded.

    Args:
        change: the composite alarm's new change.
        suppressor: what suppresses it.
        in_alarm: whether the suppressor is in ALARM.
        now_s: the time of the change.
    """
    if in_alarm:
        return Held(change, suppressor.alarm, "Alarm", None)
    return Held(change, suppressor.alarm, "WaitPeriod", now_s + suppressor.wait_s)


def follow(held: Held[T], suppressor: Suppressor, *, in_alarm: bool, now_s: float) -> Held[T]:
    """Return how a change is held back once the suppressor has changed its state, or may have.

    Another suppressor than before discards what ran: the change is held back as if it had happened now.

    Args:
        held: how it was held back before.
        suppressor: what suppresses it.
        in_alarm: whether the suppressor is in ALARM now.
        now_s: the time of the suppressor's change.
    """
    if held.suppressor != suppressor.alarm:
        return hold(held.change, suppressor, in_alarm=in_alarm, now_s=now_s)
    if in_alarm:
        return replace(held, by="Alarm", until_s=None)
    if held.by == "Alarm":
        return replace(held, by="ExtensionPeriod", until_s=now_s + suppressor.extension_s)
    return held


@dataclass(frozen=True, slots=True)
class Action:
    """A composite alarm's actions are performed, at once or once nothing holds them back any more."""

    at_s: float
    change: Change


@dataclass(frozen=True, slots=True)
class Suppressed:
    """For so long something held a composite alarm's actions back."""

    from_s: float
    to_s: float | None
    """None if it still does after the last change."""
    by: By


@dataclass(frozen=True, slots=True)
class Timeline:
    """What became of a composite alarm's changes.

    A wait that is discarded for another one ends a `Suppressed`, and one of no length is none.
    """

    actions: tuple[Action, ...]
    suppressed: tuple[Suppressed, ...]


def performed(
    changes: Iterable[Change], suppressor_changes: Iterable[Change], suppressor: Suppressor | None
) -> Timeline:
    """Return when a composite alarm's actions are performed, and what holds them back in the meantime.

    Waits run to their end, also beyond the last change.

    Args:
        changes: of the composite, in the order of their times.
        suppressor_changes: of the suppressor, likewise. It is not in ALARM before the first.
        suppressor: what suppresses the composite; None if nothing does.
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
    """A composite alarm while time passes."""

    def __init__(self, suppressor: Suppressor) -> None:
        self._suppressor = suppressor
        self._in_alarm = False
        self._held: Held[Change] | None = None
        self._since_s = 0.0
        self._actions: list[Action] = []
        self._suppressed: list[Suppressed] = []

    def take(self, change: Change) -> None:
        """Hold a new change back; what was held back before is never acted on."""
        now_s = change.at_s
        self._hold(hold(change, self._suppressor, in_alarm=self._in_alarm, now_s=now_s), now_s)

    def suppressor_changes(self, change: Change) -> None:
        """Follow the suppressor."""
        self._in_alarm = change.new == "ALARM"
        if self._held:
            now_s = change.at_s
            self._hold(follow(self._held, self._suppressor, in_alarm=self._in_alarm, now_s=now_s), now_s)

    def perform_before(self, at_s: float) -> None:
        """Perform what is due earlier."""
        held = self._held
        if held and held.until_s is not None and held.until_s < at_s:
            self._end(held, held.until_s)
            self._actions.append(Action(held.until_s, held.change))
            self._held = None

    def timeline(self) -> Timeline:
        """Let time pass to the end."""
        self.perform_before(math.inf)
        if self._held:
            self._end(self._held, None)
        return Timeline(tuple(self._actions), tuple(self._suppressed))

    def _hold(self, held: Held[Change], now_s: float) -> None:
        before, self._held = self._held, held
        if before is None or (before.by, before.until_s) != (held.by, held.until_s):
            if before:
                self._end(before, now_s)
            self._since_s = now_s

    def _end(self, held: Held[Change], now_s: float | None) -> None:
        if now_s != self._since_s:
            self._suppressed.append(Suppressed(self._since_s, now_s, held.by))
