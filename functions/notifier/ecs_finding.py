"""The common form of both types of ECS events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from functions.notifier.notice import Fact
from functions.notifier.wording import one_line


@dataclass(frozen=True)
class Finding:
    """An ECS event in words.

    Attributes:
        summary: What happened, as part of a sentence.
        is_failure: Whether it is a failure.
        advice: Where to look first.
        cluster: Name of the cluster; empty if the event does not have it.
        ecs_name: Name of the ECS service, or family of a task without a service.
        is_service: Whether `ecs_name` is a service.
        problem: Key of the problem within the service.
        at: When it happened, UTC; None if the event does not have the time.
        facts: Details of this type of event.
        is_hourly: Whether each hour is a problem of its own, because no event reports the end.
        is_end: Whether the event ends the problem.
    """

    summary: str
    is_failure: bool
    advice: str
    cluster: str
    ecs_name: str
    is_service: bool
    problem: str
    at: datetime | None
    facts: tuple[Fact, ...]
    is_hourly: bool = False
    is_end: bool = False


def last_part(arn: str) -> str:
    """Return what follows the last slash of an ARN: the name, or a task's id."""
    return one_line(arn).rsplit("/", 1)[-1]
