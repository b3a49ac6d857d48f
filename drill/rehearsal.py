"""What happened in a rehearsal, as values: states over time, notifications, messages, verdicts.

Times are seconds since 1970. A minute's datapoint is known, and its alarm evaluated, when the minute ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cloudwatch.composites import Change
from cloudwatch.states import State
from cloudwatch.suppression import Suppressed
from drill.model import System


@dataclass(frozen=True, slots=True)
class Notification:
    """An alarm's message to one topic."""

    at_s: float
    alarm: str
    """Its full name."""
    state: State
    topic: str
    """The topic's name."""
    changed_s: float
    """When the alarm changed: earlier than `at_s` if the message was held back."""
    reached: tuple[str, ...]
    """Names of the topic's subscriptions."""


@dataclass(frozen=True, slots=True)
class Message:
    """A notification in a queue."""

    notification: Notification
    queue: str
    arrived_s: float
    dead_letter_of: str | None = None
    """The queue whose consumer failed with it, when this one is a dead-letter queue."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """What a metric alarm compared: one value for every evaluation."""

    alarm: str
    times_s: np.ndarray
    values: np.ndarray
    """NaN where there was no datapoint."""
    threshold: float | tuple[np.ndarray, np.ndarray]
    """The threshold, or the band's lower and upper bounds."""
    unit: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something that was expected happened."""

    place: str
    """File and line of the expectation."""
    expected: str
    """In one sentence."""
    passed: bool
    found: str
    """What happened instead, or when; one sentence."""
    alarm: str | None = None
    """Full name of the alarm that it is about."""
    at_s: float | None = None
    """The time by which it was expected, for the picture."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened in one scenario, rehearsed or live."""

    name: str
    """The scenario's file name without its ending."""
    says: str
    """What the scenario shows, in a sentence."""
    system: System
    begins_s: float
    """The beginning of the scenario; what is before it is warm-up."""
    ends_s: float
    """The end; of a drill that goes on, until when anything is known."""
    changes: Mapping[str, tuple[Change, ...]]
    """Full name of each alarm and composite -> its changes in order, those of the warm-up included. Before
    the first one it is in INSUFFICIENT_DATA; alarms that never changed have no entry."""
    suppressed: Mapping[str, tuple[Suppressed, ...]]
    """Full name of each composite -> when its actions were held back, and by what."""
    notifications: tuple[Notification, ...]
    """Of the scenario itself, without those of the warm-up, in order."""
    messages: tuple[Message, ...]
    verdicts: tuple[Verdict, ...]
    took_s: float
    """Seconds that it took."""

    @property
    def passed(self) -> bool:
        """Whether everything that was expected happened."""
        return all(verdict.passed for verdict in self.verdicts)

    def state(self, alarm: str, at_s: float) -> State:
        """Return the state of an alarm (its full name) at a time."""
        found: State = "INSUFFICIENT_DATA"
        for change in self.changes.get(alarm, ()):
            if change.at_s > at_s:
                break
            found = change.new
        return found


@dataclass(frozen=True, slots=True)
class Rehearsal(Outcome):
    """One scenario, rehearsed: what every alarm compared is known."""

    step_s: int
    first_s: float
    """The beginning of the warm-up, when every alarm was in INSUFFICIENT_DATA."""
    line: Callable[[str], Line]
    """From the full name of a metric alarm to what it compared, computed when it is asked for."""
