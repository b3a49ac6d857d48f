"""IAM: descriptions are returned as they were set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


ALLOWS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
)


@pytest.mark.parametrize(
    "description", ["a & b", "<b>", "&amp;", "]]>", "\"q\" 'p'", "£ ÿ", "${x} %{y} \\ %26 +"]
)
def test_a_description_is_read_back_as_it_was_given(client: Callable[[str], Any], description: str) -> None:
    """When a role is created, read, listed and changed, and in a policy."""
    iam = client("iam")
    created = iam.create_role(RoleName="described", AssumeRolePolicyDocument=TRUST, Description=description)
    policy = iam.create_policy(PolicyName="described", PolicyDocument=ALLOWS, Description=description)[
        "Policy"
    ]
    try:
        assert created["Role"]["Description"] == description
        assert iam.get_role(RoleName="described")["Role"]["Description"] == description
        listed = {role["RoleName"]: role for role in iam.list_roles()["Roles"]}
        assert listed["described"]["Description"] == description
        iam.update_role(RoleName="described", Description=f"{description}!")
        assert iam.get_role(RoleName="described")["Role"]["Description"] == f"{description}!"
        assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["Description"] == description
    finally:
        iam.delete_role(RoleName="described")
        iam.delete_policy(PolicyArn=policy["Arn"])
