"""The documented shapes of an alarm's message, each with invented values and the source of its structure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ACCOUNT = "111122223333"
ARN = f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:"
AT = "2026-11-22T02:43:12.345+0000"

LOG_ALARMS = 'CloudWatch User Guide, "Log alarms", "Actions and notifications"'
EVENTS = 'CloudWatch User Guide, "Alarm events and EventBridge"'
LAMBDA = 'CloudWatch User Guide, "Invoke a Lambda function from an alarm"'
RECORDED = "as CloudWatch sends it to SNS; AWS documents no structure"
API = "CloudWatch API Reference, MetricAlarm and AlarmContributor; AWS documents no structure of the message"


@dataclass(frozen=True)
class Shape:
    """A message.

    Attributes:
        source: The document of its structure.
        message: The message, in the state ALARM.
        about: What its text names: dimensions, contributor or the alarms below it.
        watched: The fact about what is watched, as title and words; empty if the message does not have it.
        value: The words of the fact `Value` or `Reason`.
    """

    source: str
    message: dict[str, Any]
    about: tuple[str, ...] = ()
    watched: tuple[str, str] | None = None
    value: str = ""

    @property
    def is_event(self) -> bool:
        """Whether it is an event, not a notification of CloudWatch."""
        return "source" in self.message

    @property
    def name(self) -> str:
        """The alarm's name."""
        detail = self.message.get("detail") or self.message.get("alarmData")
        name: str = detail["alarmName"] if detail else self.message["AlarmName"]
        return name

    def in_state(self, value: str, *, before: str) -> dict[str, Any]:
        """Return the message in another state."""
        detail = "detail" if "detail" in self.message else "alarmData"
        if not self.is_event:
            return {**self.message, "NewStateValue": value, "OldStateValue": before}
        changed = {**self.message[detail], "state": {**self.message[detail]["state"], "value": value}}
        if "previousState" in changed:
            changed["previousState"] = {**changed["previousState"], "value": before}
        return {**self.message, detail: changed}


def crossed(*values: float, threshold: float = 5.0, words: str = "datapoints") -> str:
    """Return CloudWatch's reason for a threshold that was exceeded."""
    points = ", ".join(f"{value} (22/11/26 02:4{index}:00)" for index, value in enumerate(values))
    return (
        f"Threshold Crossed: {len(values)} out of the last {len(values)} {words} [{points}] were greater "
        f"than the threshold ({threshold}) (minimum {len(values)} datapoints for OK -> ALARM transition)."
    )


def notified(name: str, **keys: Any) -> dict[str, Any]:
    """Return a notification of CloudWatch."""
    return {
        "AlarmName": name,
        "AlarmDescription": None,
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": "2026-11-20T09:15:31.002+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": crossed(6.0, 7.5),
        "StateChangeTime": AT,
        "Region": "EU (Ireland)",
        "AlarmArn": f"{ARN}{name}",
        "OldStateValue": "OK",
        "OKActions": [],
        "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:reveille-critical-prod"],
        "InsufficientDataActions": [],
        **keys,
    }


def trigger(**keys: Any) -> dict[str, Any]:
    """Return the `Trigger` of a metric alarm."""
    return {
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
        **keys,
    }


def happened(
    name: str, detail: dict[str, Any], *, kind: str = "CloudWatch Alarm State Change"
) -> dict[str, Any]:
    """Return an event of EventBridge."""
    return {
        "version": "0",
        "id": "0c5a3f1e-7d0b-4b6e-9d2a-8f1f4f6f3f77",
        "detail-type": kind,
        "source": "aws.cloudwatch",
        "account": ACCOUNT,
        "time": "2026-11-22T02:43:12Z",
        "region": "eu-west-1",
        "resources": [f"{ARN}{name}"],
        "detail": {"alarmName": name, **detail},
    }


def state(reason: str, **keys: Any) -> dict[str, Any]:
    """Return the states of an event."""
    return {
        "state": {"value": "ALARM", "reason": reason, "timestamp": AT, **keys},
        "previousState": {
            "value": "OK",
            "reason": "all is well",
            "timestamp": "2026-11-22T01:00:00.000+0000",
        },
    }


def measured(id_: str, name: str, *, shown: bool, **dimensions: str) -> dict[str, Any]:
    """Return a metric in the configuration of an event."""
    metric = {"namespace": "AWS/SQS", "name": name, "dimensions": dimensions}
    return {"id": id_, "metricStat": {"metric": metric, "period": 60, "stat": "Maximum"}, "returnData": shown}


def asked(id_: str, name: str, *, shown: bool, **dimensions: str) -> dict[str, Any]:
    """Return a metric in the `Trigger` of a notification."""
    pairs = [{"value": value, "name": key} for key, value in dimensions.items()]
    metric = {"Dimensions": pairs, "MetricName": name, "Namespace": "AWS/SQS"}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}, "ReturnData": shown}


def contributed(**attributes: str) -> dict[str, Any]:
    """Return the keys of a contributor in a notification."""
    return {"AlarmContributorId": "9f3c1b7a2d4e6f80", "AlarmContributorAttributes": attributes}


SELECT = 'SELECT MAX(Age) FROM "AWS/SQS" GROUP BY QueueName ORDER BY MAX() DESC'
SELECTED = [{"Expression": SELECT, "Id": "q", "ReturnData": True, "Period": 60}]
ONE_SERIES = (
    "Threshold Crossed: 1 out of the last 1 datapoints was greater than the threshold (5.0). The most recent "
    "datapoint which crossed the threshold: [7.5 (22/11/26 02:41:00)] (minimum 1 datapoint for OK -> ALARM "
    "transition)."
)
BAND = (
    "Thresholds Crossed: 1 out of the last 1 datapoints [9.0 (22/11/26 02:41:00)] was less than the lower "
    "thresholds [1.5] or greater than the upper thresholds [4.5] (minimum 1 datapoint for OK -> ALARM "
    "transition)."
)
CHANGED = f"{ARN}queue-age transitioned to ALARM at Sunday 22 November, 2026 02:43:12 UTC"
RESULTS = {
    "version": "1.0",
    "queryDate": AT,
    "threshold": 5.0,
    "queryResultsToEvaluate": 3,
    "queryResultsToAlarm": 2,
    "results": [{"queryResultId": "r1", "status": "COMPLETE", "timestamp": AT, "value": 7.5}],
}
LOG_QUERY = {
    "QueryString": "fields @timestamp, @message | filter @message like /ERROR/",
    "AggregationExpression": "count(*) by endpoint",
    "LogGroupIdentifiers": ["/aws/lambda/checkout", "/aws/lambda/basket"],
}

SHAPES = {
    "metric": Shape(
        RECORDED,
        notified(
            "queue-age",
            Trigger=trigger(
                MetricName="Age",
                Namespace="AWS/SQS",
                StatisticType="Statistic",
                Statistic="MAXIMUM",
                Unit=None,
                Dimensions=[{"value": "orders", "name": "QueueName"}],
            ),
        ),
        ("QueueName=orders",),
        ("Metric", "AWS/SQS Age Maximum, per 1 min"),
        "6 → 7.5 (threshold > 5)",
    ),
    "metric math": Shape(
        RECORDED,
        notified(
            "queues-age",
            Trigger=trigger(
                Metrics=[
                    {"Expression": "a + b", "Id": "sum", "Label": "age of both", "ReturnData": True},
                    asked("a", "Age", shown=False, QueueName="orders"),
                    asked("b", "Age", shown=False, QueueName="refunds"),
                ]
            ),
        ),
        ("QueueName=orders, QueueName=refunds",),
        ("Metric", "age of both, per 1 min"),
        "6 → 7.5 (threshold > 5)",
    ),
    "anomaly band": Shape(
        RECORDED,
        notified(
            "queue-age-band",
            NewStateReason=BAND,
            Trigger={
                "Period": 60,
                "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
                "ThresholdMetricId": "band",
                "Metrics": [
                    {
                        "Expression": "ANOMALY_DETECTION_BAND(m, 2)",
                        "Id": "band",
                        "Label": "usual",
                        "ReturnData": True,
                    },
                    asked("m", "Age", shown=True, QueueName="orders"),
                ],
            },
        ),
        ("QueueName=orders",),
        ("Metric", "AWS/SQS Age Maximum, per 1 min"),
        "9 (expected 1.5 to 4.5)",
    ),
    "metrics insights, contributor": Shape(
        RECORDED,
        notified(
            "any-queue-age",
            NewStateReason=ONE_SERIES,
            ActionExecutedAfterMuteWindow=False,
            **contributed(QueueName="orders"),
            Trigger=trigger(Metrics=SELECTED),
        ),
        ("QueueName=orders",),
        ("Query", f"Metrics Insights: {SELECT}, per 1 min"),
        "7.5 (threshold > 5)",
    ),
    "metrics insights, alarm": Shape(
        RECORDED,
        notified(
            "any-queue-age",
            NewStateReason="6 out of 6 time series evaluated to ALARM",
            Trigger=trigger(Metrics=SELECTED),
        ),
        (),
        ("Query", f"Metrics Insights: {SELECT}, per 1 min"),
        "6 out of 6 time series evaluated to ALARM",
    ),
    "promql, contributor": Shape(
        API,
        notified(
            "cpu-of-pods",
            NewStateReason="The contributor has been breaching for 300 seconds",
            **contributed(k8s_namespace_name="shop", k8s_pod_name="basket-0"),
            Trigger={
                "EvaluationCriteria": {"PromQLCriteria": {"Query": "cpu > 80", "PendingPeriod": 300}},
                "EvaluationInterval": 60,
            },
        ),
        ("k8s_namespace_name=shop, k8s_pod_name=basket-0",),
        ("Query", "PromQL: cpu > 80"),
        "The contributor has been breaching for 300 seconds",
    ),
    "promql, nothing but the contributor": Shape(
        API,
        notified("cpu-of-pods", NewStateReason="breaching", **contributed(k8s_pod_name="basket-0")),
        ("k8s_pod_name=basket-0",),
        None,
        "breaching",
    ),
    "log": Shape(
        LOG_ALARMS,
        notified(
            "many-errors",
            NewStateReason=crossed(6.0, 7.5, words="query results"),
            NewStateReasonData=RESULTS,
        ),
        (),
        None,
        "6 → 7.5 (threshold > 5)",
    ),
    "log, as the document has it": Shape(
        LOG_ALARMS,
        {
            "AlarmName": "many-errors",
            "NewStateValue": "ALARM",
            "NewStateReason": crossed(6.0, 7.5, words="query results"),
            "NewStateReasonData": RESULTS,
            "StateChangeTime": AT,
            "OldStateValue": "OK",
        },
        (),
        None,
        "6 → 7.5 (threshold > 5)",
    ),
    "log, contributor": Shape(
        LOG_ALARMS,
        notified(
            "slow-endpoints",
            NewStateReason="5 out of 10 contributors evaluated to ALARM",
            ScheduledQueryConfiguration=LOG_QUERY,
            **contributed(endpoint="/api/orders"),
        ),
        ("endpoint=/api/orders", "/aws/lambda/checkout, /aws/lambda/basket"),
        ("Query", f"Logs Insights: count(*) by endpoint of {LOG_QUERY['QueryString']}"),
        "5 out of 10 contributors evaluated to ALARM",
    ),
    "composite": Shape(
        RECORDED,
        {
            **notified(
                "shop-impact",
                NewStateReason=CHANGED,
                AlarmRule="ALARM(queue-age) OR ALARM(many-errors)",
                TriggeringChildren=[{"Arn": f"{ARN}queue-age", "State": {"Value": "ALARM", "Timestamp": AT}}],
            ),
        },
        ("queue-age (in alarm)",),
    ),
    "event, metric": Shape(
        EVENTS,
        happened(
            "queue-age",
            {
                **state(crossed(6.0, 7.5), reasonData='{"version":"1.0","threshold":5.0}'),
                "configuration": {
                    "description": "Orders wait too long",
                    "metrics": [measured("m", "Age", shown=True, QueueName="orders")],
                },
                "muteDetail": {"mutedByArn": f"{ARN}x"},
            },
        ),
        ("QueueName=orders",),
        ("Metric", "AWS/SQS Age Maximum, per 1 min"),
        "6 → 7.5 (threshold > 5)",
    ),
    "event, metric math": Shape(
        EVENTS,
        happened(
            "queues-age",
            {
                **state(crossed(6.0, 7.5)),
                "configuration": {
                    "metrics": [
                        {"id": "sum", "expression": "a + b", "label": "age of both", "returnData": True},
                        measured("a", "Age", shown=False, QueueName="orders"),
                        measured("b", "Age", shown=False, QueueName="refunds"),
                    ]
                },
            },
        ),
        ("QueueName=orders, QueueName=refunds",),
        ("Metric", "age of both"),
        "6 → 7.5 (threshold > 5)",
    ),
    "event, anomaly band": Shape(
        EVENTS,
        happened(
            "queue-age-band",
            {
                **state(BAND),
                "configuration": {
                    "metrics": [
                        {
                            "id": "ad1",
                            "expression": "ANOMALY_DETECTION_BAND(m, 2)",
                            "label": "usual",
                            "returnData": True,
                        },
                        measured("m", "Age", shown=True, QueueName="orders"),
                    ]
                },
            },
        ),
        ("QueueName=orders",),
        ("Metric", "AWS/SQS Age Maximum, per 1 min"),
        "9 (expected 1.5 to 4.5)",
    ),
    "event, composite": Shape(
        EVENTS,
        happened(
            "shop-impact",
            {
                **state(
                    CHANGED,
                    reasonData=json.dumps(
                        {
                            "triggeringAlarms": [
                                {"arn": f"{ARN}queue-age", "state": {"value": "ALARM", "timestamp": AT}}
                            ]
                        }
                    ),
                ),
                "configuration": {"alarmRule": "ALARM(queue-age) OR ALARM(many-errors)"},
            },
        ),
        ("queue-age (in alarm)",),
    ),
    "event, contributor": Shape(
        EVENTS,
        happened(
            "any-queue-age",
            {
                "alarmContributor": {"id": "9f3c1b7a2d4e6f80", "attributes": {"QueueName": "orders"}},
                "state": state(ONE_SERIES)["state"],
                "configuration": {
                    "metrics": [{"id": "q", "expression": SELECT, "returnData": True, "period": 60}]
                },
            },
            kind="CloudWatch Alarm Contributor State Change",
        ),
        ("QueueName=orders",),
        ("Query", f"Metrics Insights: {SELECT}, per 1 min"),
        "7.5 (threshold > 5)",
    ),
    "event, alarm of several series": Shape(
        EVENTS,
        happened(
            "any-queue-age",
            {
                **state("6 out of 6 time series evaluated to ALARM"),
                "configuration": {
                    "metrics": [{"id": "q", "expression": SELECT, "returnData": True, "period": 60}]
                },
            },
        ),
        (),
        ("Query", f"Metrics Insights: {SELECT}, per 1 min"),
        "6 out of 6 time series evaluated to ALARM",
    ),
    "event of the second source": Shape(
        'Amazon EventBridge Events Reference, "CloudWatch Monitoring events"',
        {
            **happened("queue-age", {**state(crossed(6.0, 7.5)), "configuration": {}}),
            "source": "aws.monitoring",
        },
        value="6 → 7.5 (threshold > 5)",
    ),
    "lambda action": Shape(
        LAMBDA,
        {
            "source": "aws.cloudwatch",
            "alarmArn": f"{ARN}queue-age",
            "accountId": ACCOUNT,
            "time": AT,
            "region": "eu-west-1",
            "alarmData": {
                "alarmName": "queue-age",
                **state(crossed(6.0, 7.5)),
                "configuration": {"metrics": [measured("m", "Age", shown=True, QueueName="orders")]},
            },
        },
        ("QueueName=orders",),
        ("Metric", "AWS/SQS Age Maximum, per 1 min"),
        "6 → 7.5 (threshold > 5)",
    ),
}

UNKNOWN = {
    "configuration change": (
        happened(
            "queue-age",
            {"operation": "delete", "state": {"value": "OK"}},
            kind="CloudWatch Alarm Configuration Change",
        ),
        "CloudWatch Alarm Configuration Change: queue-age",
    ),
    "contributor event without contributor": (
        happened("queue-age", state("x"), kind="CloudWatch Alarm Contributor State Change"),
        "CloudWatch Alarm Contributor State Change: queue-age",
    ),
    "state that does not exist": ({**notified("queue-age"), "NewStateValue": "MAYBE"}, "queue-age"),
    "event without a state": (
        happened("queue-age", {"configuration": {}}),
        "CloudWatch Alarm State Change: queue-age",
    ),
    "event of another service": (
        {"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "account": ACCOUNT},
        "EC2 Instance State-change Notification",
    ),
    "stopped task of ECS": (
        {
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "account": ACCOUNT,
            "detail": {"group": "service:api", "lastStatus": "STOPPED", "stoppedReason": "it exited"},
        },
        "ECS Task State Change",
    ),
    "anybody's object": ({"host": "db1", "disk": 97}, "a JSON message with host, disk"),
    "anybody's list": ([{"host": "db1"}, 7], "a JSON list of 2"),
    "an empty object": ({}, "a JSON message"),
    "text": ("the disk is full\nof logs", "the disk is full of logs"),
}
"""Messages of other shapes, and the title of each."""
