"""Times at which nothing could happen or be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config.errors import Problem
from drill import durations
from drill.scenarios.model import Consumer, Expectation, Happening, Head, Span

Entry = tuple[str, Happening]
"""File and line of something that happens, and what it is."""


def problems(
    head: Head, usual: Iterable[Entry], happens: Iterable[Entry], expect: Iterable[tuple[str, Expectation]]
) -> Iterator[Problem]:
    """Yield what is after the end or between steps; the usual may go on longer than a scenario."""
    happens = tuple(happens)
    for place, one in happens:
        yield from _late(head, place, one)
    for place, one in (*usual, *happens):
        yield from _between_steps(head, place, one)
    for place, expected in expect:
        yield from _late(head, place, expected)


def _times(entry: Happening | Expectation) -> Iterator[tuple[str, float]]:
    """Yield the key and the offset of every time that an entry says."""
    for name, info in type(entry).model_fields.items():
        value = getattr(entry, name)
        if name.endswith("_s") and value is not None:
            yield str(info.alias), value
    for position, gap in enumerate(getattr(entry, "gaps", ())):
        yield from ((f"gaps.{position}", time_s) for time_s in gap)


def _late(head: Head, place: str, entry: Happening | Expectation) -> Iterator[Problem]:
    begins = {"from", "at"} if isinstance(entry, Span) else set()
    for key, time_s in _times(entry):
        if time_s > head.duration or (time_s == head.duration and key in begins):
            lasts = durations.text_of(head.duration)
            found = durations.text_of(time_s)
            yield Problem(place, key, f"is after the end: the scenario lasts {lasts} (found: {found})")


def _between_steps(head: Head, place: str, entry: Happening) -> Iterator[Problem]:
    # Consumers receive messages at any time; everything else happens in whole steps.
    if isinstance(entry, Consumer):
        return
    for key, time_s in _times(entry):
        if time_s % head.resolution and key != "at":
            step, found = durations.text_of(head.resolution), durations.text_of(time_s)
            yield Problem(place, key, f"must be whole steps of {step}, the resolution (found: {found})")
