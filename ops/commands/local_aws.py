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
        message = f"{env.environment} is in account {env.account_id}: it has no endpoint and is not local."
        raise CommandError(message)
    started = local.ensure(env)
    state.create_bucket(env)
    print(f"The local AWS {'is started' if started else 'was already running'} at {env.endpoint}.")
    if not started and os.environ.get(local.SPEED_VARIABLE):
        print(
            f"{local.SPEED_VARIABLE} is read only when it starts: run `make local-stop` first, which deletes "
            "its data."
        )


@click.command()
def stop() -> None:
    """Stop the local AWS and delete its data."""
    stopped = local.stop_unused(common.LOCKS)
    print(
        "The local AWS is stopped and its data is deleted."
        if stopped
        else "No local AWS was started from this folder."
    )
