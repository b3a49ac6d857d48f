"""The kinds of service, one class each."""

from typing import Any

from catalog.kinds.ecs import EcsServices
from catalog.kinds.environment import WholeEnvironment
from catalog.kinds.kind import Kind, ServiceKind
from catalog.kinds.lambda_ import LambdaFunctions
from catalog.kinds.platform import Platform
from catalog.kinds.state_machine import StateMachines

KINDS: dict[str, ServiceKind[Any]] = {
    kind.name: kind for kind in (LambdaFunctions(), EcsServices(), StateMachines())
}
"""The kinds of services, by name."""
ENVIRONMENT = WholeEnvironment()
PLATFORM = Platform(KINDS)
EVERY_KIND: tuple[Kind[Any], ...] = (*KINDS.values(), ENVIRONMENT, PLATFORM)
