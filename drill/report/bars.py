"""State bars: each state has its own height and pattern, so that colour is not needed to tell them apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from drill import durations
from drill.model import CompositeAlarm, State
from drill.report import spans
from drill.report.facts import Facts
from drill.report.markup import Html, join, tag
from drill.report.spans import Span

_MOST: Final = 240
"""Spans of a bar; an alarm that changed more often is drawn in so many columns, each in its worst state."""
_WORST: Final[Sequence[State]] = ("ALARM", "INSUFFICIENT_DATA", "OK")
_ROOM: Final = 7
"""Percent of the bar that its text needs."""


def bar(facts: Facts, alarm: str) -> Html:
    """Return an alarm's bar from the scenario's beginning to its end."""
    moments = facts.moments
    pieces = []
    for one in shown(spans.states(facts.rehearsal, alarm)):
        left, width = moments.percent(one.from_s), moments.percent(one.to_s) - moments.percent(one.from_s)
        said = f"{one.state} for {durations.text_of(one.lasts_s)}, {moments.span(one.from_s, one.to_s)}"
        inside = ("ALARM",) if one.state == "ALARM" and width > _ROOM else ()
        style = f"left:{left}%;width:{width:.3f}%"
        pieces.append(tag("i", *inside, class_=f"state {one.state.lower()}", style=style, title=said))
    return tag("div", join(pieces), join(_held(facts, alarm)), class_="bar")


def shown(found: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return spans that are few enough to be drawn; a state of a column is the worst in it."""
    if len(found) <= _MOST:
        return found
    begins_s, ends_s = found[0].from_s, found[-1].to_s
    width_s = (ends_s - begins_s) / _MOST
    worst = [len(_WORST) - 1] * _MOST
    for one in found:
        first = int((one.from_s - begins_s) / width_s)
        last = max(int(-((begins_s - one.to_s) // width_s)), first + 1)
        for column in range(first, min(last, _MOST)):
            worst[column] = min(worst[column], _WORST.index(one.state))
    merged = []
    position = 0
    for state, group in itertools.groupby(worst):
        size = len(list(group))
        from_s, to_s = (begins_s + width_s * index for index in (position, position + size))
        merged.append(Span(from_s, ends_s if position + size == _MOST else to_s, _WORST[state]))
        position += size
    return tuple(merged)


def _held(facts: Facts, alarm: str) -> Iterator[Html]:
    """Yield what lies over a composite's bar while its actions are held back."""
    composite = _composite(facts, alarm)
    if composite is None:
        return
    for one in facts.suppressed(alarm):
        left = facts.moments.percent(one.from_s)
        width = facts.moments.percent(one.to_s) - left
        said = f"{facts.why(composite, one)}; held back {facts.moments.span(one.from_s, one.to_s)}"
        style = f"left:{left}%;width:{width:.3f}%"
        yield tag("i", class_=f"held {one.by.lower()}", style=style, title=said)


def _composite(facts: Facts, alarm: str) -> CompositeAlarm | None:
    return next((one for one in facts.rehearsal.system.composites if one.name == alarm), None)
