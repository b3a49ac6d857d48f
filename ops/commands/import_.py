"""Propose entries of the configuration file for resources that exist."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from config.errors import visible
from ops.commands import common
from ops.commands.common import env_option
from ops.existing import importing
from ops.existing.account import Account

_F = TypeVar("_F", bound=Callable[..., Any])


def _patterns(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern for value in values for pattern in value.split())


def _clusters_and_services(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    patterns = _patterns(context, option, values)
    for pattern in patterns:
        if pattern.count("/") != 1:
            message = f"{pattern} must be a cluster and a service, such as shop/*"
            raise click.BadParameter(message)
    return patterns


def _selection(
    option: str, names: str, example: str, callback: Callable[..., tuple[str, ...]] = _patterns
) -> Callable[[_F], _F]:
    """Return an option that takes patterns of names."""
    text = f"{names}, such as {example}; `*` is any text. Several are separated by spaces."
    return click.option(option, multiple=True, metavar="PATTERNS", callback=callback, help=text)


@click.command("import")
@env_option
@_selection("--functions", "Names of Lambda functions", "orders-*")
@_selection("--ecs", "Clusters and ECS services", "shop/*", _clusters_and_services)
@_selection("--state-machines", "Names of state machines", "refund-*")
def import_(
    name: str | None, functions: tuple[str, ...], ecs: tuple[str, ...], state_machines: tuple[str, ...]
) -> int:
    """Propose entries of the configuration file for resources that exist.

    Reads the account and prints entries of `services` to standard output, to be copied into the file of the
    environment; what is left out or could not be read, to standard error. A pattern that matches nothing is
    an error, after the entries of the others. It changes nothing, neither in the account nor in a file.
    """
    patterns = importing.Patterns(functions, ecs, state_machines)
    if not any(patterns):
        message = "at least one of --functions, --ecs and --state-machines is required"
        raise click.UsageError(message)
    env, _ = common.read(name)
    common.require_aws(env)
    proposed = importing.propose(Account(env), patterns)
    print(proposed.text, end="")
    for note in proposed.notes:
        print(f"Note: {visible(note, len(note))}", file=sys.stderr)
    for line in proposed.unmatched:
        print(f"import: {visible(line, len(line))}", file=sys.stderr)
    return 1 if proposed.unmatched else 0
