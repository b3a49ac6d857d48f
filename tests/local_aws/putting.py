"""Create the alarms, filters, topics and queues of a drill's system in the local AWS."""

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
    """Create everything; return the URLs of the queues."""
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


def delete_all(client: Callable[[str], Any], system: System, urls: list[str]) -> None:
    """Delete everything, composites before their children."""
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
    """Return a system with one webhook, which confirms its subscription, and without e-mail subscriptions."""

    def changed(topic: Topic) -> Topic:
        kept = [
            subscription for subscription in topic.subscriptions if subscription.protocol in {"sqs", "lambda"}
        ]
        webhooks = [subscription for subscription in topic.subscriptions if subscription.protocol == "https"]
        confirming = [
            dataclasses.replace(webhook, protocol="http", endpoint=hook, name=hook)
            for webhook in webhooks[:1]
        ]
        subscriptions = sorted(
            [*kept, *confirming], key=lambda subscription: (subscription.protocol, subscription.name)
        )
        return dataclasses.replace(topic, subscriptions=tuple(subscriptions))

    return dataclasses.replace(system, topics=tuple(map(changed, system.topics)))


def put_queues(client: Callable[[str], Any], system: System) -> list[str]:
    """Create the queues, dead-letter queues first, and return their URLs."""
    urls = []
    full = {queue.name: queue.full_name for queue in system.queues}
    for queue in reversed(system.queues):
        attributes = {"VisibilityTimeout": str(queue.visibility_timeout_s)}
        if queue.dead_letters:
            arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{full[queue.dead_letters]}"
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": queue.max_receives}
            attributes["RedrivePolicy"] = json.dumps(policy)
        created = client("sqs").create_queue(QueueName=queue.full_name, Attributes=attributes)
        urls.append(created["QueueUrl"])
    return urls


def put_topic(client: Callable[[str], Any], topic: Topic, tags: Mapping[str, str]) -> None:
    """Create a topic with the tags that the provider sets, and its subscriptions."""
    tags = dict(tags)
    if topic.name in {"critical", "warning"}:
        tags["Severity"] = topic.name
    created = client("sns").create_topic(
        Name=topic.arn.rpartition(":")[2], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    assert created["TopicArn"] == topic.arn
    for subscription in topic.subscriptions:
        client("sns").subscribe(
            TopicArn=topic.arn, Protocol=subscription.protocol, Endpoint=subscription.endpoint
        )


def in_order(system: System) -> list[CompositeAlarm]:
    """Return the composites, each after those in its rule."""
    remaining, ordered = (
        {composite.name: composite for composite in system.composites},
        list[CompositeAlarm](),
    )
    while remaining:
        ready = [composite for composite in remaining.values() if not needed(composite) & remaining.keys()]
        assert ready
        ordered += ready
        remaining = {name: composite for name, composite in remaining.items() if composite not in ready}
    return ordered


def needed(composite: CompositeAlarm) -> set[str]:
    """Return the alarms that must exist before a composite is created."""
    suppressor = {composite.suppressor.alarm} if composite.suppressor else set()
    return set(re.findall(r'"([^"]+)"', composite.rule)) | suppressor


def actions(alarm: MetricAlarm | CompositeAlarm) -> dict[str, Any]:
    """Return the common members of both requests."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AlarmActions": list(alarm.actions.alarm),
        "OKActions": list(alarm.actions.ok),
        "InsufficientDataActions": list(alarm.actions.insufficient_data),
    }


def alarm_request(alarm: MetricAlarm) -> dict[str, Any]:
    """Return the input of PutMetricAlarm for an alarm."""
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
        (statistic,) = alarm.statistics
        member = "ExtendedStatistic" if statistic.stat.startswith("p") else "Statistic"
        return {**request, **metric(statistic), "Period": statistic.period_s, member: statistic.stat}
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


def metric(statistic: Statistic) -> dict[str, Any]:
    """Return the members of a request for a metric."""
    dimensions = [{"Name": name, "Value": value} for name, value in reversed(statistic.metric.dimensions)]
    return {
        "Namespace": statistic.metric.namespace,
        "MetricName": statistic.metric.name,
        "Dimensions": dimensions,
    }


def composite_request(composite: CompositeAlarm) -> dict[str, Any]:
    """Return the input of PutCompositeAlarm for a composite."""
    request = {**actions(composite), "AlarmRule": composite.rule}
    if suppressor := composite.suppressor:
        request |= {
            "ActionsSuppressor": suppressor.alarm,
            "ActionsSuppressorWaitPeriod": int(suppressor.wait_s),
            "ActionsSuppressorExtensionPeriod": int(suppressor.extension_s),
        }
    return request


def filter_request(metric_filter: MetricFilter) -> dict[str, Any]:
    """Return the input of PutMetricFilter for a filter."""
    transformation: dict[str, Any] = {
        "metricName": metric_filter.metric,
        "metricNamespace": metric_filter.namespace,
        "metricValue": metric_filter.value,
        "unit": metric_filter.unit,
    }
    if metric_filter.default_value is not None:
        transformation["defaultValue"] = metric_filter.default_value
    if metric_filter.dimensions:
        transformation["dimensions"] = dict(metric_filter.dimensions)
    return {
        "logGroupName": metric_filter.log_group,
        "filterName": metric_filter.name,
        "filterPattern": metric_filter.pattern,
        "metricTransformations": [transformation],
    }
