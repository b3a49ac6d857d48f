"""What an SQS batch is, and when all of it has failed."""

from __future__ import annotations

from typing import Any

from functions.shared.errors import InvalidRequestError, SafeError


class NotABatchError(SafeError):
    """The function was invoked with something other than an SQS batch."""


class BatchFailedError(SafeError):
    """No message of the batch could be handled."""


def is_batch(event: object) -> bool:
    """Tell whether SQS sent the event."""
    records = event.get("Records") if isinstance(event, dict) else None
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(record, dict) and record.get("eventSource") == "aws:sqs" for record in records)
    )


def is_fault(exception: Any) -> bool:  # noqa: ANN401 (Powertools' own type allows (None, None, None))
    """Tell a fault from poison in an entry of the batch processor's `exceptions` (`sys.exc_info()`)."""
    return not isinstance(exception[1], InvalidRequestError)
