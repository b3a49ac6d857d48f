"""Composite alarms over time: the order of their evaluation, and their state changes.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm (AlarmRule; cycles); Amazon CloudWatch User Guide,
"Composite alarms". A composite alarm is in ALARM while its rule is true, else in OK; INSUFFICIENT_DATA is
only its initial state. CloudWatch does not document the order of evaluation at one instant: here all metric
alarms change first, then each composite alarm is evaluated once, children first.
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
    """A state change of an alarm."""

    at_s: float
    alarm: str
    old: State
    new: State


def order(composites: Mapping[str, Rule]) -> tuple[str, ...]:
    """Return the names of the composite alarms, each after those that its rule references.

    Raises:
        CycleError: the rules form a cycle.
    """
    done: dict[str, None] = {}
    for name in composites:
        # The path from `name` down to the current alarm, with the children of each that are still to visit.
        path = {name: iter(_below(composites, name))} if name not in done else {}
        while path:
            last, pending = next(reversed(path.items()))
            child = next((candidate for candidate in pending if candidate not in done), None)
            if child is None:
                del path[last]
                done[last] = None
            elif child in path:
                names = list(path)
                raise CycleError((*names[names.index(child) :], child))
            else:
                path[child] = iter(_below(composites, child))
    return tuple(done)


def follow(
    composites: Mapping[str, Rule], changes: Iterable[Change], *, start_s: float | None = None
) -> tuple[Change, ...]:
    """Return the state changes of composite alarms that follow from those of metric alarms.

    Only composite alarms whose children changed are evaluated; the others cost no time.

    Args:
        composites: the rules by the names of the composite alarms.
        changes: of metric alarms, in the order of their times. Each alarm begins in INSUFFICIENT_DATA.
        start_s: the time of the first evaluation of the composite alarms; None for that of the first change.

    Raises:
        CycleError: the rules form a cycle.
        InputError: a change is earlier than the previous one or than the start, or is of a composite alarm.
    """
    names = order(composites)
    parents: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        for child in children(composites[name]):
            parents.setdefault(child, []).append(place)
    states: dict[str, State] = {}
    results: list[Change] = []
    waiting = set(range(len(names)))
    for at_s, group in _instants(composites, changes, start_s):
        for change in group:
            states[change.alarm] = change.new
            waiting.update(parents.get(change.alarm, ()))
        # Places are in the order of evaluation: a parent comes after its children.
        heap = sorted(waiting)
        while heap:
            name = names[heapq.heappop(heap)]
            old, new = states.get(name, FIRST), _state(composites[name], states)
            if old != new:
                states[name] = new
                results.append(Change(at_s, name, old, new))
                for place in parents.get(name, ()):
                    if place not in waiting:
                        waiting.add(place)
                        heapq.heappush(heap, place)
        waiting.clear()
    return tuple(results)


def _below(composites: Mapping[str, Rule], name: str) -> Iterator[str]:
    """Yield the composite alarms in the rule of a composite alarm."""
    yield from (child for child in children(composites[name]) if child in composites)


def _state(rule: Rule, states: Mapping[str, State]) -> State:
    return "ALARM" if holds(rule, states) else "OK"


def _instants(
    composites: Mapping[str, Rule], changes: Iterable[Change], start_s: float | None
) -> Iterator[tuple[float, list[Change]]]:
    """Yield each time of an evaluation, with the changes of metric alarms at that time."""
    at_s, group = start_s, list[Change]()
    for change in changes:
        if change.alarm in composites:
            message = f"{change.alarm} is a composite alarm: its changes must follow from its rule"
            raise InputError(message)
        if at_s is not None and change.at_s < at_s:
            message = f"changes must be in chronological order: {change.alarm} changes before {at_s} s"
            raise InputError(message)
        if at_s is not None and change.at_s > at_s:
            yield at_s, group
            group = []
        at_s = change.at_s
        group.append(change)
    if at_s is not None:
        yield at_s, group
