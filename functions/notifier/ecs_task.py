"""ECS Task State Change.

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
"""A shell's convention, and Docker's: 128 + the number of the signal that ended the process."""
_ENDED_BY_ECS = (_SIGNALLED + signal.SIGTERM, _SIGNALLED + signal.SIGKILL)


def read_task(message: Mapping[str, Any]) -> Finding:
    """Read an event about a task: one that stopped, as far as the platform's rule lets through."""
    detail = mapping(message, "detail")
    what, is_failure, advice = _words(detail)
    group = one_line(text(detail, "group"))
    at = read_time(detail.get("stoppedAt"))
    return Finding(
        what=what,
        is_failure=is_failure,
        advice=advice,
        cluster=last_part(text(detail, "clusterArn")),
        in_ecs=group.removeprefix("service:").removeprefix("family:"),
        is_service=group.startswith("service:"),
        problem="task-failed",  # one that keeps dying is one problem, however often ECS starts it again
        is_hourly=True,
        at=at,
        facts=tuple(_facts(detail, at)),
    )


def _words(detail: Mapping[str, Any]) -> tuple[str, bool, str]:
    """Return what happened, whether that is a failure, and where to look."""
    status, code = one_line(text(detail, "lastStatus")), text(detail, "stopCode")
    reason, containers = one_line(text(detail, "stoppedReason")), mappings(detail, "containers")
    if status != "STOPPED":
        return f"a task is {status or 'in an unknown state'}", False, ""
    full = [
        _name(container) for container in containers if text(container, "reason").startswith("OutOfMemory")
    ]
    if full:
        return (
            f"a task died: {' and '.join(full)} ran out of memory",
            True,
            "Give it more memory, or find what takes it.",
        )
    if code == "TaskFailedToStart":
        kind = f" ({clip(reason.split(':', 1)[0], 60)})" if reason else ""
        advice = "ECS could not bring it up at all: image, secrets, log group, network, in this order."
        return f"a task could not start{kind}", True, advice
    if code == "EssentialContainerExited":
        return f"a task died: {_ended(containers)}", True, "Look at the last lines of its log."
    return f"a task was stopped{f' ({clip(reason, 80)})' if reason else ''}", False, ""


def _ended(containers: list[dict[str, Any]]) -> str:
    """Say which containers ended by themselves; when one does, ECS ends the others with a signal."""
    ended = [(container, container.get("exitCode")) for container in containers if _exit(container)]
    own = [entry for entry, code in ended if code not in (0, *_ENDED_BY_ECS)]
    named = own or [entry for entry, _ in ended]
    return " and ".join(f"{_name(entry)} ended with {_exit(entry)}" for entry in named) or "a container ended"


def _facts(detail: Mapping[str, Any], stopped_at: datetime | None) -> Iterator[Fact]:
    started_at = read_time(detail.get("startedAt"))
    if started_at and stopped_at and started_at <= stopped_at:
        yield Fact("Ran for", duration((stopped_at - started_at).total_seconds()))
    for container in mappings(detail, "containers"):
        words = [_exit(container), one_line(text(container, "reason"))]
        yield Fact(f"Container {_name(container)}", ", ".join(filter(None, words)) or "did not run")
    for name, key in (("Task", "taskArn"), ("Task definition", "taskDefinitionArn")):
        if text(detail, key):
            yield Fact(name, last_part(text(detail, key)))


def _name(container: Mapping[str, Any]) -> str:
    return one_line(text(container, "name")) or "a container"


def _exit(container: Mapping[str, Any]) -> str:
    """Write an exit code, with the signal that it stands for; empty when the container never ran."""
    code = container.get("exitCode")
    if type(code) is not int:
        return ""
    try:
        return f"exit code {code} ({signal.Signals(code - _SIGNALLED).name})"
    except ValueError:
        return f"exit code {code}"
