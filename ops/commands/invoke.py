"""Invoke a deployed function and show its log."""

from __future__ import annotations

from pathlib import Path

import click

from config.arguments import ProjectFile
from ops import invoke as invocation
from ops.commands import common
from ops.commands.common import env_option


@click.command()
@env_option
@click.argument("function")
@click.argument("event", type=ProjectFile())
def invoke(name: str | None, function: str, event: Path) -> int:
    """Invoke a deployed function and show its log.

    FUNCTION is the service's name, such as payment-handler. EVENT is a JSON file with the event.
    """
    env, _ = common.read(name)
    invocation.require_created(env, function, event)
    content = invocation.payload(event)
    common.require_aws(env)
    return 0 if invocation.invoke(env, function, content, common.console()) else 1
