"""Types of arguments of the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from config import paths


class ProjectFile(click.Path):
    """A file that a command reads, relative to the working directory or to the project."""

    def __init__(self) -> None:
        """Create the type; whether the file can be read is found out when it is read."""
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path of the file."""
        return paths.of_project(Path(os.fsdecode(super().convert(value, param, ctx))))
