"""Subscriptions are pending until they are confirmed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.support import confirming_webhook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _attributes(sns: Any, arn: str) -> dict[str, str]:
    attributes: dict[str, str] = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return attributes


@pytest.mark.parametrize(
    ("protocol", "address"),
    [
        ("email", "on-call@example.com"),
        ("https", "https://127.0.0.1:9/hook"),
        ("http", "http://127.0.0.1:9/hook"),
    ],
)
def test_a_subscription_is_pending_until_it_is_confirmed(
    client: Callable[[str], Any], topic: str, protocol: str, address: str
) -> None:
    """Its ARN is returned only on request; it is listed without ARN; it is deleted with its topic."""
    sns = client("sns")
    policy = '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:dlq"}'
    parameters = {"TopicArn": topic, "Protocol": protocol, "Endpoint": address}
    first = sns.subscribe(**parameters, Attributes={"RedrivePolicy": policy})["SubscriptionArn"]
    assert first == "pending confirmation"
    arn = sns.subscribe(**parameters, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(f"{topic}:")
    attributes = _attributes(sns, arn)
    assert attributes["PendingConfirmation"] == "true"
    assert attributes["ConfirmationWasAuthenticated"] == "false"
    assert attributes["RedrivePolicy"] == policy
    (row,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (row["SubscriptionArn"], row["Endpoint"]) == ("PendingConfirmation", address)
    counts = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (counts["SubscriptionsPending"], counts["SubscriptionsConfirmed"]) == ("1", "0")
    with pytest.raises(ClientError, match="pending confirmation"):
        sns.unsubscribe(SubscriptionArn=arn)
    sns.delete_topic(TopicArn=topic)
    with pytest.raises(sns.exceptions.NotFoundException):
        _attributes(sns, arn)


def test_a_webhook_that_confirms_is_subscribed(client: Callable[[str], Any], topic: str) -> None:
    """It gets the confirmation request at once and calls its URL."""
    sns = client("sns")
    with confirming_webhook() as url:
        arn = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url, ReturnSubscriptionArn=True)[
            "SubscriptionArn"
        ]
        deadline = time.monotonic() + 10
        while _attributes(sns, arn)["PendingConfirmation"] == "true" and time.monotonic() < deadline:
            time.sleep(0.05)
    (row,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert row["SubscriptionArn"] == arn
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_an_address_confirms_with_the_token_in_the_log(
    client: Callable[[str], Any], topic: str, server_log: Path
) -> None:
    """The local AWS sends no e-mail; the log has its content."""
    sns = client("sns")
    parameters = {"TopicArn": topic, "Protocol": "email", "Endpoint": "who@example.com"}
    arn = sns.subscribe(**parameters, ReturnSubscriptionArn=True)["SubscriptionArn"]
    match = re.search(r"mail to who@example.com: .* token (\w+)", server_log.read_text(encoding="utf-8"))
    assert match
    assert sns.confirm_subscription(TopicArn=topic, Token=match[1])["SubscriptionArn"] == arn
    assert _attributes(sns, arn)["PendingConfirmation"] == "false"
    assert sns.subscribe(**parameters)["SubscriptionArn"] == arn


def test_a_queue_needs_no_confirmation(client: Callable[[str], Any], topic: str) -> None:
    """A subscription in the same account is confirmed at once and gets messages."""
    sns, sqs = client("sns"), client("sqs")
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    assert _attributes(sns, arn)["PendingConfirmation"] == "false"
    sns.publish(TopicArn=topic, Message="hello")
    received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert '"Message": "hello"' in received[0]["Body"]
    sqs.delete_queue(QueueUrl=url)


def test_subscribing_to_a_topic_that_is_not_there_is_not_found(client: Callable[[str], Any]) -> None:
    """The error of MiniStack is returned."""
    sns = client("sns")
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.subscribe(
            TopicArn="arn:aws:sns:eu-west-1:111122223333:nowhere", Protocol="email", Endpoint="a@example.com"
        )
