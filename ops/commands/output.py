"""Show the outputs of the stacks."""

from __future__ import annotations

import click

from ops import output as outputs
from ops.commands import common
from ops.commands.common import env_option, stack_option


@click.command()
@env_option
@stack_option()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, name -> value.")
def output(name: str | None, stack: str | None, *, as_json: bool) -> None:
    """Show the outputs of the stacks."""
    env, _ = common.read(name)
    common.require_aws(env)
    collected = outputs.collect(env, stack)
    if as_json:
        print(outputs.as_json(collected))
    else:
        outputs.show(collected, common.console())
