"""An alarm in words: when would it fire, when would it end, what do gaps do, and who would hear of it?

Whatever is said about datapoints is tried on the engine, not derived a second time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from drill import durations, evaluation, maths, rules
from drill.evaluation import Settings
from drill.grid import MINUTE_S
from drill.metric_alarms import evaluated_every_s
from drill.model import CompositeAlarm, MetricAlarm, Statistic, System
from drill.selection import Selection
from drill.states import State

_SYMBOLS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "GreaterThanUpperThreshold": "above the band",
    "LessThanLowerThreshold": "below the band",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band",
}
_MARKS = {True: "X", False: "0", None: "-"}
"""Datapoints as the CloudWatch User Guide draws them: breaching, good, missing."""

_GOOD, _BAD = False, True

_LONGEST = 2000
"""Datapoints after which nothing changes any more: no alarm looks back that far."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an explanation."""

    label: str
    text: str


def explain(system: System, name: str, *, extra: int) -> tuple[Fact, ...]:
    """Return what there is to say of an alarm or composite.

    Args:
        system: where it is.
        name: what it is called; any of its names.
        extra: datapoints that alarms look at beyond their evaluation periods.

    Raises:
        UnknownNameError: there is no such alarm.
    """
    selection = Selection(system)
    alarm = selection.alarms[selection.full_name(name)]
    words = _Words(selection)
    if isinstance(alarm, MetricAlarm):
        return tuple(_metric(alarm, words, extra))
    return tuple(_composite(alarm, words))


class _Words:
    """Names as people say them, and who is told."""

    def __init__(self, selection: Selection) -> None:
        system = selection.system
        self.system = system
        self.short = selection.short
        self.parsed = {one.name: rules.parse(one.rule) for one in system.composites}

    def told(self, alarm: MetricAlarm | CompositeAlarm) -> Iterator[Fact]:
        """Yield whom an alarm tells itself, and which composites it is part of or holds back."""
        topics = {key: topic for topic in self.system.topics for key in (topic.arn, topic.name)}
        when: dict[str, list[State]] = {}
        for state in get_args(State):
            for action in alarm.actions.of(state):
                when.setdefault(action, []).append(state)
        for action, states in when.items():
            topic = topics.get(action)
            reaches = ", ".join(one.name for one in topic.subscriptions) if topic else ""
            to = f"{topic.name} ({reaches or 'nobody subscribes'})" if topic else action
            yield Fact("Tells", f"{to}, when it enters {' or '.join(sorted(states))}")
        parents = [name for name, rule in self.parsed.items() if alarm.name in rules.children(rule)]
        if not when:
            yield Fact("Tells", "nobody itself" + ("" if parents else ", and is part of no composite"))
        if parents:
            yield Fact("Part of", ", ".join(map(self.short, parents)))
        quiet = [
            self.short(one.name)
            for one in self.system.composites
            if one.suppressor and one.suppressor.alarm == alarm.name
        ]
        if quiet:
            yield Fact("Silences", ", ".join(quiet))


def _metric(alarm: MetricAlarm, words: _Words, extra: int) -> Iterator[Fact]:
    yield Fact("Alarm", f"{alarm.name}, a metric alarm" + (f" of {alarm.service}" if alarm.service else ""))
    yield from _watched(alarm)
    period = durations.text_of(alarm.period_s)
    needed, periods = alarm.datapoints_to_alarm, alarm.evaluation_periods
    bound = "" if alarm.threshold is None else f" {alarm.threshold:.15g}"
    unit = f" {alarm.unit}" if alarm.unit else ""
    some = f"{needed} of {periods} datapoints" if periods > 1 else "one datapoint"
    yield Fact("Condition", f"{_SYMBOLS[alarm.comparison]}{bound}{unit} in {some} of {period} each")
    tried = _Tried(
        Settings(periods, needed, alarm.treat_missing_data), evaluation.evaluation_range(periods, extra)
    )
    yield from _firing(alarm, tried, extra)
    yield from _gaps(alarm, tried)
    if alarm.low_samples == "ignore":
        yield Fact("Few samples", "a percentile of too few samples leaves the alarm as it is")
    yield from words.told(alarm)


def _watched(alarm: MetricAlarm) -> Iterator[Fact]:
    compared = next(one for one in alarm.queries if one.id == alarm.returned)
    for one in (compared, *(other for other in alarm.queries if other.id != alarm.returned)):
        what = _asked(one.asks) if isinstance(one.asks, Statistic) else one.asks
        yield Fact("Watches" if one is compared else "", what if one is compared else f"{one.id} = {what}")


def _asked(one: Statistic) -> str:
    return f"{one.stat} of {one.metric} in {durations.text_of(one.period_s)}"


@dataclass(frozen=True, slots=True)
class _Tried:
    """An alarm's settings, tried on datapoints."""

    settings: Settings
    length: int

    def after(
        self, before: Sequence[bool | None], state: State, *, then: bool | None, wanted: State
    ) -> int | None:
        """Return after how many equal datapoints a state is reached; None: it never is."""
        points = list(before)
        for number in range(1, _LONGEST):
            points.append(then)
            state = evaluation.evaluate(points[-self.length :], self.settings, state)
            if state == wanted:
                return number
            if number > 2 * self.length:
                return None
        return None

    def state(self, points: Sequence[bool | None], before: State) -> State:
        """Return the state once these were the only datapoints, all others good."""
        good: list[bool | None] = [False] * self.length
        state = before
        for at in range(1, len(points) + 1):
            state = evaluation.evaluate([*good, *points[:at]][-self.length :], self.settings, state)
        return state


def _firing(alarm: MetricAlarm, tried: _Tried, extra: int) -> Iterator[Fact]:
    good: list[bool | None] = [_GOOD] * tried.length
    bad: list[bool | None] = [_BAD] * tried.length
    fires = tried.after(good, "OK", then=True, wanted="ALARM")
    ends = tried.after(bad, "ALARM", then=False, wanted="OK")
    if fires is not None:
        yield Fact("Fires", _span(fires, alarm, "it begins"))
    if ends is not None:
        yield Fact("Ends", _span(ends, alarm, "the last of it"))
    yield from _examples(alarm, tried)
    yield Fact(
        "Looks at",
        f"{tried.length} datapoints: {alarm.evaluation_periods} and {extra} more, which AWS does not publish",
    )


def _span(datapoints: int, alarm: MetricAlarm, of: str) -> str:
    """Return how long so many datapoints take, of windows that move on every minute, or every hour.

    A datapoint may breach as soon as a part of its period does (a sum), or only when all of it does (a
    minimum).
    """
    if alarm.period_s <= MINUTE_S:
        return f"{durations.text_of(datapoints * alarm.period_s)} after {of}"
    apart_s = evaluated_every_s(alarm)
    often = "hour" if apart_s > MINUTE_S else "minute"
    shortest = durations.text_of((datapoints - 1) * alarm.period_s + MINUTE_S)
    # Windows that move on once an hour may end up to an hour after what they are about.
    longest = durations.text_of(datapoints * alarm.period_s + (apart_s if apart_s > MINUTE_S else 0))
    period = durations.text_of(alarm.period_s)
    return f"{shortest} to {longest} after {of}: every {often} it looks at the last {period}"


def _examples(alarm: MetricAlarm, tried: _Tried) -> Iterator[Fact]:
    """Yield what two patterns do: as many bad datapoints as needed with gaps between them, and one less."""
    needed, periods = alarm.datapoints_to_alarm, alarm.evaluation_periods
    if periods == 1:
        return
    shown: list[tuple[bool | None, ...]] = []
    between = periods - needed
    for other in (False, None):
        points: list[bool | None] = []
        left = between
        for position in range(needed):
            points.append(True)
            if left and position < needed - 1:
                points.append(other)
                left -= 1
        shown.append(tuple(points))
    shown.append((*itertools.repeat(_BAD, needed - 1), _GOOD))
    shown.append((*itertools.repeat(_BAD, needed - 1), None))
    for some in dict.fromkeys(one for one in shown if one):
        drawn = " ".join(_MARKS[one] for one in some)
        yield Fact("", f"{drawn}  ->  {tried.state(some, 'OK')}")


def _gaps(alarm: MetricAlarm, tried: _Tried) -> Iterator[Fact]:
    meaning = {
        "missing": "count for nothing",
        "ignore": "leave it as it is",
        "breaching": "count as breaching",
        "notBreaching": "count as good",
    }[alarm.treat_missing_data]
    nothing, made = f"missing datapoints {meaning} ({alarm.treat_missing_data})", _without_data(alarm)
    gap: bool | None = None
    if made is not None:
        gap = bool(evaluation.breaches([made], alarm.comparison, alarm.threshold or 0.0)[0])
        nothing = f"its expression is {made:g} then, which {'breaches' if gap else 'is good'}; {nothing}"
    yield Fact("No data", nothing)
    # What an expression fills is filled before all of its period is empty, if little is not enough for it.
    when = "after" if made is None else "within"
    cases: tuple[tuple[str, list[bool | None], State, int], ...] = (
        # Every evaluation finds all of its datapoints without data, from the first one on.
        ("no data ever", [gap] * tried.length, "INSUFFICIENT_DATA", evaluated_every_s(alarm)),
        ("data stops while OK", [_GOOD] * tried.length, "OK", alarm.period_s),
        ("data stops in ALARM", [_BAD] * tried.length, "ALARM", alarm.period_s),
    )
    for words, before, state, apart_s in cases:
        moves = [
            f"{after} {when} {durations.text_of(number * apart_s)}"
            for number, after in _moves(tried, before, state, gap=gap)
        ]
        yield Fact("", f"{words}: {', then '.join(moves) or f'it stays {state}'}")


def _without_data(alarm: MetricAlarm) -> float | None:
    """Return what an alarm's expression makes of nothing, as `FILL` does; None if it is nothing, too."""
    compared = next(one for one in alarm.queries if one.id == alarm.returned)
    if isinstance(compared.asks, Statistic) or alarm.threshold is None:
        return None
    none = np.full((1, alarm.evaluation_periods), np.nan)
    asked = {
        one.id: none if isinstance(one.asks, Statistic) else maths.parse(one.asks) for one in alarm.queries
    }
    times_s = np.arange(alarm.evaluation_periods, dtype=np.float64)[None, :] * alarm.period_s
    value = float(maths.evaluate_all(asked, times_s, alarm.period_s)[alarm.returned][0, -1])
    return None if math.isnan(value) else value


def _moves(
    tried: _Tried, before: Sequence[bool | None], state: State, *, gap: bool | None
) -> Iterator[tuple[int, State]]:
    """Yield how an alarm changes when one datapoint after the other is without data, and with which."""
    points = list(before)
    for number in range(1, 2 * tried.length + 1):
        points.append(gap)
        after = evaluation.evaluate(points[-tried.length :], tried.settings, state)
        if after != state:
            yield number, after
            state = after


def _composite(alarm: CompositeAlarm, words: _Words) -> Iterator[Fact]:
    yield Fact("Alarm", f"{alarm.name}, a composite" + (f" of {alarm.service}" if alarm.service else ""))
    text = alarm.rule
    for name in sorted(rules.children(words.parsed[alarm.name]), key=len, reverse=True):
        text = text.replace(f'"{name}"', words.short(name))
    yield Fact("Fires", f"while {text}")
    if alarm.suppressor:
        by = alarm.suppressor
        yield Fact(
            "Silent",
            f"while {words.short(by.alarm)} is in ALARM; each change waits "
            f"{durations.text_of(by.wait_s)} for that, and {durations.text_of(by.extension_s)} after it",
        )
    yield from words.told(alarm)
