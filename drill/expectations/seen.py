"""What happened in a rehearsal, as expectations ask for it and in their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cloudwatch.states import State
from cloudwatch.suppression import Suppressed
from drill import durations
from drill.rehearsal import Notification, Rehearsal
from drill.selection import Selection

SHOWN: Final = 3
"""How many of several are named."""


@dataclass(frozen=True, slots=True)
class Judged:
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


@dataclass(frozen=True)
class Seen:
    """One rehearsal."""

    all: Rehearsal

    @cached_property
    def selection(self) -> Selection:
        """The names of the system."""
        return Selection(self.all.system)

    def full_name(self, name: str) -> str:
        """Return the name in AWS of an alarm."""
        return self.selection.full_name(name)

    def short(self, name: str) -> str:
        """Return the shortest name of an alarm."""
        return self.selection.short(name)

    def first(self, name: str, state: State, from_s: float, to_s: float) -> float | None:
        """Return the first time from … to (both inclusive) at which an alarm was in a state."""
        if self.all.state(name, from_s) == state:
            return from_s
        changes = self.all.changes.get(name, ())
        return next((one.at_s for one in changes if from_s < one.at_s <= to_s and one.new == state), None)

    def entered(self, name: str, state: State, by_s: float) -> float | None:
        """Return when an alarm first entered a state, up to a time; the start, if it was in it all along.

        An alarm that is OK at the start, leaves and does not come back is not OK "by" any time.
        """
        begins_s = self.all.begins_s
        changes = self.all.changes.get(name, ())
        when = next((one.at_s for one in changes if begins_s < one.at_s <= by_s and one.new == state), None)
        if when is None and self.first_other(name, state, begins_s, by_s) is None:
            return begins_s
        return when

    def first_other(self, name: str, state: State, from_s: float, to_s: float) -> tuple[float, State] | None:
        """Return the first time from … to at which an alarm was in another state, and in which."""
        found = self.all.state(name, from_s)
        if found != state:
            return from_s, found
        for change in self.all.changes.get(name, ()):
            if from_s < change.at_s <= to_s and change.new != state:
                return change.at_s, change.new
        return None

    def since(self, name: str, at_s: float) -> str:
        """Return since when an alarm had been in its state."""
        changes = [one.at_s for one in self.all.changes.get(name, ()) if one.at_s <= at_s]
        if not changes or changes[-1] <= self.all.begins_s:
            return "since before the start"
        return f"since {self.told(changes[-1])}"

    def held(self, name: str) -> list[Suppressed]:
        """Return when something held a composite back, in the scenario itself."""
        found = self.all.suppressed.get(name, ())
        return [one for one in found if one.from_s < self.all.ends_s and self.end(one) > self.all.begins_s]

    def end(self, one: Suppressed) -> float:
        """Return when actions were performed again; at the latest the end."""
        return self.all.ends_s if one.to_s is None else min(one.to_s, self.all.ends_s)

    def span(self, one: Suppressed) -> str:
        """Say when actions were held back."""
        to = "the end" if one.to_s is None else self.told(one.to_s)
        return f"from {self.told(max(one.from_s, self.all.begins_s))} to {to}"

    def without(self, names: Sequence[str], but: Sequence[str]) -> tuple[str, ...]:
        """Return the full names of alarms, without those that are excepted."""
        spared = set(self.selection.full_names(but)) if but else set()
        return tuple(name for name in self.selection.full_names(names) if name not in spared)

    def listed(self, sent: Sequence[Notification]) -> str:
        """Say when notifications were sent."""
        at = ", ".join(self.told(one.at_s) for one in sent[:SHOWN])
        return f"at {at}" + (f" and {len(sent) - SHOWN} more" if len(sent) > SHOWN else "")

    def at(self, offset_s: float) -> float:
        """Return the time that is so long after the start."""
        return self.all.begins_s + offset_s

    def told(self, at_s: float) -> str:
        """Say a time: how long after the start it is."""
        offset_s = at_s - self.all.begins_s
        return f"{'-' if offset_s < 0 else '+'}{durations.text_of(abs(offset_s))}"


def these(names: Sequence[str], but: Sequence[str]) -> str:
    """Return several names as one subject."""
    listed = ", ".join(names)
    return f"{listed} (but for {', '.join(but)})" if but else listed


def times(number: int) -> str:
    """Return how often."""
    return "once" if number == 1 else f"{number} times"
