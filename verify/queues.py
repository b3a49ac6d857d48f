"""What a message needs to get into a queue, and where it goes when nobody processes it.

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


def sendable(configuration: Configuration, queue: Resource, what: str, service: Service) -> Iterator[Finding]:
    """Yield what keeps a service from sending to a queue: its policy and its key.

    Args:
        configuration: where the queue is.
        queue: the queue.
        what: its kind in words, `queue` or `dead-letter queue`.
        service: who sends.
    """
    policy = policy_of(configuration, queue)
    request = service.asks("sqs:SendMessage", queue.arn)
    refused = why_refused(request, policy) if policy else "it has no policy"
    if refused:
        link = f"{what} policy"
        yield Finding(link, f"{what} {queue.name}: {refused}: allow sqs:SendMessage to {service.needs}")
    yield from keys.usable(configuration, queue, what, service)


def redriven(
    configuration: Configuration, arn: str, whose: str, service: Service | None
) -> Iterator[Finding]:
    """Yield what is wrong with a dead-letter queue.

    Args:
        configuration: where it has to be.
        arn: its ARN, as the redrive policy has it; empty when there is none.
        whose: whose dead letters it takes, in words.
        service: who sends to it; none when SQS itself moves messages, which needs no permission.
    """
    here = (configuration.account_id, configuration.region)
    queue = configuration.find(arn, "aws_sqs_queue")
    if not arn:
        says = f"{whose} has no redrive policy: name a dead-letter queue, or what is not delivered is lost"
        yield Finding("redrive policy", says)
    elif queue is not None and service is not None:
        yield from sendable(configuration, queue, DEAD_LETTERS, service)
    elif queue is None:
        elsewhere = is_known(arn) and account_and_region(arn) != here
        why = "another account or region than this" if elsewhere else "no queue of these stacks"
        says = f"{whose} sends its dead letters to {arn}, {why}: name an aws_sqs_queue of them"
        yield Finding(DEAD_LETTERS, says)


def target_of(redrive_policy: object) -> str:
    """Return the ARN in a redrive policy; empty if there is none, what is written if it cannot be read."""
    if not redrive_policy:
        return ""
    try:
        parsed: Any = json.loads(str(redrive_policy))
    except ValueError:
        return str(redrive_policy)
    return str(parsed.get("deadLetterTargetArn") or "") if isinstance(parsed, dict) else str(redrive_policy)


def kept(configuration: Configuration, queue: Resource) -> Iterator[Finding]:
    """Yield what is wrong with where a queue puts what is received too often."""
    arn = target_of(_setting(configuration, queue, "redrive_policy"))
    whose = f"queue {queue.name}"
    yield from redriven(configuration, arn, whose, None)
    letters = configuration.find(arn, "aws_sqs_queue")
    allows = _setting(configuration, letters, "redrive_allow_policy") if letters else ""
    if letters and allows and not _lets_in(allows, queue.arn):
        says = f"{DEAD_LETTERS} {letters.name} has a redrive_allow_policy without {whose}: add it"
        yield Finding(DEAD_LETTERS, says)


def _lets_in(redrive_allow_policy: str, source_arn: str) -> bool:
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
    """Return an argument of a queue, which may be a resource of its own (`aws_sqs_queue_policy`)."""
    url = configuration.attribute(queue.stack, queue.type, queue.key, "url")
    for resource in configuration.of_type(f"aws_sqs_queue_{argument}"):
        if resource.text("queue_url") == url:
            return resource.text(argument)
    return queue.text(argument)
