"""Action suppression: whether a composite alarm holds its actions back, by what and for how long.

Only actions are held back; the state of the alarm changes at once. Times are seconds on any clock that does
not jump.

Source: Amazon CloudWatch User Guide, "Suppressing composite alarm actions" (WaitPeriod and ExtensionPeriod,
its six examples); Amazon CloudWatch API Reference, CompositeAlarm, `ActionsSuppressedBy`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from local_aws.alarms import Change

By = Literal["Alarm", "WaitPeriod", "ExtensionPeriod"]


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Held:
    """A change of a composite alarm whose actions are held back.

    Args:
        change: the newest change; an older one that was still held back is never acted on.
        suppressor: the name of the suppressor alarm.
        by: what holds it back.
        until_s: when that ends by itself; None while it is the suppressor, which has to leave ALARM first.
    """

    change: Change
    suppressor: str
    by: By
    until_s: float | None

    def is_due(self, now_s: float) -> bool:
        """Tell whether the actions are to be performed now."""
        return self.until_s is not None and self.until_s <= now_s


def hold(change: Change, suppressor: Suppressor, *, in_alarm: bool, now_s: float) -> Held:
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


def follow(held: Held, suppressor: Suppressor, *, in_alarm: bool, now_s: float) -> Held:
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
