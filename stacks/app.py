"""Synthesis of the four stacks, in the order of their dependencies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cdktf import App

from catalog import Catalog
from config.models import Environment
from stacks.compute import ComputeStack
from stacks.contracts import READS
from stacks.dashboard import DashboardStack
from stacks.monitoring import MonitoringStack
from stacks.security import SecurityStack

_ZIPS = "functions"
"""Name in a stack's folder of the link to the folder of the functions' zips.

With the link, neither the path of a zip nor `filename` in the state depends on the output folder.
"""


def synthesize(
    env: Environment, catalog: Catalog, *, zips: Mapping[str, Path], notifier_zip: Path, out: str
) -> None:
    """Write the Terraform configuration of every stack under `out`.

    Args:
        env: the environment.
        catalog: its catalog.
        zips: service -> its function's zip, which need not exist yet.
        notifier_zip: the notifier's zip; all zips are in one folder.
        out: folder for `stacks/<stack>/cdk.tf.json`.

    Raises:
        CommandError: a service is too large for a page of the dashboard.
    """
    app = App(outdir=out)
    names = {service: f"{_ZIPS}/{path.name}" for service, path in zips.items()}
    stacks = {
        "security": SecurityStack(app, env),
        "compute": ComputeStack(app, env, catalog, zips=names),
        "monitoring": MonitoringStack(app, env, catalog, notifier_zip=f"{_ZIPS}/{notifier_zip.name}"),
        "dashboard": DashboardStack(app, env, catalog),
    }
    for name, reads in READS.items():
        for outputs in reads:
            stacks[name].add_dependency(stacks[outputs.STACK])
    app.synth()
    _link_zips(Path(out), stacks, notifier_zip.parent)


def _link_zips(out: Path, stacks: Iterable[str], zips: Path) -> None:
    """Link the folder of the functions' zips into the folder of each stack."""
    for name in stacks:
        folder = (out / "stacks" / name).resolve()
        link = folder / _ZIPS
        target = os.path.relpath(zips.resolve(), folder)
        if not link.is_symlink() or os.readlink(link) != target:  # noqa: PTH115 - text is compared with text
            link.unlink(missing_ok=True)
            link.symlink_to(target)
