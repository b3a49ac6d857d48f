"""Rename the project and remove its samples."""

from __future__ import annotations

import sys

import click

from config.errors import CommandError
from config.paths import PROJECT, ROOT
from ops import adoption, documents

_NEXT = """\
next:
  1. config/base.yaml: your services (docs/configuration.md)
  2. config/<env>.yaml: account_id, state.bucket, notifications
  3. drills/: scenarios for them (docs/drill.md)
  4. make docs check, git commit, make deploy
The command `reveille` and the prefix REVEILLE_ of variables stay."""


@click.command()
@click.argument("name")
def adopt(name: str) -> int:
    """Rename the project and remove its samples, once.

    NAME is the new name, such as acme.
    """
    if PROJECT != ROOT:
        message = f"PROJECT_DIR is set ({PROJECT}): make adopt changes this checkout alone; unset it"
        raise CommandError(message)
    changes = adoption.plan(ROOT, name)
    if not changes.paths:
        documents.write(documents.generate())
        print(f"The project is {name} already: nothing to do.")
        return 0
    adoption.require_committed(ROOT, changes.paths)
    try:
        adoption.apply(ROOT, changes)
        documents.write(documents.generate())
    except BaseException:
        print("Not complete: `git checkout -- .` restores all files.", file=sys.stderr)
        raise
    print(f"The project is {name}.")
    for path in changes.texts:
        print(f"  changed  {path}")
    for path in changes.removed:
        print(f"  removed  {path}")
    print(_NEXT)
    return 0
