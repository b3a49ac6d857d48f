"""State bars: each state has its own height and pattern, so that colour is not needed to tell them apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.states import State
from drill import durations
from drill.report.facts import Facts, Held
from drill.report.markup import Html, tag
from drill.report.spans import Span

_RISING: Final[Sequence[State]] = ("OK", "INSUFFICIENT_DATA", "ALARM")
"""From the best to the worst."""
_ROOM: Final = 7
"""Percent of the bar that its text needs."""
_WORDS: Final = 45
"""Percent that the words below a bar may take."""
_MIDDLE: Final = 55
"""From this percent on, they end where what they are about ends."""


def bar(facts: Facts, alarm: MetricAlarm | CompositeAlarm, states: Sequence[Span]) -> Html:
    """Return an alarm's bar from the scenario's beginning to its end."""
    moments = facts.moments
    held = _held(facts, alarm) if isinstance(alarm, CompositeAlarm) else ()
    pieces = []
    for one in states:
        left, width = moments.percent(one.from_s), moments.percent(one.to_s) - moments.percent(one.from_s)
        said = f"{one.state} for {durations.text_of(one.lasts_s)}, {moments.span(one.from_s, one.to_s)}"
        inside = ("ALARM",) if one.state == "ALARM" and width > _ROOM else ()
        style = f"left:{left}%;width:{width:.3f}%"
        pieces.append(tag("i", *inside, class_=f"state {one.state.lower()}", style=style, title=said))
    return tag("div", *held, *pieces, class_="bar")


def shown(found: tuple[Span, ...], most: int) -> tuple[Span, ...]:
    """Return spans that are few enough to be drawn: of more, so many columns, each in its worst state."""
    if len(found) <= most:
        return found
    begins_s, ends_s = found[0].from_s, found[-1].to_s
    edges_s = np.linspace(begins_s, ends_s, most + 1)
    worst = np.zeros(most, dtype=np.int64)
    for rank, state in enumerate(_RISING):
        some = [one for one in found if one.state == state]
        first = np.searchsorted(edges_s, [one.from_s for one in some], "right") - 1
        end = np.searchsorted(edges_s, [one.to_s for one in some], "left")
        steps = np.bincount(first, minlength=most + 1) - np.bincount(end, minlength=most + 1)
        worst[np.cumsum(steps)[:most] > 0] = rank
    starts = np.flatnonzero(np.diff(worst, prepend=-1))
    pairs = itertools.pairwise((*starts.tolist(), most))
    return tuple(
        Span(float(edges_s[start]), float(edges_s[end]), _RISING[worst[start]]) for start, end in pairs
    )


def _held(facts: Facts, composite: CompositeAlarm) -> Iterator[Html]:
    """Yield what lies around a composite's bar while its actions are held back."""
    for one in facts.suppressed(composite.name):
        left = facts.moments.percent(one.from_s)
        width = facts.moments.percent(one.to_s) - left
        why = facts.why(composite, one)
        said = f"actions held back, {why}: {facts.moments.span(one.from_s, one.to_s)}"
        yield tag("i", class_=f"held {one.by.lower()}", style=f"left:{left}%;width:{width:.3f}%", title=said)


def held_words(facts: Facts, composite: CompositeAlarm) -> tuple[Html, ...]:
    """Return what held a composite's actions back, in words below its bar.

    A wait that nothing came of is what every change of a composite with a suppressor begins with: no words.
    """
    moments = facts.moments
    words = []
    end = -1.0
    for run in _together(facts.suppressed(composite.name)):
        left, right = moments.percent(run[0].from_s), 100 - moments.percent(run[-1].to_s)
        if left <= end or all(one.by == "WaitPeriod" for one in run):
            continue
        why = ", then ".join(dict.fromkeys(facts.why(composite, one, brief=True) for one in run))
        goes_right = left < _MIDDLE
        place = f"left:{left}%;right:0" if goes_right else f"left:0;right:{right:.3f}%;text-align:right"
        words.append(tag("span", f"held back: {why}", style=place))
        end = left + _WORDS if goes_right else 100.0
    return (tag("div", *words, class_="why"),) if words else ()


def _together(spans: Sequence[Held]) -> list[list[Held]]:
    """Return spans in runs without a pause."""
    runs: list[list[Held]] = []
    for one in spans:
        if runs and one.from_s <= runs[-1][-1].to_s:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs
