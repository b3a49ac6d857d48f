"""What an alarm makes of datapoints, tried on the engine: when it fires and ends, and what gaps do."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cloudwatch import evaluation, maths
from cloudwatch.alarms import MetricAlarm, Statistic
from cloudwatch.evaluation import Settings
from cloudwatch.maths.evaluation import evaluate_all
from cloudwatch.quotas import MINUTE_S
from cloudwatch.states import State
from drill import durations

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


@dataclass(frozen=True, slots=True)
class Trial:
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


def firing(alarm: MetricAlarm, tried: Trial, extra: int) -> Iterator[Fact]:
    """Yield when it fires and ends, examples of it, and how far it looks back."""
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
    apart_s = alarm.evaluated_every_s
    often = "hour" if apart_s > MINUTE_S else "minute"
    shortest = durations.text_of((datapoints - 1) * alarm.period_s + MINUTE_S)
    # Windows that move on once an hour may end up to an hour after what they are about.
    longest = durations.text_of(datapoints * alarm.period_s + (apart_s if apart_s > MINUTE_S else 0))
    period = durations.text_of(alarm.period_s)
    return f"{shortest} to {longest} after {of}: every {often} it looks at the last {period}"


def _examples(alarm: MetricAlarm, tried: Trial) -> Iterator[Fact]:
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
    for some in dict.fromkeys(pair for pair in shown if pair):
        drawn = " ".join(_MARKS[item] for item in some)
        yield Fact("", f"{drawn}  ->  {tried.state(some, 'OK')}")


def gaps(alarm: MetricAlarm, tried: Trial) -> Iterator[Fact]:
    """Yield what missing datapoints are to it, and what it does when there are no others."""
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
        ("no data ever", [gap] * tried.length, "INSUFFICIENT_DATA", alarm.evaluated_every_s),
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
    compared = next(query for query in alarm.queries if query.id == alarm.returned)
    if isinstance(compared.asks, Statistic) or alarm.threshold is None:
        return None
    none = np.full((1, alarm.evaluation_periods), np.nan)
    asked = {
        query.id: none if isinstance(query.asks, Statistic) else maths.parse(query.asks)
        for query in alarm.queries
    }
    times_s = np.arange(alarm.evaluation_periods, dtype=np.float64)[None, :] * alarm.period_s
    value = float(evaluate_all(asked, times_s, alarm.period_s)[alarm.returned][0, -1])
    return None if math.isnan(value) else value


def _moves(
    tried: Trial, before: Sequence[bool | None], state: State, *, gap: bool | None
) -> Iterator[tuple[int, State]]:
    """Yield how an alarm changes when one datapoint after the other is without data, and with which."""
    points = list(before)
    for number in range(1, 2 * tried.length + 1):
        points.append(gap)
        after = evaluation.evaluate(points[-tried.length :], tried.settings, state)
        if after != state:
            yield number, after
            state = after


def beginning(alarm: MetricAlarm, tried: Trial) -> Iterator[Fact]:
    """Yield that breaching datapoints make an alarm OK that had no data, before they make it ALARM.

    There is data, and not enough of it breaches; the action for OK is performed as for every change.
    """
    points: list[bool | None] = [None] * tried.length
    first = evaluation.evaluate([*points, True][-tried.length :], tried.settings, "INSUFFICIENT_DATA")
    fires = tried.after(points, "INSUFFICIENT_DATA", then=True, wanted="ALARM")
    if first != "OK" or fires is None or alarm.treat_missing_data == "notBreaching":
        return
    if _without_data(alarm) is not None:  # what its expression fills is data
        return
    told = ", which it tells" if alarm.actions.ok else ""
    yield Fact(
        "First data",
        f"after no data the first datapoint makes it OK{told}, even if it breaches; {fires} make it ALARM",
    )
