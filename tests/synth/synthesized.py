"""What is synthesized for each environment, read back from disk, once per test session."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import Catalog, environment
from config.loader import environments
from config.models import Environment
from ops import functions
from stacks.app import synthesize

STACKS = ("security", "compute", "monitoring", "dashboard")
ENVIRONMENTS = environments()


@dataclass(frozen=True)
class Resource:
    """One resource in a stack's JSON."""

    environment: str
    stack: str
    type: str
    key: str
    body: dict[str, Any]

    @property
    def address(self) -> str:
        """Its Terraform address."""
        return f"{self.type}.{self.key}"

    def __str__(self) -> str:
        return f"{self.environment}/{self.stack}/{self.address}"


@dataclass(frozen=True)
class Synthesized:
    """One environment: what went in and what came out."""

    env: Environment
    catalog: Catalog
    stacks: dict[str, dict[str, Any]]
    manifest: dict[str, Any]

    def resources(self, *types: str, stack: str | None = None) -> list[Resource]:
        """Return the resources of the given types, or all."""
        return [
            Resource(self.env.environment, name, kind, key, body)
            for name, content in self.stacks.items()
            if stack in {None, name}
            for kind, of_kind in content.get("resource", {}).items()
            if not types or kind in types
            for key, body in of_kind.items()
        ]


@functools.cache
def synthesized(name: str) -> Synthesized:
    """Return the environment `name`, synthesized without anybody's overrides."""
    env, catalog = environment.read(name, variables={})
    with tempfile.TemporaryDirectory() as folder:
        return read_back(env, catalog, Path(folder))


def read_back(env: Environment, catalog: Catalog, folder: Path) -> Synthesized:
    """Synthesize `env` under `folder` and return what was written."""
    synthesize(
        env,
        catalog,
        zips=functions.zip_paths(env),
        notifier_zip=functions.notifier_zip(env),
        out=str(folder),
    )
    stacks = {
        name: json.loads((folder / "stacks" / name / "cdk.tf.json").read_text(encoding="utf-8"))
        for name in STACKS
    }
    return Synthesized(env, catalog, stacks, json.loads((folder / "manifest.json").read_text("utf-8")))


def every_resource(*types: str) -> list[Resource]:
    """Return the resources of the given types of every environment."""
    return [resource for name in ENVIRONMENTS for resource in synthesized(name).resources(*types)]


def texts(value: Any) -> Iterator[str]:
    """Yield every text inside JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def listed(value: Any) -> list[Any]:
    """Return JSON's one-or-many as many."""
    return value if isinstance(value, list) else [value]
