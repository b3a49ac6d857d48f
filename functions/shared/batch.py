"""SQS batches and their failures."""

from __future__ import annotations

from typing import Any

from functions.shared.errors import InvalidRequestError, SafeError


class NotABatchError(SafeError):
    """The function was invoked with something other than an SQS batch."""


class BatchFailedError(SafeError):
    """Every message of the batch failed."""


def is_batch(event: object) -> bool:
    """Return whether SQS sent the event."""
    records = event.get("Records") if isinstance(event, dict) else None
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(record, dict) and record.get("eventSource") == "aws:sqs" for record in records)
    )


def is_fault(exception: Any) -> bool:  # noqa: ANN401 (Powertools' own type allows (None, None, None))
    """Return whether an entry of the batch processor's `exceptions` (`sys.exc_info()`) is a fault."""
    return not isinstance(exception[1], InvalidRequestError)
