"""The routes of the catalog: topics, their subscriptions, the alarm queue, and the dead-letter queue.

All are encrypted with the customer-managed key: CloudWatch cannot publish to a topic under the AWS managed
key, and SNS cannot send to a queue under it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from cdktf import Fn

from catalog import Catalog
from catalog.specs import Queue, Subscription, Topic, TopicRoute
from config.notifications import Severity
from stacks import aws, policies
from stacks.base import Stack


class Notifications:
    """Topics, subscriptions and queues."""

    def __init__(self, stack: Stack, catalog: Catalog, key_arn: str) -> None:
        """Add the notifications of `stack`'s environment."""
        self._stack = stack
        self._catalog = catalog
        self._key_arn = key_arn
        self._topics: dict[str, Any] = {topic.key: self._topic(topic) for topic in catalog.routes.topics}
        queues = {queue.key: queue for queue in catalog.routes.queues}
        self._dead_letters = self._queue(queues["dead-letters"])
        self._alarms = self._queue(
            queues["alarms"],
            redrive_policy=Fn.jsonencode(
                {
                    "deadLetterTargetArn": self._dead_letters.arn,
                    "maxReceiveCount": queues["alarms"].max_receives,
                }
            ),
        )
        self._subscribe({"sqs": self._alarms.arn})

    @property
    def topic_arns(self) -> dict[Topic, str]:
        """Topic that alarms name -> its ARN."""
        return {topic: self._topics[topic].arn for topic in get_args(Topic)}

    def mail_topic_arn(self, severity: Severity) -> str:
        """ARN of the topic for e-mail of the notifier; empty without addresses."""
        key = self._catalog.routes.deliveries[severity].mail_topic
        return str(self._topics[key].arn) if key else ""

    @property
    def queue_url(self) -> str:
        """URL of the queue that receives every notification."""
        return str(self._alarms.url)

    @property
    def dead_letter_queue_url(self) -> str:
        """URL of the queue of notifications that could not be delivered or processed."""
        return str(self._dead_letters.url)

    def _topic(self, route: TopicRoute) -> Any:
        stack = self._stack
        topic = stack.add(
            aws.SnsTopic,
            route.key,
            name=route.name,
            # The sender name in mail clients.
            display_name=f"{stack.names.whole} {route.key.removesuffix('-mail')}",
            kms_master_key_id=self._key_arn,
            tags={"Severity": route.severity} if route.severity else None,
        )
        if route.alarms_publish:
            stack.add(
                aws.SnsTopicPolicy,
                route.key,
                arn=topic.arn,
                policy=policies.document(*self._publishers(route.key, topic.arn)),
            )
        return topic

    def _publishers(self, key: str, arn: str) -> list[policies.Statement]:
        """Return the statements of a topic policy: alarms may publish, and EventBridge if events notify."""
        names = self._stack.names
        alarms = f"arn:aws:cloudwatch:{names.region}:{names.account_id}:alarm:{names.resource('*')}"
        statements = [
            # CloudWatch User Guide, "Notifying users on alarm changes".
            policies.allow(
                "AlarmsOfThisEnvironmentPublish",
                ["sns:Publish"],
                [arn],
                principal=policies.service("cloudwatch.amazonaws.com"),
                conditions={
                    "StringEquals": {"aws:SourceAccount": names.account_id},
                    "ArnLike": {"aws:SourceArn": alarms},
                },
            )
        ]
        if any(event.topic == key for event in self._catalog.events):
            # No condition: AWS does not document one that EventBridge meets for a topic, and with an unmet
            # condition nothing is delivered (EventBridge User Guide, "Using resource-based policies").
            statements.append(
                policies.allow(
                    "EventsPublish",
                    ["sns:Publish"],
                    [arn],
                    principal=policies.service("events.amazonaws.com"),
                )
            )
        return statements

    def _queue(self, queue: Queue, **arguments: Any) -> Any:
        """Add a queue to which the topics may send; topics also send to the dead-letter queue.

        The policy is an argument of the queue, because a separate resource would take another 25 s: the
        provider waits that long for each attribute of a queue. Source: SNS Developer Guide, "Amazon
        SNS dead-letter queues".
        """
        names = self._stack.names
        may_send = policies.allow(
            "TopicsSend",
            ["sqs:SendMessage"],
            [f"arn:aws:sqs:{names.region}:{names.account_id}:{queue.name}"],
            principal=policies.service("sns.amazonaws.com"),
            conditions={"ArnEquals": {"aws:SourceArn": [topic.arn for topic in self._topics.values()]}},
        )
        return self._stack.add(
            aws.SqsQueue,
            queue.key,
            name=queue.name,
            message_retention_seconds=queue.retention_s,
            kms_master_key_id=self._key_arn,
            policy=policies.document(may_send),
            **arguments,
        )

    def subscribe_notifier(self, topic: str, function_arn: str, **arguments: Any) -> None:
        """Subscribe the notifier to a topic."""
        subscriptions = self._catalog.routes.topic(topic).subscriptions
        notifier = next(subscription for subscription in subscriptions if subscription.protocol == "lambda")
        self._add(topic, notifier, function_arn, **arguments)

    def _subscribe(self, arns: Mapping[str, str]) -> None:
        """Add all subscriptions except that of the notifier; `arns` has the ARNs of queues by protocol."""
        for topic in self._catalog.routes.topics:
            for subscription in topic.subscriptions:
                if subscription.protocol != "lambda":
                    endpoint = arns.get(subscription.protocol, subscription.endpoint)
                    self._add(topic.key, subscription, endpoint)

    def _add(self, topic: str, subscription: Subscription, endpoint: str, **arguments: Any) -> None:
        self._stack.add(
            aws.SnsTopicSubscription,
            f"{topic}_{subscription.key}",
            topic_arn=self._topics[topic].arn,
            protocol=subscription.protocol,
            endpoint=endpoint,
            # Undelivered notifications go to the dead-letter queue.
            redrive_policy=Fn.jsonencode({"deadLetterTargetArn": self._dead_letters.arn}),
            **arguments,
        )
