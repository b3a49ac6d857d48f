"""Names of roles, functions and queues of an environment, which must be different for all services."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.kinds import KINDS
from catalog.naming import Names
from config.models import Environment

Owned = tuple[str, str | None]
"""A name, and its service; None for the platform."""


def roles(env: Environment) -> Iterator[Owned]:
    """Yield the name of every IAM role of `env`."""
    names = Names.of(env)
    for name, service in env.services.items():
        yield from ((role, name) for role in KINDS[service.kind].roles(names, name))
    yield from ((names.log_archive, None), (names.log_subscription_role, None), (names.notifier, None))
    if env.maintenance:
        yield names.maintenance_role, None


def functions(env: Environment) -> Iterator[Owned]:
    """Yield the name of every Lambda function of `env`."""
    names = Names.of(env)
    for name, service in env.services.items():
        yield from ((function, name) for function in KINDS[service.kind].functions(names, name))
    yield names.notifier, None


def queues(env: Environment) -> Iterator[Owned]:
    """Yield the name of every queue of `env`."""
    names = Names.of(env)
    for name, service in env.services.items():
        yield from ((queue, name) for queue in KINDS[service.kind].queues(names, name, service))
    yield from ((names.alarm_queue, None), (names.alarm_dead_letters, None))
    yield names.notifier_dead_letters, None
