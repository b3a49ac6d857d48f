"""The queue that feeds a function, and the dead letters of what it could not process.

Metrics: SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
"""

from __future__ import annotations

from catalog.templates import AlarmTemplate, GraphTemplate, MetricTemplate, Percent


def _metric(name: str, dimension: str, unit: str) -> MetricTemplate:
    return MetricTemplate.model_validate(
        {"namespace": "AWS/SQS", "name": name, "dimensions": (dimension,), "unit": unit}
    )


# A queue's metrics have the dimension QueueName; a function has two queues, which its resources tell apart.
AGE = _metric("ApproximateAgeOfOldestMessage", "QueueName", "Seconds")
WAITING = _metric("ApproximateNumberOfMessagesVisible", "QueueName", "Count")
DEAD_LETTERS = _metric("ApproximateNumberOfMessagesVisible", "QueueName:dead-letters", "Count")

ALARMS = (
    AlarmTemplate(
        key="queue-age",
        watches=AGE.stat("Maximum", "age of the oldest message"),
        threshold=Percent(value=100, of="queue_patience_s", words="the time that one retry takes, or 300 s"),
        unit_words="seconds that the oldest message waits",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="notBreaching",  # an idle queue stops reporting after six hours
        part_of="degraded",
        needs="queue",
        says="messages wait too long in its queue",
        look="the queue and concurrency graphs: too much comes in, or one message fails again and again",
    ),
    AlarmTemplate(
        key="dead-letters",
        watches=DEAD_LETTERS.stat("Maximum", "dead letters"),
        threshold=0,
        unit_words="messages in the dead-letter queue",
        period_s=60,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",  # an idle queue stops reporting after six hours
        needs="queue",
        says="gave up on messages, which wait in its dead-letter queue for 14 days",
        look="the errors query for the time of the message; mend the cause, then redrive the queue",
    ),
)

GRAPHS = (
    GraphTemplate(
        role="queue",
        title="Queue",
        unit_label="messages",
        series=(WAITING.stat("Maximum", "waiting"), DEAD_LETTERS.stat("Maximum", "dead letters")),
        thresholds=("dead-letters",),
        needs="queue",
    ),
    GraphTemplate(
        role="queue-age",
        title="Age of the oldest message",
        unit_label="seconds",
        series=(AGE.stat("Maximum", "oldest message"),),
        thresholds=("queue-age",),
        needs="queue",
    ),
)
