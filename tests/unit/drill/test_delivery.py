"""From changes to people and queues, and from queues whose readers fail to dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cloudwatch.alarms import Actions, Metric
from cloudwatch.composites import Change
from cloudwatch.states import State
from drill import delivery
from drill.grid import Grid
from drill.model import Queue, Subscription, Topic
from drill.rehearsal import Notification
from drill.scenarios.model import Consumer
from tests.support.tables import each
from tests.unit.drill.rehearsing import (
    BEGINS_S,
    PAGE,
    PAGES,
    QUEUES,
    TICKETS,
    alarm,
    composite,
    run,
    scenario,
    sums,
    system,
    told,
)

ON = Grid.of(scenario(duration="1h", warm_up="10m").head)


def change(name: str, state: State, minutes: float) -> Change:
    """Return a change."""
    return Change(BEGINS_S + minutes * 60, name, "INSUFFICIENT_DATA" if state == "OK" else "OK", state)


def sent(minutes: float, topic: str = "critical") -> Notification:
    """Return a notification."""
    at_s = BEGINS_S + minutes * 60
    return Notification(at_s, "errors", "ALARM", topic, at_s, ("alarms",))


def consumer(**when: Any) -> Consumer:
    """Return a reader of the alarm queue that fails."""
    return Consumer.model_validate({"consumer": "alarms", "fails": True, **when})


def test_each_action_of_the_new_state_is_a_notification() -> None:
    """By the topic's ARN or its name; topics that are not known are named as they are."""
    actions = Actions(
        alarm=("arn:page", "warning", "arn:gone"), ok=("warning",), insufficient_data=("arn:page",)
    )
    of = system(alarm("a", actions=actions), alarm("b"))
    performed = [
        (BEGINS_S + 60, change("a", "ALARM", 0.5)),
        (BEGINS_S + 120, change("a", "OK", 2)),
        (BEGINS_S + 180, change("a", "INSUFFICIENT_DATA", 3)),
        (BEGINS_S + 60, change("b", "ALARM", 1)),
    ]
    found = delivery.notifications(of, performed)
    assert [
        (
            notification.at_s - BEGINS_S,
            notification.changed_s - BEGINS_S,
            notification.state,
            notification.topic,
            notification.delivered_to,
        )
        for notification in found
    ] == [
        (60, 30, "ALARM", "arn:gone", ()),
        (60, 30, "ALARM", "critical", ("alarms",)),
        (60, 30, "ALARM", "warning", ("a@b.c",)),
        (120, 120, "OK", "warning", ("a@b.c",)),
        (180, 180, "INSUFFICIENT_DATA", "critical", ("alarms",)),
    ]


def test_notifications_are_in_the_order_in_which_they_are_sent() -> None:
    """Whatever the order of the alarms in the system."""
    of = system(alarm("a", actions=PAGES), composite("c", "TRUE"))
    performed = [(BEGINS_S + at, change(name, "ALARM", 0)) for at, name in ((300, "a"), (60, "c"), (60, "a"))]
    assert [
        (notification.at_s - BEGINS_S, notification.alarm)
        for notification in delivery.notifications(of, performed)
    ] == [
        (60, "a"),
        (60, "c"),
        (300, "a"),
    ]


def test_messages_arrive_in_queues_that_subscribe_and_nowhere_else() -> None:
    """Mail is no queue; a queue that is not known here still gets its message."""
    topics = (
        replace(
            PAGE,
            subscriptions=(
                *PAGE.subscriptions,
                Subscription("email", "x", "x"),
                Subscription("sqs", "q", "other"),
            ),
        ),
    )
    found = delivery.messages(system(alarm(), topics=topics), [sent(1), sent(2, "warning")], [], ON)
    assert [(message.queue, message.arrived_s - BEGINS_S, message.dead_letter_of) for message in found] == [
        ("alarms", 60, None),
        ("other", 60, None),
    ]


@each(
    ("when", "given_up"),
    [
        ({}, True),  # all the time
        ({"from": "10m"}, True),
        ({"from": "11m"}, False),  # received once before
        ({"to": "11m"}, False),  # the third time, a minute later, it is taken
        ({"to": "11m1s"}, True),  # it fails three times, and is not looked at once more
        ({"from": "10m", "to": "12m"}, True),
        ({"from": "10m", "to": "12m", "gaps": [["10m30s", "10m31s"]]}, False),
        ({"from": "10m", "to": "12m", "gaps": [["10m31s", "11m"]]}, True),
        ({"at": "10m"}, False),  # received at 10m, 10m30s and 11m
        ({"at": "20m"}, False),
    ],
)
def test_a_message_that_is_received_too_often_is_a_dead_letter(
    when: Mapping[str, Any],
    given_up: bool,  # noqa: FBT001  # what is expected
) -> None:
    """Received when it arrives and whenever it is visible again, three times; then it moves."""
    found = delivery.messages(system(alarm()), [sent(10)], [consumer(**when)], ON)
    dead = [
        (message.queue, (message.arrived_s - BEGINS_S) / 60, message.dead_letter_of) for message in found[1:]
    ]
    assert dead == ([("dead", 11.5, "alarms")] if given_up else [])
    assert found[0].queue == "alarms"


def test_a_queues_own_settings_say_when_it_gives_up() -> None:
    """So many receives so far apart; by either of the queue's names; without a limit, never."""
    of = system(alarm(), queues=(Queue("alarms", "full", 120, 2, "dead"), QUEUES[1]))
    for name in ("alarms", "full"):
        fails = Consumer.model_validate({"consumer": name, "fails": True})
        assert [
            message.arrived_s - BEGINS_S for message in delivery.messages(of, [sent(1)], [fails], ON)
        ] == [
            60,
            300,
        ]
    for queue in (Queue("alarms", "full", 120, None, "dead"), Queue("alarms", "full", 120, 2, None)):
        of = system(alarm(), queues=(queue, QUEUES[1]))
        assert len(delivery.messages(of, [sent(1)], [consumer()], ON)) == 1
    other = Consumer.model_validate({"consumer": "dead", "fails": True})
    assert len(delivery.messages(system(alarm()), [sent(1)], [other], ON)) == 1


def test_two_consumers_that_fail_one_after_the_other_are_one_that_fails() -> None:
    """It does not matter which of them receives."""
    both = [consumer(to="10m20s"), consumer(**{"from": "10m20s"})]
    assert len(delivery.messages(system(alarm()), [sent(10)], both, ON)) == 2
    assert len(delivery.messages(system(alarm()), [sent(10)], both[:1], ON)) == 1


def test_what_is_given_up_after_the_end_is_not_seen() -> None:
    """The rehearsal is over."""
    assert len(delivery.messages(system(alarm()), [sent(58.5)], [consumer()], ON)) == 2
    assert len(delivery.messages(system(alarm()), [sent(58.6)], [consumer()], ON)) == 1


def test_a_dead_letter_queue_shows_how_much_it_holds_each_minute() -> None:
    """It only grows; queues that hold nothing have no metric of the rehearsal's making."""
    of = system(alarm())
    found = delivery.messages(of, [sent(10), sent(10.25), sent(20)], [consumer()], ON)
    made = delivery.queue_metrics(of, found, ON)
    (only,) = made
    assert only == Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", (("QueueName", "shop-dead-prod"),))
    by_minute = sums(made[only])
    assert [by_minute[minute] for minute in (-10, 9, 10, 11, 12, 20, 21, 59)] == [0, 0, 0, 2, 2, 2, 3, 3]
    on_the_minute = delivery.messages(of, [sent(10.5)], [consumer()], ON)
    by_minute = sums(delivery.queue_metrics(of, on_the_minute, ON)[only])
    assert [by_minute[minute] for minute in (10, 11)] == [0, 1]
    assert delivery.queue_metrics(of, found[:1], ON) == {}
    unknown = delivery.queue_metrics(system(alarm(), queues=()), found, ON)
    assert [dict(metric.dimensions)["QueueName"] for metric in unknown] == ["dead"]


# --- whole: causes and effects

DEAD = Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", (("QueueName", "shop-dead-prod"),))


def test_dead_letters_cause_alarms_whose_messages_are_dead_letters_too() -> None:
    """Until nothing more is caused: each further one of them is watched by the next alarm."""
    fallback = Topic("arn:fallback", "fallback", None, (Subscription("sqs", "arn:alarms", "alarms"),))
    speaks = Actions(alarm=("arn:fallback",))
    waiting = [alarm(f"dead-{n}", DEAD, stat="Maximum", threshold=float(n), actions=speaks) for n in range(4)]
    of = system(alarm(actions=PAGES), *waiting, topics=(PAGE, fallback))
    happens: tuple[Mapping[str, Any], ...] = (
        {"metric": "N *", "value": 0},
        {"metric": "Errors", "value": 1, "at": "5m"},
        {"metric": "ApproximateNumberOfMessagesVisible", "value": 0},
        {"consumer": "alarms", "fails": True, "from": "0s"},
    )
    found = run(of, *happens)
    fired = {pair[1]: pair[0] for pair in told(found) if pair[2] == "ALARM"}
    # A page at 6 and the message that it is over at 7: both are given up a minute and a half later.
    assert fired == {"errors": 6, "dead-0": 8, "dead-1": 9, "dead-2": 10, "dead-3": 11}
    dead = [message for message in found.messages if message.dead_letter_of]
    assert [(message.notification.alarm, (message.arrived_s - found.begins_s) / 60) for message in dead] == [
        ("errors", 7.5),
        ("errors", 8.5),
        ("dead-0", 9.5),
        ("dead-1", 10.5),
        ("dead-2", 11.5),
        ("dead-3", 12.5),
    ]
    line = found.line("dead-3")
    assert line.values[-1] == 6
    well = run(of, *happens[:3])
    assert {pair[1] for pair in told(well)} == {"errors"}


def test_who_is_told_by_mail_leaves_no_message() -> None:
    """And no dead letter, whatever the consumer does."""
    of = system(alarm(actions=TICKETS))
    found = run(of, {"metric": "Errors", "value": 1, "at": "5m"}, {"consumer": "alarms", "fails": True})
    assert told(found) == [(6, "errors", "ALARM", "warning")]
    assert found.messages == ()


def test_dead_letters_are_messages_more_than_the_scenario_says() -> None:
    """What it says of the queue is not forgotten when one arrives: 4 and 1 are 5."""
    depth = Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", (("QueueName", "shop-dead-prod"),))
    of = system(
        alarm("errors", actions=Actions(alarm=("arn:page",))),
        alarm("waiting", depth, stat="Maximum", threshold=4.0, service=None),
    )
    said = {"metric": "AWS/SQS ApproximateNumberOfMessagesVisible", "value": 4}
    fails = [
        {"metric": "Errors", "value": 1, "from": "10m", "to": "15m"},
        {"consumer": "alarms", "fails": True, "from": "10m", "to": "20m"},
    ]
    alone, both, quiet = run(of, *fails), run(of, said, *fails), run(of, said)
    arrived = [message for message in both.messages if message.dead_letter_of is not None]
    assert (
        len(arrived)
        == len([message for message in alone.messages if message.dead_letter_of is not None])
        == 1
    )
    assert "ALARM" not in [item.new for some in (alone, quiet) for item in some.changes.get("waiting", ())]
    (fired,) = [item for item in both.changes["waiting"] if item.new == "ALARM"]
    assert 0 <= fired.at_s - arrived[0].arrived_s <= 60
