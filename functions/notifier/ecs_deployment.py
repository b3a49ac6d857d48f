"""ECS Deployment State Change.

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
    cluster, service = _where(message)
    return Finding(
        what=_WORDS.get(event, f"deployment event {event}".strip()),
        is_failure=failed,
        advice="Look at why its tasks stopped, then at what was changed." if failed else "",
        cluster=cluster,
        in_ecs=service,
        is_service=True,
        # Of the service and not of the deployment: the one that mends it has another id.
        problem="deployment",
        at=read_time(detail.get("updatedAt")),
        facts=(Fact("Deployment", deployment),) if deployment else (),
        is_end=not failed and event == "SERVICE_DEPLOYMENT_COMPLETED",
    )


def _where(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return cluster and service: `arn:aws:ecs:<region>:<account>:service/<cluster>/<service>`."""
    resources = message.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else ""
    parts = one_line(first).split("/") if isinstance(first, str) else [""]
    return (parts[-2] if len(parts) > 2 else ""), last_part(parts[-1])  # noqa: PLR2004 (docstring)
