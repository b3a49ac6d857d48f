"""Convert an event about an alarm's state to the form of CloudWatch's notification.

Shapes: "Alarm events and EventBridge" and "Invoke a Lambda function from an alarm", CloudWatch User Guide.
The event has the keys of the notification in lower case, the dimensions as an object and the account once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from functions.notifier.fields import mapping, mappings, text

STATE_CHANGE = "CloudWatch Alarm State Change"
CONTRIBUTOR_STATE_CHANGE = "CloudWatch Alarm Contributor State Change"
SUPPRESSED = "Suppressed"
"""Key that notifications of CloudWatch do not have: why the actions of a composite alarm are suppressed."""
# EventBridge also has the events under the second source, with best effort ("CloudWatch Monitoring events",
# Amazon EventBridge Events Reference).
_SOURCES = ("aws.cloudwatch", "aws.monitoring")


def notification_of(message: dict[str, Any]) -> dict[str, Any]:
    """Return the notification that says the same as an event; a message that is not such an event unchanged.

    An event about a contributor that does not name it is returned unchanged: it is not about the alarm.
    """
    detail = _detail(message)
    if not detail:
        return message
    state, configuration = mapping(detail, "state"), mapping(detail, "configuration")
    contributor, rule = mapping(detail, "alarmContributor"), text(configuration, "alarmRule")
    if text(message, "detail-type") == CONTRIBUTOR_STATE_CHANGE and not contributor:
        return message
    notification: dict[str, Any] = {
        "AlarmName": text(detail, "alarmName"),
        "AlarmDescription": text(configuration, "description"),
        "AWSAccountId": text(message, "account") or text(message, "accountId"),
        "AlarmArn": text(message, "alarmArn") or _first_text(message.get("resources")),
        "NewStateValue": text(state, "value"),
        "NewStateReason": text(state, "reason"),
        "StateChangeTime": text(state, "timestamp") or text(message, "time"),
        "OldStateValue": text(mapping(detail, "previousState"), "value"),
        SUPPRESSED: _suppressed(state, configuration),
    }
    if contributor:
        notification["AlarmContributorId"] = text(contributor, "id")
        notification["AlarmContributorAttributes"] = mapping(contributor, "attributes")
    if rule:
        return {**notification, "AlarmRule": rule, "TriggeringChildren": _children(text(state, "reasonData"))}
    return {**notification, "Trigger": _trigger(configuration)}


def _detail(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part about the alarm: `detail` of EventBridge, `alarmData` of an alarm's Lambda action."""
    if text(message, "source") not in _SOURCES:
        return {}
    if text(message, "detail-type") in {STATE_CHANGE, CONTRIBUTOR_STATE_CHANGE}:
        return mapping(message, "detail")
    return mapping(message, "alarmData")


def _suppressed(state: Mapping[str, Any], configuration: Mapping[str, Any]) -> str:
    """Return why the actions of a composite alarm are suppressed, and the suppressor; empty if they are not.

    Keys: CompositeAlarm in the CloudWatch API Reference. The suppressor is a name or an ARN.
    """
    by = text(state, "actionsSuppressedBy")
    reason = text(state, "actionsSuppressedReason") or (f"by {by}" if by else "")
    suppressor = text(configuration, "actionsSuppressor").rpartition(":alarm:")[2]
    return f"{reason} (suppressor alarm {suppressor})" if reason and suppressor else reason


def _trigger(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a metric, PromQL or log alarm in the form of a notification's `Trigger`."""
    query = mapping(configuration, "scheduledQueryConfiguration")
    promql = mapping(mapping(configuration, "evaluationCriteria"), "promQLCriteria")
    trigger = {
        "Threshold": configuration.get("threshold"),
        "ComparisonOperator": configuration.get("comparisonOperator"),
        "Metrics": [_query(entry) for entry in mappings(configuration, "metrics")],
        "EvaluationCriteria": {"PromQLCriteria": {"Query": promql.get("query")}},
        "ScheduledQueryConfiguration": {
            "QueryString": query.get("queryString"),
            "AggregationExpression": query.get("aggregationExpression"),
            "LogGroupIdentifiers": query.get("logGroupIdentifiers"),
        },
    }
    return {key: value for key, value in trigger.items() if value is not None}


def _query(entry: Mapping[str, Any]) -> dict[str, Any]:
    stat = mapping(entry, "metricStat")
    metric = mapping(stat, "metric")
    query = {
        "Id": entry.get("id"),
        "Label": entry.get("label"),
        "Expression": entry.get("expression"),
        "Period": entry.get("period"),
        "ReturnData": entry.get("returnData"),
    }
    if stat:
        query["MetricStat"] = {
            "Period": stat.get("period"),
            "Stat": stat.get("stat"),
            "Metric": {
                "Namespace": metric.get("namespace"),
                "MetricName": metric.get("name"),
                "Dimensions": [
                    {"name": name, "value": value} for name, value in mapping(metric, "dimensions").items()
                ],
            },
        }
    return query


def _children(reason_data: str) -> list[dict[str, Any]]:
    """Return the alarms that changed a composite's state, from the JSON in `reasonData`."""
    try:
        data = json.loads(reason_data)
    except (ValueError, RecursionError):
        return []
    alarms = mappings(data, "triggeringAlarms") if isinstance(data, dict) else []
    return [
        {"Arn": text(alarm, "arn"), "State": {"Value": text(mapping(alarm, "state"), "value")}}
        for alarm in alarms
    ]


def _first_text(values: object) -> str:
    first = values[0] if isinstance(values, list) and values else ""
    return first if isinstance(first, str) else ""
