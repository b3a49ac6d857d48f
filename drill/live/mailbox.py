"""The alarm queue, read without affecting messages of other consumers.

SQS cannot filter messages: every receive returns any messages, and counts towards `maxReceiveCount`, after
which SQS moves a message to the dead-letter queue. Therefore the queue is only read while a message of the
drill is due. Other messages are received once in such a period, hidden until its end, and made visible again.
A message that its consumer could receive only once more stays hidden until the end of the drill. If its last
receive was by the drill, it is sent again as a copy, as the redrive of SQS does.

Only messages of alarms of the drill that changed after its start are deleted.

Sources: Amazon SQS Developer Guide, "Amazon SQS visibility timeout" and "Using dead-letter queues in Amazon
SQS"; Amazon SQS API Reference, ReceiveMessage, ChangeMessageVisibilityBatch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

HIDDEN_S = 120
"""Seconds that a received message is hidden unless renewed, also if this process is killed."""

_RENEW_AFTER_S = 40
_AT_ONCE = 10
"""Messages per call (Amazon SQS API Reference, ReceiveMessage, MaxNumberOfMessages)."""

_NEVER = 1_000_000_000
"""Number of receives allowed without a redrive policy."""


@dataclass(frozen=True)
class Notice:
    """A message of the drill."""

    alarm: str
    state: str
    topic: str
    """Name of the topic in AWS."""


@dataclass(frozen=True)
class _Hidden:
    """A message of another consumer, hidden temporarily."""

    message: Mapping[str, Any]
    receives: int


class Mailbox:
    """The alarm queue during a drill."""

    def __init__(  # noqa: PLR0913  # a queue, a selection and two clocks
        self,
        sqs: Any,  # noqa: ANN401  # a boto3 client
        queue_url: str,
        alarms: Collection[str],
        *,
        since_s: float,
        wait_s: int,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to read.

        Args:
            sqs: the client.
            queue_url: the queue.
            alarms: names in AWS of the alarms whose messages are received.
            since_s: only messages of changes after this time, in seconds since 1970.
            wait_s: `WaitTimeSeconds`. With 0 SQS queries only some of its servers.
            seconds: a monotonic clock.
        """
        self._sqs = sqs
        self._url = queue_url
        self._alarms = frozenset(alarms)
        self._since_s = since_s
        self._wait_s = wait_s
        self._seconds = seconds
        self._renewed = seconds()
        self._hidden: dict[str, _Hidden] = {}
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])
        policy = json.loads(attributes.get("Attributes", {}).get("RedrivePolicy") or "{}")
        self._most_receives = int(policy.get("maxReceiveCount", _NEVER))

    def read(self) -> list[Notice]:
        """Receive and delete the available messages of the drill, and hide the others."""
        self._renew()
        notices: list[Notice] = []
        while messages := self._receive():
            of_drill = [(message, notice) for message in messages if (notice := self._notice(message))]
            notices += [notice for _, notice in of_drill]
            for message, _ in of_drill:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            deleted = {message["MessageId"] for message, _ in of_drill}
            for message in messages:
                if message["MessageId"] not in deleted:
                    self._hidden[message["MessageId"]] = _Hidden(message, _receives(message))
        return notices

    def release(self) -> None:
        """Make other messages visible, except those that must not be received again."""
        # After another receive by the drill, the consumer must still have one left.
        self._release(
            [message for message in self._hidden.values() if message.receives + 1 < self._most_receives]
        )

    def close(self) -> None:
        """Make all other messages visible."""
        exhausted = [hidden for hidden in self._hidden.values() if hidden.receives >= self._most_receives]
        for hidden in exhausted:
            attributes = hidden.message.get("MessageAttributes")
            more = {"MessageAttributes": attributes} if attributes else {}
            # Sent before it is deleted: a duplicate is better than a loss.
            self._sqs.send_message(QueueUrl=self._url, MessageBody=hidden.message["Body"], **more)
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=hidden.message["ReceiptHandle"])
            del self._hidden[hidden.message["MessageId"]]
        self._release(list(self._hidden.values()))

    def _receive(self) -> Sequence[Mapping[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=HIDDEN_S,
            WaitTimeSeconds=self._wait_s,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
            MessageAttributeNames=["All"],
        )
        messages: Sequence[Mapping[str, Any]] = answer.get("Messages", ())
        return messages

    def _notice(self, message: Mapping[str, Any]) -> Notice | None:
        """Return the content of a message; None if it is not a message of the drill."""
        try:
            envelope = json.loads(message["Body"])
            alarm = json.loads(envelope["Message"])
            notice = Notice(
                alarm["AlarmName"], alarm["NewStateValue"], envelope["TopicArn"].rpartition(":")[2]
            )
            changed_s = _time_s(alarm["StateChangeTime"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # not a message of an alarm
        return notice if notice.alarm in self._alarms and changed_s >= self._since_s else None

    def _renew(self) -> None:
        """Extend the visibility timeouts of hidden messages."""
        if self._seconds() - self._renewed >= _RENEW_AFTER_S:
            self._renewed = self._seconds()
            self._hide(list(self._hidden.values()), HIDDEN_S)

    def _release(self, messages: Sequence[_Hidden]) -> None:
        self._hide(messages, 0)
        for hidden in messages:
            del self._hidden[hidden.message["MessageId"]]

    def _hide(self, messages: Sequence[_Hidden], timeout_s: int) -> None:
        for batch in _batches(messages):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {
                        "Id": str(position),
                        "ReceiptHandle": hidden.message["ReceiptHandle"],
                        "VisibilityTimeout": timeout_s,
                    }
                    for position, hidden in enumerate(batch)
                ],
            )


def _batches(messages: Sequence[_Hidden]) -> Iterator[Sequence[_Hidden]]:
    for begin in range(0, len(messages), _AT_ONCE):
        yield messages[begin : begin + _AT_ONCE]


def _receives(message: Mapping[str, Any]) -> int:
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


def _time_s(text: str) -> float:
    """Return when an alarm changed; CloudWatch writes `2026-11-22T18:24:37.123+0000`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
