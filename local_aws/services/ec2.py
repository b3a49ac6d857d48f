"""EC2: security group rules for all protocols, which have no ports.

Terraform's provider revokes the default egress rule of a new group with the ports 0 to 0. AWS ignores ports
if the protocol is -1; MiniStack searches for a rule with these ports and does not revoke the default rule.

Source: Amazon EC2 API Reference, IpPermission: with the protocol -1, ports are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_aws import forms
from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.http import Response

_PORTS = ("FromPort", "ToPort")


async def without_ports(call: Call) -> Response:
    """Forward the call without the ports of permissions for all protocols.

    Raises:
        AwsError: MiniStack's error.
    """
    form = call.request.fields()
    portless = {
        f"{name.removesuffix('IpProtocol')}{port}"
        for name, value in form.items()
        if name.endswith(".IpProtocol") and value == "-1"
        for port in _PORTS
    }
    return await forms.forward(call, {name: value for name, value in form.items() if name not in portless})


_ANSWERS: dict[str, Answer] = {
    "AuthorizeSecurityGroupEgress": without_ports,
    "AuthorizeSecurityGroupIngress": without_ports,
    "RevokeSecurityGroupEgress": without_ports,
    "RevokeSecurityGroupIngress": without_ports,
}

SERVICE = Service("ec2", _ANSWERS)
