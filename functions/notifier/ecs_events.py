"""Convert ECS Deployment State Change events of EventBridge to a `Notice`.

Shape: "Amazon ECS service deployment state change events", Amazon ECS Developer Guide. Stopped tasks are
counted by an alarm: an ECS event of another type is a text of an unknown form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from functions.notifier import console
from functions.notifier.fields import mapping, text
from functions.notifier.notice import Fact, Link, Notice, Severity
from functions.notifier.problem_key import problem_key
from functions.notifier.settings import Settings
from functions.notifier.wording import capital, one_line, read_time, utc

_WORDS = {
    "SERVICE_DEPLOYMENT_FAILED": "a deployment failed",
    "SERVICE_DEPLOYMENT_IN_PROGRESS": "a deployment is in progress",
    "SERVICE_DEPLOYMENT_COMPLETED": "a deployment is complete",
}


def is_ecs_event(message: Mapping[str, Any]) -> bool:
    """Return whether a message is an ECS event about a deployment."""
    kind = (text(message, "source"), text(message, "detail-type"))
    return kind == ("aws.ecs", "ECS Deployment State Change") and isinstance(message.get("detail"), dict)


def read_ecs_event(
    message: Mapping[str, Any], severity: Severity, settings: Settings, *, sent_at: datetime
) -> Notice:
    """Convert an ECS event to a notice; a deployment that completes ends the failure of an earlier one.

    Args:
        message: A message for which `is_ecs_event` is true.
        severity: Severity of the topic.
        settings: Names, Region and location of the runbooks.
        sent_at: When SNS received the message.
    """
    detail = mapping(message, "detail")
    event = one_line(text(detail, "eventName"))
    failed = text(detail, "eventType") == "ERROR"
    summary = _WORDS.get(event, f"deployment event {event}".strip())
    at = read_time(detail.get("updatedAt")) or read_time(message.get("time")) or sent_at
    cluster, ecs_name = _cluster_and_service(message)
    service = ecs_name.removeprefix(f"{settings.project}-").removesuffix(f"-{settings.environment}")
    runbook = f"{settings.runbooks}/ecs.md#deployment-failed"
    return Notice(
        state="EVENT" if failed else "INFO",
        severity=severity,
        environment=settings.environment,
        service=service,
        summary=summary,
        sentence=f"{capital(summary)}.",
        advice="Look at why its tasks stopped, then at the change that was deployed." if failed else "",
        facts=tuple(_facts(message, service, "Since" if failed else "At", at)),
        links=(
            *([Link("Runbook", runbook)] if failed else []),
            *_links(message, cluster, ecs_name, settings, console.around(at, sent_at)),
        ),
        occurred_at=at,
        # The key is of the service, not of the deployment: the deployment that fixes it has another id.
        key=problem_key("ecs", f"ecs/{cluster}/{ecs_name}/deployment"),
        source=ecs_name or "ECS",
        group=settings.group,
        is_end=not failed and event == "SERVICE_DEPLOYMENT_COMPLETED",
    )


def _cluster_and_service(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return cluster and service: `arn:aws:ecs:<region>:<account>:service/<cluster>/<service>`."""
    resources = message.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else ""
    parts = one_line(first).split("/") if isinstance(first, str) else [""]
    return (parts[-2] if len(parts) > 2 else ""), parts[-1]  # noqa: PLR2004 (docstring)


def _facts(message: Mapping[str, Any], service: str, when: str, at: datetime) -> Iterator[Fact]:
    detail = mapping(message, "detail")
    origin = [one_line(text(message, key)) for key in ("account", "region")]
    yield from (
        Fact(name, value)
        for name, value in (
            ("Reason", one_line(text(detail, "reason"))),
            (when, utc(at)),
            ("Deployment", one_line(text(detail, "deploymentId"))),
            ("Service", service),
            ("Account", ", ".join(filter(None, origin))),
        )
        if value
    )


def _links(
    message: Mapping[str, Any],
    cluster: str,
    ecs_name: str,
    settings: Settings,
    window: tuple[datetime, datetime],
) -> Iterator[Link]:
    region = console.known_region(text(message, "region"), otherwise=settings.region)
    is_own = ecs_name.startswith(f"{settings.project}-") and ecs_name.endswith(f"-{settings.environment}")
    yield Link("Dashboard", console.dashboard(region, settings.group))
    if is_own:  # the log groups of other services are not known
        yield Link("Errors in the log", console.errors(region, f"/ecs/{ecs_name}", window))
    yield Link("Trace map", console.trace_map(region, ecs_name if is_own else ""))
    if cluster and ecs_name:
        yield Link("Service in ECS", console.ecs_service(region, cluster, ecs_name))
