"""Puts what is rehearsed into the local AWS, call by call, as a deployment would."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from cloudwatch.alarms import CompositeAlarm, MetricAlarm, Statistic
from tests.local_aws.support import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloudwatch.publishing import MetricFilter
    from drill.model import System, Topic


def put(client: Callable[[str], Any], system: System, tags: Mapping[str, str]) -> list[str]:
    """Make everything; return the URLs of the queues."""
    urls = put_queues(client, system)
    for group in sorted({metric_filter.log_group for metric_filter in system.filters}):
        client("logs").create_log_group(logGroupName=group)
    for metric_filter in system.filters:
        client("logs").put_metric_filter(**filter_request(metric_filter))
    for topic in system.topics:
        put_topic(client, topic, tags)
    for alarm in system.alarms:
        client("cloudwatch").put_metric_alarm(**alarm_request(alarm))
    for composite in in_order(system):
        client("cloudwatch").put_composite_alarm(**composite_request(composite))
    return urls


def take_away(client: Callable[[str], Any], system: System, urls: list[str]) -> None:
    """Delete everything, composites before what they name."""
    for composite in reversed(in_order(system)):
        client("cloudwatch").delete_alarms(AlarmNames=[composite.name])
    for alarm in system.alarms:
        client("cloudwatch").delete_alarms(AlarmNames=[alarm.name])
    for topic in system.topics:
        client("sns").delete_topic(TopicArn=topic.arn)
    for group in {metric_filter.log_group for metric_filter in system.filters}:
        client("logs").delete_log_group(logGroupName=group)
    for url in urls:
        client("sqs").delete_queue(QueueUrl=url)


def with_webhook(system: System, hook: str) -> System:
    """Return a system whose webhooks are one that confirms; mail is confirmed by people, so there is none."""

    def told(topic: Topic) -> Topic:
        kept = [
            subscription for subscription in topic.subscriptions if subscription.protocol in {"sqs", "lambda"}
        ]
        urls = [subscription for subscription in topic.subscriptions if subscription.protocol == "https"]
        hooks = [dataclasses.replace(url, protocol="http", endpoint=hook, name=hook) for url in urls[:1]]
        return dataclasses.replace(
            topic, subscriptions=tuple(sorted([*kept, *hooks], key=lambda hook: (hook.protocol, hook.name)))
        )

    return dataclasses.replace(system, topics=tuple(map(told, system.topics)))


def put_queues(client: Callable[[str], Any], system: System) -> list[str]:
    """Make the queues, those of dead letters first, and return their URLs."""
    urls = []
    full = {queue.name: queue.full_name for queue in system.queues}
    for queue in reversed(system.queues):
        attributes = {"VisibilityTimeout": str(queue.visibility_timeout_s)}
        if queue.dead_letters:
            arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{full[queue.dead_letters]}"
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": queue.max_receives}
            attributes["RedrivePolicy"] = json.dumps(policy)
        made = client("sqs").create_queue(QueueName=queue.full_name, Attributes=attributes)
        urls.append(made["QueueUrl"])
    return urls


def put_topic(client: Callable[[str], Any], topic: Topic, tags: Mapping[str, str]) -> None:
    """Make a topic with the tags that the provider gives it, and its subscriptions."""
    tags = dict(tags)
    if topic.name in {"critical", "warning"}:
        tags["Severity"] = topic.name
    made = client("sns").create_topic(
        Name=topic.arn.rpartition(":")[2], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    assert made["TopicArn"] == topic.arn
    for subscription in topic.subscriptions:
        client("sns").subscribe(
            TopicArn=topic.arn, Protocol=subscription.protocol, Endpoint=subscription.endpoint
        )


def in_order(system: System) -> list[CompositeAlarm]:
    """Return composites, each after those that it names."""
    left, found = {composite.name: composite for composite in system.composites}, list[CompositeAlarm]()
    while left:
        free = [
            composite_alarm for composite_alarm in left.values() if not needed(composite_alarm) & left.keys()
        ]
        assert free
        found += free
        left = {
            name: composite_alarm for name, composite_alarm in left.items() if composite_alarm not in free
        }
    return found


def needed(composite: CompositeAlarm) -> set[str]:
    """Return the alarms that have to be there before a composite."""
    by = {composite.suppressor.alarm} if composite.suppressor else set()
    return set(re.findall(r'"([^"]+)"', composite.rule)) | by


def actions(alarm: MetricAlarm | CompositeAlarm) -> dict[str, Any]:
    """Return what both kinds of request say alike."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AlarmActions": list(alarm.actions.alarm),
        "OKActions": list(alarm.actions.ok),
        "InsufficientDataActions": list(alarm.actions.insufficient_data),
    }


def alarm_request(alarm: MetricAlarm) -> dict[str, Any]:
    """Return what PutMetricAlarm takes for an alarm."""
    request: dict[str, Any] = {
        **actions(alarm),
        "ComparisonOperator": alarm.comparison,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "TreatMissingData": alarm.treat_missing_data,
    }
    if alarm.threshold is not None:
        request["Threshold"] = alarm.threshold
    if len(alarm.queries) == 1:
        (one,) = alarm.statistics
        named = "ExtendedStatistic" if one.stat.startswith("p") else "Statistic"
        return {**request, **metric(one), "Period": one.period_s, named: one.stat}
    if alarm.threshold is None:
        request["ThresholdMetricId"] = "band"
    compared = {alarm.returned, request.get("ThresholdMetricId")}
    queries = [
        {
            "Id": query.id,
            "ReturnData": query.id in compared,
            **(
                {
                    "MetricStat": {
                        "Metric": metric(query.asks),
                        "Period": query.asks.period_s,
                        "Stat": query.asks.stat,
                    }
                }
                if isinstance(query.asks, Statistic)
                else {"Expression": query.asks}
            ),
        }
        for query in reversed(alarm.queries)
    ]
    return {**request, "Metrics": queries}


def metric(of: Statistic) -> dict[str, Any]:
    """Return what a request says of a metric."""
    dimensions = [{"Name": name, "Value": value} for name, value in reversed(of.metric.dimensions)]
    return {"Namespace": of.metric.namespace, "MetricName": of.metric.name, "Dimensions": dimensions}


def composite_request(composite: CompositeAlarm) -> dict[str, Any]:
    """Return what PutCompositeAlarm takes for a composite."""
    request = {**actions(composite), "AlarmRule": composite.rule}
    if by := composite.suppressor:
        request |= {
            "ActionsSuppressor": by.alarm,
            "ActionsSuppressorWaitPeriod": int(by.wait_s),
            "ActionsSuppressorExtensionPeriod": int(by.extension_s),
        }
    return request


def filter_request(metric_filter: MetricFilter) -> dict[str, Any]:
    """Return what PutMetricFilter takes for a filter."""
    made: dict[str, Any] = {
        "metricName": metric_filter.metric,
        "metricNamespace": metric_filter.namespace,
        "metricValue": metric_filter.value,
        "unit": metric_filter.unit,
    }
    if metric_filter.default_value is not None:
        made["defaultValue"] = metric_filter.default_value
    if metric_filter.dimensions:
        made["dimensions"] = dict(metric_filter.dimensions)
    return {
        "logGroupName": metric_filter.log_group,
        "filterName": metric_filter.name,
        "filterPattern": metric_filter.pattern,
        "metricTransformations": [made],
    }
