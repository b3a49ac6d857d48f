"""IAM: a description is read back as it was given."""

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


@pytest.mark.parametrize("text", ["a & b", "<b>", "&amp;", "]]>", "\"q\" 'p'", "£ ÿ", "${x} %{y} \\ %26 +"])
def test_a_description_is_read_back_as_it_was_given(client: Callable[[str], Any], text: str) -> None:
    """When the role is created, read, listed and changed; a policy's too."""
    iam = client("iam")
    made = iam.create_role(RoleName="described", AssumeRolePolicyDocument=TRUST, Description=text)
    policy = iam.create_policy(PolicyName="described", PolicyDocument=ALLOWS, Description=text)["Policy"]
    try:
        assert made["Role"]["Description"] == text
        assert iam.get_role(RoleName="described")["Role"]["Description"] == text
        listed = {role["RoleName"]: role for role in iam.list_roles()["Roles"]}
        assert listed["described"]["Description"] == text
        iam.update_role(RoleName="described", Description=f"{text}!")
        assert iam.get_role(RoleName="described")["Role"]["Description"] == f"{text}!"
        assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["Description"] == text
    finally:
        iam.delete_role(RoleName="described")
        iam.delete_policy(PolicyArn=policy["Arn"])
