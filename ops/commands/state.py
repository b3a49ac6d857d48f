"""Terraform's state in S3: its history and its lock."""

from __future__ import annotations

import click

from ops import state_history, state_lock
from ops.commands import common
from ops.commands.common import env_option, stack_option
from ops.order import chosen


@click.command()
@env_option
@stack_option(required=True)
def history(name: str | None, stack: str) -> None:
    """List the earlier versions of a stack's state."""
    env, _ = common.read(name)
    (stack,) = chosen(stack)
    common.require_aws(env)
    state_history.show(env, stack, common.console())


@click.command()
@env_option
@stack_option(required=True)
@click.option("--version", metavar="ID", required=True, help="The version, from `reveille state history`.")
def restore(name: str | None, stack: str, version: str) -> None:
    """Make an earlier version of a stack's state the current one."""
    env, _ = common.read(name)
    (stack,) = chosen(stack)
    with common.alone(env, "state-restore", stack):
        common.require_aws(env)
        state_history.restore(env, stack, version, common.console())


@click.command()
@env_option
@stack_option(required=True)
def unlock(name: str | None, stack: str) -> None:
    """Remove the state lock that a killed Terraform left."""
    env, _ = common.read(name)
    (stack,) = chosen(stack)
    with common.alone(env, "unlock", stack):
        common.require_aws(env)
        state_lock.unlock(env, stack, common.console())
