"""Terraform addresses: a line that disappears is a resource destroyed in production."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from config.paths import ROOT
from tests.synth.synthesized import ENVIRONMENTS, synthesized

FOLDER = Path(__file__).with_name("addresses")


def addresses(name: str) -> str:
    """Return the addresses of an environment, one `<stack> <address>` per line."""
    return "".join(
        f"{resource.stack} {resource.address}\n"
        for resource in sorted(synthesized(name).resources(), key=str)
    )


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_addresses_are_the_listed_ones(name: str) -> None:
    """Whoever renames a construct sees here what Terraform would destroy and create."""
    expected = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert addresses(name) == expected, "if this is meant: python -m tests.synth.test_addresses"


TUTORIAL = ROOT / "docs" / "tutorial.md"
"""It shows how many resources a deployment of `local` adds; removed with the samples."""


def counted(tutorial: str) -> str:
    """Return the tutorial with the number of resources of each stack of `local`."""
    count = Counter(line.partition(" ")[0] for line in addresses("local").splitlines())
    return re.sub(
        r"^(\w+) +\d+ added in",
        lambda match: f"{match[1]:<11} {count[match[1]]} added in",
        tutorial,
        flags=re.MULTILINE,
    )


@pytest.mark.skipif(not TUTORIAL.exists(), reason="the tutorial is about the samples, which are removed")
def test_the_tutorial_has_the_number_of_resources_of_each_stack() -> None:
    """As a deployment prints them."""
    text = TUTORIAL.read_text(encoding="utf-8")
    assert len(re.findall(r" \d+ added in ", text)) == 4
    assert counted(text) == text, "run: python -m tests.synth.test_addresses"


def write() -> int:
    """Write the lists anew, and the counts in the tutorial."""
    if TUTORIAL.exists():
        TUTORIAL.write_text(counted(TUTORIAL.read_text(encoding="utf-8")), encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    for name in ENVIRONMENTS:
        (FOLDER / f"{name}.txt").write_text(addresses(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(write())
