"""Whether whoever sends something encrypted may use the key that encrypts it.

Source: KMS Developer Guide, "Key policies in AWS KMS"; SNS Developer Guide, "Managing Amazon SNS encryption
keys and costs": the policy of a key that AWS manages (`alias/aws/sns`) lets no service in and cannot be
changed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

from terraform.configuration import Configuration, Resource
from verify.callers import KEY_ACTIONS, Service
from verify.faults import Finding
from verify.policies import Request, why_refused

_CONTEXTS: Final = {"aws_sns_topic": "aws:sns:topicArn", "aws_sqs_queue": "aws:sqs:arn"}
"""Type of what is encrypted -> name of the encryption context that its service uses."""


def usable(
    configuration: Configuration, encrypted: Resource, what: str, service: Service
) -> Iterator[Finding]:
    """Yield what keeps a service from using the key of a topic or queue.

    Args:
        configuration: where the key is looked up.
        encrypted: the topic or queue.
        what: its kind in words, such as `topic` or `dead-letter queue`.
        service: who sends to it.
    """
    key = yield from key_of(configuration, encrypted, what)
    if key is None:
        return
    context = (_CONTEXTS[encrypted.type], encrypted.arn)
    refused = {
        action: why_not(configuration, key, service.asks(action, key.arn, key_context=context))
        for action in KEY_ACTIONS
    }
    whys = {action: why for action, why in refused.items() if why}
    if whys:
        bound = f"{service.name} bound by kms:EncryptionContext:{context[0]} alone: it says no source here"
        needs = service.needs if service.says_source_to_keys else bound
        why, actions = next(iter(whys.values())), " and ".join(whys)
        says = f"{_key(key)} of {what} {encrypted.name}: {why}: allow {actions} to {needs}"
        yield Finding("key policy", says)


def key_of(
    configuration: Configuration, encrypted: Resource, what: str
) -> Generator[Finding, None, Resource | None]:
    """Yield why there is no customer key, and return the key if there is one."""
    reference = encrypted.text("kms_master_key_id")
    link = f"{what} key"
    if not reference:
        says = f"{what} {encrypted.name} has no kms_master_key_id: encrypt it with a key of these stacks"
        yield Finding(link, says)
        return None
    key = _named(configuration, reference)
    if key is None:
        managed = "alias/aws/" in reference
        why = "which AWS manages and lets no service in" if managed else "which is no key of these stacks"
        says = f"{what} {encrypted.name} is under {reference}, {why}: use a customer-managed key of theirs"
        yield Finding(link, says)
        return None
    if key.plain("is_enabled") is False:
        yield Finding(link, f"{_key(key)} of {what} {encrypted.name} is disabled: enable it")
    return key


def why_not(configuration: Configuration, key: Resource, request: Request) -> str | None:
    """Return why a key's policy does not surely allow a request, or None."""
    policy = key.text("policy")
    for resource in configuration.of_type("aws_kms_key_policy"):
        if _named(configuration, resource.text("key_id")) is key:
            policy = resource.text("policy")
    return why_refused(request, policy) if policy else "it has no policy"


def _named(configuration: Configuration, reference: str) -> Resource | None:
    """Return the key that an ARN, an id or an alias names."""
    found = configuration.find(reference, "aws_kms_key", "aws_kms_alias")
    if found is None:
        found = configuration.keys.get(reference)
    if found is not None and found.type == "aws_kms_alias":
        return _named(configuration, found.text("target_key_id"))
    return found


def _key(key: Resource) -> str:
    return f"key {key.stack}.{key.address}"
