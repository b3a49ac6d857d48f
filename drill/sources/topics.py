"""Functions on topics that all sources share."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from cloudwatch.alarms import Actions
from drill.actions import read
from drill.model import Subscription, Topic
from drill.sources.names import SEVERITIES, Affixes


def named(actions: Iterable[Actions]) -> Iterator[str]:
    """Yield the distinct ARNs of topics in actions, or references to topics."""
    distinct = dict.fromkeys(
        arn for action in actions for arn in (*action.alarm, *action.ok, *action.insufficient_data)
    )
    yield from (arn for arn in distinct if read(arn).kind == "topic")


def foreign(actions: Iterable[Actions], *, known: Container[str], affixes: Affixes) -> Iterator[Topic]:
    """Yield unknown topics in actions, without subscriptions."""
    for arn in named(actions):
        if arn not in known:
            name = affixes.short(read(arn).text)
            yield Topic(arn, name, SEVERITIES.get(name))


def in_order(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Return subscriptions in a deterministic order."""
    return tuple(sorted(subscriptions, key=lambda subscription: (subscription.protocol, subscription.name)))
