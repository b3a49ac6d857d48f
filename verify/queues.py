"""Verification of queues: who may send to them, and where unprocessed messages go.

Source: SNS Developer Guide, "Amazon SNS dead-letter queues" and "Subscribing an encrypted Amazon SQS
queue"; SQS Developer Guide, "Using dead-letter queues"; SQS API Reference, SetQueueAttributes
(RedrivePolicy, RedriveAllowPolicy).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from terraform.configuration import Configuration, Resource
from terraform.expressions import is_known
from verify import keys
from verify.arns import account_and_region
from verify.callers import Service
from verify.faults import Finding
from verify.policies import why_refused

DEAD_LETTERS: Final = "dead-letter queue"


def sendable(configuration: Configuration, queue: Resource, kind: str, service: Service) -> Iterator[Finding]:
    """Yield why a service cannot send to a queue: its policy and its key.

    Args:
        configuration: where the queue is.
        queue: the queue.
        kind: its kind in words, `queue` or `dead-letter queue`.
        service: the service that sends.
    """
    policy = policy_of(configuration, queue)
    request = service.request("sqs:SendMessage", queue.arn)
    reason = why_refused(request, policy) if policy else "it has no policy"
    if reason:
        message = f"{kind} {queue.name}: {reason}: allow sqs:SendMessage for {service.needs}"
        yield Finding(f"{kind} policy", message)
    yield from keys.usable(configuration, queue, kind, service)


def redriven(
    configuration: Configuration, arn: str, source: str, service: Service | None
) -> Iterator[Finding]:
    """Yield the faults of a dead-letter queue.

    Args:
        configuration: where the queue has to be.
        arn: its ARN, from the redrive policy; empty if there is no redrive policy.
        source: the resource whose dead letters it receives, in words.
        service: the service that sends to it; None if SQS itself moves messages, which needs no permission.
    """
    here = (configuration.account_id, configuration.region)
    queue = configuration.find(arn, "aws_sqs_queue")
    if not arn:
        message = f"{source} has no redrive policy, so undelivered messages are lost: set a dead-letter queue"
        yield Finding("redrive policy", message)
    elif queue is not None and service is not None:
        yield from sendable(configuration, queue, DEAD_LETTERS, service)
    elif queue is None:
        is_elsewhere = is_known(arn) and account_and_region(arn) != here
        problem = "in another account or region" if is_elsewhere else "not a queue of these stacks"
        message = f"{source}: dead-letter queue {arn} is {problem}: use an aws_sqs_queue of these stacks"
        yield Finding(DEAD_LETTERS, message)


def target_of(redrive_policy: object) -> str:
    """Return the ARN in a redrive policy; empty if there is none, the policy itself if it is not JSON."""
    if not redrive_policy:
        return ""
    try:
        parsed: Any = json.loads(str(redrive_policy))
    except ValueError:
        return str(redrive_policy)
    return str(parsed.get("deadLetterTargetArn") or "") if isinstance(parsed, dict) else str(redrive_policy)


def dead_letters(configuration: Configuration, queue: Resource) -> Iterator[Finding]:
    """Yield the faults of the dead-letter queue of a queue."""
    arn = target_of(_setting(configuration, queue, "redrive_policy"))
    source = f"queue {queue.name}"
    yield from redriven(configuration, arn, source, None)
    letters = configuration.find(arn, "aws_sqs_queue")
    policy = _setting(configuration, letters, "redrive_allow_policy") if letters else ""
    if letters and policy and not _allows_redrive(policy, queue.arn):
        message = f"redrive_allow_policy of {DEAD_LETTERS} {letters.name} does not allow {source}: add it"
        yield Finding(DEAD_LETTERS, message)


def _allows_redrive(redrive_allow_policy: str, source_arn: str) -> bool:
    try:
        parsed = json.loads(redrive_allow_policy)
    except ValueError:
        return False
    permission = parsed.get("redrivePermission")
    return permission == "allowAll" or (
        permission == "byQueue" and source_arn in parsed.get("sourceQueueArns", [])
    )


def policy_of(configuration: Configuration, queue: Resource) -> str:
    """Return a queue's policy; empty if it has none."""
    return _setting(configuration, queue, "policy")


def _setting(configuration: Configuration, queue: Resource, argument: str) -> str:
    """Return an argument of a queue, which may be a separate resource (`aws_sqs_queue_policy`)."""
    url = configuration.attribute(queue.stack, queue.type, queue.key, "url")
    for resource in configuration.of_type(f"aws_sqs_queue_{argument}"):
        if resource.text("queue_url") == url:
            return resource.text(argument)
    return queue.text(argument)
