"""Rules on AWS events: those that notify, and those whose events are logged to be counted.

An event that cannot be delivered goes to a dead-letter queue (EventBridge User Guide, "Using dead-letter
queues to process undelivered events").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalog import Catalog
from catalog.specs import Event, EventRule, Topic
from stacks import aws, policies
from stacks.base import Stack
from stacks.contracts import Compute

_RETRY = {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 185}
"""An hour: by default EventBridge retries for 24 hours before a failure is visible. 185 is its maximum."""


def add_events(
    stack: Stack, catalog: Catalog, compute: Compute, topic_arns: Mapping[Topic, str], *, key_arn: str
) -> str:
    """Add the rules of `catalog`: each logs its events, and sends them to a topic if they notify.

    Returns the URL of the queue of undelivered events, empty without rules.
    """
    if catalog.event_dead_letters is None:
        return ""
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
    rules = {rule.key: _rule(stack, rule) for rule in catalog.rules}
    # EventBridge User Guide, the page above, "Granting permissions to the dead-letter queue".
    may_send = policies.allow(
        "RulesSend",
        ["sqs:SendMessage"],
        [f"arn:aws:sqs:{names.region}:{names.account_id}:{catalog.event_dead_letters.name}"],
        principal=policies.service("events.amazonaws.com"),
        conditions={"ArnEquals": {"aws:SourceArn": [rule.arn for rule in rules.values()]}},
    )
    dead_letters = stack.add(
        aws.SqsQueue,
        catalog.event_dead_letters.key,
        name=catalog.event_dead_letters.name,
        message_retention_seconds=catalog.event_dead_letters.retention_s,
        kms_master_key_id=key_arn,
        policy=policies.document(may_send),
    )
    for rule in catalog.rules:
        line = rule.line and aws.CloudwatchEventTargetInputTransformer(**rule.line.model_dump())
        targets = {f"{rule.key}_log": (log_group_arn, line)}
        if isinstance(rule, Event):
            targets[rule.key] = (topic_arns[rule.topic], None)
        for key, (arn, transformer) in targets.items():
            stack.add(
                aws.CloudwatchEventTarget,
                key,
                rule=rules[rule.key].name,
                target_id=key,
                arn=arn,
                input_transformer=transformer,
                dead_letter_config=aws.CloudwatchEventTargetDeadLetterConfig(arn=dead_letters.arn),
                retry_policy=aws.CloudwatchEventTargetRetryPolicy(**_RETRY),
            )
    return str(dead_letters.url)


def _rule(stack: Stack, rule: EventRule) -> Any:
    return stack.add(
        aws.CloudwatchEventRule,
        rule.key,
        name=rule.name,
        description=rule.summary,
        event_pattern=json.dumps(rule.pattern),
    )
