"""The four stacks, in the order in which they build on each other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cdktf import App

from catalog import Catalog
from config.models import Environment
from stacks.compute import ComputeStack
from stacks.contracts import READS
from stacks.dashboard import DashboardStack
from stacks.monitoring import MonitoringStack
from stacks.security import SecurityStack


def synthesize(
    env: Environment, catalog: Catalog, *, zips: Mapping[str, Path], notifier_zip: Path, out: str
) -> None:
    """Write the Terraform configuration of every stack under `out`.

    Args:
        env: the environment.
        catalog: what is watched in it.
        zips: service -> its function's zip, which need not exist yet.
        notifier_zip: the notifier's zip.
        out: folder for `stacks/<stack>/cdk.tf.json`.

    Raises:
        DashboardError: CloudWatch would refuse a dashboard.
    """
    app = App(outdir=out)
    # Relative to the stack's folder, so that the same inputs give the same bytes in any checkout.
    folder = Path(out).resolve() / "stacks" / "any"
    relative = {name: os.path.relpath(path, folder) for name, path in zips.items()}
    stacks = {
        "security": SecurityStack(app, env),
        "compute": ComputeStack(app, env, catalog, zips=relative),
        "monitoring": MonitoringStack(app, env, catalog, notifier_zip=os.path.relpath(notifier_zip, folder)),
        "dashboard": DashboardStack(app, env, catalog),
    }
    for name, reads in READS.items():
        for outputs in reads:
            stacks[name].add_dependency(stacks[outputs.STACK])
    app.synth()
