"""Verify that every alarm has data and reaches a recipient."""

from __future__ import annotations

import click

from ops import verification
from ops.commands import common
from ops.commands.common import env_option


@click.command()
@env_option
@click.option("--all", "every", is_flag=True, help="Verify every environment, one line each.")
def verify(name: str | None, *, every: bool) -> int:
    """Verify that every alarm has data and reaches a recipient."""
    console = common.console()
    if every:
        results = [
            verification.show(environment, proof, console, table=False)
            for environment, proof in verification.every()
        ]
        return 0 if all(results) else 1
    env, catalog = common.read(name)
    proof = verification.of_environment(env, catalog)
    return 0 if verification.show(env.environment, proof, console, table=True) else 1
