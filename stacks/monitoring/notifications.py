"""From an alarm to people: topics, their subscriptions, the alarm queue, and the dead letters.

An alarm publishes to the topic of its severity. From there AWS's own message goes to the alarm queue and to
webhooks, and to the notifier, which writes it anew for mail, Slack and PagerDuty. That notifications
themselves fail is published to the topic `fallback`, which reaches people without the notifier.

Everything is encrypted with our key: CloudWatch cannot publish to a topic under the AWS-managed one, and SNS
cannot send to a queue under it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, get_args

from cdktf import Fn

from catalog import Catalog
from catalog.specs import Topic
from config.models import Severity
from stacks import aws, policies
from stacks.base import Stack

_DAY_S = 86_400


class Notifications:
    """Topics, subscriptions and queues."""

    def __init__(self, stack: Stack, catalog: Catalog, key_arn: str) -> None:
        """Add the notifications of `stack`'s environment."""
        self._stack = stack
        self._catalog = catalog
        self._key_arn = key_arn
        config = stack.env.notifications
        self._all_topics: dict[str, Any] = {
            key: self._topic(key, name) for key, name in stack.names.topics(stack.env)
        }
        self._dead_letters = self._queue(
            "dead-letters", stack.names.alarm_dead_letters, config.dead_letter_retention_days * _DAY_S
        )
        self._alarms = self._queue(
            "alarms",
            stack.names.alarm_queue,
            config.queue_retention_days * _DAY_S,
            redrive_policy=Fn.jsonencode(
                {
                    "deadLetterTargetArn": self._dead_letters.arn,
                    "maxReceiveCount": config.queue_max_receives,
                }
            ),
        )
        for topic in get_args(Topic):
            self.subscribe(topic, "queue", "sqs", self._alarms.arn)
        for severity in get_args(Severity):
            recipients = getattr(config, severity)
            self._subscribe_people(f"{severity}-mail", recipients.emails, ())
            self._subscribe_people(severity, (), recipients.webhooks)
        self._subscribe_people("fallback", config.critical.emails, config.critical.webhooks)

    @property
    def topic_arns(self) -> dict[Topic, str]:
        """Topic that alarms name -> its ARN."""
        return {topic: self._all_topics[topic].arn for topic in get_args(Topic)}

    def mail_topic_arn(self, severity: Severity) -> str:
        """ARN of the topic by which what the notifier writes becomes mail; empty when nobody gets any."""
        topic = self._all_topics.get(f"{severity}-mail")
        return str(topic.arn) if topic else ""

    @property
    def queue_url(self) -> str:
        """URL of the queue in which every notification arrives."""
        return str(self._alarms.url)

    @property
    def dead_letter_queue_url(self) -> str:
        """URL of the queue of what could not be delivered or processed."""
        return str(self._dead_letters.url)

    def _topic(self, key: str, name: str) -> Any:
        stack, names = self._stack, self._stack.names
        topic = stack.add(
            aws.SnsTopic,
            key,
            name=name,
            # What phones and mail clients show as the sender.
            display_name=f"{names.whole} {key.removesuffix('-mail')}",
            kms_master_key_id=self._key_arn,
            tags={"Severity": key} if key in get_args(Severity) else None,
        )
        if key in get_args(Topic):
            stack.add(
                aws.SnsTopicPolicy,
                key,
                arn=topic.arn,
                policy=policies.document(*self._publishers(key, topic.arn)),
            )
        return topic

    def _publishers(self, key: str, arn: str) -> list[policies.Statement]:
        """Return who may publish to a topic: alarms, and EventBridge where events go there."""
        names = self._stack.names
        alarms = f"arn:aws:cloudwatch:{names.region}:{names.account_id}:alarm:{names.of_thing('*')}"
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
            # Without a condition: none is documented that EventBridge meets for a topic, and one that it does
            # not meet is silence (EventBridge User Guide, "Using resource-based policies").
            statements.append(
                policies.allow(
                    "EventsPublish",
                    ["sns:Publish"],
                    [arn],
                    principal=policies.service("events.amazonaws.com"),
                )
            )
        return statements

    def _queue(self, key: str, name: str, retention_s: int, **arguments: Any) -> Any:
        """Add a queue that our topics may send to; to the dead letters too it is the topic that sends.

        The policy is an argument of the queue and not a resource of its own, which would take another 25 s:
        that is how long the provider waits for any attribute of a queue. Source: SNS Developer Guide, "Amazon
        SNS dead-letter queues".
        """
        names = self._stack.names
        may_send = policies.allow(
            "TopicsSend",
            ["sqs:SendMessage"],
            [f"arn:aws:sqs:{names.region}:{names.account_id}:{name}"],
            principal=policies.service("sns.amazonaws.com"),
            conditions={"ArnEquals": {"aws:SourceArn": [one.arn for one in self._all_topics.values()]}},
        )
        return self._stack.add(
            aws.SqsQueue,
            key,
            name=name,
            message_retention_seconds=retention_s,
            kms_master_key_id=self._key_arn,
            policy=policies.document(may_send),
            **arguments,
        )

    def subscribe(self, topic: str, key: str, protocol: str, endpoint: str, **arguments: Any) -> Any:
        """Subscribe to a topic; what cannot be delivered goes to the dead letters."""
        return self._stack.add(
            aws.SnsTopicSubscription,
            f"{topic}_{key}",
            topic_arn=self._all_topics[topic].arn,
            protocol=protocol,
            endpoint=endpoint,
            redrive_policy=Fn.jsonencode({"deadLetterTargetArn": self._dead_letters.arn}),
            **arguments,
        )

    def _subscribe_people(self, topic: str, emails: Sequence[str], urls: Sequence[str]) -> None:
        for address in emails:
            self.subscribe(topic, f"email_{_address_key(address)}", "email", address)
        for url in urls:
            scheme = url.partition(":")[0]
            self.subscribe(topic, f"{scheme}_{_address_key(url)}", scheme, url)


def _address_key(address: str) -> str:
    """Return an address as part of a Terraform name: readable, and different for different addresses."""
    readable = re.sub(r"[^a-z0-9]+", "-", address.lower().partition("://")[2] or address.lower()).strip("-")
    return f"{readable[:40]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
