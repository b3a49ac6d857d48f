"""Subscriptions of the deployed topics: the recipients to which SNS does not deliver.

SNS lists a subscription that is not confirmed with `PendingConfirmation` in the place of its ARN, and a
deleted one with `Deleted` for some time (SNS API Reference, ListSubscriptionsByTopic).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from aws import errors as aws_errors
from aws.clients import client
from catalog import Catalog
from catalog.specs import Routes, Subscription
from cloudwatch import quotas
from config import webhooks
from config.errors import CommandError
from config.explain import counted
from config.models import Environment
from local_aws import process

_SENDER = "no-reply@sns.amazonaws.com"
_PENDING = "PendingConfirmation"
_UNKNOWN_TOPIC = "NotFound"


class Unsubscribed(NamedTuple):
    """A subscription of the configuration through which SNS does not deliver."""

    topic: str
    """Name of the topic."""
    subscription: Subscription
    state: Literal["pending", "missing"]

    def __str__(self) -> str:
        protocol, endpoint = self.subscription.protocol, self.subscription.endpoint
        shown = webhooks.masked(endpoint) if protocol in {"http", "https"} else endpoint
        return f"{self.state:<8} {shown} ({protocol}, topic {self.topic})"


def find(env: Environment, routes: Routes) -> list[Unsubscribed]:
    """Return the subscriptions of `routes` that SNS does not have, or that are not confirmed.

    Raises:
        BotoCoreError, ClientError: SNS cannot be asked.
    """
    sns = client(env, "sns")
    return [
        Unsubscribed(topic.name, subscription, state)
        for topic in routes.topics
        if topic.subscriptions
        for states in [_states(sns, f"arn:aws:sns:{env.region}:{env.account_id}:{topic.name}")]
        for subscription in topic.subscriptions
        if (state := states.get(_identity(subscription.protocol, subscription.endpoint), "missing"))
        != "confirmed"
    ]


def _states(sns: Any, topic_arn: str) -> Mapping[tuple[str, str], Any]:  # noqa: ANN401  # boto3's clients have no type
    """Return protocol and endpoint -> `confirmed` or `pending`, of the subscriptions of a topic."""
    states: dict[tuple[str, str], str] = {}
    try:
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn):
            for row in page["Subscriptions"]:
                identity, arn = _identity(row["Protocol"], row["Endpoint"]), row["SubscriptionArn"]
                if arn.startswith("arn:"):
                    states[identity] = "confirmed"
                elif arn == _PENDING:
                    states.setdefault(identity, "pending")
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith(_UNKNOWN_TOPIC):
            raise
    return states


def _identity(protocol: str, endpoint: str) -> tuple[str, str]:
    """Return protocol and endpoint as they are compared: an ARN by its name, an address in lower case."""
    if protocol in {"sqs", "lambda"}:
        endpoint = endpoint.rpartition(":")[2]
    return protocol, endpoint.casefold() if protocol == "email" else endpoint


def check(env: Environment, routes: Routes) -> str:
    """Return the number of subscriptions if SNS delivers through all.

    Raises:
        CommandError: it does not; the message has a line for each, and what to do.
        BotoCoreError, ClientError: SNS cannot be asked.
    """
    unsubscribed = find(env, routes)
    if unsubscribed:
        raise CommandError(_message(env, unsubscribed))
    return f"{_counted(routes)} confirmed"


def not_deployed(routes: Routes) -> str:
    """Return the number of subscriptions, for an environment whose topics are not deployed yet."""
    return f"not deployed: {_counted(routes)}"


def _counted(routes: Routes) -> str:
    return counted(sum(len(topic.subscriptions) for topic in routes.topics), "subscription")


def warning(env: Environment, catalog: Catalog) -> str:
    """Return what to print after a deployment; empty if SNS delivers to every recipient."""
    try:
        check(env, catalog.routes)
    except CommandError as error:
        return f"Warning: {error}"
    except (BotoCoreError, ClientError) as error:
        return f"Warning: the subscriptions could not be checked. {aws_errors.explain(error)}"
    return ""


def _message(env: Environment, unsubscribed: Sequence[Unsubscribed]) -> str:
    one = len(unsubscribed) == 1
    head = f"SNS does not deliver through {counted(len(unsubscribed), 'subscription')}:"
    lines = [f"  {entry}" for entry in unsubscribed]
    return "\n".join([head, *lines, *_advice(env, unsubscribed, "it" if one else "them")])


def _advice(env: Environment, unsubscribed: Sequence[Unsubscribed], them: str) -> Iterator[str]:
    """Yield what to do, a line for each kind of problem."""
    again = f"`make deploy ENV={env.environment} STACK=monitoring`"
    hours = quotas.PENDING_SUBSCRIPTION_H
    pending = {entry.subscription.protocol for entry in unsubscribed if entry.state == "pending"}
    if "email" in pending and env.is_local:
        yield f"The local AWS sends no mail; the tokens that confirm are in its log, {process.log_path()}."
    elif "email" in pending:
        yield f"Each address has a mail from {_SENDER} for each topic: open the link in it."
    if pending & {"http", "https"}:
        yield "Each webhook has a request with a SubscribeURL for each topic: open this URL."
    if pending:
        yield f"SNS deletes a pending subscription after {hours} hours; then {again} subscribes again."
    if any(entry.state == "missing" for entry in unsubscribed):
        yield (
            f"A missing subscription is not deployed yet, was not confirmed within {hours} hours, or was "
            f"cancelled by its recipient: {again} subscribes again."
        )
    if pending:
        yield f"`make doctor ENV={env.environment}` checks {them} again."
