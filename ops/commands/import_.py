"""Propose entries of the configuration file for resources that exist."""

from __future__ import annotations

import sys

import click

from config.errors import visible
from ops.commands import common
from ops.commands.common import env_option
from ops.existing import importing
from ops.existing.account import Account

_PATTERNS = "such as {example}; `*` is any text. Several are separated by spaces."


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


@click.command("import")
@env_option
@click.option(
    "--functions",
    multiple=True,
    metavar="PATTERNS",
    callback=_patterns,
    help=f"Names of Lambda functions, {_PATTERNS.format(example='orders-*')}",
)
@click.option(
    "--ecs",
    multiple=True,
    metavar="PATTERNS",
    callback=_clusters_and_services,
    help=f"Clusters and ECS services, {_PATTERNS.format(example='shop/*')}",
)
@click.option(
    "--state-machines",
    multiple=True,
    metavar="PATTERNS",
    callback=_patterns,
    help=f"Names of state machines, {_PATTERNS.format(example='refund-*')}",
)
def import_(
    name: str | None, functions: tuple[str, ...], ecs: tuple[str, ...], state_machines: tuple[str, ...]
) -> None:
    """Propose entries of the configuration file for resources that exist.

    Reads the account and prints entries of `services` to standard output, to be copied into the file of the
    environment; what is left out or could not be read, to standard error. It changes nothing, neither in the
    account nor in a file.
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
