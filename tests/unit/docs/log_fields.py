"""Which fields Logs Insights finds in each of the platform's log groups.

It finds the keys of JSON lines by themselves; what is nested is joined with a dot, positions in lists are
numbers (CloudWatch Logs User Guide, "Supported logs and discovered fields").
"""

from __future__ import annotations

import re

from config.paths import ROOT

SYSTEM = {"@timestamp", "@message", "@log", "@logStream", "@ingestionTime"}
"""Fields of every log group (the same page)."""

_RUNTIME = {"errorType", "errorMessage", "stackTrace", "requestId"}
"""What Lambda's runtime writes of an exception (Lambda Developer Guide, "Python logging", JSON)."""

_REPORT = {"type", "record.status"} | {
    f"record.metrics.{name}"
    for name in ("durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs")
}
"""What Lambda writes at the end of an invocation (Lambda Developer Guide, "Telemetry API Event schema")."""

LAMBDA_INSIGHTS = {
    *("function_name", "request_id", "trace_id", "cold_start", "init_duration", "duration", "timeout"),
    *("memory_utilization", "used_memory_max", "total_memory", "cpu_total_time", "shutdown_reason"),
}
"""CloudWatch User Guide, "Lambda Insights", example telemetry event."""

CONTAINER_INSIGHTS = {
    *("Type", "TaskId", "TaskDefinitionFamily", "ClusterName", "ServiceName", "KnownStatus", "StartedAt"),
    *("CpuUtilized", "CpuReserved", "MemoryUtilized", "MemoryReserved"),
    *("EphemeralStorageUtilized", "EphemeralStorageReserved"),
    *("DesiredTaskCount", "RunningTaskCount", "PendingTaskCount"),
}
"""CloudWatch User Guide, "Container Insights performance log events for Amazon ECS"."""

EVENTS = {
    *("source", "detail-type", "resources.0", "detail.eventName", "detail.reason", "detail.deploymentId"),
    *("detail.group", "detail.lastStatus", "detail.stopCode", "detail.stoppedReason", "detail.taskArn"),
    *("detail.containers.0.name", "detail.containers.0.exitCode", "detail.containers.0.reason"),
    *("detail.containers.1.name", "detail.containers.1.exitCode", "detail.containers.1.reason"),
}
"""Amazon ECS Developer Guide, "Amazon ECS task state change events", "… deployment state change events"."""


FIREHOSE = {"deliveryStreamARN", "destination", "deliveryStreamVersionId", "message", "errorCode"}
"""Amazon Data Firehose Developer Guide, "Monitor Amazon Data Firehose Using CloudWatch Logs"."""


def contract() -> set[str]:
    """Return the keys that functions/README.md promises in a service's lines."""
    text = (ROOT / "functions" / "README.md").read_text(encoding="utf-8")
    section = text.split("## The log: a contract with the platform")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return set(re.findall(r"`([a-z_]+)`", "\n".join(rows)))


def fields_of(log_group: str) -> set[str]:
    """Return the fields of a log group, by its name with placeholders.

    Raises:
        KeyError: the platform has no such log group.
    """
    by_group = {
        "/aws/lambda/<project>-<service>-<env>": contract() | _RUNTIME | _REPORT,
        "/aws/lambda/<project>-notifier-<env>": contract() | _RUNTIME | _REPORT,
        "/ecs/<project>-<service>-<env>": contract(),
        "/aws/lambda-insights": LAMBDA_INSIGHTS,
        "/aws/ecs/containerinsights/<project>-<env>/performance": CONTAINER_INSIGHTS,
        "/aws/events/<project>-<env>": EVENTS,
        "/aws/kinesisfirehose/<project>-log-archive-<env>": FIREHOSE,
    }
    return by_group[log_group] | SYSTEM
