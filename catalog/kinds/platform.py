"""The platform itself: whoever watches the services has to be watched too.

Its alarms are about several parts: topics, dead-letter queues, the notifier, the account.
That notifications fail is said through a topic of its own, which needs no notifier.
Metrics: Amazon SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch"; Amazon SQS Developer
Guide, "Available CloudWatch metrics for Amazon SQS"; AWS Lambda Developer Guide, "Types of metrics".
"""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import override

from catalog.kinds.kind import Kind, Part
from catalog.kinds.lambda_ import DROPPED, ERRORS, THROTTLES
from catalog.naming import Names
from catalog.routes import routes
from catalog.specs import Unit
from catalog.templates import AlarmTemplate, CompositeTemplate, Fact, MetricTemplate, Percent
from config.models import Environment, LambdaService

NOTIFIER = LambdaService(
    kind="lambda",
    description="Writes notifications for people and sends them to mail, Slack and PagerDuty",
    source="functions/notifier",
    timeout_s=30,
    memory_mib=256,
)
"""The function that notifies: configured like any other, but the platform's own."""


def _topic(name: str, unit: Unit = "Count") -> MetricTemplate:
    return MetricTemplate(namespace="AWS/SNS", name=name, dimensions=("TopicName",), unit=unit)


_FAILED = _topic("NumberOfNotificationsFailed")
_REDRIVEN = _topic("NumberOfNotificationsRedrivenToDlq")
_LOST = _topic("NumberOfNotificationsFailedToRedriveToDlq")
_DEAD_LETTERS = MetricTemplate(
    namespace="AWS/SQS",
    name="ApproximateNumberOfMessagesVisible",
    dimensions=("QueueName",),
    unit="Count",
)
_UNDELIVERED = MetricTemplate(
    namespace="AWS/Lambda", name="DestinationDeliveryFailures", dimensions=("FunctionName",), unit="Count"
)
_CLAIMED = MetricTemplate(
    namespace="AWS/Lambda", name="ClaimedAccountConcurrency", dimensions=(), unit="Count"
)

_SILENT = "notBreaching"  # each is reported only when it happens: silence is the good case

ALARMS = (
    AlarmTemplate(
        key="notifications-failed",
        watches=_FAILED.stat("Sum", "notifications failed"),
        threshold=0,
        unit_words="notifications not delivered",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=1,
        missing=_SILENT,
        part_of="notifications-broken",
        needs="topic",
        says="notifications could not be delivered to one of its subscribers",
        look="the dead-letter queue for what was said, and the subscriber: it did not answer, or refused",
    ),
    AlarmTemplate(
        key="notifications-redriven",
        watches=_REDRIVEN.stat("Sum", "notifications redriven"),
        threshold=0,
        unit_words="notifications in the dead-letter queue",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_SILENT,
        part_of="notifications-broken",
        needs="topic",
        says="notifications were given up and put into the dead-letter queue: somebody was not told",
        look="the dead-letter queue, for what was said, and the subscriber that did not answer",
    ),
    AlarmTemplate(
        key="notifications-lost",
        watches=_LOST.stat("Sum", "notifications lost"),
        threshold=0,
        unit_words="notifications lost",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_SILENT,
        part_of="notifications-gone",
        needs="topic",
        says="notifications are lost: they reached neither a subscriber nor the dead-letter queue",
        look="the policies of the dead-letter queue and the key; `make verify` says which link is missing",
    ),
    AlarmTemplate(
        key="dead-letters-waiting",
        watches=_DEAD_LETTERS.stat("Maximum", "dead letters"),
        threshold=0,
        unit_words="messages",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_SILENT,
        part_of="notifications-broken",
        needs="dead_letters",
        says="holds notifications that nobody has got",
        look="what the messages say first, then the subscriber or consumer that failed",
    ),
    AlarmTemplate(
        key="notifier-errors",
        watches=ERRORS.stat("Sum", "failed attempts"),
        threshold=2,
        unit_words="failed attempts to notify",
        period_s=300,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing=_SILENT,
        part_of="notifications-broken",
        needs="notifier",
        says="cannot deliver: three failed attempts are one notification that nobody got",
        look="its log: the error names the channel and what it answered",
    ),
    AlarmTemplate(
        key="notifier-throttles",
        watches=THROTTLES.stat("Sum", "refused"),
        threshold=0,
        unit_words="attempts to notify refused",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing=_SILENT,
        part_of="notifications-broken",
        needs="notifier",
        says="is refused by Lambda: the account has no concurrency left",
        look="the account's concurrency; some other function takes all of it",
    ),
    AlarmTemplate(
        key="notifier-dropped",
        watches=DROPPED.stat("Sum", "dropped"),
        threshold=0,
        unit_words="notifications given up",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_SILENT,
        part_of="notifications-broken",
        needs="notifier",
        says="gave notifications up",
        look="its dead-letter queue for what was said, its log for why",
    ),
    AlarmTemplate(
        key="notifier-undelivered",
        watches=_UNDELIVERED.stat("Sum", "not in the dead-letter queue"),
        threshold=0,
        unit_words="notifications lost",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_SILENT,
        part_of="notifications-gone",
        needs="notifier",
        says="could not even put notifications into its dead-letter queue: they are lost",
        look="its role and the policy of the KMS key; `make verify` says which link is missing",
    ),
    AlarmTemplate(
        key="account-concurrency",
        watches=_CLAIMED.stat("Maximum", "claimed concurrency"),
        threshold=Percent(value=90, of="lambda_quota", words="the account's quota"),
        unit_words="concurrent executions claimed",
        period_s=60,
        evaluation_periods=10,
        datapoints_to_alarm=10,
        missing=_SILENT,
        part_of="account-limits",
        says="Lambda is about to refuse calls of every function in the account",
        look="the concurrency by service; ask AWS for a higher quota, and reserve for those that must run",
    ),
)

COMPOSITES = (
    CompositeTemplate(
        key="notifications-broken",
        severity="critical",
        topic="fallback",
        says="notifications do not reach everybody: alarms may fire unheard",
        look="the dashboard for what is in ALARM, then the dead-letter queues",
    ),
    CompositeTemplate(
        key="notifications-gone",
        severity="critical",
        topic="fallback",
        says="notifications are lost for good: nobody will ever read what they said",
        look="the dashboard for what is in ALARM; then `make verify`",
    ),
    CompositeTemplate(
        key="account-limits",
        severity="critical",
        topic="fallback",  # the notifier is a function too
        says="the account is at a limit that stops every function",
        look="the concurrency by service on the dashboard",
    ),
)


class Platform(Kind[Environment]):
    """The platform, of which an environment has one."""

    name = "platform"
    alarms = ALARMS
    composites = COMPOSITES

    @override
    def parts(self, env: Environment, names: Names, name: str, config: Environment) -> Iterator[Part]:
        for topic in routes(env, names).topics:
            yield Part(
                key=f"topic-{topic.key}",
                label=f"topic {topic.name}",
                dimensions={"TopicName": topic.name},
                facts={"topic": Fact()},
            )
        for key, queue in (
            ("queue-alarms", names.alarm_dead_letters),
            ("queue-notifier", names.notifier_dead_letters),
        ):
            yield Part(
                key=key,
                label=f"queue {queue}",
                dimensions={"QueueName": queue},
                facts={"dead_letters": Fact()},
            )
        yield Part(
            key="notifier",
            label=f"function {names.notifier}",
            dimensions={
                "FunctionName": names.notifier,
                "LogGroupName": names.function_log_group("notifier"),
            },
            facts={"notifier": Fact()},
        )
        quota = env.quotas.lambda_concurrency
        if env.functions:
            yield Part(
                key="account",
                label=f"account {names.account_id} in {names.region}",
                dimensions={},
                facts={"lambda_quota": Fact(value=quota, words=f"the quota of {quota}")},
            )
