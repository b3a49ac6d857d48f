"""Load balancers and target groups of the local AWS have the ARNs of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws import clients
from config.loader import load
from config.services import ExistingEcsService
from ops.existing import ecs
from ops.existing.account import Account, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def test_an_ecs_service_behind_a_load_balancer_is_imported(endpoint: str) -> None:
    """The configuration accepts what `make import` proposes for it."""
    env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
    elbv2, api = clients.client(env, "elbv2"), clients.client(env, "ecs")
    targets = [dict(behind_a_load_balancer(elbv2, f"shop-{number}")) for number in range(5)]
    api.create_cluster(clusterName="shop")
    container = {"name": "web", "image": "x", "portMappings": [{"containerPort": 80}]}
    task = api.register_task_definition(family="web", containerDefinitions=[container])["taskDefinition"]
    api.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=task["taskDefinitionArn"],
        desiredCount=0,
        launchType="FARGATE",
        loadBalancers=[
            {"targetGroupArn": target["target_group_arn"], "containerName": "web", "containerPort": 80}
            for target in targets
        ],
    )
    try:
        resource = ecs.read(Account(env), "shop", "web")
    finally:
        api.delete_service(cluster="shop", service="web", force=True)
        api.delete_cluster(cluster="shop")
        for target in targets:
            elbv2.delete_load_balancer(LoadBalancerArn=target["load_balancer_arn"])
            elbv2.delete_target_group(TargetGroupArn=target["target_group_arn"])
    assert isinstance(resource, Resource)
    entry: Mapping[str, Any] = {**resource.names, "target_groups": resource.facts["target_groups"]}
    service = ExistingEcsService.model_validate({"kind": "ecs", "description": "x", **entry})
    assert [target.model_dump() for target in service.target_groups] == targets


def behind_a_load_balancer(elbv2: Any, name: str) -> Iterator[tuple[str, str]]:
    """Create a load balancer and its target group; yield their keys in the configuration and their ARNs."""
    balancer = elbv2.create_load_balancer(Name=name)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80)["TargetGroups"][0][
        "TargetGroupArn"
    ]
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    yield "load_balancer_arn", balancer
    yield "target_group_arn", group
