"""The alarm queue during a drill: its own messages are taken, and nobody loses one."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.live.mailbox import HIDDEN_S, Mailbox, Notice

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
        return [one for one in self.messages if one.visible_s <= self.now_s]

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
        for one in self.visible():
            if len(found) == asked["MaxNumberOfMessages"]:
                break
            if self.most_receives is not None and one.receives >= self.most_receives:
                self.messages.remove(one)
                self.dead.append(one.body)
                continue
            one.receives += 1
            one.visible_s = self.now_s + asked["VisibilityTimeout"]
            receipt = str(uuid.uuid4())
            self.receipts[receipt] = one
            found.append(
                {
                    "MessageId": one.id,
                    "ReceiptHandle": receipt,
                    "Body": one.body,
                    "Attributes": {"ApproximateReceiveCount": str(one.receives)},
                    **({"MessageAttributes": one.attributes} if one.attributes else {}),
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
        assert len({one["Id"] for one in asked["Entries"]}) == len(asked["Entries"])
        for one in asked["Entries"]:
            self.receipts[one["ReceiptHandle"]].visible_s = self.now_s + one["VisibilityTimeout"]
        return {}


def notice(alarm: str = OURS, state: str = "ALARM", at: str = "2026-09-21T13:33:20.500+0000") -> str:
    """Return an alarm's message as SNS puts it into a queue; the time is that of START_S, or another."""
    said = {"AlarmName": alarm, "NewStateValue": state, "StateChangeTime": at}
    return json.dumps({"Type": "Notification", "TopicArn": TOPIC, "Message": json.dumps(said)})


def mailbox(queue: Queue) -> Mailbox:
    """Return a mailbox over a queue, for the messages of one alarm."""
    return Mailbox(queue, URL, [OURS], since_s=START_S, wait_s=0, seconds=lambda: queue.now_s)


OTHERS = [
    notice("reveille-other-impact-dev"),
    notice(at="2026-09-21T13:33:19.999+0000"),
    "no JSON",
    "null",
    "[]",
    "{}",
    json.dumps({"Message": "text of somebody", "TopicArn": TOPIC}),
    json.dumps({"Message": json.dumps({"AlarmName": OURS}), "TopicArn": TOPIC}),
    json.dumps({"Message": json.dumps([OURS]), "TopicArn": TOPIC}),
    notice(at="yesterday"),
    notice(at=""),
]


def test_messages_of_the_drill_are_taken_with_their_state_and_topic() -> None:
    """Each once, however many there are."""
    queue = Queue()
    for state in ("ALARM", "OK") * 7:
        queue.put(notice(state=state))
    found = mailbox(queue).read()
    assert sorted(one.state for one in found) == ["ALARM"] * 7 + ["OK"] * 7
    assert set(found) == {Notice(OURS, state, "reveille-critical-dev") for state in ("ALARM", "OK")}
    assert queue.messages == []


@pytest.mark.parametrize("body", OTHERS)
def test_whatever_else_is_there_stays_and_is_not_hidden_longer_than_the_queue_is_read(body: str) -> None:
    """Other alarms, older changes, texts that no alarm has written."""
    queue = Queue()
    queue.put(body)
    box = mailbox(queue)
    assert box.read() == []
    assert queue.visible() == []
    box.rest()
    assert [one.body for one in queue.visible()] == [body]
    assert queue.visible()[0].receives == 1


def test_the_moment_of_the_beginning_counts() -> None:
    """A change at the very second of it is the drill's."""
    queue = Queue()
    queue.put(notice(at="2026-09-21T13:33:20.000+0000"))
    assert len(mailbox(queue).read()) == 1


def test_a_message_is_received_once_as_long_as_the_queue_is_read() -> None:
    """Looking a hundred times counts once, also when that takes longer than it is hidden at first."""
    queue = Queue()
    queue.put(OTHERS[0])
    box = mailbox(queue)
    for _ in range(100):
        box.read()
        queue.now_s += HIDDEN_S / 4
    assert [one.receives for one in queue.messages] == [1]
    assert queue.visible() == []


def test_a_message_that_could_bear_no_more_stays_hidden_between_two_readings() -> None:
    """With three receives: ours is the first and, read again, the second; the third is its consumer's."""
    queue = Queue(most_receives=3)
    fresh, tried = queue.put(OTHERS[0]), queue.put(OTHERS[3], receives=1)
    box = mailbox(queue)
    box.read()
    box.rest()
    assert queue.visible() == [fresh]
    box.read()
    box.rest()
    assert queue.visible() == []
    box.close()
    assert queue.visible() == [fresh, tried]
    assert [fresh.receives, tried.receives] == [2, 2]


def test_a_message_whose_last_time_was_ours_is_put_back_as_a_copy() -> None:
    """With its attributes, and with all of its times before it."""
    queue = Queue(most_receives=3)
    queue.put(OTHERS[0], receives=2).attributes = {"a": {"DataType": "String", "StringValue": "b"}}
    box = mailbox(queue)
    box.read()
    box.rest()
    assert queue.visible() == []
    box.close()
    (back,) = queue.visible()
    assert (back.body, back.receives) == (OTHERS[0], 0)
    assert back.attributes == {"a": {"DataType": "String", "StringValue": "b"}}
    assert queue.dead == []


def test_without_a_redrive_policy_nothing_is_put_back_as_a_copy() -> None:
    """No time is the last one."""
    queue = Queue(most_receives=None)
    one = queue.put(OTHERS[0], receives=500)
    box = mailbox(queue)
    for _ in range(5):
        box.read()
        box.rest()
        assert queue.visible() == [one]
    box.close()
    assert queue.messages == [one]


def test_after_a_process_that_was_killed_messages_come_back_by_themselves() -> None:
    """In two minutes."""
    queue = Queue()
    one = queue.put(OTHERS[0])
    mailbox(queue).read()
    queue.now_s += HIDDEN_S
    assert queue.visible() == [one]


@given(
    seed=st.integers(0, 2**32),
    most_receives=st.integers(1, 6),
    count=st.integers(0, 25),
    steps=st.lists(st.sampled_from(["read", "rest", "arrive", "ours", "wait"]), max_size=30),
)
def test_nobody_loses_a_message_whatever_happens(
    seed: int, most_receives: int, count: int, steps: list[str]
) -> None:
    """Others' messages are all visible afterwards, none is a dead letter, and each can be received again."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    queue = Queue(most_receives)
    for number in range(count):
        queue.put(f"other {number}", receives=chance.randrange(most_receives))
    box = mailbox(queue)
    arrived = ours = 0
    for step in steps:
        if step == "arrive":
            queue.put(f"late {arrived}")
            arrived += 1
        elif step == "ours":
            queue.put(notice())
            ours += 1
        elif step == "wait":
            queue.now_s += HIDDEN_S / 4
        elif step == "read":
            box.read()
        else:
            box.rest()
    box.read()
    box.close()
    others = [*(f"other {n}" for n in range(count)), *(f"late {n}" for n in range(arrived))]
    assert sorted(one.body for one in queue.visible()) == sorted(others)
    assert queue.taken.count(notice()) == ours
    assert queue.dead == []
    assert all(one.receives < most_receives for one in queue.messages)
