"""Who may import what, read from the source of every module: the table of the architecture, enforced."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = {
    "app", "benchmarks", "catalog", "cloudwatch", "config", "drill", "functions", "local_aws", "ops",
    "stacks", "terraform", "tests",
}  # fmt: skip
CDKTF = {"cdktf", "constructs", "jsii"}
AWS = {"boto3", "botocore"}
BINDINGS = "cdktf_cdktf_provider_aws"

LAYERS: Mapping[str, set[str]] = {
    "config.limits": set(),
    "config.errors": set(),
    "config.types": {"pydantic", "pydantic_core", "config.limits"},
    "config.models": {"pydantic", "pydantic_core", "config.limits", "config.types"},
    "config": {"pydantic", "pydantic_core", "pydantic_settings", "yaml", "config"},
    "catalog": {"pydantic", "catalog", "config.models"},
    "stacks.contracts": set(),
    "stacks.kernel": set(),
    "stacks": {"cdktf", "constructs", "stacks", "terraform", "config", "catalog"},
    "cloudwatch": {"cloudwatch", "numpy"},
    "drill": {"cloudwatch", "drill", "numpy"},
    "drill.report": {"cloudwatch", "drill", "numpy", "rich"},
    "drill.delivery": {"cloudwatch", "drill", "numpy", "config.errors"},
    "drill.expectations": {"cloudwatch", "drill", "config.errors", "config.explain"},
    "drill.grid": {"cloudwatch", "drill", "numpy"},
    "drill.selection": {"cloudwatch", "drill", "config.explain"},
    "drill.simulation": {"cloudwatch", "drill", "config.errors"},
    "drill.recordings": {"cloudwatch", "drill", "config.explain"},
    "drill.traffic": {"cloudwatch", "drill", "numpy", "config.errors"},
    "drill.scenarios": {
        "cloudwatch",
        "drill",
        "pydantic",
        "config.errors",
        "config.explain",
        "config.source",
        "config.types",
    },
    "drill.checking": {"cloudwatch", "drill", "config.errors", "config.explain"},
    "drill.choosing": {"cloudwatch", "drill", "config.errors", "config.explain", "config.loader"},
    "drill.output": {"cloudwatch", "drill", "rich"},
    "drill.commands": {"cloudwatch", "drill", "config.errors", "config.loader", "ops.environment", "rich"},
    "drill.origin": {
        "cloudwatch",
        "drill",
        "boto3",
        "catalog.naming",
        "config.errors",
        "config.models",
        "ops.clients",
        "ops.environment",
    },
    "drill.__main__": {"cloudwatch", "drill", "config.errors", "ops.errors", "ops.failures"},
    "drill.sources": {"cloudwatch", "drill", "config.files"},
    "config.files": set(),
    "drill.sources.calls": {"cloudwatch", "drill", "ops.aws_errors", *AWS},
    "drill.sources.catalog": {"cloudwatch", "drill", "catalog", "config.models"},
    "drill.sources.routes": {"cloudwatch", "drill", "ops.proof.configuration"},
    "drill.sources.synthesized": {"cloudwatch", "drill", "ops.proof.configuration"},
    "functions": {"functions", "aws_lambda_powertools", "pydantic"},
    "functions.notifier": {
        "functions",
        "aws_lambda_powertools",
        "urllib3",
        *AWS,
        "types_boto3_cloudwatch",
        "types_boto3_sns",
    },
    "local_aws": {"local_aws", "cloudwatch", "drill", "numpy", "boto3", "botocore", "ministack", "hypercorn"},
    "ops.setup": set(),
    "terraform": set(),
    "ops.proof": {
        "terraform",
        "ops.proof",
        "ops.errors",
        "catalog.known_metrics",
        "cloudwatch.rules",
        "rich",
    },
    "ops.interpreter": {"ops"},
    "ops": OURS - {"functions", "tests", "app", "benchmarks"}
    | AWS
    | {"pydantic", "rich", "typing_extensions"},
    "app": {"ops"},
}
"""Module or package -> what of ours and of others it may import; the most specific line counts."""

EXCEPTIONS = {
    "stacks.aws": {"jsii": "loads the slim assembly before the bindings do, by name and late"},
}


def modules() -> dict[str, Path]:
    """Return every module of ours that is not a test or a benchmark, by its dotted name."""
    found = {}
    for path in sorted((*ROOT.glob("*.py"), *(one for name in OURS for one in (ROOT / name).rglob("*.py")))):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[0] not in {"tests", "benchmarks"}:
            found[name] = path
    return found


def imports(source: str) -> Iterator[str]:
    """Yield the dotted name of everything that a module imports, wherever in it and by whichever means."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = str(node.module)
            folder = ROOT / module.replace(".", "/")
            for alias in node.names:
                inner = (folder / f"{alias.name}.py").exists() or (folder / alias.name).is_dir()
                yield f"{module}.{alias.name}" if inner else module
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)


def forbidden(name: str, source: str) -> list[str]:
    """Return what the module `name` with this source imports and may not."""
    layer = max((one for one in LAYERS if f"{name}.".startswith(f"{one}.")), key=len)
    allowed = LAYERS[layer] | set(EXCEPTIONS.get(name, ()))
    return sorted(
        {
            one
            for one in imports(source)
            if one.partition(".")[0] not in sys.stdlib_module_names
            and not any(f"{one}.".startswith(f"{may}.") for may in allowed)
        }
    )


@pytest.mark.parametrize("name", modules())
def test_a_module_imports_only_what_its_layer_may(name: str) -> None:
    """Over every module there is."""
    assert forbidden(name, modules()[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "source", "refused"),
    [
        ("config.models", "import yaml", "yaml"),
        ("config.models", "from config import loader", "config.loader"),
        ("config.limits", "import pydantic", "pydantic"),
        ("config.loader", "import boto3", "boto3"),
        ("config.loader", "from catalog import check", "catalog.check"),
        ("catalog.build", "import cdktf", "cdktf"),
        ("catalog.build", "import boto3", "boto3"),
        ("catalog.kinds.ecs", "from config.loader import load", "config.loader"),
        ("catalog.kinds.ecs", "from stacks import base", "stacks.base"),
        ("stacks.base", "import boto3", "boto3"),
        ("stacks.base", "import jsii", "jsii"),
        ("stacks.base", f"import {BINDINGS}", BINDINGS),
        ("stacks.base", f"from {BINDINGS}.kms_key import KmsKey", f"{BINDINGS}.kms_key"),
        ("stacks.base", "from ops import state", "ops.state"),
        ("stacks.kernel", "import cdktf", "cdktf"),
        ("stacks.contracts", "from config.models import Environment", "config.models"),
        ("functions.payment_handler.handler", "from config.models import Environment", "config.models"),
        ("functions.payment_handler.handler", "import catalog", "catalog"),
        ("local_aws.front", "from ops import state", "ops.state"),
        ("local_aws.front", "import config.models", "config.models"),
        ("ops.stacks", "from functions.shared import payments", "functions.shared"),
        ("ops.stacks", "import cdktf", "cdktf"),
        ("ops.stacks", "def f():\n    import cdktf", "cdktf"),
        ("ops.stacks", "import importlib\nimportlib.import_module('cdktf')", "cdktf"),
        ("ops.setup", "import rich", "rich"),
        ("ops.proof.topics", "import cdktf", "cdktf"),
        ("ops.proof.topics", "from catalog import build", "catalog.build"),
        ("ops.proof.rules", "from cloudwatch import composites, rules", "cloudwatch.composites"),
        ("cloudwatch.maths.parser", "from drill import model", "drill.model"),
        ("cloudwatch.maths.parser", "import pydantic", "pydantic"),
        ("ops.proof.topics", "from ops import synthesis", "ops.synthesis"),
        ("ops.interpreter", "import yaml", "yaml"),
        ("drill.model", "import catalog", "catalog"),
        ("drill.model", "import boto3", "boto3"),
        ("drill.model", "import pydantic", "pydantic"),
        ("drill.sources.alarms", "import boto3", "boto3"),
        ("drill.sources.catalog", "import boto3", "boto3"),
        ("drill.sources.calls", "from config.models import Environment", "config.models"),
        ("drill.sources.synthesized", "from ops import synthesis", "ops.synthesis"),
        ("app", "from stacks import app", "stacks.app"),
    ],
)
def test_each_forbidden_import_is_found(name: str, source: str, refused: str) -> None:
    """The rule above can fail: it does for each line that the table forbids."""
    assert forbidden(name, source) == [refused]


def test_every_package_of_ours_has_a_layer() -> None:
    """A new folder with code needs a line in the table before it can import anything."""
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and (path / "__init__.py").exists()
    }
    assert folders <= OURS
    assert folders - {"tests", "benchmarks"} <= LAYERS.keys()


def test_only_one_module_names_the_bindings() -> None:
    """`stacks/kernel.py` by its name, everything else through that."""
    naming = {name for name, path in modules().items() if BINDINGS in path.read_text(encoding="utf-8")}
    assert naming <= {"stacks.aws", "stacks.kernel"}
    assert "stacks.kernel" in naming


@pytest.mark.parametrize(
    "package", ["config.loader", "catalog", "ops.commands", "stacks.contracts", "stacks.kernel"]
)
def test_importing_what_every_command_needs_starts_no_node(package: str) -> None:
    """Node takes a second to start; a refused configuration must not wait for it."""
    heavy = sorted({*CDKTF, BINDINGS})
    code = f"import sys, {package}; print([one for one in {heavy} if one in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


def test_these_tests_import_no_cdktf() -> None:
    """Unit tests stay a matter of seconds."""
    for path in (ROOT / "tests" / "unit").glob("*.py"):
        tops = {one.partition(".")[0] for one in imports(path.read_text(encoding="utf-8"))}
        assert not tops & (CDKTF | {BINDINGS}), path.name
