"""From an environment to Terraform configuration on disk."""

from __future__ import annotations

import os
from pathlib import Path

from catalog import Catalog
from config.models import Environment
from ops import ROOT, functions
from ops.errors import OpsError


def out() -> Path:
    """Return the folder that is written; the cdktf CLI names its own in `CDKTF_OUTDIR`."""
    return Path(os.environ.get("CDKTF_OUTDIR") or ROOT / "cdktf.out")


def synthesize(env: Environment, catalog: Catalog, folder: Path | None = None) -> None:
    """Write every stack of `env` under `folder`, or `out()`; functions need not be built yet.

    Raises:
        OpsError: CloudWatch would refuse a dashboard.
    """
    # Imported late: cdktf starts Node, which a refused configuration need not wait for.
    from stacks import app  # noqa: PLC0415
    from stacks.dashboard.limits import DashboardError  # noqa: PLC0415

    try:
        app.synthesize(
            env,
            catalog,
            zips=functions.zip_paths(env),
            notifier_zip=functions.notifier_zip(env),
            out=str(folder or out()),
        )
    except DashboardError as error:
        raise OpsError(str(error)) from error
