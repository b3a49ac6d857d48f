"""The queue that invokes a function, and its dead-letter queue.

Metrics: SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
"""

from __future__ import annotations

from catalog.templates import (
    AlarmTemplate,
    Fact,
    GraphTemplate,
    Namespace,
    Percent,
    steady,
)
from config.limits import SQS_RETENTION_S

# A function has two queues, distinguished by the suffix.
_QUEUE = Namespace("AWS/SQS", ("QueueName",))
_DEAD_LETTERS = Namespace("AWS/SQS", ("QueueName:dead-letters",))

# The queue of a function has the default of SQS.
_RETENTION = Fact(
    value=SQS_RETENTION_S, words=f"the retention of the queue, {SQS_RETENTION_S // 86_400} days"
)

AGE = _QUEUE.metric("ApproximateAgeOfOldestMessage", "Seconds", steady(1), most=_RETENTION)
WAITING = _QUEUE.metric("ApproximateNumberOfMessagesVisible", "Count", steady(0))
DEAD_LETTERS = _DEAD_LETTERS.metric("ApproximateNumberOfMessagesVisible", "Count", steady(0))

ALARMS = (
    AlarmTemplate(
        key="queue-age",
        watches=AGE.stat("Maximum", "age of the oldest message"),
        threshold=Percent(value=100, of="queue_retry_s", words="the maximum retry time, at least 300 s"),
        unit_words="seconds age of the oldest message",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="notBreaching",  # an idle queue stops reporting after six hours
        part_of="degraded",
        needs="queue",
        summary="messages wait too long in the queue",
        look="the queue and concurrency graphs: too many messages arrive, or one message fails repeatedly",
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
        summary="messages failed all retries; the dead-letter queue keeps them for 14 days",
        look="the errors query for the time of the message; fix the cause, then redrive the queue",
    ),
)

SERIES = {
    "queue_waiting": WAITING.stat("Maximum", "messages waiting"),
    "queue_age": AGE.stat("Maximum", "age of the oldest message"),
    "dead_letters": DEAD_LETTERS.stat("Maximum", "dead letters"),
}

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
