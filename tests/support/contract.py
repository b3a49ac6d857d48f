"""What a function's README promises of its log lines, and what its code writes."""

from __future__ import annotations

import re
from pathlib import Path


def written(function: Path) -> set[tuple[str, str, str]]:
    """Return level, message and metric of every outcome in a function's handler."""
    code = (function / "handler.py").read_text(encoding="utf-8")
    found = set(re.findall(r'Outcome\(\s*"([A-Z]+)", "([^"]+)", "([^"]+)"', code))
    assert len(found) == code.count("Outcome(")
    return found


def listed(readme: Path) -> set[tuple[str, str, str]]:
    """Return level, message and metric of every row of its table of outcomes."""
    text = readme.read_text(encoding="utf-8")
    return set(re.findall(r"^\|[^|]+\| ([A-Z]+) \| `([^`]+)` \| `([^`]+)` \|", text, re.MULTILINE))
