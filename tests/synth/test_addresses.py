"""Terraform addresses: a line that disappears is a resource destroyed in production."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

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


def write() -> int:
    """Write the lists anew."""
    FOLDER.mkdir(exist_ok=True)
    for name in ENVIRONMENTS:
        (FOLDER / f"{name}.txt").write_text(addresses(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(write())
