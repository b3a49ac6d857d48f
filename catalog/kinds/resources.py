"""The log groups of an environment, and its rules on AWS events: those of all services and kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.kinds.kind import ServiceKind
from catalog.naming import Names
from catalog.specs import EventRule, LogGroup
from config.models import Environment

Kinds = Mapping[str, ServiceKind[Any]]
"""The kinds of services, by name."""


def log_groups(env: Environment, names: Names, kinds: Kinds) -> Iterator[LogGroup]:
    """Yield every log group: those that the platform creates, and those of existing services."""
    for name, service in env.services.items():
        yield from kinds[service.kind].log_groups(names, name, service)
    for kind in used(env, kinds):
        yield from kind.shared_log_groups(env, names)
    yield LogGroup(key="notifier", name=names.function_log_group("notifier"), writer="notifier")
    yield LogGroup(key="log-archive", name=names.delivery_log_group, writer="delivery")


def is_archived(group: LogGroup) -> bool:
    """Return whether a log group is sent to the archive: errors of the archive would cause a loop."""
    return group.owned and group.writer != "delivery"


def event_rules(env: Environment, names: Names, kinds: Kinds) -> Iterator[EventRule]:
    """Yield every rule on AWS events; those that notify are an `Event`."""
    for kind in used(env, kinds):
        yield from kind.notifying_events(env, names)
        yield from kind.logged_events(env, names)


def used(env: Environment, kinds: Kinds) -> tuple[ServiceKind[Any], ...]:
    """Return the kinds that have a service."""
    return tuple(kind for kind in kinds.values() if kind.name in env.kinds)
