"""Verification that a sender may use the KMS key of an encrypted topic or queue.

Source: KMS Developer Guide, "Key policies in AWS KMS"; SNS Developer Guide, "Managing Amazon SNS encryption
keys and costs": the policy of an AWS managed key (`alias/aws/sns`) allows no service and cannot be changed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

from terraform.configuration import Configuration, Resource
from verify.callers import KEY_ACTIONS, Service
from verify.faults import Finding
from verify.policies import Request, why_refused

_CONTEXTS: Final = {"aws_sns_topic": "aws:sns:topicArn", "aws_sqs_queue": "aws:sqs:arn"}
"""Type of an encrypted resource -> name of the encryption context that its service uses."""


def usable(
    configuration: Configuration, encrypted: Resource, kind: str, service: Service
) -> Iterator[Finding]:
    """Yield why a service cannot use the key of a topic or queue.

    Args:
        configuration: where the key is looked up.
        encrypted: the topic or queue.
        kind: its kind in words, such as `topic` or `dead-letter queue`.
        service: the service that sends to it.
    """
    key = yield from key_of(configuration, encrypted, kind)
    if key is None:
        return
    context = (_CONTEXTS[encrypted.type], encrypted.arn)
    requests = [service.request(action, key.arn, key_context=context) for action in KEY_ACTIONS]
    reasons = {
        request.action: reason
        for request in requests
        if (reason := why_refused_by_key(configuration, key, request))
    }
    if reasons:
        by_context = (
            f"{service.name}, with a condition on kms:EncryptionContext:{context[0]} only "
            "(it sends no aws:SourceArn here)"
        )
        needs = service.needs if service.sends_source_to_keys else by_context
        reason, actions = next(iter(reasons.values())), " and ".join(reasons)
        message = f"{_label(key)} of {kind} {encrypted.name}: {reason}: allow {actions} for {needs}"
        yield Finding("key policy", message)


def key_of(
    configuration: Configuration, encrypted: Resource, kind: str
) -> Generator[Finding, None, Resource | None]:
    """Yield why there is no usable customer managed key, and return the key if there is one."""
    reference = encrypted.text("kms_master_key_id")
    link = f"{kind} key"
    if not reference:
        message = f"{kind} {encrypted.name} has no kms_master_key_id: set it to a key of these stacks"
        yield Finding(link, message)
        return None
    key = _find(configuration, reference)
    if key is None:
        is_managed = "alias/aws/" in reference
        problem = "an AWS managed key, which allows no service" if is_managed else "not a key of these stacks"
        message = f"{kind} {encrypted.name}: kms_master_key_id {reference} is {problem}"
        yield Finding(link, f"{message}: use a customer managed key of these stacks")
        return None
    if key.plain("is_enabled") is False:
        yield Finding(link, f"{_label(key)} of {kind} {encrypted.name} is disabled: enable it")
    return key


def why_refused_by_key(configuration: Configuration, key: Resource, request: Request) -> str | None:
    """Return why a key's policy does not certainly allow a request, or None."""
    policy = key.text("policy")
    for resource in configuration.of_type("aws_kms_key_policy"):
        if _find(configuration, resource.text("key_id")) is key:
            policy = resource.text("policy")
    return why_refused(request, policy) if policy else "it has no policy"


def _find(configuration: Configuration, reference: str) -> Resource | None:
    """Return the key with an ARN, an ID or an alias; None if it is not in the stacks."""
    resource = configuration.find(reference, "aws_kms_key", "aws_kms_alias")
    if resource is None:
        resource = configuration.keys.get(reference)
    if resource is not None and resource.type == "aws_kms_alias":
        return _find(configuration, resource.text("target_key_id"))
    return resource


def _label(key: Resource) -> str:
    return f"key {key.stack}.{key.address}"
