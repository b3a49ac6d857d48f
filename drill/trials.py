"""Trials of an alarm on the engine: when it fires and ends, and the effect of missing data."""

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
"""Datapoints as in the CloudWatch User Guide: breaching, not breaching, missing."""

_GOOD, _BAD = False, True

_LONGEST = 2000
"""Datapoints after which the state is stable: more than any evaluation range."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an explanation."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The settings of an alarm, evaluated with datapoints."""

    settings: Settings
    length: int

    def after(
        self, before: Sequence[bool | None], state: State, *, then: bool | None, target: State
    ) -> int | None:
        """Return after how many equal datapoints the alarm enters a state; None if never."""
        points = list(before)
        for number in range(1, _LONGEST):
            points.append(then)
            state = evaluation.evaluate(points[-self.length :], self.settings, state)
            if state == target:
                return number
            if number > 2 * self.length:
                return None
        return None

    def state(self, points: Sequence[bool | None], before: State) -> State:
        """Return the state after these datapoints, with all earlier ones not breaching."""
        good: list[bool | None] = [False] * self.length
        state = before
        for at in range(1, len(points) + 1):
            state = evaluation.evaluate([*good, *points[:at]][-self.length :], self.settings, state)
        return state


def firing(alarm: MetricAlarm, tried: Trial, extra: int) -> Iterator[Fact]:
    """Yield when an alarm fires and ends, examples, and its evaluation range."""
    good: list[bool | None] = [_GOOD] * tried.length
    bad: list[bool | None] = [_BAD] * tried.length
    fires = tried.after(good, "OK", then=True, target="ALARM")
    ends = tried.after(bad, "ALARM", then=False, target="OK")
    if fires is not None:
        yield Fact("Fires", _span(fires, alarm, "the first breach"))
    if ends is not None:
        yield Fact("Ends", _span(ends, alarm, "the last breach"))
    yield from _examples(alarm, tried)
    yield Fact(
        "Evaluates",
        f"{tried.length} datapoints: {alarm.evaluation_periods}, and {extra} more that AWS does not document",
    )


def _span(datapoints: int, alarm: MetricAlarm, of: str) -> str:
    """Return how long a number of datapoints takes, with windows that move every minute or every hour.

    A datapoint may breach when a part of its period breaches (a sum), or only when all of it does (a
    minimum).
    """
    if alarm.period_s <= MINUTE_S:
        return f"{durations.text_of(datapoints * alarm.period_s)} after {of}"
    apart_s = alarm.evaluated_every_s
    often = "hour" if apart_s > MINUTE_S else "minute"
    shortest = durations.text_of((datapoints - 1) * alarm.period_s + MINUTE_S)
    # Windows that move every hour may end up to an hour later.
    longest = durations.text_of(datapoints * alarm.period_s + (apart_s if apart_s > MINUTE_S else 0))
    period = durations.text_of(alarm.period_s)
    return f"{shortest} to {longest} after {of}: evaluates the last {period} every {often}"


def _examples(alarm: MetricAlarm, tried: Trial) -> Iterator[Fact]:
    """Yield examples: as many breaching datapoints as required with gaps between them, and one less."""
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
    for example in dict.fromkeys(points for points in shown if points):
        marks = " ".join(_MARKS[datapoint] for datapoint in example)
        yield Fact("", f"{marks}  ->  {tried.state(example, 'OK')}")


def gaps(alarm: MetricAlarm, tried: Trial) -> Iterator[Fact]:
    """Yield the treatment of missing datapoints, and what happens without data."""
    meaning = {
        "missing": "are not evaluated",
        "ignore": "keep the current state",
        "breaching": "count as breaching",
        "notBreaching": "count as not breaching",
    }[alarm.treat_missing_data]
    text, made = f"missing datapoints {meaning} ({alarm.treat_missing_data})", _without_data(alarm)
    gap: bool | None = None
    if made is not None:
        gap = bool(evaluation.breaches([made], alarm.comparison, alarm.threshold or 0.0)[0])
        effect = "breaches" if gap else "does not breach"
        text = f"the expression is {made:g}, which {effect}; {text}"
    yield Fact("No data", text)
    # An expression with `FILL` may change before all of its period is empty.
    when = "after" if made is None else "within"
    cases: tuple[tuple[str, list[bool | None], State, int], ...] = (
        # From the first evaluation on, all datapoints are missing.
        ("never any data", [gap] * tried.length, "INSUFFICIENT_DATA", alarm.evaluated_every_s),
        ("data stops while OK", [_GOOD] * tried.length, "OK", alarm.period_s),
        ("data stops in ALARM", [_BAD] * tried.length, "ALARM", alarm.period_s),
    )
    for words, before, state, apart_s in cases:
        moves = [
            f"{after} {when} {durations.text_of(number * apart_s)}"
            for number, after in _moves(tried, before, state, gap=gap)
        ]
        yield Fact("", f"{words}: {', then '.join(moves) or f'stays in {state}'}")


def _without_data(alarm: MetricAlarm) -> float | None:
    """Return the value of an alarm's expression without data, as with `FILL`; None if it has none."""
    compared = next(query for query in alarm.queries if query.id == alarm.returned)
    if isinstance(compared.asks, Statistic) or alarm.threshold is None:
        return None
    none = np.full((1, alarm.evaluation_periods), np.nan)
    queries = {
        query.id: none if isinstance(query.asks, Statistic) else maths.parse(query.asks)
        for query in alarm.queries
    }
    times_s = np.arange(alarm.evaluation_periods, dtype=np.float64)[None, :] * alarm.period_s
    value = float(evaluate_all(queries, times_s, alarm.period_s)[alarm.returned][0, -1])
    return None if math.isnan(value) else value


def _moves(
    tried: Trial, before: Sequence[bool | None], state: State, *, gap: bool | None
) -> Iterator[tuple[int, State]]:
    """Yield the changes of an alarm while data is missing: the number of datapoints, and the state."""
    points = list(before)
    for number in range(1, 2 * tried.length + 1):
        points.append(gap)
        after = evaluation.evaluate(points[-tried.length :], tried.settings, state)
        if after != state:
            yield number, after
            state = after


def beginning(alarm: MetricAlarm, tried: Trial) -> Iterator[Fact]:
    """Yield that the first breaching datapoints change an alarm without data to OK, before ALARM.

    There is data, and not enough of it breaches. The action for OK is performed as for every change.
    """
    points: list[bool | None] = [None] * tried.length
    first = evaluation.evaluate([*points, True][-tried.length :], tried.settings, "INSUFFICIENT_DATA")
    fires = tried.after(points, "INSUFFICIENT_DATA", then=True, target="ALARM")
    if first != "OK" or fires is None or alarm.treat_missing_data == "notBreaching":
        return
    if _without_data(alarm) is not None:  # `FILL` provides data
        return
    notified = ", with a notification," if alarm.actions.ok else ""
    yield Fact(
        "First data",
        f"after no data the first datapoint changes it to OK{notified} even if it breaches; {fires} to ALARM",
    )
