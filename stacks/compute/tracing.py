"""X-Ray: the sampling rule, the group for the service map, and the encryption of traces."""

from __future__ import annotations

from catalog import Catalog
from stacks import aws
from stacks.base import Stack


def add_tracing(stack: Stack, catalog: Catalog, key_arn: str) -> None:
    """Add sampling rule, group and encryption of `stack`'s environment."""
    env, names = stack.env, stack.names
    if env.functions or env.containers:
        _add_sampling(stack, key_arn)
    # X-Ray Developer Guide, "Use filter expressions": a group's service map shows the matching traces.
    ours = " OR ".join(f'service("{service.resource}")' for service in catalog.services)
    stack.add(aws.XrayGroup, "main", group_name=names.tracing, filter_expression=ours)


def _add_sampling(stack: Stack, key_arn: str) -> None:
    """Add the rule and the encryption of the traces of created services.

    Existing services are traced as before: by the rules and with the key that the account has.
    """
    env, names = stack.env, stack.names
    stack.add(
        aws.XraySamplingRule,
        "main",
        rule_name=names.tracing,
        priority=env.tracing.priority,
        fixed_rate=env.tracing.sampling_rate,
        reservoir_size=env.tracing.reservoir_per_s,
        service_name=names.resource("*"),  # a sampling rule applies to all services of the account
        service_type="*",
        host="*",
        http_method="*",
        url_path="*",
        resource_arn="*",
        version=1,
    )
    if env.tracing.manage_encryption:
        stack.add(aws.XrayEncryptionConfig, "main", type="KMS", key_id=key_arn)
