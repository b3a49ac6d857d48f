"""A queue as SQS describes it.

Source: SQS API Reference, SetQueueAttributes (VisibilityTimeout, RedrivePolicy).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cloudwatch.records import Record
from drill.model import Queue
from drill.sources.names import of_arn

_VISIBILITY_TIMEOUT_S = 30
"""Unless it is set (SetQueueAttributes, VisibilityTimeout)."""


def queue(given: Record, full_name: str, short: Callable[[str], str]) -> Queue:
    """Return a queue.

    Args:
        given: its attributes.
        full_name: its name in AWS.
        short: from a name in AWS to the short one.

    Raises:
        SourceError: an attribute is not what SQS takes.
    """
    redrive = _redrive(given)
    return Queue(
        name=short(full_name),
        full_name=full_name,
        visibility_timeout_s=given.whole("VisibilityTimeout", _VISIBILITY_TIMEOUT_S, least=0),
        max_receives=redrive.whole("maxReceiveCount") if redrive else None,
        dead_letters=short(of_arn(redrive.text("deadLetterTargetArn"))) if redrive else None,
    )


def dead_letters_of(given: Record) -> list[str]:
    """Return the ARN of the dead-letter queue of a queue with these attributes; nothing if it has none."""
    redrive = _redrive(given)
    return [redrive.text("deadLetterTargetArn")] if redrive else []


def _redrive(given: Record) -> Record | None:
    if not given.has("RedrivePolicy"):
        return None
    text = given.text("RedrivePolicy")
    try:
        parsed: Any = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        given.refuse("RedrivePolicy", f"has to be JSON that is known before an apply, not {text}")
    return Record(f"{given.where}: {given.spelt('RedrivePolicy')}", parsed)
