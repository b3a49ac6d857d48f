"""Facts of existing ECS services.

Sources: Amazon ECS API Reference, DescribeServices, DescribeTaskDefinition, DescribeClusters; Elastic Load
Balancing API Reference, DescribeTargetGroups; Application Auto Scaling API Reference,
DescribeScalableTargets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.existing.account import UNREAD, Account, Resource, Unread

_FARGATE = {"FARGATE", "FARGATE_SPOT"}
"""Launch type and capacity providers on Fargate (Amazon ECS Developer Guide, "Capacity providers")."""

_INSIGHTS = {"enabled", "enhanced"}
"""Values of the setting `containerInsights` with which ECS publishes metrics (ClusterSetting)."""


_ALTERNATING = {
    "no-healthy-target": {
        "enabled": False,
        "reason": "deployments alternate between target groups, of which one has no targets",
    }
}
"""The settings of alarms with blue/green deployments; too-few-tasks reports that tasks are missing."""


def read(account: Account, cluster: str, name: str) -> Resource | Unread | None:
    """Return an ECS service; None if it is not active, or does not exist, or its cluster does not."""
    api = account.client("ecs")
    rows = account.ask(
        "ECS services", lambda: api.describe_services(cluster=cluster, services=[name])["services"]
    )
    if rows is UNREAD:
        return UNREAD
    row = next((row for row in rows or () if row["status"] == "ACTIVE"), None)
    if row is None:
        return None
    # With the deployment controllers CODE_DEPLOY and EXTERNAL, task definition, capacity and load balancers
    # are those of task sets (Service, taskSets).
    primary = next((entry for entry in row.get("taskSets", []) if entry["status"] == "PRIMARY"), row)
    facts: dict[str, Any] = {}
    remarks: list[str] = []
    if launch_type := _launch_type(primary) or _launch_type(row):
        facts["launch_type"] = launch_type
    if row.get("schedulingStrategy") == "DAEMON":
        remarks.append("desired_count: one task on each instance (DAEMON), so it follows the cluster")
    else:
        facts["desired_count"] = row["desiredCount"]
    bounds = _bounds(account, cluster, name)
    if bounds is not UNREAD:
        facts["autoscaling"] = bounds
    groups, elsewhere = _logs(account, primary.get("taskDefinition") or row.get("taskDefinition"))
    if groups is not UNREAD:
        facts["log_groups"] = groups
    of_set = () if primary is row else primary.get("loadBalancers", [])
    balancers = [*row.get("loadBalancers", []), *of_set]
    targets, unwatched = _targets(account, balancers)
    if targets is not UNREAD:
        facts["target_groups"] = targets
    insights = _container_insights(account, cluster)
    if insights is not UNREAD:
        facts["container_insights"] = insights
    alarms, of_deployments = _deployments(row, balancers, balanced=bool(facts.get("target_groups")))
    return Resource(
        kind="ecs",
        names={"cluster": cluster, "ecs_service": name},
        facts=facts,
        alarms=alarms,
        log_groups=() if groups is UNREAD else groups,
        remarks=(*remarks, *of_deployments, *elsewhere, *unwatched),
    )


def _deployments(
    row: Mapping[str, Any], balancers: Sequence[Mapping[str, Any]], *, balanced: bool
) -> tuple[Mapping[str, Mapping[str, Any]], list[str]]:
    """Return the settings of alarms, and the remarks, that follow from how a service is deployed.

    Args:
        row: the service, as ECS describes it.
        balancers: its load balancers, and those of its primary task set.
        balanced: whether one of its target groups is watched.
    """
    remarks = []
    by_codedeploy = row.get("deploymentController", {}).get("type") == "CODE_DEPLOY"
    if balanced and by_codedeploy:
        remarks.append("target_groups: the one in use; each deployment with CodeDeploy moves to another one")
    breaker = row.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    if not breaker.get("enable"):
        remarks.append(
            "deployments that fail send no page: its deployment circuit breaker is off, so ECS sends no event"
        )
    is_alternating = by_codedeploy or any(_alternate(entry) for entry in balancers)
    return (_ALTERNATING if balanced and is_alternating else {}), remarks


def _launch_type(row: Mapping[str, Any]) -> str | None:
    """Return `fargate` or `ec2` for the capacity of a service or task set; None if it does not state it.

    External and managed instances count as EC2: what matters is whether ECS measures tasks on Fargate.
    """
    capacity = {str(entry["capacityProvider"]) for entry in row.get("capacityProviderStrategy", [])}
    if row.get("launchType"):
        capacity.add(str(row["launchType"]))
    return ("fargate" if capacity <= _FARGATE else "ec2") if capacity else None


def _container_insights(account: Account, cluster: str) -> bool | Unread:
    """Return whether a cluster has Container Insights."""
    api = account.client("ecs")
    clusters = account.ask(
        "settings of ECS clusters",
        lambda: api.describe_clusters(clusters=[cluster], include=["SETTINGS"])["clusters"],
    )
    if clusters is UNREAD:
        return UNREAD
    settings = [setting for row in clusters or () for setting in row.get("settings", [])]
    return any(
        setting["name"] == "containerInsights" and setting["value"] in _INSIGHTS for setting in settings
    )


def _bounds(account: Account, cluster: str, name: str) -> Mapping[str, int] | Unread | None:
    """Return the bounds of the autoscaling of a service; None without autoscaling."""
    rows = account.ask(
        "autoscaling of ECS services",
        lambda: account.pages(
            "application-autoscaling",
            "describe_scalable_targets",
            "ScalableTargets[]",
            ServiceNamespace="ecs",
            ResourceIds=[f"service/{cluster}/{name}"],
            ScalableDimension="ecs:service:DesiredCount",
        ),
    )
    if rows is UNREAD:
        return UNREAD
    return {"min_tasks": rows[0]["MinCapacity"], "max_tasks": rows[0]["MaxCapacity"]} if rows else None


def _logs(account: Account, definition: str | None) -> tuple[tuple[str, ...] | Unread, list[str]]:
    """Return the log groups of a task definition, and remarks on containers that log elsewhere."""
    if definition is None:  # the deployment controller EXTERNAL, before the first task set
        return UNREAD, ["log_groups: it has no task definition yet"]
    api = account.client("ecs")
    answer = account.ask(
        "task definitions",
        lambda: api.describe_task_definition(taskDefinition=definition)["taskDefinition"],
    )
    if answer is UNREAD:
        return UNREAD, []
    groups: dict[str, None] = {}
    remarks: list[str] = []
    for container in (answer or {}).get("containerDefinitions", []):
        driver = container.get("logConfiguration", {})
        options = driver.get("options", {})
        region = options.get("awslogs-region", account.env.region)
        if driver.get("logDriver") != "awslogs":
            where = f"with the driver {driver['logDriver']}" if driver else "without a log driver"
            remarks.append(f"the container {container['name']} logs {where}: its log is not watched")
        elif region != account.env.region:
            remarks.append(f"the container {container['name']} logs to {region}: its log is not watched")
        elif "awslogs-group" in options:
            groups[options["awslogs-group"]] = None
    return tuple(groups), remarks


def _targets(
    account: Account, balancers: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Mapping[str, str], ...] | Unread, list[str]]:
    """Return the target groups with their Application Load Balancers, and remarks on all others."""
    arns: dict[str, None] = {}
    remarks: list[str] = []
    for entry in balancers:
        arns |= {arn: None for arn in (entry.get("targetGroupArn"), _alternate(entry)) if arn}
        if entry.get("loadBalancerName"):
            remarks.append(f"the Classic Load Balancer {entry['loadBalancerName']} is not watched")
    targets: list[Mapping[str, str]] = []
    for arn in arns:
        row = target_group(account, arn)
        if row is UNREAD:
            return UNREAD, remarks
        found = [] if row is None else row.get("LoadBalancerArns", [])
        in_front = [balancer for balancer in found if ":loadbalancer/app/" in balancer]
        targets += [{"load_balancer_arn": entry, "target_group_arn": arn} for entry in in_front[:1]]
        if not in_front:
            remarks.append(f"the target group {arn} has no Application Load Balancer: it is not watched")
        if in_front[1:]:
            remarks.append(f"the target group {arn} is watched for one of its load balancers only")
    return tuple(targets), remarks


def _alternate(balancer: Mapping[str, Any]) -> str | None:
    """Return the second target group of ECS blue/green deployments (LoadBalancer, advancedConfiguration)."""
    arn: str | None = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
    return arn


def target_group(account: Account, arn: str) -> Mapping[str, Any] | Unread | None:
    """Return the description of a target group; None if it does not exist."""

    def call() -> Mapping[str, Any] | None:
        rows: list[Mapping[str, Any]] = account.pages(
            "elbv2", "describe_target_groups", "TargetGroups[]", TargetGroupArns=[arn]
        )
        return rows[0] if rows else None

    return account.ask("target groups", call)
