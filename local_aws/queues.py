"""The metrics of Amazon SQS queues, once a minute.

Source: Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS" (names; a message that was
received three times or more is not included in the age).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local_aws.http import Request
from local_aws.metrics import Metric, Sample

if TYPE_CHECKING:
    from local_aws.calls import Call
    from local_aws.protocols import Value

NAMESPACE = "AWS/SQS"
REPORTED = frozenset({
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateAgeOfOldestMessage",
})  # fmt: skip

_MESSAGES = "/_ministack/sqs/messages"
"""MiniStack's list of the messages in each queue. Reading it does not count as receiving."""

_RECEIVES = 3
"""A message that was received this many times is not included in ApproximateAgeOfOldestMessage."""


async def samples(call: Call, at_s: float) -> list[tuple[Metric, Sample]]:
    """Return the current samples of each queue, with `at_s` as their real time."""
    query = urlencode({"account": call.account, "region": call.region})
    response = await call.upstream(Request("GET", _MESSAGES, query, ()))
    by_account = json.loads(response.body).get("messages", {}) if response.ok else {}
    messages: dict[str, list[Value]] = by_account.get(call.account, {}).get(call.region, {})
    emitted = []
    for url, queue_messages in messages.items():
        name = url.rpartition("/")[2]
        for metric, (value, unit) in _values(call, queue_messages).items():
            emitted.append((Metric.of(NAMESPACE, metric, {"QueueName": name}), Sample.of(at_s, value, unit)))
    return emitted


def _values(call: Call, messages: list[Value]) -> dict[str, tuple[float, str]]:
    """Return metric -> value and unit, for a queue with these messages."""
    visible = sum(message["IsVisible"] for message in messages)
    # A message that is not visible and was never received is delayed.
    delayed = sum(not message["IsVisible"] and not message["ReceiveCount"] for message in messages)
    now_s = call.clock.now_s()
    ages = [
        now_s - call.clock.simulated_s(message["SentTimestamp"])
        for message in messages
        if message["ReceiveCount"] < _RECEIVES
    ]
    return {
        "ApproximateNumberOfMessagesVisible": (visible, "Count"),
        "ApproximateNumberOfMessagesNotVisible": (len(messages) - visible - delayed, "Count"),
        "ApproximateNumberOfMessagesDelayed": (delayed, "Count"),
        "ApproximateAgeOfOldestMessage": (max(0, *ages, 0), "Seconds"),
    }
