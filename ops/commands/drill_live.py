"""Make deployed functions fail and check their alarms."""

from __future__ import annotations

from pathlib import Path

import click

from config.arguments import ProjectFile
from drill.live import drill as live_drill
from drill.live import preparation
from ops import local, output
from ops.commands import common
from ops.commands.common import env_option
from terraform import locking

SPEED = 20
"""Speed of a local AWS's clock during a drill; a laptop can sustain it."""
MAX_SPEED = 600
"""Maximum speed: a minute takes a tenth of a second, the shortest interval that can be observed."""


def _speed(_: click.Context, _option: click.Parameter, value: str) -> float:
    try:
        speed = float(value)
    except ValueError:
        speed = 0
    if not 1 <= speed <= MAX_SPEED:
        message = f"must be a number from 1 to {MAX_SPEED} (found: {value})"
        raise click.BadParameter(message)
    return speed


speed_option = click.option(
    "--speed",
    callback=_speed,
    metavar="NUMBER",
    default=str(SPEED),
    show_default=True,
    help="Speed of a local AWS's clock, as a multiple of real time.",
)
"""Option of the commands that set the clock of a local AWS."""


@click.command()
@env_option
@speed_option
@click.argument("scenario", nargs=-1, type=ProjectFile())
def live(name: str | None, speed: float, scenario: tuple[Path, ...]) -> int:
    """Make deployed functions fail and check their alarms.

    SCENARIO is a file (default: all files in drills/ that send requests).
    """
    env, catalog = common.read(name)
    preparation.require_allowed(env)
    plans = preparation.plans(env, catalog, scenario)
    common.require_aws(env)
    # All local environments share a clock; environments in AWS accounts are independent.
    drill = local.LIVE_DRILL if env.is_local else f"the live drill of {env.environment}"
    with locking.environment(common.LOCKS, drill, f"make drill LIVE=1 ENV={env.environment}"):
        outputs = output.collect(env, None)
        results = [
            live_drill.run(env, catalog, plan, common.console(), outputs=outputs, speed=speed)
            for plan in plans
        ]
    return 0 if all(results) else 1
