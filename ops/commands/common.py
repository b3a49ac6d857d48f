"""Shared by the commands: the environment, its AWS, its lock, and the console."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console

from aws import clients
from catalog import Catalog, environment
from config.models import Environment
from config.paths import BUILD
from ops import local
from terraform import locking

_F = TypeVar("_F", bound=Callable[..., Any])

LOCKS = BUILD
"""Where the locks of commands are."""

env_option = click.option("--env", "name", metavar="NAME", help="The environment (default: ENV, or local).")
"""Option of every command that works on an environment; its value is the argument `name`."""


def stack_option(*, required: bool = False) -> Callable[[_F], _F]:
    """Return the option that selects a stack."""
    description = "The stack." if required else "Only this stack (default: all)."
    return click.option("--stack", metavar="NAME", required=required, help=description)


class _Console(Console):
    """A console that raises if its output is closed; rich would end the program."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def console() -> Console:
    """Return the console of a command."""
    return _Console(soft_wrap=False)


def read(name: str | None) -> tuple[Environment, Catalog]:
    """Return an environment and its catalog; for a local AWS, ignore the user's own AWS settings.

    Args:
        name: the environment (default: ENV, or local).

    Raises:
        ConfigError: its files or variables are not valid.
    """
    env, catalog = environment.read(name)
    if env.is_local:
        clients.forget_the_users_aws(os.environ)
    return env, catalog


def require_aws(env: Environment) -> None:
    """Stop if the AWS of `env` is not available.

    Raises:
        CommandError: the local AWS does not run, or the credentials are of another account.
    """
    if env.is_local:
        local.require(env)
    else:
        clients.check_account(env)


def alone(env: Environment, command: str, stack: str | None = None) -> AbstractContextManager[None]:
    """Hold the lock of `env` while a command synthesizes or changes it.

    Args:
        env: the environment.
        command: the target of `make`, shown to commands that wait for the lock.
        stack: the selected stack; None for all.
    """
    command_line = f"make {command} ENV={env.environment}{f' STACK={stack}' if stack else ''}"
    return locking.environment(LOCKS, env.environment, command_line)
