"""From an alarm to people: a topic per severity, its subscriptions, the alarm queue, and the dead letters.

Everything is encrypted with our key: CloudWatch cannot publish to a topic under the AWS-managed one, and SNS
cannot send to a queue under it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, get_args

from cdktf import Fn

from config.models import Recipients, Severity
from stacks import aws, policies
from stacks.base import Stack

_DAY_S = 86_400


class Notifications:
    """Topics, subscriptions and queues."""

    def __init__(self, stack: Stack, key_arn: str) -> None:
        """Add the notifications of `stack`'s environment."""
        self._stack = stack
        self._key_arn = key_arn
        config = stack.env.notifications
        self._topics = {severity: self._topic(severity) for severity in get_args(Severity)}
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
        for severity, recipients in (("critical", config.critical), ("warning", config.warning)):
            self._subscribe(severity, recipients)

    @property
    def topic_arns(self) -> dict[str, str]:
        """Severity -> ARN of its topic."""
        return {severity: topic.arn for severity, topic in self._topics.items()}

    @property
    def queue_url(self) -> str:
        """URL of the queue in which every notification arrives."""
        return str(self._alarms.url)

    @property
    def dead_letter_queue_url(self) -> str:
        """URL of the queue of what could not be delivered or processed."""
        return str(self._dead_letters.url)

    def _topic(self, severity: str) -> Any:
        stack, names = self._stack, self._stack.names
        alarms = f"arn:aws:cloudwatch:{names.region}:{names.account_id}:alarm:{names.of_thing('*')}"
        topic = stack.add(
            aws.SnsTopic,
            severity,
            name=names.topic(severity),
            # What phones and mail clients show as the sender.
            display_name=f"{names.whole} {severity}",
            kms_master_key_id=self._key_arn,
            tags={"Severity": severity},
        )
        stack.add(
            aws.SnsTopicPolicy,
            severity,
            arn=topic.arn,
            policy=policies.document(
                # CloudWatch User Guide, "Notifying users on alarm changes".
                policies.allow(
                    "AlarmsOfThisEnvironmentPublish",
                    ["sns:Publish"],
                    [topic.arn],
                    principal=policies.service("cloudwatch.amazonaws.com"),
                    conditions={
                        "StringEquals": {"aws:SourceAccount": names.account_id},
                        "ArnLike": {"aws:SourceArn": alarms},
                    },
                ),
            ),
        )
        return topic

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
            conditions={"ArnEquals": {"aws:SourceArn": list(self.topic_arns.values())}},
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

    def _subscribe(self, severity: str, recipients: Recipients) -> None:
        """Subscribe the alarm queue and the people; what cannot be delivered goes to the dead letters."""
        common: dict[str, Any] = {
            "topic_arn": self._topics[severity].arn,
            "redrive_policy": Fn.jsonencode({"deadLetterTargetArn": self._dead_letters.arn}),
        }
        add = self._stack.add
        add(
            aws.SnsTopicSubscription,
            f"{severity}_queue",
            protocol="sqs",
            endpoint=self._alarms.arn,
            **common,
        )
        for address in recipients.emails:
            add(
                aws.SnsTopicSubscription,
                f"{severity}_email_{_address_key(address)}",
                protocol="email",
                endpoint=address,
                **common,
            )
        for url in recipients.webhooks:
            add(
                aws.SnsTopicSubscription,
                f"{severity}_https_{_address_key(url)}",
                protocol="https",
                endpoint=url,
                **common,
            )


def _address_key(address: str) -> str:
    """Return an address as part of a Terraform name: readable, and different for different addresses."""
    readable = re.sub(r"[^a-z0-9]+", "-", address.lower().removeprefix("https://")).strip("-")
    return f"{readable[:40]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
