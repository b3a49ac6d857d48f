"""Subscriptions of recipients: which are pending or missing, and what the commands print about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from catalog import Catalog, environment
from catalog.naming import Names
from config.errors import CommandError
from config.models import Environment
from ops import subscriptions

PROD, CATALOG = environment.read("prod", variables={})
ROUTES = CATALOG.routes
ALL = [(topic.name, entry) for topic in ROUTES.topics for entry in topic.subscriptions]
AGAIN = "`make deploy ENV=prod STACK=monitoring` subscribes again."

Rows = Callable[[str], list[dict[str, str]]]


def arn_of(topic: str) -> str:
    """Return the ARN of a topic of production."""
    return f"arn:aws:sns:{PROD.region}:{PROD.account_id}:{topic}"


def row(topic: str, protocol: str, endpoint: str, arn: str = "") -> dict[str, str]:
    """Return a subscription as SNS lists it: confirmed unless `arn` says otherwise."""
    if protocol in {"sqs", "lambda"}:
        endpoint = (
            f"arn:aws:{protocol}:eu-west-1:111122223333:{'function:' * (protocol == 'lambda')}{endpoint}"
        )
    return {
        "SubscriptionArn": arn or f"{arn_of(topic)}:0",
        "Protocol": protocol,
        "Endpoint": endpoint,
        "Owner": PROD.account_id,
        "TopicArn": arn_of(topic),
    }


def confirmed(topic: str) -> list[dict[str, str]]:
    """Return every configured subscription of a topic."""
    return [row(topic, entry.protocol, entry.endpoint) for name, entry in ALL if name == topic]


def answer(monkeypatch: pytest.MonkeyPatch, rows: Rows = confirmed, *, fails: str = "") -> None:
    """Let SNS list these subscriptions of each topic, or fail with an error code."""
    sns = boto3.client("sns", region_name=PROD.region, aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    stubber = Stubber(sns)
    for topic in ROUTES.topics if not fails else ROUTES.topics[:1]:
        if fails:
            stubber.add_client_error("list_subscriptions_by_topic", fails)
        else:
            expected = {"TopicArn": arn_of(topic.name)}
            stubber.add_response("list_subscriptions_by_topic", {"Subscriptions": rows(topic.name)}, expected)
    stubber.activate()
    monkeypatch.setattr(subscriptions, "client", lambda *_: sns)


def test_confirmed_subscriptions_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every topic of the routes; an address is compared without regard to case."""
    answer(
        monkeypatch,
        lambda topic: [
            {**entry, "Endpoint": entry["Endpoint"].upper()} if entry["Protocol"] == "email" else entry
            for entry in confirmed(topic)
        ],
    )
    assert subscriptions.check(PROD, ROUTES) == f"{len(ALL)} subscriptions confirmed"
    answer(monkeypatch)
    assert subscriptions.warning(PROD, CATALOG) == ""


def test_every_configured_subscription_that_is_pending_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address and webhook with its topic, and what confirms it; not what needs no confirmation."""
    direct = {"email", "http", "https"}

    def rows(topic: str) -> list[dict[str, str]]:
        return [
            {**entry, "SubscriptionArn": "PendingConfirmation"} if entry["Protocol"] in direct else entry
            for entry in confirmed(topic)
        ]

    answer(monkeypatch, rows)
    with pytest.raises(CommandError) as refused:
        subscriptions.check(PROD, ROUTES)
    message = str(refused.value)
    listed = [line for line in message.splitlines() if line.startswith("  ")]
    assert listed == [
        "  pending  https://alerts.example.com/… (https, topic reveille-critical-prod)",
        "  pending  oncall@example.com (email, topic reveille-fallback-prod)",
        "  pending  https://alerts.example.com/… (https, topic reveille-fallback-prod)",
        "  pending  oncall@example.com (email, topic reveille-critical-mail-prod)",
        "  pending  platform@example.com (email, topic reveille-warning-mail-prod)",
    ]
    assert "mail from no-reply@sns.amazonaws.com for each topic: open the link" in message
    assert "a request with a SubscribeURL for each topic: open this URL" in message
    assert f"SNS deletes a pending subscription after 48 hours; then {AGAIN}" in message
    assert "reveille/critical" not in message


@pytest.mark.parametrize("arn", ["Deleted", None])
def test_every_subscription_that_is_missing_is_listed(
    monkeypatch: pytest.MonkeyPatch, arn: str | None
) -> None:
    """Queues and the notifier too, and what SNS still lists as deleted."""
    deleted: Rows = lambda topic: [{**entry, "SubscriptionArn": "Deleted"} for entry in confirmed(topic)]  # noqa: E731
    answer(monkeypatch, deleted if arn else lambda _: [])
    unsubscribed = subscriptions.find(PROD, ROUTES)
    assert [(entry.topic, entry.subscription, entry.state) for entry in unsubscribed] == [
        (topic, entry, "missing") for topic, entry in ALL
    ]
    answer(monkeypatch, deleted if arn else lambda _: [])
    warning = subscriptions.warning(PROD, CATALOG)
    assert warning.startswith("Warning: SNS does not deliver through")
    assert f"missing  {Names.of(PROD).alarm_queue} (sqs, topic " in warning
    assert warning.endswith(AGAIN)


def test_a_subscription_of_another_topic_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipient that is confirmed for one severity may be missing for the other."""
    answer(monkeypatch, lambda topic: [] if "warning" in topic else confirmed(topic))
    assert {entry.topic for entry in subscriptions.find(PROD, ROUTES)} == {
        "reveille-warning-prod",
        "reveille-warning-mail-prod",
    }


def test_a_deleted_entry_does_not_hide_a_confirmed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """SNS lists both after somebody has subscribed again."""

    def rows(topic: str) -> list[dict[str, str]]:
        entries = confirmed(topic)
        gone = [{**entry, "SubscriptionArn": "Deleted"} for entry in entries]
        pending = [{**entry, "SubscriptionArn": "PendingConfirmation"} for entry in entries]
        return [*pending, *entries, *gone, *pending]

    answer(monkeypatch, rows)
    assert subscriptions.find(PROD, ROUTES) == []


def test_a_topic_that_does_not_exist_has_no_subscriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has deleted it."""

    class NoTopics:
        def get_paginator(self, _: str) -> NoTopics:
            return self

        def paginate(self, **_: str) -> Any:
            raise ClientError({"Error": {"Code": "NotFound"}}, "ListSubscriptionsByTopic")

    monkeypatch.setattr(subscriptions, "client", lambda *_: NoTopics())
    assert len(subscriptions.find(PROD, ROUTES)) == len(ALL)


def test_a_missing_permission_is_not_a_missing_subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor reports it as a failure of this check; a deployment says that it could not check."""
    answer(monkeypatch, fails="AuthorizationError")
    with pytest.raises(ClientError):
        subscriptions.check(PROD, ROUTES)
    answer(monkeypatch, fails="AuthorizationError")
    warning = subscriptions.warning(PROD, CATALOG)
    assert warning.startswith("Warning: the subscriptions could not be checked. The credentials do not allow")


def test_in_a_local_aws_the_log_has_what_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends no mail."""
    pending = [
        subscriptions.Unsubscribed(name, entry, "pending") for name, entry in ALL if entry.protocol == "email"
    ]
    monkeypatch.setattr(subscriptions, "find", lambda *_: pending)
    local: tuple[Environment, Catalog] = environment.read("local", variables={})
    warning = subscriptions.warning(*local)
    assert "The local AWS sends no mail; the tokens that confirm are in its log" in warning
    assert "no-reply@" not in warning
