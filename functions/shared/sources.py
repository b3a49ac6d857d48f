"""The source of an event: whether it is one that a function reads.

A function accepts the sources that it knows and fails for every other event. After a successful invocation
SQS deletes its messages, and a stream or an asynchronous caller continues with the next event. After a
failed one the event is sent again, and then to the dead-letter queue or failure destination.
"""

from __future__ import annotations

from collections.abc import Collection

from functions.shared.errors import SafeError


class WrongSourceError(SafeError):
    """The event is not from a source that the function reads."""


def is_batch(event: object) -> bool:
    """Return whether SQS sent the event ("Using Lambda with Amazon SQS", Lambda Developer Guide).

    Every record needs an id, by which a partial failure reports it, and a body.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    return (
        isinstance(records, list)
        and bool(records)
        and all(
            isinstance(record, dict)
            and record.get("eventSource") == "aws:sqs"
            and isinstance(record.get("messageId"), str)
            and isinstance(record.get("body"), str)
            for record in records
        )
    )


def is_http(event: object) -> bool:
    """Return whether the event is an HTTP request whose response the caller receives.

    These are API Gateway's proxy integrations (REST and HTTP APIs), function URLs and Application Load
    Balancers ("Invoking Lambda functions with events from other services", Lambda Developer Guide). Events
    of authorizers have the ARN of a method or route, those of WebSocket APIs the id of a connection, and
    those of VPC Lattice no method in these keys.
    """
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        return False
    http = event["requestContext"].get("http")
    method = http.get("method") if isinstance(http, dict) else event.get("httpMethod")
    is_socket = "connectionId" in event["requestContext"]
    return isinstance(method, str) and not is_socket and not event.keys() & {"methodArn", "routeArn"}


def is_direct(event: object, fields: Collection[str]) -> bool:
    """Return whether the event is a request itself: an object with at least one field of the contract.

    A request that is incomplete or not valid is one; the events of AWS services have none of the fields.
    """
    return isinstance(event, dict) and not event.keys().isdisjoint(fields)
