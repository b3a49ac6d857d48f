"""What commands share: the environment, its AWS, its lock, and the console."""

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
    """Return the option that names one stack."""
    text = "The stack." if required else "Only this stack."
    return click.option("--stack", metavar="NAME", required=required, help=text)


class _Console(Console):
    """A console that leaves it to the command what a closed output means; rich ends the program."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def console() -> Console:
    """Return where a command prints."""
    return _Console(soft_wrap=False)


def read(name: str | None) -> tuple[Environment, Catalog]:
    """Return an environment and its catalog; one with a local AWS is cut off from the user's own AWS.

    Args:
        name: the environment; the one that ENV names unless given.

    Raises:
        ConfigError: something in its files or variables is wrong.
    """
    env, catalog = environment.read(name)
    if env.is_local:
        clients.forget_the_users_aws(os.environ)
    return env, catalog


def require_aws(env: Environment) -> None:
    """Refuse to go on without the AWS of `env`: a local one that runs, or the right account.

    Raises:
        CommandError: the local AWS does not run, or the account is another one.
    """
    if env.is_local:
        local.require(env)
    else:
        clients.check_account(env)


def alone(env: Environment, command: str, stack: str | None = None) -> AbstractContextManager[None]:
    """Hold the lock of `env` while a command synthesizes or changes it.

    Args:
        env: the environment.
        command: the target of `make`, for whoever has to wait.
        stack: the one stack that it is about.
    """
    typed = f"make {command} ENV={env.environment}{f' STACK={stack}' if stack else ''}"
    return locking.environment(LOCKS, env.environment, typed)
