"""The kinds of service: one class each, one line each."""

from typing import Any

from catalog.kinds.ecs import EcsServices
from catalog.kinds.kind import Kind
from catalog.kinds.lambda_ import LambdaFunctions

KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (LambdaFunctions(), EcsServices())}
