"""Run inside `.venv` with any Python: `python app.py` and `cdktf synth` need no activation.

Standard library only: this is imported before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config.paths import ROOT

_VENV = ROOT / ".venv"


def enter() -> None:
    """Replace this process by the same program under `.venv`'s Python, and create `.venv` if it is missing.

    If setup fails, end the process with setup's exit status.
    """
    if Path(sys.prefix).resolve() == _VENV.resolve():
        return
    # The file and not the target `setup`, which always installs: another command may be using `.venv`. The
    # output goes to stderr, because stdout is for the program's own.
    setup = subprocess.run(
        ["make", "--silent", ".venv/.ready"],  # noqa: S607
        cwd=ROOT, stdout=sys.stderr, check=False,
    )  # fmt: skip
    if setup.returncode != 0:
        sys.exit(setup.returncode)
    python = str(_VENV / "bin" / "python")
    os.execv(python, [python, *sys.orig_argv[1:]])  # noqa: S606
