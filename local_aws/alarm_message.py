"""The message that CloudWatch publishes to a topic when an alarm changes its state.

The message of a metric alarm describes the metric in `Trigger`. The message of a composite alarm has no
`Trigger`; it has the rule and the children that triggered the change.

Sources: alarm messages recorded on AWS, 2021 to 2026, for the members and their format (AWS does not document
them); Amazon SNS API Reference, Publish, for the length of a subject.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING

from botocore.loaders import Loader

if TYPE_CHECKING:
    from local_aws.alarms import Change
    from local_aws.protocols import Value

_SUBJECT_CHARACTERS = 100

_WATCHED = ("Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator")
_LIMIT = ("Threshold", "ThresholdMetricId")


def subject(change: Change, region: str) -> str:
    """Return the subject of the message, truncated to the length that SNS allows."""
    return f'{change.new}: "{change.alarm}" in {region_name(region)}'[:_SUBJECT_CHARACTERS]


def body(alarm: Value, change: Change, *, account: str, region: str) -> str:
    """Return the body of the message as JSON.

    Args:
        alarm: the alarm as DescribeAlarms returns it.
        change: the change of its state.
        account: the account id, 12 digits.
        region: the region's code, such as "eu-west-1".
    """
    head = {
        "AlarmName": change.alarm,
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": account,
    }
    updated = {"AlarmConfigurationUpdatedTimestamp": _time(alarm["AlarmConfigurationUpdatedTimestamp"])}
    state = {
        "NewStateValue": change.new,
        "NewStateReason": change.reason,
        "StateChangeTime": _time(change.at_s),
        "Region": region_name(region),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": change.old,
        **{name: alarm[name] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")},
    }
    if "AlarmRule" in alarm:
        rule = {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": _children(change)}
        return json.dumps({**head, **state, **rule})
    return json.dumps({**head, **updated, **state, "Trigger": _trigger(alarm)})


@cache
def region_name(region: str) -> str:
    """Return a region's name in messages, such as "EU (Ireland)"; the code if the region is unknown."""
    partitions = Loader().load_data("endpoints")["partitions"]
    names = {code: data["description"] for part in partitions for code, data in part["regions"].items()}
    # Messages still have the region names used before 2020.
    return str(names.get(region, region)).replace("Europe (", "EU (")


def _children(change: Change) -> list[Value]:
    """Return the children that triggered a composite's change; empty if its state was set by hand."""
    rows = json.loads(change.reason_data or "{}").get("triggeringAlarms", [])
    return [
        {
            "Arn": row["arn"],
            "State": {"Value": row["state"]["value"], "Timestamp": row["state"]["timestamp"]},
        }
        for row in rows
    ]


def _trigger(alarm: Value) -> Value:
    """Return the metric of an alarm, or the queries of its metric math."""
    common = {name: alarm[name] for name in (*_WATCHED, *_LIMIT) if name in alarm}
    common["TreatMissingData"] = alarm.get("TreatMissingData", "missing")
    common["EvaluateLowSampleCountPercentile"] = alarm.get("EvaluateLowSampleCountPercentile", "")
    if alarm.get("Metrics"):
        return {**common, "Metrics": [_query(query) for query in alarm["Metrics"]]}
    kind = "ExtendedStatistic" if "ExtendedStatistic" in alarm else "Statistic"
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "StatisticType": kind,
        kind: alarm[kind].upper() if kind == "Statistic" else alarm[kind],
        "Unit": alarm.get("Unit"),
        "Dimensions": _dimensions(alarm),
        **common,
    }


def _query(query: Value) -> Value:
    if "MetricStat" not in query:
        return query
    metric = query["MetricStat"]["Metric"]
    return {
        **query,
        "MetricStat": {**query["MetricStat"], "Metric": {**metric, "Dimensions": _dimensions(metric)}},
    }


def _dimensions(metric: Value) -> list[Value]:
    return [
        {"value": dimension["Value"], "name": dimension["Name"]} for dimension in metric.get("Dimensions", [])
    ]


def _time(at_s: float) -> str:
    moment = datetime.fromtimestamp(at_s, tz=timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
