"""`stacks.aws`: every service in use loads, nothing else does, and how it is loaded changes no byte."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.paths import ROOT
from ops import assembly
from stacks import aws, kernel
from tests.synth.processes import python

EVERY_SERVICE = ("-m", "tests.synth.every_service")


@pytest.fixture(scope="module")
def slim_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slim assembly built for this test run."""
    return assembly.build(aws.SERVICES, tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="module")
def slim(slim_file: Path) -> dict[str, Any]:
    """What `every_service` reports with the slim assembly."""
    return report(slim_file.parent)


@pytest.fixture(scope="module")
def full(slim_file: Path) -> dict[str, Any]:
    """What `every_service` reports with the full assembly, forced although the slim one exists."""
    return report(slim_file.parent, full=True)


def report(folder: Path, *, full: bool = False) -> dict[str, Any]:
    """Run `every_service` with the slim assemblies of `folder`."""
    found: dict[str, Any] = json.loads(python(*EVERY_SERVICE, str(folder), full=full))
    return found


def test_the_slim_assembly_synthesizes_the_same_bytes(slim: dict[str, Any], full: dict[str, Any]) -> None:
    """Every resource of every service with every argument: the JSON is the full assembly's."""
    assert slim["stack"] == full["stack"]


def test_the_slim_assembly_reads_the_same_attributes(slim: dict[str, Any], full: dict[str, Any]) -> None:
    """Every property of every resource gives the same reference, or an object of the same class."""
    assert slim["reads"] == full["reads"]
    refused = [reads for reads in slim["reads"].values() if "refused" in str(reads)]
    assert not refused


def test_each_assembly_was_really_the_one_in_use(slim: dict[str, Any], full: dict[str, Any]) -> None:
    """The comparison above compares two different things."""
    assert full["types_loaded"] > 20_000
    assert slim["types_loaded"] < 2_000


def test_every_service_defines_a_construct(slim: dict[str, Any]) -> None:
    """`every_service` left none out: each service has exactly one resource, data source or provider."""
    assert len(slim["reads"]) == len(aws.SERVICES)


@pytest.mark.parametrize("loaded", ["slim", "full"])
def test_the_package_of_2100_services_is_never_initialised(
    loaded: str, request: pytest.FixtureRequest
) -> None:
    """Neither way imports a service that is not listed."""
    found = request.getfixturevalue(loaded)
    services = {name.split(".")[1] for name in found["modules"]} - {"_jsii"}
    assert services == set(aws.SERVICES)
    assert "s3_object" not in services
    assert not found["package_init_ran"]


def test_services_are_sorted_and_unique() -> None:
    """A list that stays easy to read and merge."""
    assert list(aws.SERVICES) == sorted(set(aws.SERVICES))


@pytest.mark.parametrize("service", aws.SERVICES)
def test_every_service_exists_in_the_bindings(service: str) -> None:
    """A misspelt service is found here, not when its class is first used."""
    spec = importlib.util.find_spec(kernel.PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations
    assert (Path(spec.submodule_search_locations[0]) / service / "__init__.py").is_file()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("S3Object", "'S3Object' is not among the services in use: add 's3_object' to SERVICES"),
        ("SqsQueu", "the AWS bindings have no 'SqsQueu'; did you mean aws.SqsQueue?"),
        ("Nonsense", "the AWS bindings have no 'Nonsense' ("),
    ],
)
def test_an_unknown_class_says_what_to_do(name: str, says: str) -> None:
    """The message names the service to add, or the class that was meant."""
    with pytest.raises(AttributeError) as caught:
        getattr(aws, name)
    assert str(caught.value).startswith(says)


def test_a_class_belongs_to_the_most_specific_service() -> None:
    """Names that begin alike are tried from the longest, so a nested struct finds its own service."""
    assert list(aws.services_for("S3BucketVersioningA")) == ["s3_bucket_versioning", "s3_bucket"]
    assert list(aws.services_for("RouteTableAssociation")) == [
        "route_table_association",
        "route_table",
        "route",
    ]
    assert list(aws.services_for("AwsProviderAssumeRole")) == ["provider"]
    assert list(aws.services_for("Kms")) == []


@pytest.mark.parametrize("path", sorted((ROOT / "stacks").rglob("*.py")), ids=lambda path: path.stem)
def test_every_class_the_stacks_use_is_of_a_listed_service(path: Path) -> None:
    """`aws.X` in a branch that no test takes would otherwise fail in production only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "aws"
    }
    assert [name for name in sorted(used) if name[0].isupper() and not any(aws.services_for(name))] == []


def test_a_damaged_slim_assembly_gives_way_to_the_full_one(
    tmp_path: Path, slim_file: Path, full: dict[str, Any]
) -> None:
    """Half a file is noticed before jsii reads it, and the result is the same."""
    content = slim_file.read_bytes()
    (tmp_path / slim_file.name).write_bytes(content[: len(content) // 2])
    assert report(tmp_path) == full


def test_an_absent_slim_assembly_gives_way_to_the_full_one(tmp_path: Path) -> None:
    """Nothing built, or built for other services: no file is found."""
    key = kernel.slim_key(aws.SERVICES)
    assert kernel.find(tmp_path / "never-made", key) is None
    assert kernel.find(tmp_path, key) is None


def test_concurrent_builds_do_not_disturb_each_other(tmp_path: Path, slim_file: Path) -> None:
    """Two processes at once leave one whole file, the same bytes as any other build's, and no rests."""
    build = (
        "import pathlib, sys; from ops import assembly; from stacks import aws;"
        "assembly.build(aws.SERVICES, pathlib.Path(sys.argv[1]))"
    )
    running = [subprocess.Popen([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == [slim_file.name]
    assert kernel.find(tmp_path, kernel.slim_key(aws.SERVICES)) == tmp_path / slim_file.name
