"""functions/README.md, the contract with the platform, against the code."""

from __future__ import annotations

import re
from pathlib import Path

from config.models import Recipients
from functions.notifier.channels import CHANNELS
from functions.shared import drills

FUNCTIONS = Path(__file__).resolve().parent.parent.parent / "functions"


def test_the_readme_lists_every_outcome_as_the_code_writes_it() -> None:
    """Level, message and metric of each row; alarms are built on them."""
    code = "".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("handler.py"))
    written = set(re.findall(r'Outcome\(\s*"([A-Z]+)", "([^"]+)", "([^"]+)"', code))
    assert len(written) == code.count("Outcome(")
    readme = (FUNCTIONS / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\|[^|]+\| ([A-Z]+) \| `([^`]+)` \| `([^`]+)` \|", readme, re.MULTILINE))
    assert listed == written


def test_the_readme_lists_every_variable_that_is_read() -> None:
    """The platform sets what the table says."""
    code = "".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("*.py"))
    readme = (FUNCTIONS / "README.md").read_text(encoding="utf-8")
    table = readme.split("## Environment variables")[1].split("##")[0]
    own = set(re.findall(r'client_from_environment\("([A-Z_]+)"', code)) | {drills.VARIABLE}
    assert own == {"PAYMENT_GATEWAY", "INVENTORY", "DRILLS"}
    assert all(f"`{variable}`" in table for variable in own)


def test_the_channels_of_the_configuration_are_those_of_the_notifier() -> None:
    """A channel that only one of them has would be refused by the other, in production."""
    assert tuple(Recipients().references) == tuple(CHANNELS)
