"""EC2: rules of security groups for all protocols, which have no ports.

Terraform's provider takes a new group's rule "everything may go out" away by naming it with ports 0 to 0. AWS
ignores ports when the protocol is -1; MiniStack looks for a rule that has them, and keeps the one it should
remove.

Source: Amazon EC2 API Reference, IpPermission: with the protocol -1, ports are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_aws import forms
from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.wire import Response

_PORTS = ("FromPort", "ToPort")


async def without_ports(call: Call) -> Response:
    """Forward the call without the ports of permissions for all protocols.

    Raises:
        AwsError: MiniStack's error.
    """
    given = call.request.fields()
    portless = {
        f"{name.removesuffix('IpProtocol')}{port}"
        for name, value in given.items()
        if name.endswith(".IpProtocol") and value == "-1"
        for port in _PORTS
    }
    return await forms.forward(call, {name: value for name, value in given.items() if name not in portless})


_ANSWERS: dict[str, Answer] = {
    "AuthorizeSecurityGroupEgress": without_ports,
    "AuthorizeSecurityGroupIngress": without_ports,
    "RevokeSecurityGroupEgress": without_ports,
    "RevokeSecurityGroupIngress": without_ports,
}

SERVICE = Service("ec2", _ANSWERS)
