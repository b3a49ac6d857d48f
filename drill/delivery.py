"""The delivery of notifications: actions, topics, subscriptions, queues and dead letters.

Sources: Amazon CloudWatch User Guide, "Alarm actions" (an action is performed when the state changes);
Amazon SQS Developer Guide, "Visibility timeout" and "Using dead-letter queues" (a message that was received
`maxReceiveCount` times and not deleted moves when it would be received once more); "Available CloudWatch
metrics for Amazon SQS".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cloudwatch.alarms import CompositeAlarm, Metric, MetricAlarm
from cloudwatch.composites import Change
from cloudwatch.quotas import MINUTE_S
from cloudwatch.series import Series
from drill import actions
from drill.grid import Grid
from drill.model import Queue, System, Topic
from drill.rehearsal import Message, Notification, Performed
from drill.scenarios.model import Consumer
from drill.selection import Selection


def notifications(system: System, performed: Iterable[tuple[float, Change]]) -> tuple[Notification, ...]:
    """Return the published notifications, in order.

    Args:
        system: the topics and the actions of alarms.
        performed: changes whose actions are performed, each with the time of the actions, which is later than
            the change after a suppression.
    """
    topics = Selection(system).topics
    alarms: dict[str, MetricAlarm | CompositeAlarm] = {alarm.name: alarm for alarm in system.all_alarms}
    published = [
        Notification(
            at_s=at_s,
            alarm=change.alarm,
            state=change.new,
            topic=topics[action].name if action in topics else action,
            changed_s=change.at_s,
            delivered_to=tuple(subscription.name for subscription in topics[action].subscriptions)
            if action in topics
            else (),
        )
        for at_s, change in performed
        for action in alarms[change.alarm].actions.of(change.new)
        if actions.read(action).kind == "topic"
    ]
    return tuple(
        sorted(
            published,
            key=lambda notification: (
                notification.at_s,
                notification.changed_s,
                notification.alarm,
                notification.topic,
            ),
        )
    )


def other_actions(system: System, performed: Iterable[tuple[float, Change]]) -> tuple[Performed, ...]:
    """Return the performed actions that are not notifications, in order of time.

    Args:
        system: the actions of alarms.
        performed: as for `notifications`.
    """
    alarms: dict[str, MetricAlarm | CompositeAlarm] = {alarm.name: alarm for alarm in system.all_alarms}
    others = [
        Performed(at_s, change.alarm, change.new, performs.text)
        for at_s, change in performed
        for action in alarms[change.alarm].actions.of(change.new)
        if (performs := actions.read(action)).kind != "topic"
    ]
    return tuple(sorted(others, key=lambda action: (action.at_s, action.alarm)))


def messages(
    system: System, published: Iterable[Notification], consumers: Sequence[Consumer], grid: Grid
) -> tuple[Message, ...]:
    """Return the messages that arrive in queues and dead-letter queues.

    Args:
        system: topics, subscriptions and queues.
        published: the published notifications.
        consumers: those that fail. All others delete their messages immediately.
        grid: the clock of the rehearsal.
    """
    queues = {queue.name: queue for queue in system.queues}
    by_topic: dict[str, Topic] = {topic.name: topic for topic in system.topics}
    arrived: list[Message] = []
    for notification in published:
        topic = by_topic.get(notification.topic)
        for subscription in topic.subscriptions if topic else ():
            if subscription.protocol != "sqs":
                continue
            arrived.append(Message(notification, subscription.name, notification.at_s))
            queue = queues.get(subscription.name)
            if queue and queue.dead_letters is not None:
                dead_letter_s = _dead_letter_s(queue, notification.at_s, consumers, grid)
                if dead_letter_s is not None and dead_letter_s <= grid.over_s:
                    arrived.append(Message(notification, queue.dead_letters, dead_letter_s, queue.name))
    return tuple(sorted(arrived, key=lambda message: (message.arrived_s, message.queue)))


def _dead_letter_s(queue: Queue, arrived_s: float, consumers: Sequence[Consumer], grid: Grid) -> float | None:
    """Return when a message moves to the dead-letter queue; None if it is consumed before."""
    if queue.max_receives is None:
        return None
    for receive in range(queue.max_receives):
        at_s = arrived_s + receive * queue.visibility_timeout_s
        if not any(_fails(consumer, queue, at_s - grid.begins_s) for consumer in consumers):
            return None
    return arrived_s + queue.max_receives * queue.visibility_timeout_s


def _fails(consumer: Consumer, queue: Queue, offset_s: float) -> bool:
    if consumer.consumer not in {queue.name, queue.full_name}:
        return False
    if consumer.at_s is not None:
        return offset_s // MINUTE_S == consumer.at_s // MINUTE_S
    begins = consumer.from_s is None or consumer.from_s <= offset_s
    ends = consumer.to_s is None or offset_s < consumer.to_s
    pause = any(begin_s <= offset_s < end_s for begin_s, end_s in consumer.gaps)
    return begins and ends and not pause


def queue_metrics(system: System, arrived: Iterable[Message], grid: Grid) -> Mapping[Metric, Series]:
    """Return the metric of SQS for each dead-letter queue with messages: their number, each minute."""
    names = {queue.name: queue.full_name for queue in system.queues}
    times_by_queue: dict[str, list[float]] = {}
    for message in arrived:
        if message.dead_letter_of is not None:
            times_by_queue.setdefault(message.queue, []).append(message.arrived_s)
    return {
        Metric(
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", (("QueueName", names.get(queue, queue)),)
        ): Series.of_values(
            np.searchsorted(np.sort(times_s), grid.ends_s, side="right").astype(np.float64),
            start_s=grid.first_s,
            step_s=grid.step_s,
        )
        for queue, times_s in times_by_queue.items()
    }
