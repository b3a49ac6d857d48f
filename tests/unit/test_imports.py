"""What import-linter does not see: that all packages are declared, and what an import starts.

The arrows between packages are contracts in `pyproject.toml`; `make lint` checks them.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from config.paths import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
BINDINGS = "cdktf_cdktf_provider_aws"
CDKTF = {"cdktf", "constructs", "jsii", BINDINGS}
UNDECLARED = {"benchmarks", "tests"}
"""Packages that may import everything."""


def test_every_package_is_declared() -> None:
    """A new folder with code belongs into `root_packages`, and so into a layer."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    declared = re.search(r"root_packages = \[(.*?)\]", PYPROJECT, re.DOTALL)
    layers = re.search(r"layers = \[(.*?)\]", PYPROJECT, re.DOTALL)
    assert declared
    assert layers
    assert set(re.findall(r"\w+", declared[1])) == packages - UNDECLARED
    assert set(re.findall(r"\w+", layers[1])) == packages - UNDECLARED - {"functions"}


def test_only_two_modules_name_the_bindings() -> None:
    """`stacks/kernel.py` and `stacks/aws.py`; everything else goes through them."""
    naming = {
        path.relative_to(ROOT).as_posix()
        for package in ROOT.glob("*/__init__.py")
        for path in package.parent.rglob("*.py")
        if package.parent.name not in UNDECLARED and BINDINGS in path.read_text(encoding="utf-8")
    }
    assert naming == {"stacks/aws.py", "stacks/kernel.py"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "package", ["config.loader", "catalog", "ops.commands", "stacks.contracts", "stacks.kernel"]
)
def test_importing_what_every_command_needs_starts_no_node(package: str) -> None:
    """Node takes a second to start; a refused configuration must not wait for it."""
    code = f"import sys, {package}; print([one for one in {sorted(CDKTF)} if one in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


def test_unit_tests_import_no_cdktf() -> None:
    """They stay a matter of seconds."""
    for path in (ROOT / "tests" / "unit").glob("*.py"):
        imported = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not CDKTF.intersection(imported), path.name
