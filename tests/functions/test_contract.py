"""functions/README.md, the contract with the platform, against the code."""

from __future__ import annotations

from pathlib import Path

from config.notifications import Recipients
from functions.notifier.channels import CHANNELS
from functions.shared import drills
from tests.support.contract import listed, written

FUNCTIONS = Path(__file__).resolve().parent.parent.parent / "functions"


def test_the_readme_lists_every_outcome_as_the_code_writes_it() -> None:
    """Level, message and metric of each row; alarms are built on them."""
    assert listed(FUNCTIONS / "README.md") == written(FUNCTIONS / "notifier")


def test_the_readme_lists_the_variable_of_drills() -> None:
    """The platform sets what the table says."""
    readme = (FUNCTIONS / "README.md").read_text(encoding="utf-8")
    assert f"`{drills.VARIABLE}`" in readme.split("## Environment variables")[1].split("##")[0]


def test_the_channels_of_the_configuration_are_those_of_the_notifier() -> None:
    """A channel that only one of them has would be refused by the other, in production."""
    assert tuple(Recipients().references) == tuple(CHANNELS)
