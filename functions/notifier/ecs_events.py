"""ECS events of EventBridge as a `Notice`: a failed deployment, a task that stopped or never started."""

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
    """One kind of event: what reads its detail, and the heading in the runbook about ECS."""

    read: Callable[[Mapping[str, Any]], Finding]
    heading: str


_KINDS = {
    "ECS Deployment State Change": _Kind(read_deployment, "deployment-failed"),
    "ECS Task State Change": _Kind(read_task, "task-failed"),
}


def is_ecs_event(message: Mapping[str, Any]) -> bool:
    """Tell whether a message is an ECS event of a kind that is known here."""
    known = text(message, "source") == "aws.ecs" and text(message, "detail-type") in _KINDS
    return known and isinstance(message.get("detail"), dict)


def read_ecs_event(
    message: Mapping[str, Any], severity: Severity, settings: Settings, *, sent_at: datetime
) -> Notice:
    """Turn an ECS event into a notice; of failures only that of a deployment has an end.

    Args:
        message: What `is_ecs_event` takes for one.
        severity: The topic's.
        settings: Names, Region and where the runbooks are.
        sent_at: When SNS took the message.
    """
    kind = _KINDS[message["detail-type"]]
    found = kind.read(message)
    at = found.at or read_time(message.get("time")) or sent_at
    service = found.in_ecs.removeprefix(f"{settings.project}-").removesuffix(f"-{settings.environment}")
    runbook = f"{settings.runbooks}/ecs.md#{kind.heading}"
    return Notice(
        state="EVENT" if found.is_failure else "INFO",
        severity=severity,
        environment=settings.environment,
        service=service,
        what=found.what,
        sentence=f"{capital(found.what)}.",
        advice=found.advice,
        facts=tuple(_facts(message, found, service, at)),
        links=(
            *([Link("Runbook", runbook)] if found.is_failure else []),
            *_links(message, found, settings, console.around(at, sent_at)),
        ),
        occurred_at=at,
        key=_key(found, at),
        source=found.in_ecs or "ECS",
        group=settings.whole,
        is_end=found.is_end,
    )


def _key(found: Finding, at: datetime) -> str:
    """Return the key of a problem; PagerDuty adds to an open incident whatever has its key."""
    hour = f"/{at.astimezone(timezone.utc):%Y-%m-%dT%H}" if found.is_hourly else ""
    return problem_key("ecs", f"ecs/{found.cluster}/{found.in_ecs}/{found.problem}{hour}")


def _facts(message: Mapping[str, Any], found: Finding, service: str, at: datetime) -> Iterator[Fact]:
    detail = mapping(message, "detail")
    reason = one_line(text(detail, "reason") or text(detail, "stoppedReason"))
    if reason:
        yield Fact("Reason", reason)
    yield Fact("Since" if found.is_failure else "At", utc(at))
    yield from found.facts
    if service:
        yield Fact("Service", service)
    where = [one_line(text(message, key)) for key in ("account", "region")]
    if any(where):
        yield Fact("Account", ", ".join(part for part in where if part))


def _links(
    message: Mapping[str, Any], found: Finding, settings: Settings, window: tuple[datetime, datetime]
) -> Iterator[Link]:
    region = console.known_region(text(message, "region"), otherwise=settings.region)
    ours = found.in_ecs.startswith(f"{settings.project}-") and found.in_ecs.endswith(
        f"-{settings.environment}"
    )
    yield Link("Dashboard", console.dashboard(region, settings.whole))
    if ours:  # the platform names the log group after the service; of others nothing is known
        yield Link("Errors in the log", console.errors(region, f"/ecs/{found.in_ecs}", window))
    yield Link("Trace map", console.trace_map(region, found.in_ecs if ours else ""))
    if found.is_service and found.cluster and found.in_ecs:
        yield Link("Service in ECS", console.ecs_service(region, found.cluster, found.in_ecs))
