"""The alarm queue, read without taking what is others'.

A queue cannot be asked for some messages: whoever receives gets any, and each time counts towards the queue's
`maxReceiveCount`, after which SQS moves a message to the dead letters. So the queue is read only while a
message of the drill is due. Others' messages are received once in such a time, hidden until it is over, and
made visible at once then. One that its own consumer could receive only once more stays hidden until the drill
ends; if its last time was ours, it is put back as a copy, as SQS's own redrive does.

Only messages of alarms that the drill is about, and that changed after its beginning, are deleted.

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
"""Seconds that a received message is hidden unless that is renewed: also if this process is killed."""

_RENEW_AFTER_S = 40
_AT_ONCE = 10
"""Messages per call (Amazon SQS API Reference, ReceiveMessage, MaxNumberOfMessages)."""

_NEVER = 1_000_000_000
"""How often a message may be received where there is no redrive policy."""


@dataclass(frozen=True)
class Notice:
    """A message of the drill."""

    alarm: str
    state: str
    topic: str
    """Name of the topic in AWS."""


@dataclass(frozen=True)
class _Held:
    """Somebody else's message, hidden for now."""

    message: Mapping[str, Any]
    receives: int


class Mailbox:
    """The alarm queue during a drill."""

    def __init__(  # noqa: PLR0913  # a queue, what is looked for in it, and two clocks
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
            alarms: names in AWS of the alarms whose messages are taken.
            since_s: those that changed after this time, in seconds since 1970.
            wait_s: how long SQS may look for messages; with 0 it looks at some of its servers only.
            seconds: a clock that does not jump.
        """
        self._sqs = sqs
        self._url = queue_url
        self._alarms = frozenset(alarms)
        self._since_s = since_s
        self._wait_s = wait_s
        self._seconds = seconds
        self._renewed = seconds()
        self._held: dict[str, _Held] = {}
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])
        policy = json.loads(attributes.get("Attributes", {}).get("RedrivePolicy") or "{}")
        self._most_receives = int(policy.get("maxReceiveCount", _NEVER))

    def read(self) -> list[Notice]:
        """Take the drill's messages that are there now, and hide the others."""
        self._renew()
        found: list[Notice] = []
        while messages := self._receive():
            ours = [(message, notice) for message in messages if (notice := self._ours(message))]
            found += [notice for _, notice in ours]
            for message, _ in ours:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            mine = {message["MessageId"] for message, _ in ours}
            for message in messages:
                if message["MessageId"] not in mine:
                    self._held[message["MessageId"]] = _Held(message, _receives(message))
        return found

    def rest(self) -> None:
        """Let others have their messages for now; those that cannot bear to be received again stay hidden."""
        # Received by us once more, it must still be there for its consumer once.
        self._release([held for held in self._held.values() if held.receives + 1 < self._most_receives])

    def close(self) -> None:
        """Let others have all of their messages."""
        spent = [held for held in self._held.values() if held.receives >= self._most_receives]
        for held in spent:
            attributes = held.message.get("MessageAttributes")
            more = {"MessageAttributes": attributes} if attributes else {}
            # Sent before it is deleted: twice is better than never.
            self._sqs.send_message(QueueUrl=self._url, MessageBody=held.message["Body"], **more)
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=held.message["ReceiptHandle"])
            del self._held[held.message["MessageId"]]
        self._release(list(self._held.values()))

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

    def _ours(self, message: Mapping[str, Any]) -> Notice | None:
        """Return what a message says if it is the drill's."""
        try:
            envelope = json.loads(message["Body"])
            said = json.loads(envelope["Message"])
            notice = Notice(said["AlarmName"], said["NewStateValue"], envelope["TopicArn"].rpartition(":")[2])
            changed_s = _time_s(said["StateChangeTime"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # whatever it is, it is no message of an alarm
        return notice if notice.alarm in self._alarms and changed_s >= self._since_s else None

    def _renew(self) -> None:
        """Keep hidden what is hidden, as long as this goes on."""
        if self._seconds() - self._renewed >= _RENEW_AFTER_S:
            self._renewed = self._seconds()
            self._hide(list(self._held.values()), HIDDEN_S)

    def _release(self, held: Sequence[_Held]) -> None:
        self._hide(held, 0)
        for item in held:
            del self._held[item.message["MessageId"]]

    def _hide(self, held: Sequence[_Held], timeout_s: int) -> None:
        for some in _batches(held):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {
                        "Id": str(position),
                        "ReceiptHandle": item.message["ReceiptHandle"],
                        "VisibilityTimeout": timeout_s,
                    }
                    for position, item in enumerate(some)
                ],
            )


def _batches(held: Sequence[_Held]) -> Iterator[Sequence[_Held]]:
    for begin in range(0, len(held), _AT_ONCE):
        yield held[begin : begin + _AT_ONCE]


def _receives(message: Mapping[str, Any]) -> int:
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


def _time_s(text: str) -> float:
    """Return when an alarm changed; CloudWatch writes `2026-11-22T18:24:37.123+0000`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
