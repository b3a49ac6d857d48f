"""Functions on topics that all sources share."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from cloudwatch.alarms import Actions
from drill.model import Subscription, Topic
from drill.sources.names import SEVERITIES, Affixes, of_arn

_SERVICE = 2
"""Index of the service in an ARN."""


def named(actions: Iterable[Actions]) -> Iterator[str]:
    """Yield the distinct ARNs of topics in actions."""
    seen: set[str] = set()
    for action in actions:
        for arn in (*action.alarm, *action.ok, *action.insufficient_data):
            if arn not in seen and arn.split(":")[_SERVICE : _SERVICE + 1] == ["sns"]:
                seen.add(arn)
                yield arn


def foreign(actions: Iterable[Actions], *, known: Container[str], affixes: Affixes) -> Iterator[Topic]:
    """Yield unknown topics in actions, without subscriptions."""
    for arn in named(actions):
        if arn not in known:
            name = affixes.short(of_arn(arn))
            yield Topic(arn, name, SEVERITIES.get(name))


def in_order(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Return subscriptions in a deterministic order."""
    return tuple(sorted(subscriptions, key=lambda subscription: (subscription.protocol, subscription.name)))
