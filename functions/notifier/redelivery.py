"""Repeat a delivery by itself, after other deliveries of the same event have succeeded.

Lambda retries an asynchronous invocation with the whole event. So the notifier fails only if no recipient
has the message. Otherwise it invokes itself with the record and the recipient that failed. That invocation
has retries of its own and its own message in the dead-letter queue, and the other recipients do not get the
message again.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import boto3

from functions.notifier.stored_secrets import AWS_CALLS
from functions.notifier.timely import Call

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

RECIPIENT = "recipient"
"""Key of an event for one recipient, beside `Records`."""


def event_for(record: object, recipient: str = "") -> dict[str, Any]:
    """Return the event for one record, and for one recipient unless `recipient` is empty."""
    return {"Records": [record], **({RECIPIENT: recipient} if recipient else {})}


def invoke_all(function_arn: str, events: Sequence[dict[str, Any]], *, deadline_s: float) -> bool:
    """Invoke the function asynchronously with each event; return whether Lambda has accepted all of them.

    Args:
        function_arn: ARN of the notifier.
        events: The events, with at most 1 MB each ("Lambda quotas", AWS Lambda Developer Guide).
        deadline_s: `time.monotonic()` at which this must end.
    """
    # Created before the threads: creation on boto3's default session is not thread-safe (Boto3 documentation,
    # "Session", "Multithreading or multiprocessing with sessions").
    client = _lambda()
    calls = [Call(functools.partial(_invoke, client, function_arn, event)) for event in events]
    return all(_is_accepted(call, deadline_s - time.monotonic()) for call in calls)


def _invoke(client: LambdaClient, function_arn: str, event: dict[str, Any]) -> None:
    client.invoke(FunctionName=function_arn, InvocationType="Event", Payload=json.dumps(event).encode())


def _is_accepted(call: Call[None], limit_s: float) -> bool:
    try:
        call.result(limit_s)
    except Exception:  # noqa: BLE001 (after any error, the invocation fails and Lambda retries the whole event)
        return False
    return True


@functools.cache
def _lambda() -> LambdaClient:
    """Return the client of Lambda, created on first use."""
    return boto3.client("lambda", config=AWS_CALLS)
