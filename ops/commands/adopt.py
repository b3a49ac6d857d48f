"""Rename the project and remove its samples."""

from __future__ import annotations

import click

from config.paths import ROOT
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
    changes = adoption.plan(ROOT, name)
    if not changes.paths:
        print(f"The project is {name}, and there are no samples: nothing to do.")
        return 0
    adoption.require_committed(ROOT, changes.paths)
    adoption.apply(ROOT, changes)
    documents.write(documents.generate())
    print(f"The project is {name}.")
    for path in changes.texts:
        print(f"  changed  {path}")
    for path in changes.removed:
        print(f"  removed  {path}")
    print(_NEXT)
    return 0
