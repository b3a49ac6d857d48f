"""The platform itself: the alarms on what sends notifications, and on the account.

Its alarms are about several parts: topics, dead-letter queues, the notifier, the account.
Failures of notifications are published to a topic of their own, which does not need the notifier.
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
from catalog.templates import (
    ONLY_FAILURES,
    AlarmTemplate,
    CompositeTemplate,
    Fact,
    MetricTemplate,
    Percent,
    steady,
)
from config.models import Environment, LambdaService

NOTIFIER = LambdaService(
    kind="lambda",
    description="Formats notifications and sends them to e-mail, Slack and PagerDuty",
    source="functions/notifier",
    timeout_s=30,
    memory_mib=256,
)
"""The configuration of the notifier function."""


def _topic(name: str, unit: Unit = "Count") -> MetricTemplate:
    """Return a metric of a topic, which SNS publishes only when a delivery fails."""
    return MetricTemplate(
        namespace="AWS/SNS", name=name, dimensions=("TopicName",), unit=unit, baseline=ONLY_FAILURES
    )


_FAILED = _topic("NumberOfNotificationsFailed")
_REDRIVEN = _topic("NumberOfNotificationsRedrivenToDlq")
_LOST = _topic("NumberOfNotificationsFailedToRedriveToDlq")
_DEAD_LETTERS = MetricTemplate(
    namespace="AWS/SQS",
    name="ApproximateNumberOfMessagesVisible",
    dimensions=("QueueName",),
    unit="Count",
    baseline=steady(0),
)
_UNDELIVERED = MetricTemplate(
    namespace="AWS/Lambda",
    name="DestinationDeliveryFailures",
    dimensions=("FunctionName",),
    unit="Count",
    baseline=ONLY_FAILURES,
)
_CLAIMED = MetricTemplate(
    namespace="AWS/Lambda",
    name="ClaimedAccountConcurrency",
    dimensions=(),
    unit="Count",
    baseline=steady(21, percent_of="lambda_quota"),
    most="lambda_quota",
)

_NO_FAILURE = "notBreaching"  # these metrics are reported only when a failure occurs

ALARMS = (
    AlarmTemplate(
        key="notifications-failed",
        watches=_FAILED.stat("Sum", "notifications failed"),
        threshold=0,
        unit_words="failed notifications",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-broken",
        needs="topic",
        summary="notifications could not be delivered to a subscriber",
        look="the messages in the dead-letter queue, then the subscriber that did not accept them",
    ),
    AlarmTemplate(
        key="notifications-redriven",
        watches=_REDRIVEN.stat("Sum", "notifications redriven"),
        threshold=0,
        unit_words="notifications moved to the dead-letter queue",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-broken",
        needs="topic",
        summary="notifications failed all retries and are in the dead-letter queue",
        look="the messages in the dead-letter queue, then the subscriber that did not accept them",
    ),
    AlarmTemplate(
        key="notifications-lost",
        watches=_LOST.stat("Sum", "notifications lost"),
        threshold=0,
        unit_words="lost notifications",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-gone",
        needs="topic",
        summary="neither a subscriber nor the dead-letter queue received notifications",
        look="the policies of the dead-letter queue and of its key; `make verify` names missing permissions",
    ),
    AlarmTemplate(
        key="dead-letters-waiting",
        watches=_DEAD_LETTERS.stat("Maximum", "dead letters"),
        threshold=0,
        unit_words="messages in the dead-letter queue",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-broken",
        needs="dead_letters",
        summary="the dead-letter queue contains undelivered notifications",
        look="the content of the messages, then the subscriber or consumer that failed",
    ),
    AlarmTemplate(
        key="notifier-errors",
        watches=ERRORS.stat("Sum", "failed attempts"),
        threshold=2,
        unit_words="failed attempts to deliver",
        period_s=300,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-broken",
        needs="notifier",
        summary="the notifier fails; after three failed attempts, a notification is not delivered",
        look="its log: the error names the channel and the response",
    ),
    AlarmTemplate(
        key="notifier-throttles",
        watches=THROTTLES.stat("Sum", "refused"),
        threshold=0,
        unit_words="throttled attempts to deliver",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing=_NO_FAILURE,
        part_of="notifications-broken",
        needs="notifier",
        summary="Lambda throttles the notifier because the account has no concurrency left",
        look="the account's concurrency, and the function that uses it",
    ),
    AlarmTemplate(
        key="notifier-dropped",
        watches=DROPPED.stat("Sum", "dropped"),
        threshold=0,
        unit_words="dropped notifications",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-broken",
        needs="notifier",
        summary="the notifier dropped notifications after all retries",
        look="the messages in its dead-letter queue, then its log for the cause",
    ),
    AlarmTemplate(
        key="notifier-undelivered",
        watches=_UNDELIVERED.stat("Sum", "not in the dead-letter queue"),
        threshold=0,
        unit_words="lost notifications",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-gone",
        needs="notifier",
        summary="the notifier could not write notifications to its dead-letter queue, so they are lost",
        look="its role and the policy of the KMS key; `make verify` names missing permissions",
    ),
    AlarmTemplate(
        key="account-concurrency",
        watches=_CLAIMED.stat("Maximum", "claimed concurrency"),
        threshold=Percent(value=90, of="lambda_quota", words="the account's quota"),
        unit_words="claimed concurrent executions",
        period_s=60,
        evaluation_periods=10,
        datapoints_to_alarm=10,
        missing=_NO_FAILURE,
        part_of="account-limits",
        summary="the account's concurrency is almost used up; Lambda is about to throttle every function",
        look="the concurrency by service; request a higher quota, reserve concurrency for critical functions",
    ),
)

COMPOSITES = (
    CompositeTemplate(
        key="notifications-broken",
        severity="critical",
        topic="fallback",
        summary="notifications are not delivered to all recipients",
        look="the alarms in ALARM on the dashboard, then the dead-letter queues",
    ),
    CompositeTemplate(
        key="notifications-gone",
        severity="critical",
        topic="fallback",
        summary="notifications are lost and cannot be recovered",
        look="the alarms in ALARM on the dashboard, then the output of `make verify`",
    ),
    CompositeTemplate(
        key="account-limits",
        severity="critical",
        topic="fallback",  # the notifier is a function too
        summary="the account is close to a quota at which Lambda throttles every function",
        look="the concurrency by service on the dashboard; request a higher quota",
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
                facts={
                    "lambda_quota": Fact(
                        value=quota,
                        words=f"the quota of {quota}",
                        at=("quotas", "lambda_concurrency"),
                        of_environment=True,
                    )
                },
            )
