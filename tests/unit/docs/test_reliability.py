"""docs/reliability.md names a test for each fault, and the tests exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from config.paths import ROOT
from tests.support.tables import each

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@each(("path", "name"), NAMED)
def test_a_named_test_exists(path: str, name: str) -> None:
    """By its file and its name."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_fault_names_a_test() -> None:
    """Each row of each table."""
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("|") and not line.startswith(("| fault", "|---"))
    ]
    assert len(rows) > 20
    assert [row for row in rows if "`tests/" not in row] == []


def test_every_module_of_the_tests_of_faults_is_named() -> None:
    """What is tested there is a fault that a user may meet."""
    modules = {path.relative_to(ROOT).as_posix() for path in Path(ROOT, "tests", "faults").glob("test_*.py")}
    assert modules <= {path for path, _ in NAMED}
