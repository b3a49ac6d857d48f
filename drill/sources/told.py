"""Whom the alarms of an account tell: the topics that they name, and the queues behind them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloudwatch.alarms import Actions
from cloudwatch.records import Record
from drill.model import Queue, Subscription, System, Topic
from drill.sources import names
from drill.sources.calls import DENIED, Client, RefusedError, call, pages
from drill.sources.names import SEVERITIES, Affixes, of_arn
from drill.sources.queues import dead_letters_of, queue
from drill.sources.topics import in_order, named

_NO_TOPIC: Final = frozenset(
    {"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"}
)
_NO_QUEUE: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_ACCOUNT: Final = 4
"""Which part of an ARN is the account."""


@dataclass(frozen=True, slots=True)
class Told:
    """Topics and queues, and how their names are shortened."""

    topics: tuple[Topic, ...]
    queues: tuple[Queue, ...]
    affixes: Affixes
    known: Mapping[str, str]
    """Full name -> short name, where the environment knows it."""

    def short(self, name: str) -> str:
        """Return the short name of an alarm."""
        return self.known.get(name) or self.affixes.short(name)

    @classmethod
    def of(cls, client: Client, account: str, actions: Iterable[Actions], known: System | None) -> Told:
        """Read what stands behind the topics that actions name.

        Args:
            client: makes clients of services.
            account: whose alarms they are.
            actions: what the alarms do.
            known: the environment, if it is known.

        Raises:
            SourceError: a call is not possible, or not allowed.
        """
        reading = _Reading(client, account, dict(_known(known)) if known else {})
        arns = list(named(actions))
        tags = {arn: reading.tags(arn) for arn in arns}
        reading.affixes = _affixes(tags.values())
        topics = tuple(reading.topic(arn, tags[arn]) for arn in arns)
        return cls(topics, reading.queues(topics), reading.affixes, reading.known)


def _known(system: System) -> Iterator[tuple[str, str]]:
    """Yield full names with the short ones of an environment's topics, queues and functions."""
    for topic in system.topics:
        yield of_arn(topic.arn), topic.name
        yield from (
            (of_arn(subscription.endpoint), subscription.name) for subscription in topic.subscriptions
        )
    yield from ((item.full_name, item.name) for item in system.queues)


def _affixes(tags: Iterable[Mapping[str, str]]) -> Affixes:
    """Return what names begin and end with, if the tags of all topics name one project and environment."""
    pairs = {(tag.get("Project"), tag.get("Environment")) for tag in tags}
    if len(pairs) != 1:
        return Affixes()
    (project, environment), *_ = pairs
    return names.of_project(project, environment) if project and environment else Affixes()


class _Reading:
    """An account's topics and queues, being read."""

    def __init__(self, client: Client, account: str, known: Mapping[str, str]) -> None:
        self._client = client
        self._account = account
        self.known = known
        self.affixes = Affixes()

    def _short(self, name: str) -> str:
        return self.known.get(name) or self.affixes.short(name)

    def tags(self, arn: str) -> dict[str, str]:
        """Return a topic's tags; none if it is not there, or is another account's that says nothing."""
        try:
            answer = call(self._client("sns"), "list_tags_for_resource", ResourceArn=arn)
        except RefusedError as error:
            if self._is_elsewhere(arn, error, _NO_TOPIC):
                return {}
            raise
        return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}

    def topic(self, arn: str, tags: Mapping[str, str]) -> Topic:
        """Return a topic with whom it reaches; nobody, if it is not there any more or cannot be asked."""
        name = self._short(of_arn(arn))
        severity = SEVERITIES.get(tags.get("Severity", "")) or SEVERITIES.get(name)
        try:
            subscribed = list(self._subscriptions(arn))
        except RefusedError as error:
            if not self._is_elsewhere(arn, error, _NO_TOPIC):
                raise
            subscribed = []
        return Topic(arn, name, severity, in_order(subscribed))

    def _subscriptions(self, arn: str) -> Iterator[Subscription]:
        """Yield the subscriptions that are confirmed: no other is sent anything (SNS, Subscribe)."""
        for page in pages(self._client("sns"), "list_subscriptions_by_topic", TopicArn=arn):
            for subscription in page.get("Subscriptions", ()):
                if subscription["SubscriptionArn"].startswith("arn:"):
                    endpoint = subscription["Endpoint"]
                    yield Subscription(subscription["Protocol"], endpoint, self._short(of_arn(endpoint)))

    def queues(self, topics: Iterable[Topic]) -> tuple[Queue, ...]:
        """Return the queues that are subscribed, and those to which they hand what nobody could process.

        Those that are not there, or are another account's and say nothing, keep nothing that is known of.
        """
        found: dict[str, Queue | None] = {}
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
            attributes = self._attributes(arn)
            found[arn] = None
            if attributes is not None:
                given = Record(arn, attributes)
                found[arn] = queue(given, of_arn(arn), self._short)
                todo += dead_letters_of(given)
        return tuple(item for item in found.values() if item)

    def _attributes(self, arn: str) -> dict[str, Any] | None:
        """Return a queue's attributes; None if it is not there, or another account's that says nothing."""
        sqs = self._client("sqs")
        owner = arn.split(":")[_ACCOUNT]
        try:
            url = call(sqs, "get_queue_url", QueueName=of_arn(arn), QueueOwnerAWSAccountId=owner)["QueueUrl"]
            wanted = ["VisibilityTimeout", "RedrivePolicy"]
            answer = call(sqs, "get_queue_attributes", QueueUrl=url, AttributeNames=wanted)
        except RefusedError as error:
            if self._is_elsewhere(arn, error, _NO_QUEUE):
                return None
            raise
        attributes: dict[str, Any] = answer.get("Attributes", {})
        return attributes

    def _is_elsewhere(self, arn: str, error: RefusedError, gone: Container[str]) -> bool:
        """Tell whether an error says that something is no more, or is another account's secret."""
        return error.code in gone or (error.code in DENIED and arn.split(":")[_ACCOUNT] != self._account)
