"""The environment a command works on: config and catalog, checked together."""

from __future__ import annotations

import os
from collections.abc import Mapping

import catalog
from catalog import Catalog
from config.errors import ConfigError, Problem
from config.loader import load
from config.models import Environment

DEFAULT = "local"


def current() -> str:
    """Return the name in the variable `ENV`, or the default.

    Raises:
        ConfigError: the variable is set and empty, as by a pipeline in which it has no value.
    """
    name = os.environ.get("ENV", DEFAULT)
    if not name.strip():
        text = "is empty: name an environment, such as ENV=prod, or unset it"
        raise ConfigError([Problem("environment variable ENV", "", text)])
    return name


def read(
    name: str | None = None, *, variables: Mapping[str, str] | None = None
) -> tuple[Environment, Catalog]:
    """Return the environment `name`, or the current one, with its catalog.

    Args:
        name: the environment's name.
        variables: where overrides come from; the process's environment unless given.

    Raises:
        ConfigError: something in its files or variables is wrong.
    """
    env = load(name or current(), rules=[catalog.check], variables=variables)
    return env, catalog.build(env)
