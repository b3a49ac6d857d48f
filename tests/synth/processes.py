"""Run Python programs of this project in processes of their own.

A process loads the AWS bindings once and for all, so comparing two ways of loading them takes two
processes.
"""

from __future__ import annotations

import os
import subprocess
import sys

from config.paths import ROOT
from stacks import kernel


def python(*arguments: str, full: bool = False, **variables: str) -> str:
    """Run `python <arguments>` in the project's root and return what it printed.

    Args:
        arguments: as after `python` on a command line: a file, or `-m` and a module.
        full: load the bindings' own assembly although the slim one exists.
        variables: environment variables to set besides those of this process.

    Raises:
        AssertionError: the program failed; the message is what it said.
    """
    forced = {kernel.FULL_ASSEMBLY_VARIABLE: "1" if full else "0"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | forced | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
