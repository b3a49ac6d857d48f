"""What several unit tests need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit import configs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> configs.Folder:
    """Return a folder `config` with base.yaml and prod.yaml, and stand beside it."""
    (tmp_path / "config").mkdir()
    made = configs.Folder(tmp_path / "config")
    made.write("base", configs.BASE)
    made.write("prod", configs.PROD)
    monkeypatch.chdir(tmp_path)
    return made
