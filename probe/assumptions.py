"""The assumptions about AWS that the platform depends on, each with its source and its probe.

`docs/assumptions.md` is generated from this list. An assumption that AWS documents is listed if everything
depends on it, such as the conditions in the key policy: no account was used to verify it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from probe import alarms, delivery, logs, suppression
from probe.bench import Bench

Probe = Callable[[Bench], str]
"""Observes AWS and returns what was observed; raises DoesNotHoldError or NotCheckedError."""


@dataclass(frozen=True)
class Assumption:
    """A statement about AWS.

    Attributes:
        id: its name in the output and on the command line.
        statement: what AWS does, as the platform assumes.
        source: the document that states it or is nearest to it, and whether it is documented.
        modules: the modules that depend on it.
        affects: the alarms or outputs that are wrong if it does not hold.
        probe: checks it; None if nothing does.
        unprobed: the reason if there is no probe.
    """

    id: str
    statement: str
    source: str
    modules: tuple[str, ...]
    affects: str
    probe: Probe | None = None
    unprobed: str = ""


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        id="evaluation-range",
        statement="If data are missing, an alarm evaluates the datapoints of N + 2 periods, for any N.",
        source=(
            'CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data": one '
            "example, 5 datapoints for N = 3. The number for other N is not documented."
        ),
        modules=("catalog/suppression/timing.py", "cloudwatch/evaluation.py", "drill/scenarios/model.py"),
        affects=(
            "Alarms for which missing data breach (`too-few-tasks`, `no-logs`) fire two periods later; "
            "wait periods of suppression; every rehearsal with missing data."
        ),
        probe=alarms.evaluation_range,
    ),
    Assumption(
        id="missing-data",
        statement=(
            "If no datapoint is left in the evaluation range, `missing` results in INSUFFICIENT_DATA, "
            "`ignore` keeps the state, `breaching` results in ALARM and `notBreaching` in OK."
        ),
        source=(
            'CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data" (documented).'
        ),
        modules=("catalog/subjects.py", "cloudwatch/evaluation.py", "local_aws/evaluation_loop.py"),
        affects="Every metric alarm.",
        probe=alarms.missing_data,
    ),
    Assumption(
        id="fill",
        statement=(
            "`FILL(m, 0)` in an alarm also fills the newest periods, so that older datapoints are not "
            "evaluated: a sample is evaluated N times, not N + 2 times."
        ),
        source=(
            'CloudWatch User Guide, "Using metric math", describes FILL for graphs. Its effect on the '
            "evaluation range is not documented."
        ),
        modules=(
            "catalog/suppression/sources.py",
            "catalog/kinds/service.py",
            "cloudwatch/maths/functions.py",
        ),
        affects="The duration of suppression by deployments (`deploying`) and maintenance windows.",
        probe=alarms.fill,
    ),
    Assumption(
        id="suppression-wait",
        statement=(
            "The actions of a composite alarm wait for its suppressor during the wait period, and are "
            "performed at its end if the suppressor has not gone into ALARM."
        ),
        source='CloudWatch User Guide, "Suppressing composite alarm actions" (documented).',
        modules=("catalog/suppression/timing.py", "cloudwatch/suppression.py"),
        affects=(
            "Every composite alarm with a suppressor: without the wait, one incident sends a ticket and "
            "a page."
        ),
        probe=suppression.wait,
    ),
    Assumption(
        id="suppression-extension",
        statement=(
            "While the suppressor is in ALARM, actions are not performed. They are performed when the "
            "extension period after it has ended, if the composite alarm is still in ALARM."
        ),
        source='CloudWatch User Guide, "Suppressing composite alarm actions" (documented).',
        modules=("catalog/suppression/timing.py", "cloudwatch/suppression.py"),
        affects=(
            "Every composite alarm with a suppressor: an incident that outlasts a deployment is notified."
        ),
        probe=suppression.extension,
    ),
    Assumption(
        id="topic-policy",
        statement=(
            "An alarm that publishes meets the conditions on aws:SourceArn and aws:SourceAccount in the "
            "topic's policy, and the topic meets the condition on aws:SourceArn in the queue's policy."
        ),
        source=(
            'CloudWatch User Guide, "Notifying users on alarm changes"; SNS Developer Guide, "Fanout to '
            'Amazon SQS queues" (documented; with an unmet condition nothing is delivered, without an '
            "error)."
        ),
        modules=("stacks/monitoring/notifications.py", "verify/callers.py"),
        affects="Every notification.",
        probe=delivery.topic_policy,
    ),
    Assumption(
        id="key-policy",
        statement=(
            "With the conditions on aws:SourceArn and aws:SourceAccount in the key policy, an alarm can "
            "publish to an encrypted topic, and the topic can send to an encrypted queue."
        ),
        source=(
            'SNS Developer Guide, "Key management" (documented; the failure is only in the alarm\'s history).'
        ),
        modules=("stacks/security.py", "verify/callers.py"),
        affects="Every notification.",
        probe=delivery.key_policy,
    ),
    Assumption(
        id="event-key",
        statement=(
            "If EventBridge publishes to an encrypted topic, the request to the key has the encryption "
            "context aws:sns:topicArn, on which the key policy has a condition."
        ),
        source=(
            'SNS Developer Guide, "Key management", names no condition that EventBridge meets. That the '
            "context is in these requests is not documented."
        ),
        modules=("stacks/security.py", "stacks/monitoring/events.py"),
        affects="Notifications of failed ECS deployments.",
        probe=delivery.event_key,
    ),
    Assumption(
        id="log-group-key",
        statement=(
            "With the condition on kms:EncryptionContext:aws:logs:arn in the key policy, log groups of "
            "the environment can be created with the key."
        ),
        source=(
            'CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS" (documented).'
        ),
        modules=("stacks/security.py", "catalog/naming.py"),
        affects="Every log group: without the key the deployment fails.",
        probe=logs.log_group_key,
    ),
    Assumption(
        id="event-line",
        statement=(
            "The input transformer of an EventBridge rule selects an element of an array, "
            "`$.resources[0]`, and writes it to a log group as a line. The field of this line is the "
            "dimension of a metric filter."
        ),
        source=(
            'EventBridge User Guide, "Input transformation" (indices of arrays); AWS CDK API Reference, '
            'LogGroupTargetInput (the form for log groups); CloudWatch Logs User Guide, "Publishing '
            'dimensions with metrics" (documented in parts). That a dimension can select an element of '
            "an array itself is not documented, so none does."
        ),
        modules=("catalog/kinds/ecs.py", "stacks/monitoring/events.py", "local_aws/services/events.py"),
        affects=(
            "The alarms `deploying` of ECS services that are deployed by other means than `make deploy`."
        ),
        probe=logs.event_line,
    ),
    Assumption(
        id="field-separators",
        statement="In a space-delimited filter pattern, tabs separate fields as spaces do.",
        source='CloudWatch Logs User Guide, "Filter pattern syntax", names spaces only (not documented).',
        modules=("catalog/kinds/logs.py", "cloudwatch/patterns/words.py"),
        affects="Errors, latency and concurrency from logs with `logs: {format: text}`.",
        probe=logs.separators,
    ),
    Assumption(
        id="alarm-message",
        statement=(
            "The message of an alarm over SNS has the recorded members: a metric alarm has `Trigger` "
            "with `Dimensions` in lower-case keys, a composite alarm `AlarmRule` and "
            "`TriggeringChildren`."
        ),
        source="Messages recorded on AWS, 2021 to 2026 (not documented).",
        modules=("functions/notifier/alarms.py", "local_aws/alarm_message.py"),
        affects="The text, causes and incident keys of every notification by the notifier.",
        probe=delivery.alarm_message,
    ),
    Assumption(
        id="state-reason",
        statement=(
            "The reason of a change of state names datapoints and threshold in a fixed form: `Threshold "
            "Crossed: 1 datapoint [7.5 (30/11/26 08:00:00)] was greater than the threshold (5.0)`."
        ),
        source="Messages recorded on AWS, 2019 to 2026 (not documented).",
        modules=("functions/notifier/reason.py", "local_aws/state_reason.py"),
        affects="Values in notifications. A reason in another form is shown unchanged.",
        probe=delivery.state_reason,
    ),
    Assumption(
        id="metric-delay",
        statement="A sample is available to alarms within 60 s after the end of its period.",
        source="CloudWatch User Guide gives no maximum (not documented).",
        modules=("catalog/subjects.py", "catalog/slos.py"),
        affects="The number of periods of alarms on metrics that are reported late.",
        unprobed="The delay depends on the service and its load; a few samples show no maximum.",
    ),
    Assumption(
        id="sns-metric-delay",
        statement="SNS publishes its metrics at intervals of up to five minutes.",
        source='SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch"; its editions differ.',
        modules=("catalog/kinds/platform.py",),
        affects="Alarms of the platform on failed deliveries.",
        unprobed=(
            "Failed deliveries are rare events: a delay of a few messages shows no maximum, and retries "
            "of a failing webhook take longer than the run."
        ),
    ),
    Assumption(
        id="subscription-dimensions",
        statement="Metrics of log subscriptions to Firehose have `DestinationType` = `Firehose`.",
        source=(
            'CloudWatch Logs User Guide, "Monitoring usage with CloudWatch metrics": it documents the '
            "name of the dimension, not its values."
        ),
        modules=("catalog/kinds/platform.py",),
        affects="`archive-refused` and `archive-throttled` would have no data.",
        unprobed=(
            "A delivery stream is slow to create. After a day with a deployed archive, `aws cloudwatch "
            "list-metrics --namespace AWS/Logs --metric-name ForwardedLogEvents` shows the value."
        ),
    ),
    Assumption(
        id="event-dead-letters",
        statement=(
            "EventBridge encrypts messages of its dead-letter queue with the queue's ARN as the encryption "
            "context, which the key policy requires."
        ),
        source='SQS Developer Guide, "Key management" (the context of a queue).',
        modules=("stacks/security.py", "stacks/monitoring/events.py"),
        affects="Undelivered events would be lost; `events-lost` notifies.",
        unprobed=(
            "EventBridge sends to this queue only after its retries, which take an hour: longer than the run."
        ),
    ),
    Assumption(
        id="insights-without-tasks",
        statement=(
            "Container Insights reports no `RunningTaskCount`, or 0, while no task of a service runs."
        ),
        source='CloudWatch User Guide, "Amazon ECS Container Insights metrics" (not documented).',
        modules=("catalog/kinds/ecs.py",),
        affects="`too-few-tasks`: with no data it fires two periods later.",
        unprobed=(
            "It needs a cluster with a running service, a network and Container Insights, which are "
            "slow to create and have a price per metric."
        ),
    ),
    Assumption(
        id="console-links",
        statement=(
            "Pages of the console have the addresses that the browser shows, with their state in the "
            "fragment."
        ),
        source="Addresses copied from the console (not documented).",
        modules=("functions/notifier/console.py", "stacks/dashboard/index.py"),
        affects="Links in notifications and on dashboards.",
        unprobed="The console needs a browser that is signed in.",
    ),
    Assumption(
        id="simultaneous-changes",
        statement=(
            "If a suppressor and the composite alarm that it suppresses change at the same time, the "
            "suppressor changes first; composite alarms change after all metric alarms of an instant."
        ),
        source=(
            'CloudWatch User Guide, "Suppressing composite alarm actions", has no such case (not documented).'
        ),
        modules=("cloudwatch/suppression.py", "cloudwatch/composites.py"),
        affects="Rehearsals only. The wait periods do not depend on the order.",
        unprobed=(
            "On AWS each alarm has its own offset, so that two changes at the same time cannot be made."
        ),
    ),
    Assumption(
        id="too-recent",
        statement=(
            "With `missing`, fewer than M breaching datapoints, no good one, and the oldest breaching "
            "one less than M periods old, the state is OK."
        ),
        source=(
            'CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data", only states '
            "that it is not ALARM (not documented)."
        ),
        modules=("cloudwatch/evaluation.py",),
        affects="Rehearsals of alarms with `missing` only.",
        unprobed=(
            "The platform does not depend on it; a scenario that reaches it shows OK or "
            "INSUFFICIENT_DATA, and neither notifies."
        ),
    ),
    Assumption(
        id="low-samples",
        statement=(
            "With `EvaluateLowSampleCountPercentile: ignore`, the state is kept while the newest "
            "datapoint has too few samples."
        ),
        source=(
            'CloudWatch User Guide, "Percentile-based alarms and low data samples" (documented in '
            "words, without examples)."
        ),
        modules=("cloudwatch/evaluation.py", "local_aws/evaluation_loop.py"),
        affects="Alarms on percentiles with `ignore`; the platform's own use a minimum of samples instead.",
        unprobed="The platform does not depend on it.",
    ),
    Assumption(
        id="composite-rules",
        statement=(
            "Percentages in `AT_LEAST` are not rounded, and a pair of parentheses counts as two of the "
            "500 elements of a rule."
        ),
        source="CloudWatch API Reference, PutCompositeAlarm (not documented).",
        modules=("cloudwatch/rules/truth.py", "cloudwatch/rules/limits.py"),
        affects=(
            "Rehearsals of rules of others only. The platform's rules use no `AT_LEAST` and stay below "
            "half of the limit."
        ),
        unprobed="The platform does not depend on it.",
    ),
    Assumption(
        id="math-details",
        statement=(
            "Where the tables of metric math have no entry, the result is as documented in the modules: "
            "operands of logical operators, `FILL` without any data, `RATE` at the start of the range."
        ),
        source='CloudWatch User Guide, "Using metric math" (not documented).',
        modules=(
            "cloudwatch/maths/functions.py",
            "cloudwatch/maths/operators.py",
            "cloudwatch/maths/forms.py",
            "drill/metric_alarms.py",
        ),
        affects="Rehearsals of expressions of others only.",
        unprobed="The platform's own expressions do not depend on it.",
    ),
    Assumption(
        id="pattern-details",
        statement=(
            "Where the pages on filter patterns have no example, the result is as documented in the "
            "modules: `\\t` and `\\n` in expressions, the text of numbers."
        ),
        source='CloudWatch Logs User Guide, "Filter pattern syntax" (not documented).',
        modules=("cloudwatch/patterns/regex.py", "cloudwatch/patterns/scalars.py"),
        affects="Rehearsals of patterns of others only.",
        unprobed="The platform's own patterns do not depend on it.",
    ),
)
"""Assumptions with a probe first, then those without."""

PROBED = tuple(assumption for assumption in ASSUMPTIONS if assumption.probe)
"""The assumptions that `make probe` checks."""
