"""Ways to break a system on purpose, as somebody does who edits an alarm and does not rehearse it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cloudwatch.alarms import Actions, CompositeAlarm, MetricAlarm, Statistic
from cloudwatch.publishing import MetricFilter
from cloudwatch.suppression import Suppressor
from drill.model import Queue, System, Topic
from drill.selection import Selection

Break = Callable[[System], System]


@dataclass(frozen=True)
class Broken:
    """One thing that is broken, and which expectation it has to turn."""

    what: str
    by: Break
    turns: str
    """How the expectation begins."""


def _metric_alarms(name: str, change: Callable[[MetricAlarm], MetricAlarm]) -> Break:
    def apply(of: System) -> System:
        names = _named(of, name, {alarm.name for alarm in of.alarms})
        return replace(
            of, alarms=tuple(change(alarm) if alarm.name in names else alarm for alarm in of.alarms)
        )

    return apply


def _composites(name: str, change: Callable[[CompositeAlarm], CompositeAlarm]) -> Break:
    def apply(of: System) -> System:
        names = _named(of, name, {composite.name for composite in of.composites})
        return replace(
            of,
            composites=tuple(
                change(composite) if composite.name in names else composite for composite in of.composites
            ),
        )

    return apply


def _named(of: System, name: str, among: set[str]) -> set[str]:
    found = set(Selection(of).full_names([name])) & among
    assert found, f"nothing is called {name}: the table breaks nothing"
    return found


def threshold(name: str, factor: float) -> Break:
    """Multiply a threshold."""

    def change(metric_alarm: MetricAlarm) -> MetricAlarm:
        assert metric_alarm.threshold
        return replace(metric_alarm, threshold=metric_alarm.threshold * factor)

    return _metric_alarms(name, change)


def setting(name: str, **changed: Any) -> Break:
    """Set something else of metric alarms."""

    def change(metric_alarm: MetricAlarm) -> MetricAlarm:
        assert replace(metric_alarm, **changed) != metric_alarm
        return replace(metric_alarm, **changed)

    return _metric_alarms(name, change)


def patience(name: str, factor: int) -> Break:
    """Multiply how many datapoints an alarm waits for."""

    def change(metric_alarm: MetricAlarm) -> MetricAlarm:
        return replace(
            metric_alarm,
            evaluation_periods=metric_alarm.evaluation_periods * factor,
            datapoints_to_alarm=metric_alarm.datapoints_to_alarm * factor,
        )

    return _metric_alarms(name, change)


def mute(name: str) -> Break:
    """Take an alarm's or a composite's actions away."""

    def apply(of: System) -> System:
        names = _named(of, name, {alarm.name for alarm in of.all_alarms if alarm.actions != Actions()})
        return replace(
            of,
            alarms=tuple(
                replace(alarm, actions=Actions()) if alarm.name in names else alarm for alarm in of.alarms
            ),
            composites=tuple(
                replace(composite, actions=Actions()) if composite.name in names else composite
                for composite in of.composites
            ),
        )

    return apply


NEVER = CompositeAlarm("never", "FALSE")


def unsuppressed(name: str) -> Break:
    """Let nothing hold a composite back: what should is an alarm that never fires, and is not waited for."""

    def change(composite_alarm: CompositeAlarm) -> CompositeAlarm:
        assert composite_alarm.suppressor
        return replace(composite_alarm, suppressor=Suppressor(NEVER.name, 0, 0))

    def apply(of: System) -> System:
        changed = _composites(name, change)(of)
        others = tuple(composite for composite in changed.composites if composite != NEVER)
        return replace(changed, composites=(*others, NEVER))

    return apply


def impatient(name: str) -> Break:
    """Let a composite neither wait for what suppressor nor outlast it."""

    def change(composite_alarm: CompositeAlarm) -> CompositeAlarm:
        assert composite_alarm.suppressor
        return replace(
            composite_alarm, suppressor=replace(composite_alarm.suppressor, wait_s=0, extension_s=0)
        )

    return _composites(name, change)


def waiting(name: str, wait_s: int) -> Break:
    """Let a composite wait so long for its suppressor."""

    def change(composite_alarm: CompositeAlarm) -> CompositeAlarm:
        assert composite_alarm.suppressor
        return replace(composite_alarm, suppressor=replace(composite_alarm.suppressor, wait_s=wait_s))

    return _composites(name, change)


def period(name: str, period_s: int) -> Break:
    """Look at datapoints of another length."""

    def change(metric_alarm: MetricAlarm) -> MetricAlarm:
        queries = tuple(
            replace(query, asks=replace(query.asks, period_s=period_s))
            if isinstance(query.asks, Statistic)
            else query
            for query in metric_alarm.queries
        )
        return replace(metric_alarm, queries=queries)

    return _metric_alarms(name, change)


def rule(name: str, old: str, new: str) -> Break:
    """Write another rule."""

    def change(composite_alarm: CompositeAlarm) -> CompositeAlarm:
        assert old in composite_alarm.rule
        return replace(composite_alarm, rule=composite_alarm.rule.replace(old, new))

    return _composites(name, change)


def never(name: str) -> Break:
    """Let a composite never be in ALARM."""
    return _composites(name, lambda composite_alarm: replace(composite_alarm, rule="FALSE"))


def pattern(metric: str, text: str) -> Break:
    """Write another pattern into the filters that publish a metric."""

    def apply(of: System) -> System:
        def change(metric_filter: MetricFilter) -> MetricFilter:
            return replace(metric_filter, pattern=text) if metric_filter.metric == metric else metric_filter

        changed = tuple(map(change, of.filters))
        assert changed != of.filters
        return replace(of, filters=changed)

    return apply


def queue(name: str, **changed: Any) -> Break:
    """Set something of a queue."""

    def change(item: Queue) -> Queue:
        return replace(item, **changed) if item.name == name else item

    def apply(of: System) -> System:
        assert tuple(map(change, of.queues)) != of.queues
        return replace(of, queues=tuple(map(change, of.queues)))

    return apply


def unsubscribed(topic: str, subscription: str) -> Break:
    """Take a subscription away from a topic."""

    def change(item: Topic) -> Topic:
        kept = tuple(two for two in item.subscriptions if two.name != subscription)
        return replace(item, subscriptions=kept) if item.name == topic else item

    def apply(of: System) -> System:
        assert tuple(map(change, of.topics)) != of.topics
        return replace(of, topics=tuple(map(change, of.topics)))

    return apply
