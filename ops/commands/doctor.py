"""Check this machine and the environment."""

from __future__ import annotations

import click

from catalog import environment
from ops import doctor as checks
from ops.commands import common
from ops.commands.common import env_option


@click.command()
@env_option
def doctor(name: str | None) -> int:
    """Check this machine and the environment."""
    return 0 if checks.examine(name or environment.current(), common.console()) else 1
