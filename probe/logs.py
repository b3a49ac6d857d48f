"""Probes of CloudWatch Logs: lines of events, filter patterns, and the key of a log group."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from botocore.exceptions import ClientError

from catalog.kinds import KINDS
from catalog.kinds.ecs import STARTED_LINE
from catalog.suppression import sources
from probe.bench import Bench, Every
from probe.verdicts import DoesNotHoldError

_PUBLISHED_S = 420
"""Maximum seconds from a log line until its metric has a datapoint."""

_LINE_EVERY_S = 60
"""Seconds between two events: a new rule and a new metric filter do not apply immediately."""

_REFUSED = ("AccessDenied", "InvalidParameter")
"""Parts of the error codes for a key that CloudWatch Logs cannot use."""


def event_line(bench: Bench) -> str:
    """Return whether an element of an array of an event becomes the dimension of a metric.

    The rule, the line and the filter are those that count the deployments of ECS services.
    """
    logs, events = bench.client("logs"), bench.client("events")
    name = bench.name("line")
    group, metric, rule = f"/aws/events/{name}", bench.metric("line"), bench.rule_name("line")
    with bench.creating("log group", group, lambda: logs.delete_log_group(logGroupName=group)):
        logs.create_log_group(logGroupName=group)
    group_arn = bench.arn("logs", f"log-group:{group}")
    statement = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group_arn}:*",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
    }
    with bench.creating("log resource policy", name, lambda: logs.delete_resource_policy(policyName=name)):
        logs.put_resource_policy(
            policyName=name, policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
    deployments = sources.deployments(bench.names).name
    (counted,) = (
        entry
        for entry in KINDS["ecs"].shared_filters(bench.names)
        if entry.metric == deployments and entry.dimensions
    )
    logs.put_metric_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=counted.pattern,
        metricTransformations=[
            {
                "metricNamespace": metric["Namespace"],
                "metricName": metric["MetricName"],
                "metricValue": counted.value,
                "dimensions": counted.dimensions,
                "unit": counted.unit,
            }
        ],
    )
    line = {"InputPathsMap": STARTED_LINE.input_paths, "InputTemplate": STARTED_LINE.input_template}
    bench.rule(rule, group_arn, InputTransformer=line)
    resource = bench.arn("ecs", f"service/{bench.names.whole}/{name}")
    event = {"Source": rule, "DetailType": "Probe", "Detail": "{}", "Resources": [resource, f"{resource}-2"]}
    began, sent = datetime.now(timezone.utc) - timedelta(minutes=5), Every(bench, _LINE_EVERY_S)

    def published() -> bool:
        if sent.is_due():
            events.put_events(Entries=[event])
        answer = bench.client("cloudwatch").get_metric_statistics(
            **metric,
            Dimensions=[{"Name": dimension, "Value": resource} for dimension in counted.dimensions],
            StartTime=began,
            EndTime=datetime.now(timezone.utc) + timedelta(minutes=5),
            Period=3600,
            Statistics=["Sum"],
        )
        return bool(answer["Datapoints"])

    if not bench.until(published, _PUBLISHED_S):
        message = f"no event is counted under its first resource within {_PUBLISHED_S // 60} minutes"
        raise DoesNotHoldError(message)
    return "the events are counted under their first resource"


def separators(bench: Bench) -> str:
    """Return whether tabs separate the fields of a space-delimited pattern, as in lines of Lambda."""
    line = "2026-11-30T08:00:00Z\t7f3c\tERROR\tcard declined"
    answer = bench.client("logs").test_metric_filter(
        filterPattern="[time, request, level=ERROR, ...]", logEventMessages=[line, line.replace("\t", " ")]
    )
    matched = {match["eventNumber"] for match in answer["matches"]}
    if matched != {0, 1}:
        found = {0: "tabs", 1: "spaces"}
        text = " and ".join(found[number] for number in sorted(matched)) or "nothing"
        message = f"only lines with {text} match"
        raise DoesNotHoldError(message)
    return "lines with tabs match like lines with spaces"


def log_group_key(bench: Bench) -> str:
    """Return whether a log group can be created with the key of the environment."""
    logs, group, key_arn = bench.client("logs"), f"/ecs/{bench.name('key')}", bench.key_arn()
    try:
        with bench.creating("log group", group, lambda: logs.delete_log_group(logGroupName=group)):
            logs.create_log_group(logGroupName=group, kmsKeyId=key_arn)
    except ClientError as error:
        if any(part in str(error.response["Error"]["Code"]) for part in _REFUSED):
            raise DoesNotHoldError(str(error)) from error
        raise
    return "CloudWatch Logs accepted the key"
