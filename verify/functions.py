"""Verification of functions on a route: the permission to invoke them, their dead letters and their topics.

Source: Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" and "Using Lambda
with Amazon SNS"; Lambda API Reference, AddPermission.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from terraform.configuration import Configuration, Resource
from terraform.expressions import is_known
from verify import queues, roles
from verify.callers import Service
from verify.faults import Finding
from verify.policies import why_refused


def invocable(configuration: Configuration, function: Resource, service: Service) -> Iterator[Finding]:
    """Yield why a service cannot invoke a function."""
    statements = [
        _statement(function, resource)
        for resource in configuration.of_type("aws_lambda_permission")
        if resource.text("function_name") in {function.name, function.arn} and not resource.text("qualifier")
    ]
    request = service.request("lambda:InvokeFunction", function.arn)
    reason = (
        why_refused(request, json.dumps({"Statement": statements}))
        if statements
        else f"it has no aws_lambda_permission for {service.name}"
    )
    if reason:
        fix = "add an aws_lambda_permission with lambda:InvokeFunction and the source_arn"
        yield Finding("function permission", f"function {function.name}: {reason}: {fix}")


def _statement(function: Resource, permission: Resource) -> dict[str, Any]:
    """Return the policy statement of a Lambda permission; Lambda compares a source ARN with StringLike."""
    condition: dict[str, dict[str, str]] = {}
    if permission.text("source_arn"):
        condition["StringLike"] = {"aws:SourceArn": permission.text("source_arn")}
    if permission.text("source_account"):
        condition["StringEquals"] = {"aws:SourceAccount": permission.text("source_account")}
    return {
        "Sid": permission.text("statement_id") or permission.key,
        "Effect": "Allow",
        "Principal": {"Service": permission.text("principal")},
        "Action": permission.text("action"),
        "Resource": function.arn,
        "Condition": condition,
    }


def failing_safely(configuration: Configuration, function: Resource) -> Iterator[Finding]:
    """Yield the faults of the destinations of events that a function fails to process."""
    link = "function dead letters"
    arns = list(_failure_destinations(configuration, function))
    if not arns:
        message = (
            f"function {function.name} has neither an on-failure destination nor a dead_letter_config, so "
            "failed events are lost: set a queue"
        )
        yield Finding(link, message)
        return
    role = role_of(configuration, function)
    for arn in arns:
        queue = configuration.find(arn, "aws_sqs_queue")
        if queue is None:
            problem = f"failed events are sent to {arn}, which is not a queue of these stacks"
            message = f"function {function.name}: {problem}: use an aws_sqs_queue of these stacks"
            yield Finding(link, message)
        elif role is not None:
            policy = queues.policy_of(configuration, queue)
            yield from roles.sending(configuration, role, queue, queues.DEAD_LETTERS, policy)


def _failure_destinations(configuration: Configuration, function: Resource) -> Iterator[str]:
    """Yield the ARNs that receive the events that a function fails to process."""
    for resource in configuration.of_type("aws_lambda_function_event_invoke_config"):
        if resource.text("function_name") in {function.name, function.arn} and not resource.text("qualifier"):
            destination = resource.block("destination_config")
            on_failure = destination.get("on_failure") or {}
            listed = on_failure if isinstance(on_failure, list) else [on_failure]
            yield from (str(block["destination"]) for block in listed if block.get("destination"))
    target = function.block("dead_letter_config").get("target_arn")
    if target:
        yield str(target)


def role_of(configuration: Configuration, function: Resource) -> Resource | None:
    """Return a function's role, or None if it is not in these stacks."""
    return configuration.find(function.text("role"), "aws_iam_role")


def topics_of(configuration: Configuration, function: Resource) -> Iterator[tuple[str, Resource | None]]:
    """Yield each environment variable with a topic to publish to, and the topic if it is in these stacks.

    The ARN is the value of the variable, or a value at any depth of its JSON. Keys of that JSON do not count:
    they identify, for example, the topic from which a notification came.
    """
    variables = function.block("environment").get("variables") or {}
    for name, value in variables.items():
        for text in dict.fromkeys(_values(str(value))):
            topic = configuration.find(text, "aws_sns_topic")
            if topic or text.startswith("arn:aws:sns:") or (not is_known(text) and "aws_sns_topic" in text):
                yield name, topic


def _values(text: str) -> Iterator[str]:
    """Yield the texts in a variable: the variable itself, or the values in its JSON."""
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    pending = [content]
    while pending:
        value = pending.pop(0)
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            pending += value.values() if isinstance(value, dict) else value
