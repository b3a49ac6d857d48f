"""The routes of the alarms of an account: topics, subscriptions and queues."""

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
from drill.sources.queues import dead_letters_of, queue, subscribed
from drill.sources.topics import in_order, named

_NO_TOPIC: Final = frozenset(
    {"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"}
)
_NO_QUEUE: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_ACCOUNT: Final = 4
"""Index of the account in an ARN."""


@dataclass(frozen=True, slots=True)
class AccountRoutes:
    """Topics, queues and short names."""

    topics: tuple[Topic, ...]
    queues: tuple[Queue, ...]
    affixes: Affixes
    known: Mapping[str, str]
    """Full name -> short name, of names in the catalog."""

    def short(self, name: str) -> str:
        """Return the short name of an alarm."""
        return self.known.get(name) or self.affixes.short(name)

    @classmethod
    def of(
        cls, client: Client, account: str, actions: Iterable[Actions], known: System | None
    ) -> AccountRoutes:
        """Read the topics of actions, and their queues.

        Args:
            client: makes clients of services.
            account: the account of the alarms.
            actions: the actions of the alarms.
            known: the system of the catalog, if any.

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
    """Yield full and short names of the topics, queues and functions of a system."""
    for topic in system.topics:
        yield of_arn(topic.arn), topic.name
        yield from (
            (of_arn(subscription.endpoint), subscription.name) for subscription in topic.subscriptions
        )
    yield from ((queue.full_name, queue.name) for queue in system.queues)


def _affixes(tags: Iterable[Mapping[str, str]]) -> Affixes:
    """Return the affixes of names, if all topics have tags of the same project and environment."""
    pairs = {(tag.get("Project"), tag.get("Environment")) for tag in tags}
    if len(pairs) != 1:
        return Affixes()
    (project, environment), *_ = pairs
    return names.of_project(project, environment) if project and environment else Affixes()


class _Reading:
    """Reader of the topics and queues of an account."""

    def __init__(self, client: Client, account: str, known: Mapping[str, str]) -> None:
        self._client = client
        self._account = account
        self.known = known
        self.affixes = Affixes()

    def _short(self, name: str) -> str:
        return self.known.get(name) or self.affixes.short(name)

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a topic; empty if it does not exist or another account denies access."""
        try:
            answer = call(self._client("sns"), "list_tags_for_resource", ResourceArn=arn)
        except RefusedError as error:
            if self._is_elsewhere(arn, error, _NO_TOPIC):
                return {}
            raise
        return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}

    def topic(self, arn: str, tags: Mapping[str, str]) -> Topic:
        """Return a topic with its subscriptions; none if it does not exist or access is denied."""
        name = self._short(of_arn(arn))
        severity = SEVERITIES.get(tags.get("Severity", "")) or SEVERITIES.get(name)
        try:
            subscriptions = list(self._subscriptions(arn))
        except RefusedError as error:
            if not self._is_elsewhere(arn, error, _NO_TOPIC):
                raise
            subscriptions = []
        return Topic(arn, name, severity, in_order(subscriptions))

    def _subscriptions(self, arn: str) -> Iterator[Subscription]:
        """Yield the confirmed subscriptions: SNS sends nothing to others (SNS, Subscribe)."""
        for page in pages(self._client("sns"), "list_subscriptions_by_topic", TopicArn=arn):
            for subscription in page.get("Subscriptions", ()):
                if subscription["SubscriptionArn"].startswith("arn:"):
                    endpoint = subscription["Endpoint"]
                    yield Subscription(subscription["Protocol"], endpoint, self._short(of_arn(endpoint)))

    def queues(self, topics: Iterable[Topic]) -> tuple[Queue, ...]:
        """Return the subscribed queues and their dead-letter queues.

        Queues that do not exist, or to which another account denies access, are omitted.
        """
        queues: dict[str, Queue | None] = {}
        pending = subscribed(topics)
        while pending:
            arn = pending.pop(0)
            if arn in queues:
                continue
            attributes = self._attributes(arn)
            queues[arn] = None
            if attributes is not None:
                record = Record(arn, attributes)
                queues[arn] = queue(record, of_arn(arn), self._short)
                pending += dead_letters_of(record)
        return tuple(entry for entry in queues.values() if entry)

    def _attributes(self, arn: str) -> dict[str, Any] | None:
        """Return the attributes of a queue; None if it does not exist or another account denies access."""
        sqs = self._client("sqs")
        owner = arn.split(":")[_ACCOUNT]
        try:
            url = call(sqs, "get_queue_url", QueueName=of_arn(arn), QueueOwnerAWSAccountId=owner)["QueueUrl"]
            attribute_names = ["VisibilityTimeout", "RedrivePolicy"]
            answer = call(sqs, "get_queue_attributes", QueueUrl=url, AttributeNames=attribute_names)
        except RefusedError as error:
            if self._is_elsewhere(arn, error, _NO_QUEUE):
                return None
            raise
        attributes: dict[str, Any] = answer.get("Attributes", {})
        return attributes

    def _is_elsewhere(self, arn: str, error: RefusedError, gone: Container[str]) -> bool:
        """Return whether something does not exist, or another account denies access."""
        return error.code in gone or (error.code in DENIED and arn.split(":")[_ACCOUNT] != self._account)
