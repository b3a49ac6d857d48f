"""What several unit tests need."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.config import configs


@pytest.fixture(autouse=True)
def own_locks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that run in this process lock environments of their own: other processes test too."""
    common = sys.modules.get("ops.commands.common")
    if common is not None:
        monkeypatch.setattr(common, "LOCKS", tmp_path_factory.getbasetemp() / "build")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> configs.Folder:
    """Return a folder `config` with base.yaml and prod.yaml, and stand beside it."""
    made = configs.Folder(tmp_path / "config")
    made.renew()
    monkeypatch.chdir(tmp_path)
    return made
