"""Run inside `.venv`, whichever Python was called: `python app.py` and `cdktf synth` need no activation.

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
    """Replace this process by the same program under `.venv`'s Python, made first when it is missing.

    Ends the process with setup's exit status when setup fails.
    """
    if Path(sys.prefix).resolve() == _VENV.resolve():
        return
    # Make decides whether there is anything to do. stdout stays clean for whoever reads the program's own.
    setup = subprocess.run(["make", "--silent", "setup"], cwd=ROOT, stdout=sys.stderr, check=False)  # noqa: S607
    if setup.returncode != 0:
        sys.exit(setup.returncode)
    python = str(_VENV / "bin" / "python")
    os.execv(python, [python, *sys.orig_argv[1:]])  # noqa: S606
