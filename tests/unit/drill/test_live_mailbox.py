"""The alarm queue during a drill: its own messages are taken, and nobody loses one."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from drill.live.mailbox import HIDDEN_S, Mailbox, Notice
from tests.support.tables import each
from tests.unit.drill.live_queue import OURS, START_S, TOPIC, URL, Queue, notice


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
    assert sorted(item.state for item in found) == ["ALARM"] * 7 + ["OK"] * 7
    assert set(found) == {Notice(OURS, state, "reveille-critical-dev") for state in ("ALARM", "OK")}
    assert queue.messages == []


@each("body", OTHERS)
def test_whatever_else_is_there_stays_and_is_not_hidden_longer_than_the_queue_is_read(body: str) -> None:
    """Other alarms, older changes, texts that no alarm has written."""
    queue = Queue()
    queue.put(body)
    box = mailbox(queue)
    assert box.read() == []
    assert queue.visible() == []
    box.release()
    assert [stored.body for stored in queue.visible()] == [body]
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
    assert [message.receives for message in queue.messages] == [1]
    assert queue.visible() == []


def test_a_message_that_could_bear_no_more_stays_hidden_between_two_readings() -> None:
    """With three receives: ours is the first and, read again, the second; the third is its consumer's."""
    queue = Queue(most_receives=3)
    fresh, tried = queue.put(OTHERS[0]), queue.put(OTHERS[3], receives=1)
    box = mailbox(queue)
    box.read()
    box.release()
    assert queue.visible() == [fresh]
    box.read()
    box.release()
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
    box.release()
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
        box.release()
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
            box.release()
    box.read()
    box.close()
    others = [*(f"other {n}" for n in range(count)), *(f"late {n}" for n in range(arrived))]
    assert sorted(stored.body for stored in queue.visible()) == sorted(others)
    assert queue.taken.count(notice()) == ours
    assert queue.dead == []
    assert all(message.receives < most_receives for message in queue.messages)
