"""Composition root: the environment named by `ENV` -> four stacks -> `cdktf.out`, for the cdktf CLI."""

from __future__ import annotations

import os

from ops import interpreter

interpreter.enter()

from ops import cli  # noqa: E402  # what it needs is installed in .venv, entered above

if __name__ == "__main__":
    cli.leave(cli.main(["synth", "--out", os.environ.get("CDKTF_OUTDIR") or "cdktf.out"]))
