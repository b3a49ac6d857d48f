"""What all readings of topics share."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from cloudwatch.alarms import Actions
from drill.model import Subscription, Topic
from drill.sources.names import SEVERITIES, Affixes, of_arn

_SERVICE = 2
"""Which part of an ARN is the service."""


def named(actions: Iterable[Actions]) -> Iterator[str]:
    """Yield the ARNs of the topics that actions name, each once."""
    seen: set[str] = set()
    for action in actions:
        for arn in (*action.alarm, *action.ok, *action.insufficient_data):
            if arn not in seen and arn.split(":")[_SERVICE : _SERVICE + 1] == ["sns"]:
                seen.add(arn)
                yield arn


def foreign(actions: Iterable[Actions], *, known: Container[str], affixes: Affixes) -> Iterator[Topic]:
    """Yield the topics that actions name and nothing else is known of: whom they reach is not told."""
    for arn in named(actions):
        if arn not in known:
            name = affixes.short(of_arn(arn))
            yield Topic(arn, name, SEVERITIES.get(name))


def in_order(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Return subscriptions in one order, whatever order they were read in."""
    return tuple(sorted(subscriptions, key=lambda subscription: (subscription.protocol, subscription.name)))
