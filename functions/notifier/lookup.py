"""Request the descriptions of alarms from CloudWatch, within a limit that does not delay the message.

CloudWatch API Reference, DescribeAlarms: the response has composite alarms only with permission for `*`, and
only if both types are requested.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from functions.notifier.described import MOST_NAMES, Described, NotDescribedError, read_answer
from functions.notifier.posting import CONNECT_S, READ_S
from functions.notifier.timely import Call, LateError

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
        describe = functools.partial(
            client.describe_alarms,
            AlarmNames=list(names),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=MOST_NAMES,
        )
        try:
            return read_answer(Call(describe).result(left_s))
        except LateError:
            message = "no response in time"
            raise NotDescribedError(message) from None
        except ClientError as error:
            raise NotDescribedError(error.response["Error"]["Code"]) from None
        except Exception as error:  # noqa: BLE001 (after any error the message is sent without details)
            raise NotDescribedError(type(error).__name__) from None


@functools.cache
def _cloudwatch() -> CloudWatchClient:
    """Return the client of CloudWatch, created on first use."""
    return boto3.client("cloudwatch", config=_ONE_ATTEMPT)
