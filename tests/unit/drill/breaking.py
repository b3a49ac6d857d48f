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
        names = _named(of, name, {one.name for one in of.alarms})
        return replace(of, alarms=tuple(change(one) if one.name in names else one for one in of.alarms))

    return apply


def _composites(name: str, change: Callable[[CompositeAlarm], CompositeAlarm]) -> Break:
    def apply(of: System) -> System:
        names = _named(of, name, {one.name for one in of.composites})
        return replace(
            of, composites=tuple(change(one) if one.name in names else one for one in of.composites)
        )

    return apply


def _named(of: System, name: str, among: set[str]) -> set[str]:
    found = set(Selection(of).full_names([name])) & among
    assert found, f"nothing is called {name}: the table breaks nothing"
    return found


def threshold(name: str, factor: float) -> Break:
    """Multiply a threshold."""

    def change(one: MetricAlarm) -> MetricAlarm:
        assert one.threshold
        return replace(one, threshold=one.threshold * factor)

    return _metric_alarms(name, change)


def setting(name: str, **changed: Any) -> Break:
    """Set something else of metric alarms."""

    def change(one: MetricAlarm) -> MetricAlarm:
        assert replace(one, **changed) != one
        return replace(one, **changed)

    return _metric_alarms(name, change)


def patience(name: str, factor: int) -> Break:
    """Multiply how many datapoints an alarm waits for."""

    def change(one: MetricAlarm) -> MetricAlarm:
        return replace(
            one,
            evaluation_periods=one.evaluation_periods * factor,
            datapoints_to_alarm=one.datapoints_to_alarm * factor,
        )

    return _metric_alarms(name, change)


def mute(name: str) -> Break:
    """Take an alarm's or a composite's actions away."""

    def apply(of: System) -> System:
        names = _named(of, name, {one.name for one in of.all_alarms if one.actions != Actions()})
        return replace(
            of,
            alarms=tuple(replace(one, actions=Actions()) if one.name in names else one for one in of.alarms),
            composites=tuple(
                replace(one, actions=Actions()) if one.name in names else one for one in of.composites
            ),
        )

    return apply


NEVER = CompositeAlarm("never", "FALSE")


def unsuppressed(name: str) -> Break:
    """Let nothing hold a composite back: what should is an alarm that never fires, and is not waited for."""

    def change(one: CompositeAlarm) -> CompositeAlarm:
        assert one.suppressor
        return replace(one, suppressor=Suppressor(NEVER.name, 0, 0))

    def apply(of: System) -> System:
        changed = _composites(name, change)(of)
        others = tuple(one for one in changed.composites if one != NEVER)
        return replace(changed, composites=(*others, NEVER))

    return apply


def impatient(name: str) -> Break:
    """Let a composite neither wait for what holds it back nor outlast it."""

    def change(one: CompositeAlarm) -> CompositeAlarm:
        assert one.suppressor
        return replace(one, suppressor=replace(one.suppressor, wait_s=0, extension_s=0))

    return _composites(name, change)


def waiting(name: str, wait_s: int) -> Break:
    """Let a composite wait so long for its suppressor."""

    def change(one: CompositeAlarm) -> CompositeAlarm:
        assert one.suppressor
        return replace(one, suppressor=replace(one.suppressor, wait_s=wait_s))

    return _composites(name, change)


def period(name: str, period_s: int) -> Break:
    """Look at datapoints of another length."""

    def change(one: MetricAlarm) -> MetricAlarm:
        queries = tuple(
            replace(query, asks=replace(query.asks, period_s=period_s))
            if isinstance(query.asks, Statistic)
            else query
            for query in one.queries
        )
        return replace(one, queries=queries)

    return _metric_alarms(name, change)


def rule(name: str, old: str, new: str) -> Break:
    """Write another rule."""

    def change(one: CompositeAlarm) -> CompositeAlarm:
        assert old in one.rule
        return replace(one, rule=one.rule.replace(old, new))

    return _composites(name, change)


def never(name: str) -> Break:
    """Let a composite never be in ALARM."""
    return _composites(name, lambda one: replace(one, rule="FALSE"))


def pattern(metric: str, text: str) -> Break:
    """Write another pattern into the filters that publish a metric."""

    def apply(of: System) -> System:
        def change(one: MetricFilter) -> MetricFilter:
            return replace(one, pattern=text) if one.metric == metric else one

        changed = tuple(map(change, of.filters))
        assert changed != of.filters
        return replace(of, filters=changed)

    return apply


def queue(name: str, **changed: Any) -> Break:
    """Set something of a queue."""

    def change(one: Queue) -> Queue:
        return replace(one, **changed) if one.name == name else one

    def apply(of: System) -> System:
        assert tuple(map(change, of.queues)) != of.queues
        return replace(of, queues=tuple(map(change, of.queues)))

    return apply


def unsubscribed(topic: str, subscription: str) -> Break:
    """Take a subscription away from a topic."""

    def change(one: Topic) -> Topic:
        kept = tuple(two for two in one.subscriptions if two.name != subscription)
        return replace(one, subscriptions=kept) if one.name == topic else one

    def apply(of: System) -> System:
        assert tuple(map(change, of.topics)) != of.topics
        return replace(of, topics=tuple(map(change, of.topics)))

    return apply
