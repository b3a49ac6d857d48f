"""What a function needs to be told of a notification, to pass it on, and to lose none that it fails on.

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
    """Yield what keeps a service from invoking a function."""
    granted = [
        _statement(function, resource)
        for resource in configuration.of_type("aws_lambda_permission")
        if resource.text("function_name") in {function.name, function.arn} and not resource.text("qualifier")
    ]
    request = service.asks("lambda:InvokeFunction", function.arn)
    refused = (
        why_refused(request, json.dumps({"Statement": granted}))
        if granted
        else f"it has no aws_lambda_permission for {service.name}"
    )
    if refused:
        says = f"function {function.name}: {refused}: add one with lambda:InvokeFunction and its source_arn"
        yield Finding("function permission", says)


def _statement(function: Resource, permission: Resource) -> dict[str, Any]:
    """Return the statement that Lambda makes of a permission; it compares a source ARN with StringLike."""
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
    """Yield what is wrong with where a function's events go when it fails on them."""
    link = "function dead letters"
    arns = list(_failures(configuration, function))
    if not arns:
        says = (
            f"function {function.name} has neither an on-failure destination nor a dead_letter_config: name "
            "a queue, or what it fails on is lost"
        )
        yield Finding(link, says)
        return
    role = role_of(configuration, function)
    for arn in arns:
        queue = configuration.find(arn, "aws_sqs_queue")
        if queue is None:
            says = (
                f"function {function.name} sends what it fails on to {arn}, which is no queue of these stacks"
            )
            yield Finding(link, f"{says}: name an aws_sqs_queue of them")
        elif role is not None:
            policy = queues.policy_of(configuration, queue)
            yield from roles.sending(configuration, role, queue, queues.DEAD_LETTERS, policy)


def _failures(configuration: Configuration, function: Resource) -> Iterator[str]:
    """Yield the ARNs that events go to when a function fails on them."""
    for resource in configuration.of_type("aws_lambda_function_event_invoke_config"):
        if resource.text("function_name") in {function.name, function.arn} and not resource.text("qualifier"):
            destination = resource.block("destination_config")
            on_failure = destination.get("on_failure") or {}
            listed = on_failure if isinstance(on_failure, list) else [on_failure]
            yield from (str(each["destination"]) for each in listed if each.get("destination"))
    target = function.block("dead_letter_config").get("target_arn")
    if target:
        yield str(target)


def role_of(configuration: Configuration, function: Resource) -> Resource | None:
    """Return a function's role, or none if it is not of these stacks."""
    return configuration.find(function.text("role"), "aws_iam_role")


def topics_of(configuration: Configuration, function: Resource) -> Iterator[tuple[str, Resource | None]]:
    """Yield each environment variable that names a topic to publish to, with the topic if it is known.

    A variable names it as its value, or as a value somewhere in the JSON that it holds. A key of that JSON is
    something looked up, such as the topic that a notification came from.
    """
    variables = function.block("environment").get("variables") or {}
    for name, value in variables.items():
        for text in dict.fromkeys(_values(str(value))):
            topic = configuration.find(text, "aws_sns_topic")
            if topic or text.startswith("arn:aws:sns:") or (not is_known(text) and "aws_sns_topic" in text):
                yield name, topic


def _values(text: str) -> Iterator[str]:
    """Yield the texts in a variable: itself, or the values in its JSON."""
    try:
        held = json.loads(text)
    except ValueError:
        held = text
    waiting = [held]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, str):
            yield one
        elif isinstance(one, (dict, list)):
            waiting += one.values() if isinstance(one, dict) else one
