"""Topics, their subscriptions, and the queues behind them, out of Terraform's configuration.

Source: Terraform AWS provider, aws_sns_topic, aws_sns_topic_subscription, aws_sqs_queue,
aws_sqs_queue_redrive_policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudwatch.alarms import Actions
from cloudwatch.records import Record
from drill.model import Queue, Subscription, Topic
from drill.sources.names import SEVERITIES, Affixes, of_arn
from drill.sources.queues import dead_letters_of, queue
from drill.sources.topics import foreign, in_order
from terraform.configuration import Configuration, Resource


class Routes:
    """Where notifications go."""

    def __init__(self, configuration: Configuration, affixes: Affixes) -> None:
        """Take the stacks, and what all their names begin and end with."""
        self._configuration = configuration
        self._affixes = affixes

    def topics(self, actions: Iterable[Actions]) -> tuple[Topic, ...]:
        """Return every topic of the stacks, and those of others that actions name."""
        own = [self._topic(resource) for resource in self._configuration.of_type("aws_sns_topic")]
        return (*own, *foreign(actions, known={topic.arn for topic in own}, affixes=self._affixes))

    def _topic(self, resource: Resource) -> Topic:
        name = self._affixes.short(resource.name)
        tagged = str((resource.body.get("tags") or {}).get("Severity") or "")
        return Topic(
            arn=resource.arn,
            name=name,
            severity=SEVERITIES.get(tagged) or SEVERITIES.get(name),
            subscriptions=in_order(self._subscriptions(resource.arn)),
        )

    def _subscriptions(self, topic_arn: str) -> Iterator[Subscription]:
        for resource in self._configuration.of_type("aws_sns_topic_subscription"):
            given = Record(resource.where, resource.body)
            if given.text("topic_arn") == topic_arn:
                endpoint = given.text("endpoint")
                name = self._affixes.short(of_arn(endpoint))
                yield Subscription(given.text("protocol"), endpoint, name)

    def queues(self, topics: Iterable[Topic]) -> tuple[Queue, ...]:
        """Return the queues that are subscribed, and those to which they hand what nobody could process."""
        found: dict[str, Queue] = {}
        todo = [
            subscription.endpoint
            for topic in topics
            for subscription in topic.subscriptions
            if subscription.protocol == "sqs"
        ]
        while todo:
            arn = todo.pop(0)
            if arn in found:
                continue
            resource = self._configuration.find(arn, "aws_sqs_queue")
            where = resource.where if resource else arn
            visible = resource.plain("visibility_timeout_seconds") if resource else None
            redrive = self._redrive_policy(resource) if resource else ""
            given = Record(where, {"VisibilityTimeout": visible, "RedrivePolicy": redrive or None}, _spelt)
            found[arn] = queue(given, of_arn(arn), self._affixes.short)
            todo += dead_letters_of(given)
        return tuple(found.values())

    def _redrive_policy(self, resource: Resource) -> str:
        """Return a queue's redrive policy, which may be a resource of its own."""
        url = self._configuration.attribute(resource.stack, resource.type, resource.key, "url")
        for item in self._configuration.of_type("aws_sqs_queue_redrive_policy"):
            if item.text("queue_url") == url:
                return item.text("redrive_policy")
        return resource.text("redrive_policy")


def _spelt(member: str) -> str:
    return {"VisibilityTimeout": "visibility_timeout_seconds", "RedrivePolicy": "redrive_policy"}.get(
        member, member
    )
