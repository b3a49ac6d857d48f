"""Tests of one deployment run in one process, in their order: pytest and pytest-xdist fit together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import os
import pytest

@pytest.mark.xdist_group("deployment")
@pytest.mark.parametrize("number", range(6))
def test_it(number):
    with open("processes", "a") as file:
        file.write(f"{os.getpid()}\\n")
"""


@pytest.mark.slow
def test_a_group_of_tests_runs_in_one_process(tmp_path: Path) -> None:
    """With the options of `make test`; where the two do not fit, each process would deploy for itself."""
    (tmp_path / "test_group.py").write_text(TESTS, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    processes = (tmp_path / "processes").read_text(encoding="utf-8").split()
    assert len(processes) == 6
    assert len(set(processes)) == 1
