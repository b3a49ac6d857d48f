"""The zip files of an environment's Lambda functions: their paths, and building them."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from catalog.kinds.platform import NOTIFIER
from config.models import Environment
from config.paths import BUILD, PROJECT, ROOT
from config.services import LambdaService
from ops.package import SCRATCH, Package, PackageError, Target, check_inputs, package
from terraform import locking

OUT = BUILD / "functions"


def target(env: Environment, function: LambdaService) -> Target:
    """Return what a zip must run on: Lambda, or this machine's Python, which a local AWS uses."""
    return Target.host() if env.is_local else Target(function.runtime, function.architecture)


def zip_path(env: Environment, function: LambdaService) -> Path:
    """Return where a function's zip is, built or not."""
    return OUT / f"{Path(function.source).name}-{target(env, function)}.zip"


def zip_paths(env: Environment) -> dict[str, Path]:
    """Return service -> its function's zip, built or not."""
    return {name: zip_path(env, function) for name, function in env.functions.items()}


def notifier_zip(env: Environment) -> Path:
    """Return the notifier's zip, built or not."""
    return zip_path(env, NOTIFIER)


def build(env: Environment, stacks: Collection[str] = ("compute", "monitoring")) -> Iterator[Package]:
    """Build every function that changed; yield each package when it is ready.

    Args:
        env: the environment.
        stacks: stacks whose functions are built: `compute` has the services, `monitoring` the notifier.

    Raises:
        PackageError: a function cannot be built.
    """
    with locking.shared(BUILD / "locks", "functions", "another command that builds functions"):
        # A command that was killed leaves its temporary folder.
        for folder in OUT.glob(f"{SCRATCH}*"):
            shutil.rmtree(folder, ignore_errors=True)
        yield from _build(env, stacks)


def missing_sources(env: Environment, stacks: Collection[str]) -> Iterator[str]:
    """Yield a line for each function of `stacks` whose folder, handler or lock file does not exist."""
    for name, folder, function in _sources(env, stacks):
        try:
            check_inputs(folder / function.source, function.handler)
        except PackageError as error:  # noqa: PERF203 - a few functions
            yield f"services.{name}.source: {error}" if name else f"the notifier: {error}"


def _sources(env: Environment, stacks: Collection[str]) -> Iterator[tuple[str | None, Path, LambdaService]]:
    """Yield the name of each function of `stacks`, None for the notifier, its project folder and settings."""
    if "compute" in stacks:
        yield from ((name, PROJECT, function) for name, function in env.functions.items())
    if "monitoring" in stacks:
        yield None, ROOT, NOTIFIER


def _build(env: Environment, stacks: Collection[str]) -> Iterator[Package]:
    for _, folder, function in _sources(env, stacks):
        yield package(
            folder / function.source,
            target=target(env, function),
            out_dir=OUT,
            handler=function.handler,
            shared=ROOT / "functions" / "shared",
        )
