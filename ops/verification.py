"""The proof of delivery and of metrics, run: over what is synthesized, before anything is applied."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

import verify
from catalog import Catalog, environment
from config.errors import CommandError
from config.loader import environments
from config.models import Environment
from ops import synthesis
from terraform import configuration
from verify import Proof, report


def require(env: Environment, catalog: Catalog) -> None:
    """Refuse to go on when an alarm of `env`, as synthesized, would reach nobody or never have data.

    Raises:
        CommandError: a link is broken; the message has a line for each.
    """
    found = verify.lines(of_folder(synthesis.folder(env), catalog).faults)
    if found:
        count = f"{len(found)} broken {'links' if found[1:] else 'link'}"
        listed = "\n".join(found)
        message = f"{count}, and nothing was changed in {env.environment}:\n{listed}"
        raise CommandError(message)


def of_folder(folder: Path, catalog: Catalog) -> Proof:
    """Return the proof of what is synthesized under a folder.

    Args:
        folder: where it is.
        catalog: what it was made of; it says which metrics the platform writes itself.

    Raises:
        ConfigurationError: it cannot be read, or is of a form that is not supported.
    """
    return verify.prove(configuration.read(folder), published=catalog.published)


def every() -> Iterator[tuple[str, Proof]]:
    """Yield the proof of each environment as it is in the files, without anybody's overrides."""
    for name in environments():
        env, catalog = environment.read(name, variables={})
        yield name, of_environment(env, catalog)


def of_environment(env: Environment, catalog: Catalog) -> Proof:
    """Synthesize an environment into a folder of its own, and return the proof."""
    with tempfile.TemporaryDirectory() as folder:
        synthesis.synthesize(env, catalog, Path(folder))
        return of_folder(Path(folder), catalog)


def tell(name: str, proved: Proof, console: Console, *, table: bool) -> bool:
    """Print what was proved, or what was not, a line for each broken link; return whether all was."""
    found = verify.lines(proved.faults)
    for line in found:
        print(f"{name}: {line}", file=sys.stderr)
    if not found:
        console.print(f"{name}: {report.summary(proved)}", markup=False, highlight=False, soft_wrap=True)
        if table:
            report.show(proved, console)
    return not found
