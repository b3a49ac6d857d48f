"""Queues from attributes of SQS.

Source: SQS API Reference, SetQueueAttributes (VisibilityTimeout, RedrivePolicy).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from cloudwatch.records import Record
from drill.model import Queue, Topic
from drill.sources.names import of_arn

_VISIBILITY_TIMEOUT_S = 30
"""Default (SetQueueAttributes, VisibilityTimeout)."""


def queue(attributes: Record, full_name: str, short: Callable[[str], str]) -> Queue:
    """Return a queue.

    Args:
        attributes: its attributes.
        full_name: its name in AWS.
        short: name in AWS -> short name.

    Raises:
        SourceError: an attribute is not valid.
    """
    redrive = _redrive(attributes)
    return Queue(
        name=short(full_name),
        full_name=full_name,
        visibility_timeout_s=attributes.whole("VisibilityTimeout", _VISIBILITY_TIMEOUT_S, least=0),
        max_receives=redrive.whole("maxReceiveCount") if redrive else None,
        dead_letters=short(of_arn(redrive.text("deadLetterTargetArn"))) if redrive else None,
    )


def subscribed(topics: Iterable[Topic]) -> list[str]:
    """Return the ARNs of the queues that are subscribed to topics."""
    return [
        subscription.endpoint
        for topic in topics
        for subscription in topic.subscriptions
        if subscription.protocol == "sqs"
    ]


def dead_letters_of(attributes: Record) -> list[str]:
    """Return the ARN of the dead-letter queue in the attributes of a queue; empty if it has none."""
    redrive = _redrive(attributes)
    return [redrive.text("deadLetterTargetArn")] if redrive else []


def _redrive(attributes: Record) -> Record | None:
    if not attributes.has("RedrivePolicy"):
        return None
    text = attributes.text("RedrivePolicy")
    try:
        parsed: Any = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        attributes.refuse("RedrivePolicy", f"must be JSON that is known before an apply (found: {text})")
    return Record(f"{attributes.where}: {attributes.spelt('RedrivePolicy')}", parsed)
