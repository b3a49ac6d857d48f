"""What both kinds of ECS events come down to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from functions.notifier.notice import Fact
from functions.notifier.wording import one_line


@dataclass(frozen=True)
class Finding:
    """One event of ECS in words.

    Attributes:
        what: What happened, as part of a sentence.
        is_failure: Somebody should look at it.
        advice: Where to look first.
        cluster: Name of the cluster; empty when the event does not tell.
        in_ecs: Name of the ECS service, or family of a task that belongs to none.
        is_service: `in_ecs` is a service.
        problem: The same for every event about one problem of this service.
        at: When it happened, UTC; None when the event does not tell.
        facts: What only this kind of event has.
        is_hourly: What happens in another hour is another problem: no event ever says that it is over.
        is_end: The problem is over.
    """

    what: str
    is_failure: bool
    advice: str
    cluster: str
    in_ecs: str
    is_service: bool
    problem: str
    at: datetime | None
    facts: tuple[Fact, ...]
    is_hourly: bool = False
    is_end: bool = False


def last_part(arn: str) -> str:
    """Return what follows the last slash of an ARN: the name, or a task's id."""
    return one_line(arn).rsplit("/", 1)[-1]
