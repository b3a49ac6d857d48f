"""What a role may do: by its inline policies and the managed ones of these stacks, and with which keys.

Source: IAM User Guide, "Policy evaluation logic": within an account a role's policy is enough, unless the
resource's policy denies; a key's policy has to let the account or the role in as well (KMS Developer Guide,
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
    configuration: Configuration, role: Resource, to: Resource, what: str, policy: str
) -> Iterator[Finding]:
    """Yield what keeps a role from publishing to a topic or sending to a queue.

    Args:
        configuration: where all of it is.
        role: the role.
        to: the topic or queue.
        what: its kind in words.
        policy: its policy; empty if it has none.
    """
    by = Role(role.arn, role.name, configuration.account_id, configuration.region)
    action, service = {
        "aws_sns_topic": ("sns:Publish", "sns"),
        "aws_sqs_queue": ("sqs:SendMessage", "sqs"),
    }[to.type]
    request = by.asks(action, to.arn)
    granted = policies(configuration, role)
    refused = why_not_granted(granted, request) or (why_denied(policy, request) if policy else None)
    if refused:
        yield Finding("function role", f"{what} {to.name}: {refused}: allow {action} to it")
    key = yield from keys.key_of(configuration, to, what)
    if key is None:
        return
    requests = [by.asks(used, key.arn, through=service) for used in KEY_ACTIONS]
    whys = {
        request.action: why
        for request in requests
        if (why := why_not_granted(granted, request) or keys.why_not(configuration, key, request))
    }
    if whys:
        why = next(iter(whys.values()))
        says = f"key of {what} {to.name}: {why}: allow {' and '.join(whys)} to it"
        yield Finding("function role", says)


def policies(configuration: Configuration, role: Resource) -> list[str]:
    """Return the policies of a role that can be read here; AWS's own cannot, and prove nothing."""
    found = [
        resource.text("policy")
        for resource in configuration.of_type("aws_iam_role_policy")
        if _is(role, resource.text("role"))
    ]
    found += [str(entry.get("policy") or "") for entry in role.items("inline_policy")]
    attached = [str(arn) for arn in role.items("managed_policy_arns")]
    attached += [
        resource.text("policy_arn")
        for resource in configuration.of_type("aws_iam_role_policy_attachment")
        if _is(role, resource.text("role"))
    ]
    for arn in attached:
        managed = configuration.find(arn, "aws_iam_policy")
        found += [managed.text("policy")] if managed else []
    return [policy for policy in found if policy]


def _is(role: Resource, reference: str) -> bool:
    return reference in {role.arn, role.name}
