"""Start and stop the local AWS."""

from __future__ import annotations

import os

import click

from config.errors import CommandError
from ops import local, state
from ops.commands import common
from ops.commands.common import env_option


@click.command()
@env_option
def start(name: str | None) -> None:
    """Start the local AWS with its state bucket."""
    env, _ = common.read(name)
    if not env.is_local:
        message = f"{env.environment} is in account {env.account_id}: only what has an endpoint is local."
        raise CommandError(message)
    started = local.ensure(env)
    state.create_bucket(env)
    print(f"The local AWS {'is started' if started else 'was running'} at {env.endpoint}.")
    if not started and os.environ.get(local.SPEED_VARIABLE):
        print(
            f"{local.SPEED_VARIABLE} counts when it starts: `make local-stop` first, with which all is gone."
        )


@click.command()
def stop() -> None:
    """Stop the local AWS; what it held is lost."""
    stopped = local.stop_unused(common.LOCKS)
    print("The local AWS is stopped; what it held is gone." if stopped else "No local AWS runs from here.")
