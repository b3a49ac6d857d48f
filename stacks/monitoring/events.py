"""AWS events: rules that notify, and rules that log events to be counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalog import Catalog
from catalog.kinds.ecs import DEPLOYMENTS, deployment_pattern
from catalog.specs import Topic
from stacks import aws, policies
from stacks.base import Stack
from stacks.contracts import Compute


def add_events(stack: Stack, catalog: Catalog, compute: Compute, topic_arns: Mapping[Topic, str]) -> None:
    """Add a rule for each event of `catalog`, and one that logs every deployment of an ECS service."""
    if not catalog.events:
        return
    group = compute.log_group_names["events"]
    names = stack.names
    log_group_arn = f"arn:aws:logs:{names.region}:{names.account_id}:log-group:{group}"
    # CloudWatch Logs resource policy (EventBridge User Guide, "CloudWatch Logs permissions").
    may_write = policies.allow(
        "EventsAreLogged",
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        [f"{log_group_arn}:*"],
        principal={"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
    )
    stack.add(
        aws.CloudwatchLogResourcePolicy,
        "events",
        policy_name=names.resource("events"),
        policy_document=policies.document(may_write),
    )
    for event in catalog.events:
        rule = _rule(stack, event.key, event.name, event.pattern, event.summary)
        _target(stack, event.key, rule, topic_arns[event.topic])
        _target(stack, f"{event.key}_log", rule, log_group_arn)
    deployments = _rule(
        stack,
        DEPLOYMENTS,
        names.rule(DEPLOYMENTS),
        deployment_pattern(names, "SERVICE_DEPLOYMENT_IN_PROGRESS", "SERVICE_DEPLOYMENT_COMPLETED"),
        "a deployment of an ECS service begins or ends",
    )
    _target(stack, f"{DEPLOYMENTS}_log", deployments, log_group_arn)


def _rule(stack: Stack, key: str, name: str, pattern: Mapping[str, Any], summary: str) -> Any:
    return stack.add(
        aws.CloudwatchEventRule, key, name=name, description=summary, event_pattern=json.dumps(pattern)
    )


def _target(stack: Stack, key: str, rule: Any, arn: str) -> None:
    stack.add(aws.CloudwatchEventTarget, key, rule=rule.name, target_id=key, arn=arn)
