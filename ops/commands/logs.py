"""Show which lines of a log file count as what."""

from __future__ import annotations

from pathlib import Path

import click

from catalog import environment
from config.arguments import ProjectFile
from ops import logs as log_lines
from ops.commands import common
from ops.commands.common import env_option


@click.command()
@env_option
@click.option("--service", metavar="NAME", help="The service that writes the lines, such as payment-handler.")
@click.argument("file", type=ProjectFile())
def logs(name: str | None, service: str | None, file: Path) -> int:
    """Show which lines of a log file count as what.

    FILE has log lines, as the service writes them. The metric filters of the service count errors and
    requests with a duration. A format is proposed if another one fits the lines, or without --service.
    """
    env, catalog = environment.read(name)
    log_lines.report(env, catalog, service, file, common.console())
    return 0
