"""`app.py` outside of `.venv`: setup runs if it is needed, and never under another command."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from config.paths import ROOT
from ops import interpreter


@pytest.mark.parametrize("status", [0, 7])
def test_a_venv_that_is_up_to_date_is_not_installed_again(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make setup` would remove `reveille` for some seconds. A failed setup is the exit status."""
    commands: list[list[str]] = []
    entered: list[str] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, status)

    def execute(python: str, _: list[str]) -> None:
        entered.append(python)

    monkeypatch.setattr(interpreter.sys, "prefix", "/usr")  # type: ignore[attr-defined]
    monkeypatch.setattr(interpreter.subprocess, "run", run)  # type: ignore[attr-defined]
    monkeypatch.setattr(interpreter.os, "execv", execute)  # type: ignore[attr-defined]
    if status:
        with pytest.raises(SystemExit) as ended:
            interpreter.enter()
        assert (ended.value.code, entered) == (status, [])
    else:
        interpreter.enter()
        assert entered == [str(ROOT / ".venv" / "bin" / "python")]
    assert commands == [["make", "--silent", ".venv/.ready"]]
