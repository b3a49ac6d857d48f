"""The network of ECS tasks: existing subnets, or a VPC with private subnets and NAT gateways."""

from __future__ import annotations

import ipaddress
from typing import Any

from cdktf import Fn

from stacks import aws
from stacks.base import Stack

_SUBNET_BITS = 4
"""Additional prefix bits: a VPC of /16 has subnets of /20, public ones first, then private ones."""

_FIRST_PRIVATE = 8

_NEW_FIRST = {"create_before_destroy": True}
"""A network in use cannot be deleted: services move to the new one before the old one is destroyed."""


class Network:
    """Subnets and security groups for tasks."""

    def __init__(self, stack: Stack) -> None:
        """Use the configured network, or create one."""
        self._stack = stack
        self.ready: list[Any] = []
        """Resources that tasks require for network access: routes, their associations, rules. No resource
        references them, so services have an explicit dependency on them."""
        config = stack.env.network
        if config.vpc_id:
            vpc_id: str = config.vpc_id
            self.subnet_ids = list(config.subnet_ids)
        else:
            vpc = self._vpc()
            vpc_id = vpc.id
            self.subnet_ids = self._subnets(vpc)
        self.security_group_ids = [self._security_group(vpc_id), *config.security_group_ids]

    def _named(self, resource: Any, key: str, **arguments: Any) -> Any:
        """Add a resource that the console shows by its tag `Name`."""
        tags = {"Name": self._stack.names.resource(key)}
        return self._stack.add(resource, key, tags=tags, **arguments)

    def _vpc(self) -> Any:
        return self._named(
            aws.Vpc,
            "tasks",
            cidr_block=self._stack.env.network.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
        )

    def _subnets(self, vpc: Any) -> list[str]:
        stack, config = self._stack, self._stack.env.network
        # Without the filter, the list includes Local Zones to which the account has opted in.
        regular = aws.DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])
        zones = stack.add(aws.DataAwsAvailabilityZones, "available", state="available", filter=[regular])
        blocks = list(ipaddress.ip_network(config.cidr).subnets(prefixlen_diff=_SUBNET_BITS))
        gateway = self._named(aws.InternetGateway, "tasks", vpc_id=vpc.id)
        public_routes = self._named(aws.RouteTable, "public", vpc_id=vpc.id)
        to_internet = stack.add(
            aws.Route,
            "public",
            route_table_id=public_routes.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
        )
        self.ready.append(to_internet)
        subnet_ids, nats = [], []
        for number in range(config.availability_zones):
            zone = Fn.element(zones.names, number)
            public = self._named(
                aws.Subnet,
                f"public-{number}",
                vpc_id=vpc.id,
                cidr_block=str(blocks[number]),
                availability_zone=zone,
            )
            association = stack.add(
                aws.RouteTableAssociation,
                f"public-{number}",
                subnet_id=public.id,
                route_table_id=public_routes.id,
            )
            self.ready.append(association)
            if number < config.nat_gateways:
                nats.append(self._nat(number, public, gateway))
            subnet_ids.append(
                self._private_subnet(number, vpc, str(blocks[_FIRST_PRIVATE + number]), zone, nats)
            )
        return subnet_ids

    def _nat(self, number: int, subnet: Any, gateway: Any) -> Any:
        address = self._named(aws.Eip, f"nat-{number}", domain="vpc", depends_on=[gateway])
        return self._named(
            aws.NatGateway,
            f"nat-{number}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            depends_on=[gateway],
        )

    def _private_subnet(self, number: int, vpc: Any, block: str, zone: Any, nats: list[Any]) -> str:
        stack = self._stack
        subnet = self._named(
            aws.Subnet,
            f"private-{number}",
            vpc_id=vpc.id,
            cidr_block=block,
            availability_zone=zone,
            lifecycle=_NEW_FIRST,
        )
        routes = self._named(aws.RouteTable, f"private-{number}", vpc_id=vpc.id)
        default_route = stack.add(
            aws.Route,
            f"private-{number}",
            route_table_id=routes.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=nats[min(number, len(nats) - 1)].id,
        )
        association = stack.add(
            aws.RouteTableAssociation,
            f"private-{number}",
            subnet_id=subnet.id,
            route_table_id=routes.id,
        )
        self.ready += [default_route, association]
        return str(subnet.id)

    def _security_group(self, vpc_id: str) -> str:
        """Add the group of the tasks: egress to everywhere, ingress from tasks and load balancers."""
        stack = self._stack
        group = self._named(
            aws.SecurityGroup,
            "tasks",
            name=stack.names.resource("tasks"),
            description=f"Tasks of {stack.names.whole}",
            vpc_id=vpc_id,
            lifecycle=_NEW_FIRST,
        )
        egress = stack.add(
            aws.VpcSecurityGroupEgressRule,
            "tasks",
            security_group_id=group.id,
            description="Images, AWS APIs and whatever the services call",
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
        )
        self.ready.append(egress)
        # A rule per port: EC2 rejects duplicate rules of two services.
        for port in sorted({service.port for service in stack.env.containers.values() if service.port}):
            stack.add(
                aws.VpcSecurityGroupIngressRule,
                f"port-{port}",
                security_group_id=group.id,
                description=f"Port {port}, from the other tasks",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                referenced_security_group_id=group.id,
            )
        for name, service in stack.env.containers.items():
            if service.load_balancer:
                stack.add(
                    aws.VpcSecurityGroupIngressRule,
                    f"{name}_load-balancer",
                    security_group_id=group.id,
                    description=f"Port {service.port} of {name}, from its load balancer",
                    ip_protocol="tcp",
                    from_port=service.port,
                    to_port=service.port,
                    referenced_security_group_id=service.load_balancer.security_group_id,
                )
        return str(group.id)
