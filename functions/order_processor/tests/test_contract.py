"""README.md, the contract with the platform, against the code."""

from __future__ import annotations

from pathlib import Path

from tests.support.contract import listed, written

FUNCTION = Path(__file__).resolve().parent.parent


def test_the_readme_lists_every_outcome_as_the_code_writes_it() -> None:
    """Level, message and metric of each row; alarms are built on them."""
    assert listed(FUNCTION / "README.md") == written(FUNCTION)
