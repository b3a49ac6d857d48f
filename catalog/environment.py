"""The environment of a command: configuration and catalog, validated together."""

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
        ConfigError: the variable is set but empty, as in a pipeline without a value for it.
    """
    name = os.environ.get("ENV", DEFAULT)
    if not name.strip():
        text = "is empty: set it to an environment, such as ENV=prod, or unset it"
        raise ConfigError([Problem("environment variable ENV", "", text)])
    return name


def read(
    name: str | None = None, *, variables: Mapping[str, str] | None = None
) -> tuple[Environment, Catalog]:
    """Return the environment `name`, or the current one, with its catalog.

    Args:
        name: the environment's name.
        variables: environment variables with overrides; by default those of the process.

    Raises:
        ConfigError: its files or variables are not valid.
    """
    env = load(name or current(), rules=[catalog.check], variables=variables)
    return env, catalog.build(env)
