"""The kinds of existing resources that are read from an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ops.existing import ecs, functions, state_machines
from ops.existing.account import Resource, Unread


class Kind(NamedTuple):
    """How the resources that services of a kind watch are named and read."""

    words: str
    """Such as "function", in messages."""
    description: str
    """How a description begins if the resource has none."""
    tagged: str
    """Type of the Resource Groups Tagging API."""
    service: str
    """The service in its ARN."""
    resource: str
    """The beginning of the resource in its ARN."""
    read: Callable[..., Resource | Unread | None]
    """Reads the resource with these names; None if it does not exist."""


KINDS: Final[Mapping[str, Kind]] = {
    "lambda": Kind("function", "Lambda function", "lambda:function", "lambda", "function:", functions.read),
    "ecs": Kind("ECS service", "ECS service", "ecs:service", "ecs", "service/", ecs.read),
    "state-machine": Kind(
        "state machine",
        "state machine",
        "states:stateMachine",
        "states",
        "stateMachine:",
        state_machines.read,
    ),
}
"""Kind of a service (`catalog.kinds.KINDS`) -> its resources."""
