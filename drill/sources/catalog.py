"""The alarms of an environment out of its catalog: as they will be in AWS, without any synthesis.

What `stacks/monitoring` makes of the catalog is said here a second time, as values; a test compares the two,
alarm by alarm, over every environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from catalog import Catalog
from catalog.naming import Names
from catalog.specs import Alarm, AnyOf, Composite, InAlarm, LogFilter, Math, NotInAlarm, Rule, TopicRoute
from catalog.specs import Metric as MetricSpec
from catalog.specs import Subscription as SubscriptionSpec
from catalog.specs import Topic as TopicKey
from cloudwatch.publishing import MetricFilter
from cloudwatch.suppression import Suppressor
from config.models import Environment
from drill.model import (
    Actions,
    CompositeAlarm,
    Metric,
    MetricAlarm,
    Query,
    Queue,
    Statistic,
    Subscription,
    System,
    Topic,
)
from drill.sources import names as short_names
from drill.sources.names import ONLY_QUERY, SEVERITIES, Affixes
from drill.sources.topics import in_order
from drill.sources.values import pairs, queries


def system(env: Environment, catalog: Catalog) -> System:
    """Return what is rehearsed of `env`, of which `catalog` says what is watched."""
    return _Reading(env, catalog).system()


class _Reading:
    """One environment, being read."""

    def __init__(self, env: Environment, catalog: Catalog) -> None:
        self._env = env
        self._catalog = catalog
        self._names = Names.of(env)
        self._affixes: Affixes = short_names.of_project(env.project, env.environment)
        self._log_groups = {one.key: one.name for one in catalog.log_groups}
        self._actions: dict[TopicKey | None, Actions] = {None: Actions()}
        for topic in get_args(TopicKey):
            route = catalog.routes.topic(topic)
            arn = (self._topic_arn(route.name),)
            self._actions[topic] = Actions(alarm=arn, ok=arn if route.ok_notices else ())

    def system(self) -> System:
        """Return all of it."""
        catalog = self._catalog
        return System(
            title=self._env.environment,
            alarms=tuple(map(self._alarm, catalog.alarms)),
            composites=tuple(map(self._composite, catalog.composites)),
            filters=tuple(map(self._filter, catalog.filters)),
            topics=tuple(map(self._topic, catalog.routes.topics)),
            queues=tuple(self._queues()),
            log_groups={
                one.service: one.name for one in catalog.log_groups if one.service and one.writer == "service"
            },
            short_names=short_names.unambiguous(
                (short, one.name) for one in catalog.all_alarms for short in (one.key, self._short(one.name))
            ),
        )

    def _short(self, name: str) -> str:
        return self._affixes.short(name)

    def _topic_arn(self, name: str) -> str:
        return f"arn:aws:sns:{self._names.region}:{self._names.account_id}:{name}"

    def _queues(self) -> Iterator[Queue]:
        """Yield the alarm queue and its dead letters."""
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
        asked, returned = _watched(alarm)
        return MetricAlarm(
            name=alarm.name,
            queries=asked,
            returned=returned,
            comparison=alarm.comparison,
            threshold=alarm.threshold,
            evaluation_periods=alarm.evaluation_periods,
            datapoints_to_alarm=alarm.datapoints_to_alarm,
            treat_missing_data=alarm.treat_missing_data,
            actions=self._actions[alarm.topic],
            description=alarm.description,
            unit="" if alarm.unit == "None" else alarm.unit,
            service=alarm.service,
        )

    def _composite(self, composite: Composite) -> CompositeAlarm:
        by = composite.suppressor
        return CompositeAlarm(
            name=composite.name,
            rule=self._rule(composite.rule),
            actions=self._actions[composite.topic],
            suppressor=Suppressor(self._catalog.alarm_name(by.alarm), by.wait_s, by.extension_s)
            if by
            else None,
            description=composite.description,
            service=composite.service,
        )

    def _rule(self, rule: Rule) -> str:
        """Return a rule in CloudWatch's words; in parentheses, since precedence is not published."""
        if isinstance(rule, InAlarm):
            return f'ALARM("{self._catalog.alarm_name(rule.alarm)}")'
        if isinstance(rule, NotInAlarm):
            return f'NOT ALARM("{self._catalog.alarm_name(rule.not_in_alarm)}")'
        parts, word = (rule.any_of, " OR ") if isinstance(rule, AnyOf) else (rule.all_of, " AND ")
        inner = word.join(map(self._rule, parts))
        return f"({inner})" if len(parts) > 1 else inner

    def _filter(self, one: LogFilter) -> MetricFilter:
        return MetricFilter(
            name=one.name,
            log_group=self._log_groups[one.log_group_key],
            pattern=one.pattern,
            namespace=one.namespace,
            metric=one.metric,
            value=one.value,
            default_value=one.default_value,
            dimensions=pairs(one.dimensions),
            unit=one.unit,
        )

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


def _watched(alarm: Alarm) -> tuple[tuple[Query, ...], str]:
    """Return what an alarm asks for, and the id of what it compares."""
    of = alarm.watches
    if isinstance(of, Math):
        asked = [*(Query(key, _statistic(one)) for key, one in of.metrics.items())]
        return queries([*asked, Query("result", of.expression)]), "result"
    if alarm.anomaly_band is not None:
        band = f"ANOMALY_DETECTION_BAND(observed, {alarm.anomaly_band:g})"
        return queries([Query("observed", _statistic(of)), Query("band", band)]), "observed"
    return (Query(ONLY_QUERY, _statistic(of)),), ONLY_QUERY


def _statistic(one: MetricSpec) -> Statistic:
    return Statistic(Metric(one.namespace, one.name, pairs(one.dimensions)), one.stat, one.period_s)
