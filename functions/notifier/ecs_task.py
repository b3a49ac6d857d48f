"""Read ECS Task State Change events.

Shape: "Amazon ECS task state change events", Amazon ECS Developer Guide; stop codes: Task in the Amazon ECS
API Reference.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from functions.notifier.ecs_finding import Finding, last_part
from functions.notifier.fields import mapping, mappings, text
from functions.notifier.notice import Fact
from functions.notifier.wording import clip, duration, one_line, read_time

_SIGNALLED = 128
"""Exit code of shells and Docker after a signal: 128 + its number."""
_ENDED_BY_ECS = (_SIGNALLED + signal.SIGTERM, _SIGNALLED + signal.SIGKILL)


def read_task(message: Mapping[str, Any]) -> Finding:
    """Read an event about a task; the platform's rule selects tasks that stopped."""
    detail = mapping(message, "detail")
    summary, is_failure, advice = _outcome(detail)
    group = one_line(text(detail, "group"))
    at = read_time(detail.get("stoppedAt"))
    return Finding(
        summary=summary,
        is_failure=is_failure,
        advice=advice,
        cluster=last_part(text(detail, "clusterArn")),
        ecs_name=group.removeprefix("service:").removeprefix("family:"),
        is_service=group.startswith("service:"),
        problem="task-failed",  # a task that fails repeatedly is a single problem
        is_hourly=True,
        at=at,
        facts=tuple(_facts(detail, at)),
    )


def _outcome(detail: Mapping[str, Any]) -> tuple[str, bool, str]:
    """Return what happened, whether it is a failure, and where to look."""
    status, code = one_line(text(detail, "lastStatus")), text(detail, "stopCode")
    reason, containers = one_line(text(detail, "stoppedReason")), mappings(detail, "containers")
    if status != "STOPPED":
        return f"a task is {status or 'in an unknown state'}", False, ""
    full = [
        _name(container) for container in containers if text(container, "reason").startswith("OutOfMemory")
    ]
    if full:
        return (
            f"a task failed: {' and '.join(full)} ran out of memory",
            True,
            "Increase its memory, or find out what uses the memory.",
        )
    if code == "TaskFailedToStart":
        kind = f" ({clip(reason.split(':', 1)[0], 60)})" if reason else ""
        advice = "Check the image, the secrets, the log group and the network, in this order."
        return f"a task could not start{kind}", True, advice
    if code == "EssentialContainerExited":
        return f"a task failed: {_ended(containers)}", True, "Look at the last lines of its log."
    return f"a task was stopped{f' ({clip(reason, 80)})' if reason else ''}", False, ""


def _ended(containers: list[dict[str, Any]]) -> str:
    """Return the containers that ended by themselves; ECS then stops the others with a signal."""
    ended = [(container, container.get("exitCode")) for container in containers if _exit(container)]
    failed = [container for container, code in ended if code not in (0, *_ENDED_BY_ECS)]
    named = failed or [container for container, _ in ended]
    return (
        " and ".join(f"{_name(container)} ended with {_exit(container)}" for container in named)
        or "a container ended"
    )


def _facts(detail: Mapping[str, Any], stopped_at: datetime | None) -> Iterator[Fact]:
    started_at = read_time(detail.get("startedAt"))
    if started_at and stopped_at and started_at <= stopped_at:
        yield Fact("Ran for", duration((stopped_at - started_at).total_seconds()))
    for container in mappings(detail, "containers"):
        details = [_exit(container), one_line(text(container, "reason"))]
        yield Fact(f"Container {_name(container)}", ", ".join(filter(None, details)) or "did not run")
    for name, key in (("Task", "taskArn"), ("Task definition", "taskDefinitionArn")):
        if text(detail, key):
            yield Fact(name, last_part(text(detail, key)))


def _name(container: Mapping[str, Any]) -> str:
    return one_line(text(container, "name")) or "a container"


def _exit(container: Mapping[str, Any]) -> str:
    """Return an exit code with its signal; empty if the container did not run."""
    code = container.get("exitCode")
    if type(code) is not int:
        return ""
    try:
        return f"exit code {code} ({signal.Signals(code - _SIGNALLED).name})"
    except ValueError:
        return f"exit code {code}"
