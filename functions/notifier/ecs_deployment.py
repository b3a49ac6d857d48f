"""Read ECS Deployment State Change events.

Shape: "Amazon ECS service deployment state change events", Amazon ECS Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.notifier.ecs_finding import Finding, last_part
from functions.notifier.fields import mapping, text
from functions.notifier.notice import Fact
from functions.notifier.wording import one_line, read_time

_WORDS = {
    "SERVICE_DEPLOYMENT_FAILED": "a deployment failed",
    "SERVICE_DEPLOYMENT_IN_PROGRESS": "a deployment is in progress",
    "SERVICE_DEPLOYMENT_COMPLETED": "a deployment is complete",
}


def read_deployment(message: Mapping[str, Any]) -> Finding:
    """Read an event about a deployment; `eventType` is ERROR when it failed, else INFO."""
    detail = mapping(message, "detail")
    event, deployment = one_line(text(detail, "eventName")), one_line(text(detail, "deploymentId"))
    failed = text(detail, "eventType") == "ERROR"
    cluster, service = _cluster_and_service(message)
    return Finding(
        summary=_WORDS.get(event, f"deployment event {event}".strip()),
        is_failure=failed,
        advice="Look at why its tasks stopped, then at the change that was deployed." if failed else "",
        cluster=cluster,
        ecs_name=service,
        is_service=True,
        # The key is of the service, not of the deployment: the deployment that fixes it has another id.
        problem="deployment",
        at=read_time(detail.get("updatedAt")),
        facts=(Fact("Deployment", deployment),) if deployment else (),
        is_end=not failed and event == "SERVICE_DEPLOYMENT_COMPLETED",
    )


def _cluster_and_service(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return cluster and service: `arn:aws:ecs:<region>:<account>:service/<cluster>/<service>`."""
    resources = message.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else ""
    parts = one_line(first).split("/") if isinstance(first, str) else [""]
    return (parts[-2] if len(parts) > 2 else ""), last_part(parts[-1])  # noqa: PLR2004 (docstring)
