"""The project that the tests use: a shop with four services, in four environments."""

from __future__ import annotations

from pathlib import Path

from config.paths import ROOT

SHOP = ROOT / "tests" / "shop"
CONFIG = SHOP / "config"
DRILLS = SHOP / "drills"
FUNCTIONS = SHOP / "functions"


def scenario(name: str) -> Path:
    """Return the file of a scenario."""
    return DRILLS / f"{name}.yaml"
