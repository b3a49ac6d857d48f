"""The explanation of an alarm: when it fires and ends, the effect of missing data, and what it notifies.

Statements about datapoints are evaluated by the engine, not derived separately.
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
from drill import actions, checking, durations, trials
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
"""A quoted name in a rule."""
_PLAIN = re.compile(r"[^\s(),\"\\]+")
"""A name that needs no quotes."""


def explain(system: System, name: str, *, extra: int) -> tuple[Fact, ...]:
    """Return the explanation of an alarm or composite.

    Args:
        system: the system of the alarm.
        name: any of its names.
        extra: datapoints that alarms retrieve beyond their evaluation periods.

    Raises:
        UnknownNameError: the alarm does not exist.
        ConfigError: the alarm is not valid. Other alarms are not validated.
    """
    selection = Selection(system)
    alarm = selection.alarms[selection.full_name(name)]
    checking.check_alarms(system, [alarm.name])
    words = _Words(selection)
    if isinstance(alarm, MetricAlarm):
        return tuple(_metric(alarm, words, extra))
    return tuple(_composite(alarm, words))


class _Words:
    """Short names, and what alarms notify and suppress."""

    def __init__(self, selection: Selection) -> None:
        self.system, self.selection = selection.system, selection
        read = {composite.name: _read(composite.rule) for composite in self.system.composites}
        self.parsed = {name: rule for name, rule in read.items() if rule is not None}
        self.invalid = [name for name, rule in read.items() if rule is None]

    def short(self, name: str) -> str:
        return self.selection.short(name)

    def rule(self, composite: str) -> str:
        """Return the rule of a composite with short names instead of names and ARNs, quoted if necessary."""
        steps = tuple(self._named(step) for step in self.parsed[composite].steps)
        return _QUOTED.sub(_unquoted, rules.text_of(rules.Rule(steps)))

    def _named(self, step: rules.Step) -> rules.Step:
        if isinstance(step, rules.In):
            return replace(step, alarm=self.short(step.alarm))
        if isinstance(step, rules.AtLeast):
            return replace(step, alarms=tuple(map(self.short, step.alarms)))
        return step

    def relations(self, alarm: MetricAlarm | CompositeAlarm) -> Iterator[Fact]:
        """Yield what an alarm notifies, and which composites it is part of or suppresses."""
        when: dict[str, list[State]] = {}
        for state in get_args(State):
            for action in alarm.actions.of(state):
                when.setdefault(action, []).append(state)
        for action, states in when.items():
            read = actions.read(action)
            if read.kind != "topic":
                yield Fact("Action", f"{read.text}, when it enters {' or '.join(sorted(states))}")
                continue
            topic = self.selection.topics.get(action)
            recipients = ", ".join(subscription.name for subscription in topic.subscriptions) if topic else ""
            to = f"{topic.name} ({recipients or 'no subscriptions'})" if topic else action
            yield Fact("Notifies", f"{to}, when it enters {' or '.join(sorted(states))}")
        parents = [name for name, rule in self.parsed.items() if alarm.name in rules.children(rule)]
        if no_topic := actions.without_topic(map(actions.read, when)):
            yield Fact("Notifies", no_topic + ("" if parents else ", and is part of no composite"))
        if parents:
            yield Fact("Part of", ", ".join(map(self.short, parents)))
        suppressed = [
            self.short(composite.name)
            for composite in self.system.composites
            if composite.suppressor and composite.suppressor.alarm == alarm.name
        ]
        if suppressed:
            yield Fact("Suppresses", ", ".join(suppressed))
        if self.invalid:
            names = ", ".join(map(self.short, self.invalid))
            yield Fact("Not valid", f"rule of {names}, which may contain this alarm")


def _read(rule: str) -> rules.Rule | None:
    """Return a rule; None if it is not valid."""
    try:
        return rules.parse(rule)
    except rules.RuleError:
        return None


def _unquoted(quoted: re.Match[str]) -> str:
    return quoted[1] if _PLAIN.fullmatch(quoted[1]) else quoted[0]


def _metric(alarm: MetricAlarm, words: _Words, extra: int) -> Iterator[Fact]:
    yield Fact("Alarm", f"{alarm.name}, a metric alarm" + (f" of {alarm.service}" if alarm.service else ""))
    yield from _metrics(alarm)
    yield from _filters(alarm, words.system)
    period = durations.text_of(alarm.period_s)
    needed, periods = alarm.datapoints_to_alarm, alarm.evaluation_periods
    bound = "" if alarm.threshold is None else f" {alarm.threshold:.15g}"
    unit = f" {alarm.unit}" if alarm.unit else ""
    datapoints = f"{needed} of {periods} datapoints" if periods > 1 else "one datapoint"
    yield Fact("Condition", f"{_SYMBOLS[alarm.comparison]}{bound}{unit} in {datapoints} of {period} each")
    tried = Trial(
        Settings(periods, needed, alarm.treat_missing_data), evaluation.evaluation_range(periods, extra)
    )
    yield from trials.firing(alarm, tried, extra)
    yield from trials.gaps(alarm, tried)
    yield from trials.beginning(alarm, tried)
    if alarm.low_samples == "ignore":
        yield Fact("Few samples", "percentiles of too few samples do not change the state")
    yield from words.relations(alarm)


def _metrics(alarm: MetricAlarm) -> Iterator[Fact]:
    compared = next(query for query in alarm.queries if query.id == alarm.returned)
    for query in (compared, *(other for other in alarm.queries if other.id != alarm.returned)):
        text = _statistic(query.asks) if isinstance(query.asks, Statistic) else query.asks
        yield Fact(
            "Metric" if query is compared else "", text if query is compared else f"{query.id} = {text}"
        )


def _statistic(statistic: Statistic) -> str:
    unit = f", only samples in {statistic.unit}" if statistic.unit else ""
    return f"{statistic.stat} of {statistic.metric} in {durations.text_of(statistic.period_s)}{unit}"


def _filters(alarm: MetricAlarm, system: System) -> Iterator[Fact]:
    """Yield what is unexpected about the metric filters of an alarm: another unit, and their patterns."""
    for statistic in alarm.statistics:
        for metric_filter in system.filters:
            published = (metric_filter.namespace, metric_filter.metric)
            if published != (statistic.metric.namespace, statistic.metric.name):
                continue
            if statistic.unit not in {None, metric_filter.unit}:
                text = f"metric filter {metric_filter.name} publishes in {metric_filter.unit}"
                yield Fact("Unit", f"{text}: its samples do not reach the alarm")
            if text := checking.note(metric_filter):
                yield Fact("Pattern", text)


def _composite(alarm: CompositeAlarm, words: _Words) -> Iterator[Fact]:
    yield Fact(
        "Alarm", f"{alarm.name}, a composite alarm" + (f" of {alarm.service}" if alarm.service else "")
    )
    yield Fact("Fires", f"while {words.rule(alarm.name)}")
    if alarm.suppressor:
        by = alarm.suppressor
        yield Fact(
            "Suppressed",
            f"while {words.short(by.alarm)} is in ALARM; wait period {durations.text_of(by.wait_s)}, "
            f"extension period {durations.text_of(by.extension_s)}",
        )
    yield from words.relations(alarm)
