"""Run the proof on the synthesized stacks: every alarm has data and reaches a recipient."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

import verify
from catalog import Catalog, environment
from config.errors import CommandError
from config.explain import counted
from config.loader import environments
from config.models import Environment
from ops import synthesis
from terraform import configuration
from verify import Proof, report


def require(env: Environment, catalog: Catalog) -> None:
    """Stop if an alarm of `env`, as synthesized, would reach no recipient or never have data.

    Raises:
        CommandError: a link is broken; the message has a line for each.
    """
    faults = verify.lines(of_folder(synthesis.folder(env), catalog).faults)
    if faults:
        listed = "\n".join(faults)
        message = (
            f"{counted(len(faults), 'broken link')}. Nothing was changed in {env.environment}.\n{listed}"
        )
        raise CommandError(message)


def of_folder(folder: Path, catalog: Catalog) -> Proof:
    """Return the proof of the stacks that are synthesized in a folder.

    Args:
        folder: the folder.
        catalog: the catalog of these stacks, with the metrics that the platform publishes itself.

    Raises:
        ConfigurationError: a stack cannot be read, or has a form that is not supported.
    """
    return verify.prove(configuration.read(folder), published=catalog.published, existing=catalog.existing)


def every() -> Iterator[tuple[str, Proof]]:
    """Yield the proof of each environment as in its files, without environment variables."""
    for name in environments():
        env, catalog = environment.read(name, variables={})
        yield name, of_environment(env, catalog)


def of_environment(env: Environment, catalog: Catalog) -> Proof:
    """Synthesize an environment into a temporary folder, and return the proof."""
    with tempfile.TemporaryDirectory() as folder:
        synthesis.synthesize(env, catalog, Path(folder))
        return of_folder(Path(folder), catalog)


def show(name: str, proof: Proof, console: Console, *, table: bool) -> bool:
    """Print a summary, or a line for each broken link; return whether every link is proved."""
    faults = verify.lines(proof.faults)
    for fault in faults:
        print(f"{name}: {fault}", file=sys.stderr)
    if not faults:
        console.print(f"{name}: {report.summary(proof)}", markup=False, highlight=False, soft_wrap=True)
        if table:
            report.show(proof, console)
    return not faults
