"""A queue of SQS as its Developer Guide has it, for tests of what reads one."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

URL = "http://queue"
START_S = datetime(2026, 9, 21, 13, 33, 20, tzinfo=timezone.utc).timestamp()
OURS = "reveille-pay-impact-dev"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:reveille-critical-dev"


@dataclass
class Stored:
    """One message in the queue."""

    body: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    receives: int = 0
    visible_s: float = 0.0
    attributes: dict[str, Any] | None = None


class Queue:
    """Stands for SQS: visibility, receive counts and dead letters as its Developer Guide has them."""

    def __init__(self, most_receives: int | None = 3) -> None:
        """Be an empty queue."""
        self.now_s = 0.0
        self.most_receives = most_receives
        self.messages: list[Stored] = []
        self.dead: list[str] = []
        self.taken: list[str] = []
        self.receipts: dict[str, Stored] = {}

    def put(self, body: str, receives: int = 0) -> Stored:
        """Let a message arrive."""
        self.messages.append(Stored(body, receives=receives))
        return self.messages[-1]

    def visible(self) -> list[Stored]:
        """Return what a consumer could receive now."""
        return [message for message in self.messages if message.visible_s <= self.now_s]

    def get_queue_attributes(self, **asked: Any) -> dict[str, Any]:
        """Answer as SQS does; without a redrive policy there is no such attribute."""
        assert asked == {"QueueUrl": URL, "AttributeNames": ["RedrivePolicy"]}
        if self.most_receives is None:
            return {}
        return {"Attributes": {"RedrivePolicy": json.dumps({"maxReceiveCount": str(self.most_receives)})}}

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        """Hand out up to ten messages, or move what was received too often to the dead letters."""
        assert asked["QueueUrl"] == URL
        found: list[dict[str, Any]] = []
        for stored in self.visible():
            if len(found) == asked["MaxNumberOfMessages"]:
                break
            if self.most_receives is not None and stored.receives >= self.most_receives:
                self.messages.remove(stored)
                self.dead.append(stored.body)
                continue
            stored.receives += 1
            stored.visible_s = self.now_s + asked["VisibilityTimeout"]
            receipt = str(uuid.uuid4())
            self.receipts[receipt] = stored
            found.append(
                {
                    "MessageId": stored.id,
                    "ReceiptHandle": receipt,
                    "Body": stored.body,
                    "Attributes": {"ApproximateReceiveCount": str(stored.receives)},
                    **({"MessageAttributes": stored.attributes} if stored.attributes else {}),
                }
            )
        return {"Messages": found} if found else {}

    def delete_message(self, **asked: Any) -> None:
        """Delete."""
        one = self.receipts[asked["ReceiptHandle"]]
        self.messages.remove(one)
        self.taken.append(one.body)

    def send_message(self, **asked: Any) -> None:
        """Take a message."""
        self.put(asked["MessageBody"]).attributes = asked.get("MessageAttributes")

    def change_message_visibility_batch(self, **asked: Any) -> dict[str, Any]:
        """Hide or show."""
        assert 1 <= len(asked["Entries"]) <= 10
        assert len({entry["Id"] for entry in asked["Entries"]}) == len(asked["Entries"])
        for entry in asked["Entries"]:
            self.receipts[entry["ReceiptHandle"]].visible_s = self.now_s + entry["VisibilityTimeout"]
        return {}


def notice(alarm: str = OURS, state: str = "ALARM", at: str = "2026-09-21T13:33:20.500+0000") -> str:
    """Return an alarm's message as SNS puts it into a queue; the time is that of START_S, or another."""
    said = {"AlarmName": alarm, "NewStateValue": state, "StateChangeTime": at}
    return json.dumps({"Type": "Notification", "TopicArn": TOPIC, "Message": json.dumps(said)})
