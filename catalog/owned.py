"""Names of roles, functions and queues, which must be different for all services, and shortened names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from catalog.kinds import KINDS, resources
from catalog.naming import Names
from config.models import Environment
from config.services import AnyService, ExistingService

Owned = tuple[str, str | None]
"""A name, and its service; None for the platform."""


def _created(env: Environment) -> Iterator[tuple[str, AnyService]]:
    return ((name, one) for name, one in env.services.items() if not isinstance(one, ExistingService))


def roles(env: Environment, names: Names) -> Iterator[Owned]:
    """Yield the name of every IAM role of `env`, as `names` has it."""
    for name, service in _created(env):
        yield from ((role, name) for role in KINDS[service.kind].roles(names, name))
    yield from ((names.log_archive, None), (names.log_subscription_role, None), (names.notifier, None))
    if env.maintenance:
        yield names.maintenance_role, None


def functions(env: Environment, names: Names) -> Iterator[Owned]:
    """Yield the name of every Lambda function of `env`, as `names` has it."""
    for name, service in _created(env):
        yield from ((function, name) for function in KINDS[service.kind].functions(names, name))
    yield names.notifier, None


def queues(env: Environment, names: Names) -> Iterator[Owned]:
    """Yield the name of every queue of `env`, as `names` has it."""
    for name, service in _created(env):
        yield from ((queue, name) for queue in KINDS[service.kind].queues(names, name, service))
    yield from ((names.alarm_queue, None), (names.alarm_dead_letters, None))
    yield names.notifier_dead_letters, None
    if any(resources.event_rules(env, names, KINDS)):
        yield names.event_dead_letters, None


def shortened(env: Environment) -> Iterator[tuple[str, str, str]]:
    """Yield the type, the full name and the name in AWS of every resource whose name is shortened."""
    names = Names.of(env)
    pairs = zip(_all(env, dataclasses.replace(names, is_limited=False)), _all(env, names), strict=True)
    yield from ((type_, full, name) for (type_, full), (_, name) in pairs if name != full)


def _all(env: Environment, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the type and the name of every resource whose name may be shortened."""
    yield from (("role", name) for name, _ in roles(env, names))
    yield from (("function", name) for name, _ in functions(env, names))
    yield from (("queue", name) for name, _ in queues(env, names))
    yield from (("ECS service", names.of_service(name)) for name in env.containers)
    yield from (("rule", rule.name) for rule in resources.event_rules(env, names, KINDS))
    yield from (("schedule", names.schedule(window)) for window in env.maintenance)
    yield "delivery stream", names.log_archive
    yield "bucket", names.archive_bucket
    yield "X-Ray group and sampling rule", names.tracing
