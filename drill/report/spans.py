"""An alarm's states over a scenario, one span after the other, without a hole."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from drill.model import State
from drill.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which an alarm was in one state."""

    from_s: float
    to_s: float
    state: State

    @property
    def lasts_s(self) -> float:
        """How long that was."""
        return self.to_s - self.from_s


def states(rehearsal: Rehearsal, alarm: str) -> tuple[Span, ...]:
    """Return the spans of an alarm (its full name), from the scenario's beginning to its end."""
    times_s = [rehearsal.begins_s]
    found = [rehearsal.state(alarm, rehearsal.begins_s)]
    for change in rehearsal.changes.get(alarm, ()):
        if rehearsal.begins_s < change.at_s < rehearsal.ends_s and change.new != found[-1]:
            times_s.append(change.at_s)
            found.append(change.new)
    edges = itertools.pairwise((*times_s, rehearsal.ends_s))
    return tuple(Span(start, end, state) for (start, end), state in zip(edges, found, strict=True))


def changed(rehearsal: Rehearsal) -> frozenset[str]:
    """Return the full names of the alarms that changed in the scenario itself, after the warm-up."""
    return frozenset(
        alarm
        for alarm, changes in rehearsal.changes.items()
        if any(rehearsal.begins_s < one.at_s <= rehearsal.ends_s for one in changes)
    )
