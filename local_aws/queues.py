"""What Amazon SQS reports of queues, once a minute.

Source: Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS" (names; a message that was
received three times or more counts for the age no longer).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local_aws.metrics import Metric, Sample
from local_aws.wire import Request

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
"""MiniStack's own page of what is in each queue: to look does not count as to receive."""

_RECEIVES = 3


async def samples(call: Call, at_s: float) -> list[tuple[Metric, Sample]]:
    """Return what each queue reports now, as of a time of the world."""
    query = urlencode({"account": call.account, "region": call.region})
    response = await call.upstream(Request("GET", _MESSAGES, query, ()))
    by_account = json.loads(response.body).get("messages", {}) if response.ok else {}
    messages: dict[str, list[Value]] = by_account.get(call.account, {}).get(call.region, {})
    found = []
    for url, waiting in messages.items():
        name = url.rpartition("/")[2]
        for metric, (value, unit) in _reported(call, waiting).items():
            found.append((Metric.of(NAMESPACE, metric, {"QueueName": name}), Sample.of(at_s, value, unit)))
    return found


def _reported(call: Call, messages: list[Value]) -> dict[str, tuple[float, str]]:
    """Return what a queue with these messages reports."""
    visible = sum(message["IsVisible"] for message in messages)
    # Neither to be received nor received yet: its delay has not passed.
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
