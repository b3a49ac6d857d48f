"""The platform itself: the alarms on what sends notifications, and on the account.

Its alarms are about several parts: topics, rules on AWS events, dead-letter queues, the notifier, the log
archive, the account.
Failures of notifications are published to a topic of their own, which does not need the notifier.
Metrics: Amazon SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch"; Amazon SQS Developer
Guide, "Available CloudWatch metrics for Amazon SQS"; AWS Lambda Developer Guide, "Types of metrics"; Amazon
EventBridge User Guide, "Monitoring Amazon EventBridge"; Amazon Data Firehose Developer Guide, "Monitor Amazon
Data Firehose with CloudWatch metrics"; CloudWatch Logs User Guide, "Monitoring with CloudWatch metrics".
"""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import override

from catalog.kinds.kind import Kind, Part
from catalog.kinds.lambda_ import DROPPED, ERRORS, FUNCTION, THROTTLES, timeout_ms
from catalog.kinds.queue import WAITING
from catalog.kinds.resources import Kinds, event_rules, is_archived, log_groups
from catalog.naming import Names
from catalog.routes import routes
from catalog.specs import Event
from catalog.templates import (
    ONLY_FAILURES,
    AlarmTemplate,
    CompositeTemplate,
    Fact,
    Namespace,
    Percent,
    steady,
)
from config.limits import FIREHOSE_RETRY_S
from config.models import Environment
from config.services import LambdaService

NOTIFIER = LambdaService(
    kind="lambda",
    description="Formats notifications and sends them to e-mail, Slack and PagerDuty",
    source="functions/notifier",
    timeout_s=30,
    memory_mib=256,
)
"""The configuration of the notifier function."""


SNS_DELAY_S = 5 * 60 + 60
"""Delay of the metrics of SNS in seconds: the time between two publications, and between two evaluations.

The Amazon SNS Developer Guide states an interval of one minute ("Monitoring Amazon SNS topics using
CloudWatch"); earlier versions of the page, and the documentation of the AWS module of Elastic's Metricbeat,
state five minutes. The longer one is assumed: otherwise a sample could arrive when its period is no longer
evaluated, and a single lost notification would not be reported.
"""


# SNS publishes the metrics of a topic only when a delivery fails.
_FAILED, _REDRIVEN, _LOST = (
    Namespace("AWS/SNS", ("TopicName",), delay_s=SNS_DELAY_S).metric(name, "Count", ONLY_FAILURES)
    for name in (
        "NumberOfNotificationsFailed",
        "NumberOfNotificationsRedrivenToDlq",
        "NumberOfNotificationsFailedToRedriveToDlq",
    )
)
_EVENTS_FAILED, _EVENTS_LOST = (
    Namespace("AWS/Events", ("RuleName",)).metric(name, "Count", ONLY_FAILURES)
    for name in ("FailedInvocations", "InvocationsFailedToBeSentToDlq")
)
_KEPT = Fact(
    value=FIREHOSE_RETRY_S, words=f"the time that Firehose keeps a record, {FIREHOSE_RETRY_S // 3600} hours"
)
_ARCHIVE_AGE = Namespace("AWS/Firehose", ("DeliveryStreamName",)).metric(
    "DeliveryToS3.DataFreshness", "Seconds", steady(300), most=_KEPT
)
_ARCHIVE_ERRORS = Namespace("AWS/Logs", ("LogGroupName",)).metric("IncomingLogEvents", "None", ONLY_FAILURES)
_REFUSED, _THROTTLED = (
    Namespace("AWS/Logs", ("DestinationType", "FilterName", "LogGroupName")).metric(
        name, "None", ONLY_FAILURES
    )
    for name in ("DeliveryErrors", "DeliveryThrottling")
)
_UNDELIVERED = FUNCTION.metric("DestinationDeliveryFailures", "Count", ONLY_FAILURES)
_CLAIMED = Namespace("AWS/Lambda").metric(
    "ClaimedAccountConcurrency",
    "Count",
    steady(21, percent_of="lambda_quota"),
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
        watches=WAITING.stat("Maximum", "dead letters"),
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
        key="events-failed",
        watches=_EVENTS_FAILED.stat("Sum", "deliveries failed"),
        threshold=0,
        unit_words="AWS events that were not delivered",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-broken",
        needs="rule",
        summary="EventBridge could not deliver AWS events that notify, such as a failed deployment",
        look="the messages in the dead-letter queue of the events: their attributes have the error",
    ),
    AlarmTemplate(
        key="events-lost",
        watches=_EVENTS_LOST.stat("Sum", "events lost"),
        threshold=0,
        unit_words="lost AWS events",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="notifications-gone",
        needs="rule",
        summary="neither the target of a rule nor the dead-letter queue received AWS events",
        look="the policies of the dead-letter queue and of its key; `make verify` names missing permissions",
    ),
    # Of rules that only log: no notification is lost with their events.
    AlarmTemplate(
        key="logged-events-failed",
        watches=_EVENTS_FAILED.stat("Sum", "deliveries failed"),
        threshold=0,
        unit_words="AWS events that were not logged",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="events-incomplete",
        needs="log_rule",
        summary="EventBridge could not write AWS events to the log group of events, where they are counted",
        look="the messages in the dead-letter queue of the events: their attributes have the error",
    ),
    AlarmTemplate(
        key="logged-events-lost",
        watches=_EVENTS_LOST.stat("Sum", "events lost"),
        threshold=0,
        unit_words="lost AWS events",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="events-incomplete",
        needs="log_rule",
        summary="neither the log group of events nor the dead-letter queue received AWS events",
        look="the policies of the dead-letter queue and of its key; `make verify` names missing permissions",
    ),
    # Its messages may be of both kinds of rules; events-failed of a rule that notifies is a page.
    AlarmTemplate(
        key="events-waiting",
        watches=WAITING.stat("Maximum", "dead letters"),
        threshold=0,
        unit_words="messages in the dead-letter queue",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="events-incomplete",
        needs="event_dead_letters",
        summary="the dead-letter queue of the rules contains AWS events that were not delivered",
        look="the attributes of the messages: they name the rule, its target and the error",
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
        key="archive-late",
        watches=_ARCHIVE_AGE.stat("Maximum", "age of the oldest record"),
        # Twice the longest interval of a buffer. Firehose retries for 24 hours, then the data are lost.
        threshold=1800,
        unit_words="seconds age of the oldest undelivered record",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # reported only while there are records
        part_of="archive-incomplete",
        needs="archive",
        summary="Firehose does not write log data to the archive",
        look="the errors in the log group of the archive, then its role, its bucket and the KMS key",
    ),
    AlarmTemplate(
        key="archive-errors",
        watches=_ARCHIVE_ERRORS.stat("Sum", "errors"),
        threshold=0,
        unit_words="errors in the log of the archive",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="archive-incomplete",
        needs="archive",
        summary="Firehose logs errors of the delivery to the archive",
        look="the errors in the log group of the archive: they name the cause",
    ),
    AlarmTemplate(
        key="archive-refused",
        watches=_REFUSED.stat("Sum", "log events with an error"),
        threshold=0,
        unit_words="log events that could not be sent to the archive",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=1,
        missing=_NO_FAILURE,
        part_of="archive-incomplete",
        needs="subscription",
        summary="CloudWatch Logs cannot send a log group to the archive; some errors are not retried",
        look="the role of the subscription and the delivery stream; `make diff` shows manual changes",
    ),
    AlarmTemplate(
        key="archive-throttled",
        watches=_THROTTLED.stat("Sum", "throttled log events"),
        threshold=0,
        unit_words="throttled log events",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,  # CloudWatch Logs retries for 24 hours
        missing=_NO_FAILURE,
        part_of="archive-incomplete",
        needs="subscription",
        summary="Firehose throttles a log group continuously; what cannot be sent for 24 hours is lost",
        look="the volume of the log groups and the quotas of the delivery stream",
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

OF_LOG_GROUPS = frozenset(alarm.key for alarm in ALARMS if alarm.needs == "subscription")
"""Keys of the alarms that every log group has: too many for a dashboard, which shows their composite."""

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
        key="events-incomplete",
        severity="warning",
        summary="EventBridge does not log AWS events, so stopped tasks and deployments are not counted",
        look="the alarms in ALARM on the dashboard, then the dead-letter queue of the events",
    ),
    CompositeTemplate(
        key="archive-incomplete",
        severity="warning",
        summary="log data do not arrive in the archive",
        look="the alarms in ALARM on the dashboard, then the log group of the archive",
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

    def __init__(self, kinds: Kinds) -> None:
        """Take the kinds of services, whose rules and log groups it watches."""
        self._kinds = kinds

    @override
    def parts(self, env: Environment, names: Names, name: str, config: Environment) -> Iterator[Part]:
        for topic in routes(env, names).topics:
            yield Part(
                key=f"topic-{topic.key}",
                label=f"topic {topic.name}",
                dimensions={"TopicName": topic.name},
                facts={"topic": Fact()},
            )
        rules = tuple(event_rules(env, names, self._kinds))
        for rule in rules:
            yield Part(
                key=f"rule-{rule.key}",
                label=f"rule {rule.name}",
                dimensions={"RuleName": rule.name},
                facts={"rule" if isinstance(rule, Event) else "log_rule": Fact()},
            )
        for key, queue, fact in (
            ("queue-alarms", names.alarm_dead_letters, "dead_letters"),
            ("queue-notifier", names.notifier_dead_letters, "dead_letters"),
            *((("queue-events", names.event_dead_letters, "event_dead_letters"),) if rules else ()),
        ):
            yield Part(
                key=key,
                label=f"queue {queue}",
                dimensions={"QueueName": queue},
                facts={fact: Fact()},
            )
        yield Part(
            key="notifier",
            label=f"function {names.notifier}",
            dimensions={
                "FunctionName": names.notifier,
                "LogGroupName": names.function_log_group("notifier"),
            },
            facts={"notifier": Fact(), "timeout_ms": timeout_ms(NOTIFIER)},
        )
        yield Part(
            key="archive",
            label=f"delivery stream {names.log_archive}",
            dimensions={"DeliveryStreamName": names.log_archive, "LogGroupName": names.delivery_log_group},
            facts={"archive": Fact()},
        )
        for group in filter(is_archived, log_groups(env, names, self._kinds)):
            yield Part(
                key=f"log-{group.key}" if group.writer != "collector" else f"collector-{group.service}",
                label=f"log group {group.name}",
                dimensions={
                    "DestinationType": "Firehose",
                    "FilterName": names.log_archive,
                    "LogGroupName": group.name,
                },
                facts={"subscription": Fact()},
            )
        quota = env.quotas.lambda_concurrency
        if "lambda" in env.kinds:
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
