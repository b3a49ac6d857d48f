"""Asking CloudWatch about alarms, for as long as a person can wait for the message.

CloudWatch API Reference, DescribeAlarms: composites are described only to who may describe `*`, and only when
both types are asked for.
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
"""Seconds for all questions about one message together."""

_ONE_ATTEMPT = Config(
    connect_timeout=LIMIT_S, read_timeout=LIMIT_S, retries={"mode": "standard", "total_max_attempts": 1}
)
"""An incident makes many composites notify at once; repeated questions would use up CloudWatch's quota."""


class Lookup:
    """Describes the children of one composite; a new one is needed for every message."""

    def __init__(self, *, deadline_s: float) -> None:
        """Keep time for one attempt to deliver.

        Args:
            deadline_s: `time.monotonic()` at which the message must have been sent.
        """
        self._latest_s = deadline_s - CONNECT_S - READ_S
        self._until_s: float | None = None

    def __call__(self, names: Sequence[str]) -> list[Described]:
        """Return those of at most `MOST_NAMES` alarms that there are.

        Raises:
            NotDescribedError: CloudWatch refused, or did not answer in time.
        """
        client = _cloudwatch()  # made before the clock starts: that takes longer than a question
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
    """Return the answer, or the exception instead of it.

    In a thread, which is left alone when the time is over: botocore's limits do not cover the resolution of a
    name, and begin anew with every byte that arrives.
    """
    answers: queue.SimpleQueue[object] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(
                client.describe_alarms(
                    AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=MOST_NAMES
                )
            )
        except Exception as error:  # noqa: BLE001 (whatever it is, the message goes out without details)
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=left_s)
    except queue.Empty:
        message = "no answer in time"
        raise NotDescribedError(message) from None


@functools.cache
def _cloudwatch() -> CloudWatchClient:
    """Return the client of CloudWatch, made on first use."""
    return boto3.client("cloudwatch", config=_ONE_ATTEMPT)
