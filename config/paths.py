"""The folder of the project, and the folder of generated files."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = Path(os.environ.get("PROJECT_DIR") or ROOT).resolve()
"""Directory with `config/`, `drills/` and `functions/` of the services: this checkout unless set."""

BUILD = Path(os.environ.get("BUILD_DIR") or ROOT / "build").resolve()
"""Folder of generated files; end-to-end tests use another one."""


def of_project(path: Path) -> Path:
    """Return the path of a file that a user names: relative to the working directory, else to the project.

    A path that is in neither is returned as it is.
    """
    own = PROJECT / path
    return path if os.path.lexists(path) or not os.path.lexists(own) else Path(os.path.relpath(own))
