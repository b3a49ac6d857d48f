"""Make deployed functions fail, and watch their alarms."""

from __future__ import annotations

from pathlib import Path

import click

from drill.live import drill as live_drill
from drill.live import preparation
from ops import local, output
from ops.commands import common
from ops.commands.common import env_option
from terraform import locking

SPEED = 20
"""How many times faster a local AWS goes during a drill: what a laptop keeps up with."""
MOST_SPEED = 600
"""A minute passes in a tenth of a second then; nothing could be watched in less."""


def _speed(_: click.Context, _option: click.Parameter, text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 1 <= speed <= MOST_SPEED:
        message = f"must be a number from 1 to {MOST_SPEED} (found: {text})"
        raise click.BadParameter(message)
    return speed


@click.command()
@env_option
@click.option(
    "--speed",
    callback=_speed,
    metavar="NUMBER",
    default=str(SPEED),
    show_default=True,
    help="How many times faster a local AWS goes.",
)
@click.argument("scenario", nargs=-1, type=click.Path(path_type=Path))
def live(name: str | None, speed: float, scenario: tuple[Path, ...]) -> int:
    """Make deployed functions fail, and watch their alarms.

    SCENARIO is a file; without one, all of drills/ that send requests are played.
    """
    env, catalog = common.read(name)
    preparation.require_allowed(env)
    plans = preparation.plans(env, catalog, scenario)
    common.require_aws(env)
    # Local environments share one clock; those in accounts share nothing.
    drill = local.LIVE_DRILL if env.is_local else f"the live drill of {env.environment}"
    with locking.environment(common.LOCKS, drill, f"make drill LIVE=1 ENV={env.environment}"):
        outputs = output.collect(env, None)
        done = [
            live_drill.run(env, catalog, each, common.console(), outputs=outputs, speed=speed)
            for each in plans
        ]
    return 0 if all(done) else 1
