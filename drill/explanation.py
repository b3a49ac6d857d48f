"""An alarm in words: when would it fire, when would it end, what do gaps do, and who would hear of it?

Whatever is said about datapoints is tried on the engine, not derived a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from cloudwatch import evaluation, rules
from cloudwatch.alarms import CompositeAlarm, MetricAlarm, Statistic
from cloudwatch.evaluation import Settings
from cloudwatch.states import State
from drill import checking, durations, trials
from drill.model import System
from drill.selection import Selection
from drill.trials import Fact, Trial

_SYMBOLS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "GreaterThanUpperThreshold": "above the band",
    "LessThanLowerThreshold": "below the band",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band",
}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
"""A name in a rule that was printed."""
_PLAIN = re.compile(r"[^\s(),\"\\]+")
"""A name that needs no quotes."""


def explain(system: System, name: str, *, extra: int) -> tuple[Fact, ...]:
    """Return what there is to say of an alarm or composite.

    Args:
        system: where it is.
        name: what it is called; any of its names.
        extra: datapoints that alarms look at beyond their evaluation periods.

    Raises:
        UnknownNameError: there is no such alarm.
        ConfigError: AWS would refuse it. What is wrong with others is no reason to say nothing of this one.
    """
    selection = Selection(system)
    alarm = selection.alarms[selection.full_name(name)]
    checking.check_alarms(system, [alarm.name])
    words = _Words(selection)
    if isinstance(alarm, MetricAlarm):
        return tuple(_metric(alarm, words, extra))
    return tuple(_composite(alarm, words))


class _Words:
    """Names as people say them, and who is told."""

    def __init__(self, selection: Selection) -> None:
        self.system, self.selection = selection.system, selection
        read = {composite.name: _read(composite.rule) for composite in self.system.composites}
        self.parsed = {name: rule for name, rule in read.items() if rule is not None}
        self.unread = [name for name, rule in read.items() if rule is None]

    def short(self, name: str) -> str:
        return self.selection.short(name)

    def rule(self, composite: str) -> str:
        """Return a composite's rule with short names, also where it says ARNs; quotes where needed."""
        steps = tuple(self._named(step) for step in self.parsed[composite].steps)
        return _QUOTED.sub(_unquoted, rules.text_of(rules.Rule(steps)))

    def _named(self, step: rules.Step) -> rules.Step:
        if isinstance(step, rules.In):
            return replace(step, alarm=self.short(step.alarm))
        if isinstance(step, rules.AtLeast):
            return replace(step, alarms=tuple(map(self.short, step.alarms)))
        return step

    def told(self, alarm: MetricAlarm | CompositeAlarm) -> Iterator[Fact]:
        """Yield whom an alarm tells itself, and which composites it is part of or holds back."""
        when: dict[str, list[State]] = {}
        for state in get_args(State):
            for action in alarm.actions.of(state):
                when.setdefault(action, []).append(state)
        for action, states in when.items():
            topic = self.selection.topics.get(action)
            reaches = ", ".join(subscription.name for subscription in topic.subscriptions) if topic else ""
            to = f"{topic.name} ({reaches or 'nobody subscribes'})" if topic else action
            yield Fact("Tells", f"{to}, when it enters {' or '.join(sorted(states))}")
        parents = [name for name, rule in self.parsed.items() if alarm.name in rules.children(rule)]
        if not when:
            yield Fact("Tells", "nobody itself" + ("" if parents else ", and is part of no composite"))
        if parents:
            yield Fact("Part of", ", ".join(map(self.short, parents)))
        quiet = [
            self.short(composite.name)
            for composite in self.system.composites
            if composite.suppressor and composite.suppressor.alarm == alarm.name
        ]
        if quiet:
            yield Fact("Silences", ", ".join(quiet))
        if self.unread:
            names = ", ".join(map(self.short, self.unread))
            yield Fact("Not read", f"{names}: AWS would refuse the rule, which may name this alarm")


def _read(rule: str) -> rules.Rule | None:
    """Return a rule; None: it is none."""
    try:
        return rules.parse(rule)
    except rules.RuleError:
        return None


def _unquoted(quoted: re.Match[str]) -> str:
    return quoted[1] if _PLAIN.fullmatch(quoted[1]) else quoted[0]


def _metric(alarm: MetricAlarm, words: _Words, extra: int) -> Iterator[Fact]:
    yield Fact("Alarm", f"{alarm.name}, a metric alarm" + (f" of {alarm.service}" if alarm.service else ""))
    yield from _watched(alarm)
    period = durations.text_of(alarm.period_s)
    needed, periods = alarm.datapoints_to_alarm, alarm.evaluation_periods
    bound = "" if alarm.threshold is None else f" {alarm.threshold:.15g}"
    unit = f" {alarm.unit}" if alarm.unit else ""
    some = f"{needed} of {periods} datapoints" if periods > 1 else "one datapoint"
    yield Fact("Condition", f"{_SYMBOLS[alarm.comparison]}{bound}{unit} in {some} of {period} each")
    tried = Trial(
        Settings(periods, needed, alarm.treat_missing_data), evaluation.evaluation_range(periods, extra)
    )
    yield from trials.firing(alarm, tried, extra)
    yield from trials.gaps(alarm, tried)
    yield from trials.beginning(alarm, tried)
    if alarm.low_samples == "ignore":
        yield Fact("Few samples", "a percentile of too few samples leaves the alarm as it is")
    yield from words.told(alarm)


def _watched(alarm: MetricAlarm) -> Iterator[Fact]:
    compared = next(query for query in alarm.queries if query.id == alarm.returned)
    for query in (compared, *(other for other in alarm.queries if other.id != alarm.returned)):
        what = _asked(query.asks) if isinstance(query.asks, Statistic) else query.asks
        yield Fact(
            "Watches" if query is compared else "", what if query is compared else f"{query.id} = {what}"
        )


def _asked(statistic: Statistic) -> str:
    return f"{statistic.stat} of {statistic.metric} in {durations.text_of(statistic.period_s)}"


def _composite(alarm: CompositeAlarm, words: _Words) -> Iterator[Fact]:
    yield Fact("Alarm", f"{alarm.name}, a composite" + (f" of {alarm.service}" if alarm.service else ""))
    yield Fact("Fires", f"while {words.rule(alarm.name)}")
    if alarm.suppressor:
        by = alarm.suppressor
        yield Fact(
            "Silent",
            f"while {words.short(by.alarm)} is in ALARM; each change waits "
            f"{durations.text_of(by.wait_s)} for that, and {durations.text_of(by.extension_s)} after it",
        )
    yield from words.told(alarm)
