"""ECS after Terraform: whether each service runs the task definition that was planned, and old revisions.

Terraform cannot tell. It reports a deployment that ECS rolled back as a success (terraform-provider-aws,
issue 20858), and a postcondition on `task_definition` passes if there is no revision to go back to
(issue 19519).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from aws.clients import client
from aws.waiting import waiting_for
from config.errors import CommandError
from config.explain import counted
from config.models import Environment
from ops import state
from stacks.contracts import Compute

_SERVICE = "aws_ecs_service."
_TASK_DEFINITION = "aws_ecs_task_definition."

_SERVICES_PER_CALL = 10
"""Services per call (Amazon ECS API Reference, DescribeServices)."""

_POLL_S = 5.0
_CONFIRM_S = 2.0
"""Seconds between the two reads that must agree, if no deployment is in progress."""
_LIMIT_S = 1200.0
"""Seconds to wait for rollouts: 20 minutes, as the AWS provider waits for a service (Terraform Registry,
hashicorp/aws 5.100.0, `aws_ecs_service`, Timeouts)."""

_EVENTS = 3
"""Number of service events that a message shows of each service."""


@dataclass(frozen=True)
class Planned:
    """A service, and the task definition that Terraform registered for it."""

    name: str
    """Its name in the configuration."""
    cluster: str
    """ARN of its cluster."""
    ecs_name: str
    task_definition: str
    """ARN."""


@dataclass(frozen=True)
class Rollout:
    """What ECS does with a planned service."""

    planned: Planned
    running: str = ""
    """ARN of the task definition that ECS runs; empty if the service does not exist."""
    deployment: str = ""
    """ID of the PRIMARY deployment."""
    is_in_progress: bool = False
    problem: str = ""
    """Why the planned task definition does not run; empty if it does, or may still."""
    details: tuple[str, ...] = ()
    """Reasons of ECS: of the rollout, then the newest service events."""


def require_rolled_out(env: Environment) -> None:
    """Wait until every ECS service runs the task definition that was planned.

    Raises:
        CommandError: ECS rolled a service back, its deployment failed, or it has not ended in 20 minutes.
    """
    planned = planned_services(state.resources(env, Compute.STACK))
    if not planned:
        return
    failed = [rollout for rollout in _settled(env, planned) if rollout.problem or rollout.is_in_progress]
    if failed:
        raise CommandError(message(env, failed))


def planned_services(resources: Mapping[str, Mapping[str, Any]]) -> list[Planned]:
    """Return the ECS services in a state, address -> attributes. Each has a task definition of its key."""
    return [
        Planned(
            name=(name := address.removeprefix(_SERVICE)),
            cluster=str(attributes["cluster"]),
            ecs_name=str(attributes["name"]),
            task_definition=str(resources[_TASK_DEFINITION + name]["arn"]),
        )
        for address, attributes in resources.items()
        if address.startswith(_SERVICE)
    ]


def _settled(env: Environment, planned: Sequence[Planned]) -> list[Rollout]:
    """Return the rollouts once all have ended, or as they are after `_LIMIT_S`.

    An end counts if two reads agree: ECS is eventually consistent, and the first read after an update may
    return the service as it was before.
    """
    ends = time.monotonic() + _LIMIT_S
    before: set[tuple[object, ...]] = set()
    names = ", ".join(service.name for service in planned)
    with waiting_for(f"ECS to deploy {names}"):
        while True:
            rollouts = _read(env, planned)
            now = {_end(rollout) for rollout in rollouts}
            is_in_progress = any(rollout.is_in_progress for rollout in rollouts)
            if (now <= before and not is_in_progress) or time.monotonic() >= ends:
                return rollouts
            before = now
            time.sleep(_POLL_S if is_in_progress else _CONFIRM_S)


def _end(rollout: Rollout) -> tuple[object, ...]:
    """Return what two reads must agree on: all except the reasons."""
    name = rollout.planned.ecs_name
    return (name, rollout.running, rollout.deployment, rollout.is_in_progress, rollout.problem)


def _read(env: Environment, planned: Sequence[Planned]) -> list[Rollout]:
    ecs = client(env, "ecs")
    described: dict[str, Mapping[str, Any]] = {}
    for first in range(0, len(planned), _SERVICES_PER_CALL):
        batch = planned[first : first + _SERVICES_PER_CALL]
        answer = ecs.describe_services(
            cluster=batch[0].cluster, services=[service.ecs_name for service in batch]
        )
        described |= {service["serviceName"]: service for service in answer["services"]}
    return [rollout_of(service, described.get(service.ecs_name, {})) for service in planned]


def rollout_of(planned: Planned, service: Mapping[str, Any]) -> Rollout:
    """Return what ECS does with a planned service.

    `rolloutState` is IN_PROGRESS until the service is in a steady state or fails (Amazon ECS API Reference,
    Deployment). A rollback is a deployment of its own, and PRIMARY from its beginning. Only COMPLETED is a
    success: a service with another deployment controller than ECS has no rollout state. The number of tasks
    does not matter: it may be zero, or changed by scaling.

    Args:
        planned: the service.
        service: its description (Amazon ECS API Reference, Service); empty if ECS does not have it.
    """
    if service.get("status") != "ACTIVE":
        return Rollout(planned, problem="ECS does not have this service")
    deployments: Sequence[Mapping[str, Any]] = service.get("deployments", [])
    primary = next((each for each in deployments if each.get("status") == "PRIMARY"), {})
    running = str(primary.get("taskDefinition") or service["taskDefinition"])
    reasons = [
        str(each["rolloutStateReason"])
        for each in deployments
        if each.get("rolloutState") == "FAILED" and each.get("rolloutStateReason")
    ]
    events = [str(event["message"]) for event in service.get("events", [])[:_EVENTS]]
    details = tuple(dict.fromkeys([*reasons, *events]))
    rollout_state = primary.get("rolloutState")
    problem = ""
    if running != planned.task_definition:
        problem = "ECS has rolled it back"
    elif rollout_state == "FAILED":
        problem = "its deployment failed, and ECS has no completed deployment to roll back to"
    elif rollout_state not in {"COMPLETED", "IN_PROGRESS"}:
        problem = f"its deployment has the rollout state {rollout_state or 'none'}, not COMPLETED"
    return Rollout(
        planned,
        running,
        deployment=str(primary.get("id", "")),
        is_in_progress=not problem and rollout_state == "IN_PROGRESS",
        problem=problem,
        details=details,
    )


def message(env: Environment, failed: Sequence[Rollout]) -> str:
    """Return what to say of services that do not run what was planned: what, where to look, what to do."""
    lines = [f"{Compute.STACK}: Terraform has applied the plan, but ECS does not run what was planned."]
    for rollout in failed:
        planned = rollout.planned
        problem = rollout.problem or f"its deployment has not ended after {_LIMIT_S / 60:.0f} minutes"
        running = _last(rollout.running) or "nothing"
        lines.append(
            f"{planned.name}: planned {_last(planned.task_definition)}, ECS runs {running}: {problem}."
        )
        lines += [f"  {' '.join(detail.split())}" for detail in rollout.details]
        cluster = _last(planned.cluster)
        lines.append(
            f"  Service events: `aws ecs describe-services --cluster {cluster} --services "
            f"{planned.ecs_name} --query 'services[0].events[:10].message'`"
        )
        lines.append(
            f"  Stopped tasks, for an hour: `aws ecs list-tasks --cluster {cluster} --service-name "
            f"{planned.ecs_name} --desired-status STOPPED`, then `aws ecs describe-tasks`"
        )
    deploy = f"`make deploy ENV={env.environment}`"
    if any(rollout.problem and rollout.running == rollout.planned.task_definition for rollout in failed):
        retry = (
            f"correct the image or the configuration, then run {deploy}. If the cause is neither, such as an "
            "image that was not pushed, remove the cause, then start the deployment again with "
            f"`aws ecs update-service --force-new-deployment` before {deploy}."
        )
    elif any(rollout.problem for rollout in failed):
        retry = (
            f"correct the image or the configuration, then run {deploy}: it deploys these services again. "
            "The revisions before are still registered."
        )
    else:
        retry = f"run {deploy}: it continues to wait."
    lines.append(f"The stacks after {Compute.STACK} are not deployed. Next, {retry}")
    lines.append("Runbook: docs/runbooks/ecs.md#deployment-failed")
    return "\n".join(lines)


def _last(arn: str) -> str:
    """Return the name of a cluster, or the family and revision of a task definition."""
    return arn.rpartition("/")[2]


def deregister(env: Environment, console: Console) -> None:
    """Deregister all active task definitions of the environment's families, and print how many.

    Terraform leaves every revision active (`skip_destroy`), so that ECS can roll back to it. A family has the
    tags and the name of the environment: names alone do not tell two environments apart (`shop-api-eu-prod`
    may be `api-eu` in `prod` or `api` in `eu-prod`), and another program may use the same tags. The API of
    tags may return inactive revisions, hence the second call.
    """
    tags = client(env, "resourcegroupstaggingapi")
    pages = tags.get_paginator("get_resources").paginate(
        TagFilters=[
            {"Key": "Project", "Values": [env.project]},
            {"Key": "Environment", "Values": [env.environment]},
        ],
        ResourceTypeFilters=["ecs:task-definition"],
    )
    tagged = {mapping["ResourceARN"] for page in pages for mapping in page["ResourceTagMappingList"]}
    families = {
        family
        for family in map(_family, tagged)
        if family.startswith(f"{env.project}-") and family.endswith(f"-{env.environment}")
    }
    active = sorted(set(_active(env, families)))
    ecs = client(env, "ecs")
    for arn in active:
        ecs.deregister_task_definition(taskDefinition=arn)
    if active:
        line = f"{Compute.STACK:<11} {counted(len(active), 'task definition')} deregistered"
        console.print(line, highlight=False)


def _active(env: Environment, families: set[str]) -> Iterator[str]:
    """Yield the ARNs of the active revisions of some families."""
    paginator = client(env, "ecs").get_paginator("list_task_definitions")
    for family in sorted(families):
        for page in paginator.paginate(familyPrefix=family, status="ACTIVE"):
            # The filter is the whole family (Amazon ECS API Reference, ListTaskDefinitions); an emulator may
            # take it for a prefix, and the next family may be another environment's.
            yield from (arn for arn in page["taskDefinitionArns"] if _family(arn) == family)


def _family(arn: str) -> str:
    return _last(arn).rpartition(":")[0]
