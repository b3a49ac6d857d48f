"""Request the descriptions of alarms from CloudWatch, within a limit that does not delay the message.

CloudWatch API Reference, DescribeAlarms: the response has composite alarms only with permission for `*`, and
only if both types are requested.
"""

from __future__ import annotations

import functools
import queue
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from functions.notifier.described import MOST_NAMES, Described, NotDescribedError, read_answer
from functions.notifier.posting import CONNECT_S, READ_S

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

LIMIT_S = 2.0
"""Seconds for all requests for a message."""

_ONE_ATTEMPT = Config(
    connect_timeout=LIMIT_S, read_timeout=LIMIT_S, retries={"mode": "standard", "total_max_attempts": 1}
)
"""In an incident many composites notify at once, and retries would exceed CloudWatch's quota."""


class Lookup:
    """Describes the children of a composite; each message needs a new `Lookup`."""

    def __init__(self, *, deadline_s: float) -> None:
        """Reserve the time for an attempt to deliver.

        Args:
            deadline_s: `time.monotonic()` by which the message must be sent.
        """
        self._latest_s = deadline_s - CONNECT_S - READ_S
        self._until_s: float | None = None

    def __call__(self, names: Sequence[str]) -> list[Described]:
        """Return the descriptions of at most `MOST_NAMES` alarms, of those that exist.

        Raises:
            NotDescribedError: CloudWatch returned an error, or no response in time.
        """
        client = _cloudwatch()  # created before the time starts, since that takes longer than a request
        if self._until_s is None:
            self._until_s = min(time.monotonic() + LIMIT_S, self._latest_s)
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            message = "no time left"
            raise NotDescribedError(message)
        answer = _in_time(client, list(names), left_s)
        if isinstance(answer, ClientError):
            raise NotDescribedError(answer.response["Error"]["Code"]) from None
        if isinstance(answer, Exception):
            raise NotDescribedError(type(answer).__name__) from None
        return read_answer(answer)


def _in_time(client: CloudWatchClient, names: list[str], left_s: float) -> Any:  # noqa: ANN401
    """Return the response, or the exception.

    The request runs in a thread, which is abandoned when the time is over: botocore's timeouts do not include
    name resolution, and restart with every byte that arrives.
    """
    answers: queue.SimpleQueue[object] = queue.SimpleQueue()

    def request() -> None:
        try:
            answers.put(
                client.describe_alarms(
                    AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=MOST_NAMES
                )
            )
        except Exception as error:  # noqa: BLE001 (after any error the message is sent without details)
            answers.put(error)

    threading.Thread(target=request, daemon=True).start()
    try:
        return answers.get(timeout=left_s)
    except queue.Empty:
        message = "no response in time"
        raise NotDescribedError(message) from None


@functools.cache
def _cloudwatch() -> CloudWatchClient:
    """Return the client of CloudWatch, created on first use."""
    return boto3.client("cloudwatch", config=_ONE_ATTEMPT)
