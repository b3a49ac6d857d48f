"""The examples: their Terraform and their configuration."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from config.loader import environments
from config.paths import ROOT
from terraform import binary
from tests.support.tables import each

EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/config"))
FILES = [
    (example, name) for example in EXAMPLES for name in environments(example / "config")
]  # fmt: skip
MOST_LINES = 60
REVEILLE = ROOT / ".venv" / "bin" / "reveille"


def run(example: Path, *arguments: str) -> None:
    """Run a command for the project in a folder; if it fails, fail the test with its output."""
    done = subprocess.run(
        [REVEILLE, *arguments],
        cwd=ROOT,
        env={**os.environ, "PROJECT_DIR": str(example)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each("folder", ["examples", "tests"])
def test_terraform_files_are_formatted(folder: str) -> None:
    """By `terraform fmt -recursive examples`, and the same for `tests`."""
    done = subprocess.run(
        [binary.executable(), "fmt", "-check", "-diff", "-recursive", str(ROOT / folder)],
        env=binary.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_terraform_files_use_the_provider_of_the_project() -> None:
    """One download of it; the exact version, because no lock file is committed."""
    pinned = {
        version: path
        for path in (*ROOT.glob("examples/**/*.tf"), *ROOT.glob("tests/**/*.tf"))
        for version in re.findall(r'"hashicorp/aws"\s+version\s*=\s*"(.*)"', path.read_text(encoding="utf-8"))
    }
    assert pinned.keys() == {binary.PROVIDER_VERSION}, pinned


@each(("example", "name"), FILES)
def test_an_example_is_short(example: Path, name: str) -> None:
    """Both files of an environment together."""
    files = (example / "config" / f"{stem}.yaml" for stem in ("base", name))
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) <= MOST_LINES


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_passes_its_checks(example: Path) -> None:
    """Every alarm of every environment has data and recipients, and every scenario passes."""
    run(example, "verify", "--all")
    run(example, "drill", "run", "--all", "--no-pictures")
