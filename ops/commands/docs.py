"""Write the generated documents."""

from __future__ import annotations

import os
import sys

import click

from ops import documents


@click.command()
@click.option("--check", is_flag=True, help="Only say which are out of date.")
def docs(*, check: bool) -> int:
    """Write the generated documents."""
    generated = documents.generate()
    stale = documents.stale(generated)
    if check:
        for path in stale:
            print(f"{os.path.relpath(path)} is out of date: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    documents.write(generated)
    for path in stale:
        print(os.path.relpath(path))
    return 0
