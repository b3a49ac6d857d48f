"""Composite alarms over time: in which order they are evaluated, and when they change.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm (AlarmRule; cycles); Amazon CloudWatch User Guide,
"Composite alarms". A composite is in ALARM while its rule is true, else in OK; INSUFFICIENT_DATA is only what
it begins in. CloudWatch does not say in which order it evaluates what changes at one instant: here every
metric alarm has changed before the composites follow, each once, children first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cloudwatch.errors import CycleError, InputError
from cloudwatch.rules import Rule, children, holds
from cloudwatch.states import FIRST, State


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an alarm's state."""

    at_s: float
    alarm: str
    old: State
    new: State


def order(composites: Mapping[str, Rule]) -> tuple[str, ...]:
    """Return the composites' names in an order in which each stands after those that its rule names.

    Raises:
        CycleError: there is none, because rules lead back to where they begin.
    """
    done: dict[str, None] = {}
    for name in composites:
        # The way down to where we are, and at each alarm of it the children that have not been looked at.
        way = {name: iter(_below(composites, name))} if name not in done else {}
        while way:
            last, rest = next(reversed(way.items()))
            child = next((text for text in rest if text not in done), None)
            if child is None:
                del way[last]
                done[last] = None
            elif child in way:
                names = list(way)
                raise CycleError((*names[names.index(child) :], child))
            else:
                way[child] = iter(_below(composites, child))
    return tuple(done)


def follow(
    composites: Mapping[str, Rule], changes: Iterable[Change], *, start_s: float | None = None
) -> tuple[Change, ...]:
    """Return how composites change when metric alarms do.

    Only composites whose children changed are evaluated: thousands that have nothing to say cost nothing.

    Args:
        composites: their rules by their names.
        changes: of metric alarms, in the order of their times. Each alarm begins in INSUFFICIENT_DATA.
        start_s: when the composites are evaluated for the first time; None for when the first alarm changes.

    Raises:
        CycleError: rules lead back to where they begin.
        InputError: a change is earlier than the one before or than the start, or is one of a composite.
    """
    names = order(composites)
    parents: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        for child in children(composites[name]):
            parents.setdefault(child, []).append(place)
    states: dict[str, State] = {}
    found: list[Change] = []
    waiting = set(range(len(names)))
    for at_s, group in _instants(composites, changes, start_s):
        for change in group:
            states[change.alarm] = change.new
            waiting.update(parents.get(change.alarm, ()))
        # Places are in the order of evaluation, and a parent's is behind its children's.
        heap = sorted(waiting)
        while heap:
            name = names[heapq.heappop(heap)]
            old, new = states.get(name, FIRST), _state(composites[name], states)
            if old != new:
                states[name] = new
                found.append(Change(at_s, name, old, new))
                for place in parents.get(name, ()):
                    if place not in waiting:
                        waiting.add(place)
                        heapq.heappush(heap, place)
        waiting.clear()
    return tuple(found)


def _below(composites: Mapping[str, Rule], name: str) -> Iterator[str]:
    """Yield the composites that a composite's rule names."""
    yield from (child for child in children(composites[name]) if child in composites)


def _state(rule: Rule, states: Mapping[str, State]) -> State:
    return "ALARM" if holds(rule, states) else "OK"


def _instants(
    composites: Mapping[str, Rule], changes: Iterable[Change], start_s: float | None
) -> Iterator[tuple[float, list[Change]]]:
    """Yield each instant at which something is evaluated, with the alarms that change then."""
    at_s, group = start_s, list[Change]()
    for change in changes:
        if change.alarm in composites:
            message = f"{change.alarm} is a composite: its changes follow from its rule"
            raise InputError(message)
        if at_s is not None and change.at_s < at_s:
            message = f"changes must be in the order of their times: {change.alarm} changes before {at_s} s"
            raise InputError(message)
        if at_s is not None and change.at_s > at_s:
            yield at_s, group
            group = []
        at_s = change.at_s
        group.append(change)
    if at_s is not None:
        yield at_s, group
