"""Types of resources that are alarms, or may create alarms: one list for configurations and files."""

from __future__ import annotations

import re

import pytest

from terraform import alarms
from tests.unit.terraform.creators import CREATORS


@pytest.mark.parametrize("pattern", alarms.CREATORS)
def test_every_entry_has_a_type_that_both_readers_are_tested_with(pattern: str) -> None:
    """So that none is passed over by one of them, and none is there without a need."""
    assert any(re.search(pattern, kind, re.IGNORECASE) for kind in CREATORS)


@pytest.mark.parametrize("kind", CREATORS)
def test_every_type_is_in_the_list(kind: str) -> None:
    """Whatever else counts."""
    assert alarms.creates(kind, filters=False)
