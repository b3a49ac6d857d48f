"""Composition root: the environment named by `ENV` -> four stacks -> `cdktf.out`."""

from __future__ import annotations

from ops import interpreter

interpreter.enter()

from ops import commands  # noqa: E402  # what it needs is installed in .venv, entered above

if __name__ == "__main__":
    commands.leave(commands.main(["synth"]))
