"""The message that CloudWatch publishes to a topic when an alarm changes.

A metric alarm's message says in `Trigger` what it watches. A composite alarm's has no `Trigger`, but its rule
and the alarms that moved it.

Sources: messages of alarms as recorded on AWS, 2021 to 2026, for the members and how they are written (AWS
documents them nowhere); Amazon SNS API Reference, Publish, for the length of a subject.
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
    """Return the subject of a change's message, cut at the length that SNS takes."""
    return f'{change.new}: "{change.alarm}" in {region_name(region)}'[:_SUBJECT_CHARACTERS]


def text(alarm: Value, change: Change, *, account: str, region: str) -> str:
    """Return the text of a change's message, which is JSON.

    Args:
        alarm: the alarm as DescribeAlarms has it.
        change: what happened to it.
        account: its account's id, 12 digits.
        region: its region's code.
    """
    head = {
        "AlarmName": change.alarm,
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": account,
    }
    put = {"AlarmConfigurationUpdatedTimestamp": _time(alarm["AlarmConfigurationUpdatedTimestamp"])}
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
    return json.dumps({**head, **put, **state, "Trigger": _trigger(alarm)})


@cache
def region_name(region: str) -> str:
    """Return a region's name as messages have it, such as "EU (Ireland)"; an unknown region's code."""
    partitions = Loader().load_data("endpoints")["partitions"]
    names = {code: entry["description"] for part in partitions for code, entry in part["regions"].items()}
    # The messages kept the names of before 2020.
    return str(names.get(region, region)).replace("Europe (", "EU (")


def _children(change: Change) -> list[Value]:
    """Return the alarms that moved a composite; none when its state was set by hand."""
    found = json.loads(change.reason_data or "{}").get("triggeringAlarms", [])
    return [
        {
            "Arn": row["arn"],
            "State": {"Value": row["state"]["value"], "Timestamp": row["state"]["timestamp"]},
        }
        for row in found
    ]


def _trigger(alarm: Value) -> Value:
    """Return what a metric alarm watches: one metric, or the queries of its metric math."""
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
