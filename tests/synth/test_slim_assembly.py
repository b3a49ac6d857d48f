"""`ops.assembly` and `stacks.kernel`: what may be cut, what the result is called, which Node runs it."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from config.paths import ROOT
from ops import assembly
from stacks import aws, kernel

if TYPE_CHECKING:
    from pathlib import Path

INDEX = b"""\
exports.kmsKey = require("./kms-key");
exports.sqsQueue = require("./sqs-queue");
"""


def package(types: dict[str, object], code: bytes = b"") -> dict[str, bytes]:
    """A package of two services, `kms_key` and `sqs_queue`, as `assembly.read` returns it."""
    return {
        "package.json": b"{}",
        "LICENSE": b"terms",
        "lib/index.js": INDEX,
        "lib/kms-key/index.js": code,
        ".jsii": json.dumps({"types": types, "submodules": {}}).encode(),
    }


def type_(name: str, **content: object) -> dict[str, object]:
    """A type of the bindings as `.jsii` describes it."""
    return {"assembly": kernel.ASSEMBLY, "fqn": f"{kernel.ASSEMBLY}.{name}", **content}


def types(*definitions: dict[str, object]) -> dict[str, object]:
    """Types by their full names."""
    return {str(definition["fqn"]): definition for definition in definitions}


def test_only_types_of_the_services_in_use_stay() -> None:
    """The others are dropped; those that stay are unchanged."""
    key = type_("kmsKey.KmsKey", docs={"summary": "kept"})
    jsii = package(types(key, type_("sqsQueue.SqsQueue")))[".jsii"]
    cut = json.loads(assembly.slim_types(jsii, {f"{kernel.ASSEMBLY}.kmsKey"}))
    assert cut["types"] == types(key)


def test_a_type_that_needs_one_cut_off_is_refused() -> None:
    """An assembly with holes is never written: synthesis then uses the full one."""
    key = type_("kmsKey.KmsKey", base={"fqn": f"{kernel.ASSEMBLY}.sqsQueue.SqsQueue"})
    with pytest.raises(assembly.AssemblyError, match=r"refer to @cdktf/provider-aws\.sqsQueue\.SqsQueue"):
        assembly.slim(package(types(key, type_("sqsQueue.SqsQueue"))), ("kms_key",))


def test_code_that_needs_a_file_cut_off_is_refused() -> None:
    """The same for JavaScript: `require` may name cdktf, constructs and the service's own folder."""
    code = b'const cdktf = require("cdktf"); const structs = require("./structs");'
    assert assembly.slim(package({}, code), ("kms_key",))
    with pytest.raises(assembly.AssemblyError, match=r"kms-key/index\.js .* requires \.\./sqs-queue"):
        assembly.slim(package({}, b'require("../sqs-queue")'), ("kms_key",))


def test_a_service_that_does_not_exist_is_refused() -> None:
    """By the name that has to be corrected."""
    with pytest.raises(assembly.AssemblyError, match=r"do not contain kms_kay \(stacks/aws\.py, SERVICES\)"):
        assembly.slim(package({}), ("kms_key", "kms_kay"))


def test_the_key_follows_the_services_but_not_their_order() -> None:
    """Another list is another assembly; the same list in another order is not."""
    assert kernel.slim_key(("kms_key", "sqs_queue")) == kernel.slim_key(("sqs_queue", "kms_key"))
    assert kernel.slim_key(("kms_key",)) != kernel.slim_key(("kms_key", "sqs_queue"))


def test_the_key_follows_the_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade the old assembly is not found."""
    before = kernel.slim_key(("kms_key",))
    monkeypatch.setattr("importlib.metadata.version", lambda _: "99.0.0")
    assert kernel.slim_key(("kms_key",)) != before


@pytest.mark.parametrize(("value", "used"), [("1", False), ("yes", False), ("0", True), ("", True)])
def test_the_full_assembly_can_be_forced(
    value: str, *, used: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SYNTH_FULL_ASSEMBLY=1` is the way back."""
    path = tmp_path / kernel.slim_name(kernel.slim_key(("kms_key",)), b"content")
    path.write_bytes(b"content")
    monkeypatch.setattr(kernel, "BUILD", tmp_path)
    monkeypatch.setenv(kernel.FULL_ASSEMBLY_VARIABLE, value)
    assert kernel.slim_assembly(("kms_key",)) == (path if used else None)


def test_falling_back_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Synthesis that takes seconds longer than it needs to says why, unless that was asked for."""
    monkeypatch.setattr(kernel, "BUILD", tmp_path)
    monkeypatch.delenv(kernel.FULL_ASSEMBLY_VARIABLE, raising=False)
    assert kernel.slim_assembly(("kms_key",)) is None
    assert capsys.readouterr().err == f"{kernel.NOT_BUILT}\n"
    monkeypatch.setenv(kernel.FULL_ASSEMBLY_VARIABLE, "1")
    assert kernel.slim_assembly(("kms_key",)) is None
    assert not capsys.readouterr().err


def test_node_comes_with_the_python_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Node needs to be installed on the machine."""
    monkeypatch.setenv("JSII_NODE", "")
    monkeypatch.setenv("PATH", "")
    node = kernel.prepare_node()
    assert os.access(node, os.X_OK)
    assert os.environ["JSII_NODE"] == node == kernel.packaged_node()


def test_a_node_chosen_by_the_user_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """`JSII_NODE` is jsii's own variable and wins."""
    monkeypatch.setenv("JSII_NODE", "chosen")
    assert kernel.prepare_node() == "chosen"


def test_the_systems_node_is_the_fallback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the package, what is on the path runs; without that, one sentence says what to install."""
    monkeypatch.setenv("JSII_NODE", "")
    monkeypatch.setattr(kernel, "packaged_node", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(kernel.NodeMissingError, match=r"Node\.js was not found: `make setup` installs it"):
        kernel.prepare_node()
    (tmp_path / "node").touch(mode=0o755)
    assert kernel.prepare_node() == str(tmp_path / "node")


def test_every_listed_service_is_used_by_a_stack() -> None:
    """What is listed is cut, packed and loaded at every synthesis."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "stacks").rglob("*.py"))
    named = set(re.findall(r"\baws\.([A-Z]\w+)", code))
    used = {next(iter(aws.services_for(name)), None) for name in named}
    assert set(aws.SERVICES) <= used
