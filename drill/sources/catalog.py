"""The system of an environment from its catalog, as it will be in AWS, without synthesis.

This duplicates `stacks/monitoring` as values. A test compares both, for every alarm and environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from catalog import Catalog, aws_alarms
from catalog.baseline import baseline
from catalog.naming import Names
from catalog.specs import Alarm, Composite, LogFilter, TopicRoute
from catalog.specs import Subscription as SubscriptionSpec
from catalog.specs import Topic as TopicKey
from cloudwatch.alarms import Actions, CompositeAlarm, MetricAlarm
from cloudwatch.publishing import MetricFilter
from config.models import Environment
from drill.model import Queue, Subscription, System, Topic
from drill.sources import names as short_names
from drill.sources.names import SEVERITIES, Affixes
from drill.sources.topics import in_order


def system(env: Environment, catalog: Catalog) -> System:
    """Return the system of `env`, whose catalog is `catalog`."""
    return _Reading(env, catalog).system()


class _Reading:
    """Reader of an environment."""

    def __init__(self, env: Environment, catalog: Catalog) -> None:
        self._env = env
        self._catalog = catalog
        self._names = Names.of(env)
        self._affixes: Affixes = short_names.of_project(env.project, env.environment)
        self._log_groups = {group.key: group.name for group in catalog.log_groups}
        self._actions: dict[TopicKey | None, Actions] = {None: Actions()}
        for topic in get_args(TopicKey):
            route = catalog.routes.topic(topic)
            arn = (self._topic_arn(route.name),)
            self._actions[topic] = Actions(alarm=arn, ok=arn if route.ok_notifications else ())

    def system(self) -> System:
        """Return the system."""
        catalog = self._catalog
        return System(
            title=self._env.environment,
            alarms=tuple(map(self._alarm, catalog.alarms)),
            composites=tuple(map(self._composite, catalog.composites)),
            filters=tuple(map(self._filter, catalog.filters)),
            topics=tuple(map(self._topic, catalog.routes.topics)),
            queues=tuple(self._queues()),
            log_groups=self._service_logs(),
            short_names=short_names.unambiguous(
                (short, alarm.name)
                for alarm in catalog.all_alarms
                for short in (alarm.key, self._short(alarm.name))
            ),
            baseline=baseline(self._env, catalog),
        )

    def _service_logs(self) -> dict[str, str]:
        """Return the log group of each service: the first of those that it writes to."""
        groups: dict[str, str] = {}
        for group in self._catalog.log_groups:
            if group.service and group.writer == "service":
                groups.setdefault(group.service, group.name)
        return groups

    def _short(self, name: str) -> str:
        return self._affixes.short(name)

    def _topic_arn(self, name: str) -> str:
        return f"arn:aws:sns:{self._names.region}:{self._names.account_id}:{name}"

    def _queues(self) -> Iterator[Queue]:
        """Yield the alarm queue and its dead-letter queue."""
        by_key = {queue.key: queue for queue in self._catalog.routes.queues}
        for queue in (by_key["alarms"], by_key["dead-letters"]):
            dead_letters = self._short(by_key[queue.dead_letters].name) if queue.dead_letters else None
            yield Queue(
                name=self._short(queue.name),
                full_name=queue.name,
                max_receives=queue.max_receives,
                dead_letters=dead_letters,
            )

    def _alarm(self, alarm: Alarm) -> MetricAlarm:
        return aws_alarms.metric_alarm(alarm, self._actions[alarm.topic])

    def _composite(self, composite: Composite) -> CompositeAlarm:
        actions = self._actions[composite.topic]
        return aws_alarms.composite_alarm(composite, self._catalog.alarm_name, actions)

    def _filter(self, log_filter: LogFilter) -> MetricFilter:
        return aws_alarms.metric_filter(log_filter, self._log_groups[log_filter.log_group_key])

    def _topic(self, route: TopicRoute) -> Topic:
        return Topic(
            arn=self._topic_arn(route.name),
            name=self._short(route.name),
            severity=SEVERITIES.get(route.key),
            subscriptions=in_order(map(self._subscription, route.subscriptions)),
        )

    def _subscription(self, subscription: SubscriptionSpec) -> Subscription:
        endpoint, here = subscription.endpoint, f"{self._names.region}:{self._names.account_id}"
        arns = {
            "sqs": f"arn:aws:sqs:{here}:{endpoint}",
            "lambda": f"arn:aws:lambda:{here}:function:{endpoint}",
        }
        if subscription.protocol in arns:
            return Subscription(subscription.protocol, arns[subscription.protocol], self._short(endpoint))
        return Subscription(subscription.protocol, endpoint, endpoint)
