"""IAM and resource policies as values, in the order and spelling that AWS returns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Statement = dict[str, Any]


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    principal: Mapping[str, Sequence[str]] | None = None,
    conditions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Statement:
    """Return a statement that allows `actions` on `resources`, to `principal`, under `conditions`."""
    statement: Statement = {"Sid": sid, "Effect": "Allow"}
    if principal:
        statement["Principal"] = {key: _one_or_many(value) for key, value in principal.items()}
    statement["Action"] = _one_or_many(actions)
    statement["Resource"] = _one_or_many(resources)
    if conditions:
        statement["Condition"] = {
            operator: {key: _one_or_many(value) for key, value in tests.items()}
            for operator, tests in conditions.items()
        }
    return statement


def deny(*arguments: Any, **options: Any) -> Statement:
    """Return a Deny statement with the arguments of `allow`."""
    return {**allow(*arguments, **options), "Effect": "Deny"}


def service(name: str) -> dict[str, list[str]]:
    """Return the principal that is an AWS service, such as `sns.amazonaws.com`."""
    return {"Service": [name]}


def document(*statements: Statement) -> str:
    """Return the policy as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service_name: str, conditions: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Return the trust policy of a role that an AWS service may assume."""
    statement: Statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": service_name},
    }
    if conditions:
        statement["Condition"] = conditions
    return document(statement)


def tls_only(bucket_arn: str) -> Statement:
    """Return the statement that denies requests to a bucket without TLS."""
    return deny(
        "TlsOnly",
        ["s3:*"],
        [bucket_arn, f"{bucket_arn}/*"],
        principal={"AWS": ["*"]},
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


def _one_or_many(value: Any) -> Any:
    """Return the only item of a list with one item: AWS returns single values that way."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        return value[0]
    return list(value) if isinstance(value, tuple) else value
