"""Verification of a role's permissions: its inline policies, the managed ones of these stacks, and the keys.

Source: IAM User Guide, "Policy evaluation logic": within an account a role's policy suffices unless the
resource's policy denies; a key's policy has to allow the account or the role as well (KMS Developer Guide,
"Key policies").
"""

from __future__ import annotations

from collections.abc import Iterator

from terraform.configuration import Configuration, Resource
from verify import keys
from verify.callers import KEY_ACTIONS, Role
from verify.faults import Finding
from verify.policies import why_denied, why_not_granted


def sending(
    configuration: Configuration, role: Resource, target: Resource, kind: str, policy: str
) -> Iterator[Finding]:
    """Yield why a role cannot publish to a topic or send to a queue.

    Args:
        configuration: where the resources are looked up.
        role: the role.
        target: the topic or queue.
        kind: the kind of the target in words.
        policy: the policy of the target; empty if it has none.
    """
    caller = Role(role.arn, role.name, configuration.account_id, configuration.region)
    action, service = {
        "aws_sns_topic": ("sns:Publish", "sns"),
        "aws_sqs_queue": ("sqs:SendMessage", "sqs"),
    }[target.type]
    request = caller.request(action, target.arn)
    granted = policies(configuration, role)
    reason = why_not_granted(granted, request) or (why_denied(policy, request) if policy else None)
    if reason:
        yield Finding("function role", f"{kind} {target.name}: {reason}: allow {action} for the role")
    key = yield from keys.key_of(configuration, target, kind)
    if key is None:
        return
    requests = [caller.request(key_action, key.arn, through=service) for key_action in KEY_ACTIONS]
    reasons = {
        request.action: reason
        for request in requests
        if (
            reason := why_not_granted(granted, request)
            or keys.why_refused_by_key(configuration, key, request)
        )
    }
    if reasons:
        reason = next(iter(reasons.values()))
        actions = " and ".join(reasons)
        message = f"key of {kind} {target.name}: {reason}: allow {actions} for the role"
        yield Finding("function role", message)


def policies(configuration: Configuration, role: Resource) -> list[str]:
    """Return the policies of a role that are in these stacks.

    The documents of AWS managed policies are not known, so their permissions do not count.
    """
    documents = [
        resource.text("policy")
        for resource in configuration.of_type("aws_iam_role_policy")
        if _is(role, resource.text("role"))
    ]
    documents += [str(block.get("policy") or "") for block in role.items("inline_policy")]
    attached = [str(arn) for arn in role.items("managed_policy_arns")]
    attached += [
        resource.text("policy_arn")
        for resource in configuration.of_type("aws_iam_role_policy_attachment")
        if _is(role, resource.text("role"))
    ]
    for arn in attached:
        managed = configuration.find(arn, "aws_iam_policy")
        documents += [managed.text("policy")] if managed else []
    return [policy for policy in documents if policy]


def _is(role: Resource, reference: str) -> bool:
    return reference in {role.arn, role.name}
