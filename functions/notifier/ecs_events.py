"""Convert ECS events of EventBridge to a `Notice`: deployments, and tasks that stopped or did not start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from functions.notifier import console
from functions.notifier.ecs_deployment import read_deployment
from functions.notifier.ecs_finding import Finding
from functions.notifier.ecs_task import read_task
from functions.notifier.fields import mapping, text
from functions.notifier.notice import Fact, Link, Notice, Severity
from functions.notifier.problem_key import problem_key
from functions.notifier.settings import Settings
from functions.notifier.wording import capital, one_line, read_time, utc


@dataclass(frozen=True)
class _Kind:
    """A type of event: the function that reads it, and its heading in the runbook of ECS."""

    read: Callable[[Mapping[str, Any]], Finding]
    heading: str


_KINDS = {
    "ECS Deployment State Change": _Kind(read_deployment, "deployment-failed"),
    "ECS Task State Change": _Kind(read_task, "task-failed"),
}


def is_ecs_event(message: Mapping[str, Any]) -> bool:
    """Return whether a message is an ECS event of a supported type."""
    is_supported = text(message, "source") == "aws.ecs" and text(message, "detail-type") in _KINDS
    return is_supported and isinstance(message.get("detail"), dict)


def read_ecs_event(
    message: Mapping[str, Any], severity: Severity, settings: Settings, *, sent_at: datetime
) -> Notice:
    """Convert an ECS event to a notice; only the failure of a deployment has an event for its end.

    Args:
        message: A message for which `is_ecs_event` is true.
        severity: Severity of the topic.
        settings: Names, Region and location of the runbooks.
        sent_at: When SNS received the message.
    """
    kind = _KINDS[message["detail-type"]]
    finding = kind.read(message)
    at = finding.at or read_time(message.get("time")) or sent_at
    service = finding.ecs_name.removeprefix(f"{settings.project}-").removesuffix(f"-{settings.environment}")
    runbook = f"{settings.runbooks}/ecs.md#{kind.heading}"
    return Notice(
        state="EVENT" if finding.is_failure else "INFO",
        severity=severity,
        environment=settings.environment,
        service=service,
        summary=finding.summary,
        sentence=f"{capital(finding.summary)}.",
        advice=finding.advice,
        facts=tuple(_facts(message, finding, service, at)),
        links=(
            *([Link("Runbook", runbook)] if finding.is_failure else []),
            *_links(message, finding, settings, console.around(at, sent_at)),
        ),
        occurred_at=at,
        key=_key(finding, at),
        source=finding.ecs_name or "ECS",
        group=settings.group,
        is_end=finding.is_end,
    )


def _key(finding: Finding, at: datetime) -> str:
    """Return the key of a problem; PagerDuty adds events with the same key to an open incident."""
    hour = f"/{at.astimezone(timezone.utc):%Y-%m-%dT%H}" if finding.is_hourly else ""
    return problem_key("ecs", f"ecs/{finding.cluster}/{finding.ecs_name}/{finding.problem}{hour}")


def _facts(message: Mapping[str, Any], finding: Finding, service: str, at: datetime) -> Iterator[Fact]:
    detail = mapping(message, "detail")
    reason = one_line(text(detail, "reason") or text(detail, "stoppedReason"))
    if reason:
        yield Fact("Reason", reason)
    yield Fact("Since" if finding.is_failure else "At", utc(at))
    yield from finding.facts
    if service:
        yield Fact("Service", service)
    origin = [one_line(text(message, key)) for key in ("account", "region")]
    if any(origin):
        yield Fact("Account", ", ".join(part for part in origin if part))


def _links(
    message: Mapping[str, Any], finding: Finding, settings: Settings, window: tuple[datetime, datetime]
) -> Iterator[Link]:
    region = console.known_region(text(message, "region"), otherwise=settings.region)
    is_own = finding.ecs_name.startswith(f"{settings.project}-") and finding.ecs_name.endswith(
        f"-{settings.environment}"
    )
    yield Link("Dashboard", console.dashboard(region, settings.group))
    if is_own:  # the log groups of other services are not known
        yield Link("Errors in the log", console.errors(region, f"/ecs/{finding.ecs_name}", window))
    yield Link("Trace map", console.trace_map(region, finding.ecs_name if is_own else ""))
    if finding.is_service and finding.cluster and finding.ecs_name:
        yield Link("Service in ECS", console.ecs_service(region, finding.cluster, finding.ecs_name))
