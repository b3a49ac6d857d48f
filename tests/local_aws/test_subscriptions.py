"""Recipients in the local AWS: a subscription is pending until it is confirmed, as on AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from aws.clients import client
from catalog import environment
from config.errors import CommandError
from ops import subscriptions

if TYPE_CHECKING:
    from pathlib import Path

    from catalog import Catalog
    from config.models import Environment


@pytest.fixture
def local(endpoint: str) -> tuple[Environment, Catalog]:
    """Return a local environment with one address."""
    variables = {
        "REVEILLE_ENDPOINT": endpoint,
        "REVEILLE_NOTIFICATIONS__WARNING__EMAILS": '["somebody@example.com"]',
    }
    return environment.read("local", variables=variables)


def test_an_address_is_missing_then_pending_then_confirmed(
    local: tuple[Environment, Catalog], server_log: Path
) -> None:
    """The token that confirms is in the log of the local AWS."""
    env, catalog = local
    sns = client(env, "sns")
    route = catalog.routes.topic("warning-mail")

    def state() -> list[str]:
        return [entry.state for entry in subscriptions.find(env, catalog.routes) if entry.topic == route.name]

    assert state() == ["missing"]
    topic = sns.create_topic(Name=route.name)["TopicArn"]
    try:
        assert state() == ["missing"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="somebody@example.com")
        assert state() == ["pending"]
        with pytest.raises(CommandError, match=r"pending  somebody@example\.com"):
            subscriptions.check(env, catalog.routes)
        token = re.findall(
            rf"confirm the subscription to {topic} with the token (\w+)",
            server_log.read_text(encoding="utf-8"),
        )[-1]
        sns.confirm_subscription(TopicArn=topic, Token=token)
        assert state() == []
    finally:
        sns.delete_topic(TopicArn=topic)
