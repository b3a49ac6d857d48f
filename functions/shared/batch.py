"""SQS batches and their failures."""

from __future__ import annotations

from typing import Any

from functions.shared.errors import InvalidRequestError, SafeError
from functions.shared.sources import WrongSourceError


class NotABatchError(WrongSourceError):
    """The function was invoked with something other than an SQS batch."""


class BatchFailedError(SafeError):
    """Every message of the batch failed."""


def is_fault(exception: Any) -> bool:  # noqa: ANN401 (Powertools' own type allows (None, None, None))
    """Return whether an entry of the batch processor's `exceptions` (`sys.exc_info()`) is a fault."""
    return not isinstance(exception[1], InvalidRequestError)
