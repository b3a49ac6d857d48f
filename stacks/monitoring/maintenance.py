"""Maintenance windows: a schedule publishes a sample, and an alarm on it is in ALARM during the window.

The provider version in use does not support the mute rules that CloudWatch has since February 2026 (ADR 8).
"""

from __future__ import annotations

import json

from catalog import Catalog
from stacks import aws, policies
from stacks.base import Stack

_RETRY_S = 300
"""Seconds in which a failed start is retried: a window that starts much later would end much later."""


def add_windows(stack: Stack, catalog: Catalog) -> None:
    """Add a schedule for each window of `catalog`."""
    if not catalog.windows:
        return
    names = stack.names
    role = stack.add(
        aws.IamRole,
        "maintenance",
        name=names.maintenance_role,
        description="Begins maintenance windows",
        # EventBridge Scheduler User Guide, "Confused deputy prevention".
        assume_role_policy=policies.trust(
            "scheduler.amazonaws.com", {"StringEquals": {"aws:SourceAccount": names.account_id}}
        ),
    )
    # `*`: PutMetricData has no resources; the namespace is its condition (CloudWatch User Guide, "Using
    # condition keys to limit access to CloudWatch namespaces").
    put = policies.allow(
        "BeginWindows",
        ["cloudwatch:PutMetricData"],
        ["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": names.metrics_namespace}},
    )
    policy = stack.add(
        aws.IamRolePolicy, "maintenance", name="run", role=role.id, policy=policies.document(put)
    )
    for window in catalog.windows:
        sample = {
            "MetricName": window.metric.name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in window.metric.dimensions.items()],
            "Value": 1,
        }
        stack.add(
            aws.SchedulerSchedule,
            window.key,
            name=window.name,
            description=window.reason,
            schedule_expression=f"cron({window.cron})",
            schedule_expression_timezone=window.timezone,
            flexible_time_window=aws.SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
            target=aws.SchedulerScheduleTarget(
                # EventBridge Scheduler User Guide, "Using universal targets".
                arn="arn:aws:scheduler:::aws-sdk:cloudwatch:putMetricData",
                role_arn=role.arn,
                input=json.dumps({"Namespace": window.metric.namespace, "MetricData": [sample]}),
                retry_policy=aws.SchedulerScheduleTargetRetryPolicy(
                    maximum_event_age_in_seconds=_RETRY_S, maximum_retry_attempts=10
                ),
            ),
            depends_on=[policy],
        )
