"""Routes in Terraform configurations: topics, subscriptions and queues.

Source: Terraform AWS provider, aws_sns_topic, aws_sns_topic_subscription, aws_sqs_queue,
aws_sqs_queue_redrive_policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudwatch.alarms import Actions
from cloudwatch.records import Record
from drill.model import LeftOut, Queue, Subscription, Topic
from drill.sources.names import SEVERITIES, Affixes, of_arn
from drill.sources.queues import dead_letters_of, queue, subscribed
from drill.sources.topics import foreign, in_order
from terraform.configuration import Configuration, Resource
from terraform.expressions import is_known


class Routes:
    """The routes of notifications."""

    def __init__(self, configuration: Configuration, affixes: Affixes) -> None:
        """Create from stacks and the affixes of their names."""
        self._configuration = configuration
        self._affixes = affixes
        self.left_out: list[LeftOut] = []
        """Redrive policies that are not known, of the queues that were read."""

    def topics(self, actions: Iterable[Actions]) -> tuple[Topic, ...]:
        """Return the topics of the stacks, and other topics in actions."""
        own = [self._topic(resource) for resource in self._configuration.of_type("aws_sns_topic")]
        return (*own, *foreign(actions, known={topic.arn for topic in own}, affixes=self._affixes))

    def _topic(self, resource: Resource) -> Topic:
        name = self._affixes.short(resource.name)
        severity_tag = str((resource.body.get("tags") or {}).get("Severity") or "")
        return Topic(
            arn=resource.arn,
            name=name,
            severity=SEVERITIES.get(severity_tag) or SEVERITIES.get(name),
            subscriptions=in_order(self._subscriptions(resource.arn)),
        )

    def _subscriptions(self, topic_arn: str) -> Iterator[Subscription]:
        for resource in self._configuration.of_type("aws_sns_topic_subscription"):
            record = Record(resource.where, resource.body)
            if record.text("topic_arn") == topic_arn:
                endpoint = record.text("endpoint")
                name = self._affixes.short(of_arn(endpoint))
                yield Subscription(record.text("protocol"), endpoint, name)

    def queues(self, topics: Iterable[Topic]) -> tuple[Queue, ...]:
        """Return the subscribed queues and their dead-letter queues."""
        queues: dict[str, Queue] = {}
        pending = subscribed(topics)
        while pending:
            arn = pending.pop(0)
            if arn in queues:
                continue
            resource = self._configuration.find(arn, "aws_sqs_queue")
            where = resource.where if resource else arn
            timeout = resource.plain("visibility_timeout_seconds") if resource else None
            redrive = self._redrive_policy(resource) if resource else ""
            if not is_known(redrive):
                reason = (
                    f"{where}: redrive_policy is not known before an apply: no dead letters are rehearsed"
                )
                self.left_out.append(LeftOut(f"dead letters of {self._affixes.short(of_arn(arn))}", reason))
                redrive = ""
            record = Record(where, {"VisibilityTimeout": timeout, "RedrivePolicy": redrive or None}, _spelt)
            queues[arn] = queue(record, of_arn(arn), self._affixes.short)
            pending += dead_letters_of(record)
        return tuple(queues.values())

    def _redrive_policy(self, resource: Resource) -> str:
        """Return the redrive policy of a queue, which may be a separate resource."""
        url = self._configuration.attribute(resource.stack, resource.type, resource.key, "url")
        for policy in self._configuration.of_type("aws_sqs_queue_redrive_policy"):
            if policy.text("queue_url") == url:
                return policy.text("redrive_policy")
        return resource.text("redrive_policy")


def _spelt(member: str) -> str:
    return {"VisibilityTimeout": "visibility_timeout_seconds", "RedrivePolicy": "redrive_policy"}.get(
        member, member
    )
