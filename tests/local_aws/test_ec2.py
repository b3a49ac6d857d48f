"""Security group rules for all protocols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_EVERYWHERE = [{"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def test_a_rule_for_all_protocols_is_found_whatever_its_ports(client: Callable[[str], Any]) -> None:
    """The default rule of a new group is revoked with ports, as Terraform's provider does."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    try:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=_EVERYWHERE)
        assert rules(ec2, group) == []
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=_EVERYWHERE)
        (rule,) = rules(ec2, group)
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("-1", -1, -1)
    finally:
        ec2.delete_security_group(GroupId=group)
        ec2.delete_vpc(VpcId=vpc)


def rules(ec2: Any, group: str) -> list[dict[str, Any]]:
    """Return the rules of a security group."""
    answer = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return list(answer["SecurityGroupRules"])
