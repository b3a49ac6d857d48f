"""An alarm's states over a scenario, one span after the other, without a hole."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from cloudwatch.states import State
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
    begins_s, ends_s = rehearsal.begins_s, rehearsal.ends_s
    times_s = [begins_s]
    found = [rehearsal.state(alarm, begins_s)]
    for change in rehearsal.changes.get(alarm, ()):
        at_s, new = change.at_s, change.new
        if begins_s < at_s < ends_s and new != found[-1]:
            times_s.append(at_s)
            found.append(new)
    edges = itertools.pairwise((*times_s, ends_s))
    return tuple(Span(start, end, state) for (start, end), state in zip(edges, found, strict=True))


def changed(rehearsal: Rehearsal) -> frozenset[str]:
    """Return the full names of the alarms that changed in the scenario itself, after the warm-up."""
    return frozenset(
        alarm
        for alarm, changes in rehearsal.changes.items()
        if any(rehearsal.begins_s < one.at_s <= rehearsal.ends_s for one in changes)
    )
