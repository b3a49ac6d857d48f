"""What happened in a rehearsal, as values: states over time, notifications, messages, verdicts.

Times are seconds since 1970. A minute's datapoint is known, and its alarm evaluated, when the minute ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from cloudwatch.composites import Change
from cloudwatch.states import State
from cloudwatch.suppression import Suppressed
from drill.model import System


@dataclass(frozen=True, slots=True)
class Notification:
    """A message of an alarm to a topic."""

    at_s: float
    alarm: str
    """Its name in AWS."""
    state: State
    topic: str
    """The topic's name."""
    changed_s: float
    """When the alarm changed: earlier than `at_s` if its actions were suppressed."""
    delivered_to: tuple[str, ...]
    """Names of the topic's subscriptions."""


@dataclass(frozen=True, slots=True)
class Performed:
    """An action of an alarm that is not a notification."""

    at_s: float
    alarm: str
    """Its name in AWS."""
    state: State
    does: str
    """What the action does: `stops the EC2 instance`."""


@dataclass(frozen=True, slots=True)
class Message:
    """A notification in a queue."""

    notification: Notification
    queue: str
    arrived_s: float
    dead_letter_of: str | None = None
    """The source queue, if this is a dead-letter queue."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The values that a metric alarm compared, one for each evaluation."""

    alarm: str
    times_s: np.ndarray
    values: np.ndarray
    """NaN where there was no datapoint."""
    threshold: float | tuple[np.ndarray, np.ndarray]
    """The threshold, or the band's lower and upper bounds."""
    unit: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of an expectation."""

    place: str
    """File and line of the expectation."""
    expected: str
    """What was expected, in a sentence."""
    passed: bool
    actual: str
    """What happened, and when, in a sentence."""
    alarm: str | None = None
    """Full name of the alarm."""
    at_s: float | None = None
    """The time of the expectation, for the timeline."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a scenario, rehearsed or live."""

    name: str
    """The file name of the scenario without its extension."""
    description: str
    """What the scenario shows, in a sentence."""
    system: System
    begins_s: float
    """The start of the scenario, after the warm-up."""
    ends_s: float
    """The end; while a drill runs, the time of the newest data."""
    changes: Mapping[str, tuple[Change, ...]]
    """Full name of each alarm and composite -> its changes in order, including the warm-up. Before the first
    one it is in INSUFFICIENT_DATA. Alarms that never changed have no entry."""
    suppressed: Mapping[str, tuple[Suppressed, ...]]
    """Full name of each composite -> when its actions were suppressed, and the reason."""
    notifications: tuple[Notification, ...]
    """In order, without the warm-up."""
    messages: tuple[Message, ...]
    verdicts: tuple[Verdict, ...]
    took_s: float
    """Run time."""
    actions: tuple[Performed, ...] = field(default=(), kw_only=True)
    """In order, without the warm-up: what alarms do besides notifications."""

    @property
    def passed(self) -> bool:
        """Whether all expectations are met."""
        return all(verdict.passed for verdict in self.verdicts)

    def state(self, alarm: str, at_s: float) -> State:
        """Return the state of an alarm (its full name) at a time."""
        state: State = "INSUFFICIENT_DATA"
        for change in self.changes.get(alarm, ()):
            if change.at_s > at_s:
                break
            state = change.new
        return state


@dataclass(frozen=True, slots=True)
class Rehearsal(Outcome):
    """The outcome of a rehearsal, with the values that every alarm compared."""

    step_s: int
    first_s: float
    """The start of the warm-up, when every alarm is in INSUFFICIENT_DATA."""
    line: Callable[[str], Line]
    """Full name of a metric alarm -> the values that it compared, computed on demand."""
    notes: tuple[str, ...] = ()
    """What the scenario does not say although it matters, in sentences (`drill.notes`)."""
