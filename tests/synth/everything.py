"""What is synthesized for every environment and for a synthetic one in which everything is switched on."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from tests.synth.synthesized import ENVIRONMENTS, Resource, Synthesized, read_back, synthesized
from tests.unit.catalog.catalogs import CHANGES, EVERY

NAMES = (*ENVIRONMENTS, *CHANGES)


@functools.cache
def made(name: str) -> Synthesized:
    """Return an environment by the name that tests/unit/catalog/catalogs.py has for it."""
    if name in ENVIRONMENTS:
        return synthesized(name)
    with tempfile.TemporaryDirectory() as folder:
        return read_back(*EVERY[name], Path(folder))


def of(name: str, *types: str, stack: str | None = None) -> dict[str, Resource]:
    """Return the resources of the given types of one environment, by key."""
    return {resource.key: resource for resource in made(name).resources(*types, stack=stack)}
