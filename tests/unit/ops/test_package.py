"""ops/package: reproducible, minimal, and clear about what is wrong."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from config.paths import ROOT
from ops import package as packer
from ops.package import Package, PackageError, Target, describe, install, package
from tests.support.shop import FUNCTIONS as SHOP_FUNCTIONS

FUNCTIONS = ["payment_handler", "order_processor"]
PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A function without dependencies, with shared code and with everything that must not be packed."""
    return make_function(tmp_path / "repository")


def make_function(root: Path) -> Path:
    """Write a function `greeter`; return its folder."""
    files = {
        "functions/__init__.py": "",
        "functions/shared/words.py": "WORD = 'hello'\n",
        "functions/greeter/handler.py": "def handle(event, context): ...\n",
        "functions/greeter/data/names.txt": "names\n",
        "functions/greeter/requirements.txt": "# nothing\n",
        "functions/greeter/requirements.in": "# nothing\n",
        "functions/greeter/README.md": "words\n",
        "functions/greeter/.DS_Store": "junk\n",
        "functions/greeter/__pycache__/handler.cpython-312.pyc": "junk\n",
        "functions/greeter/tests/test_handler.py": "junk\n",
        "functions/other/handler.py": "another function\n",
        "functions/README.md": "words\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root / "functions" / "greeter"


def make_wheel(folder: Path, *, tag: str = "py3-none-any", module: str = "polite") -> str:
    """Write a wheel with one module, a console script and a test; return its line for a lock file."""
    folder.mkdir(exist_ok=True)
    info = "polite-1.0.dist-info"
    files = {
        f"{module}/__init__.py": "",
        f"{module}/hints.pyi": "",
        f"{module}/tests/test_polite.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: polite\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[console_scripts]\npolite = {module}:main\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    path = folder / f"polite-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    return f"polite==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that uv takes wheels from instead of a registry."""
    config = tmp_path / "uv.toml"
    config.write_text(f"no-index = true\nfind-links = ['{tmp_path / 'wheels'}']\n", encoding="utf-8")
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_CONFIG_FILE", str(config))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return tmp_path / "wheels"


def names(path: Path) -> list[str]:
    """Return the names in a zip, in its own order."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def build(source: Path, out_dir: Path, target: Target | None = None) -> Package:
    """Package for the default target, or the one given."""
    return package(source, target=target or Target(), out_dir=out_dir)


# What is in a zip


def test_a_zip_holds_the_function_shared_code_and_nothing_else(source: Path, tmp_path: Path) -> None:
    """No other function, no tests, no compiled files, no documentation, no lock file."""
    assert names(build(source, tmp_path / "out").path) == [
        "functions/__init__.py",
        "functions/greeter/data/names.txt",
        "functions/greeter/handler.py",
        "functions/shared/words.py",
    ]


def test_wheels_lie_at_the_top_without_what_differs_per_installation(
    source: Path, tmp_path: Path, wheels: Path
) -> None:
    """Scripts name the interpreter that installed them, RECORD lists them; metadata stays readable."""
    (source / "requirements.txt").write_text(make_wheel(wheels), encoding="utf-8")
    assert [name for name in names(build(source, tmp_path / "out").path) if "polite" in name] == [
        "polite-1.0.dist-info/METADATA",
        "polite-1.0.dist-info/WHEEL",
        "polite-1.0.dist-info/entry_points.txt",
        "polite/__init__.py",
    ]


def test_times_permissions_and_system_are_fixed(source: Path, tmp_path: Path) -> None:
    """Lambda runs as a user of its own, so everybody may read."""
    with zipfile.ZipFile(build(source, tmp_path / "out").path) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o100644
            assert entry.create_system == 3
            assert entry.compress_type == zipfile.ZIP_STORED


def test_the_result_says_what_terraform_and_lambda_need(source: Path, tmp_path: Path) -> None:
    """Path, handler, hash as `source_code_hash` wants it, sizes."""
    one = build(source, tmp_path / "out")
    content = one.path.read_bytes()
    assert one.path == tmp_path / "out" / "greeter-python3.12-arm64.zip"
    assert one.handler == "functions.greeter.handler.handle"
    assert base64.b64decode(one.sha256_base64) == hashlib.sha256(content).digest()
    assert one.size_bytes == len(content)
    with zipfile.ZipFile(one.path) as archive:
        assert one.unpacked_bytes == sum(entry.file_size for entry in archive.infolist())


def test_another_module_can_be_the_handler(source: Path, tmp_path: Path) -> None:
    """A service's config may name any module and function of its folder."""
    (source / "web").mkdir()
    (source / "web" / "app.py").touch()
    one = package(source, target=Target(), out_dir=tmp_path / "out", handler="web.app.main")
    assert one.handler == "functions.greeter.web.app.main"


# Reproducible


def test_two_builds_give_the_same_bytes_whenever_and_wherever_they_run(tmp_path: Path, wheels: Path) -> None:
    """Folder, time, umask, permissions and the order of creation leave no trace."""
    lock = make_wheel(wheels)
    first_source = make_function(tmp_path / "one")
    (first_source / "requirements.txt").write_text(lock, encoding="utf-8")
    first = build(first_source, tmp_path / "first")
    umask = os.umask(0o077)
    try:
        second_source = tmp_path / "elsewhere" / "functions"
        for path in sorted(first_source.parent.rglob("*"), reverse=True):
            copy = second_source / path.relative_to(first_source.parent)
            if path.is_file():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                copy.chmod(0o700)
                os.utime(copy, (1, 1))
        shutil.rmtree(os.environ["UV_CACHE_DIR"])
        second = build(second_source / "greeter", tmp_path / "second")
    finally:
        os.umask(umask)
    assert second.path.read_bytes() == first.path.read_bytes()
    assert second.sha256_base64 == first.sha256_base64


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_real_function_builds_twice_to_the_same_bytes(
    name: str, arm64: dict[str, Package], tmp_path: Path
) -> None:
    """With its real wheels, from scratch."""
    again = real(name, tmp_path)
    assert again.rebuilt
    assert again.path.read_bytes() == arm64[name].path.read_bytes()


# Rebuilt only when it must be


def test_an_unchanged_function_is_not_built_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even uv is called."""
    first = build(source, tmp_path / "out")
    monkeypatch.setattr(packer, "install", None)
    os.utime(source / "handler.py", (1, 1))
    again = build(source, tmp_path / "out")
    assert (first.rebuilt, again.rebuilt) == (True, False)
    assert {**vars(again), "rebuilt": True} == vars(first)


@pytest.mark.parametrize(
    "changed", ["handler.py", "data/names.txt", "../shared/words.py", "../__init__.py", "requirements.txt"]
)
def test_a_changed_input_is_built_again(source: Path, tmp_path: Path, changed: str) -> None:
    """Every byte that can reach the zip counts."""
    first = build(source, tmp_path / "out")
    with (source / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    again = build(source, tmp_path / "out")
    assert again.rebuilt
    assert (again.sha256_base64 == first.sha256_base64) == (changed == "requirements.txt")


@pytest.mark.parametrize("ignored", ["README.md", "tests/test_handler.py", "../other/handler.py"])
def test_a_change_that_is_not_packed_builds_nothing(source: Path, tmp_path: Path, ignored: str) -> None:
    """Documentation, tests and other functions deploy nothing."""
    build(source, tmp_path / "out")
    (source / ignored).write_text("changed\n", encoding="utf-8")
    assert not build(source, tmp_path / "out").rebuilt


def test_a_file_that_moves_is_built_again(source: Path, tmp_path: Path) -> None:
    """Same bytes under another name are another input."""
    build(source, tmp_path / "out")
    (source / "data" / "names.txt").rename(source / "data" / "people.txt")
    assert build(source, tmp_path / "out").rebuilt


def test_another_packer_builds_again(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of the rules must not hide behind an old zip."""
    build(source, tmp_path / "out")
    (tmp_path / "package.py").write_text("another version", encoding="utf-8")
    monkeypatch.setattr(packer, "__file__", str(tmp_path / "package.py"))
    assert build(source, tmp_path / "out").rebuilt


@pytest.mark.parametrize("damage", ["zip gone", "zip cut", "record gone", "record garbled", "record empty"])
def test_a_damaged_result_is_built_again(source: Path, tmp_path: Path, damage: str) -> None:
    """What lies in the build folder is believed only as far as its hash goes."""
    first = build(source, tmp_path / "out")
    record = first.path.with_suffix(".json")
    match damage:
        case "zip gone":
            first.path.unlink()
        case "zip cut":
            first.path.write_bytes(first.path.read_bytes()[:-1])
        case "record gone":
            record.unlink()
        case "record garbled":
            record.write_text("{", encoding="utf-8")
        case _:
            record.write_text(json.dumps([]), encoding="utf-8")
    again = build(source, tmp_path / "out")
    assert again.rebuilt
    assert again.sha256_base64 == first.sha256_base64


def test_two_targets_live_side_by_side(source: Path, tmp_path: Path) -> None:
    """Going back and forth between the local AWS and an account builds nothing twice."""
    build(source, tmp_path / "out", Target())
    build(source, tmp_path / "out", Target.host())
    assert not build(source, tmp_path / "out", Target()).rebuilt
    assert not build(source, tmp_path / "out", Target.host()).rebuilt


# Targets


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (Target(), ["--python-version", "3.12", "--python-platform", "aarch64-manylinux_2_34"]),
        (
            Target("python3.13", "x86_64"),
            ["--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_34"],
        ),
        (
            Target("python3.11", "arm64"),
            ["--python-version", "3.11", "--python-platform", "aarch64-manylinux2014"],
        ),
        (Target.host(), []),
    ],
    ids=str,
)
def test_wheels_are_chosen_for_the_runtimes_python_and_c_library(target: Target, options: list[str]) -> None:
    """Amazon Linux 2023 under Python 3.12 and later, Amazon Linux 2 before; this machine as it is."""
    assert target.uv_options() == options


def test_the_host_target_is_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Architectures have Lambda's names, whatever the system calls them."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert Target.host() == Target(
        f"python{sys.version_info[0]}.{sys.version_info[1]}", "arm64", is_host=True
    )


@pytest.mark.parametrize("target", [Target("nodejs22.x"), Target(architecture="riscv")], ids=str)
def test_an_unknown_target_is_refused(source: Path, tmp_path: Path, target: Target, wheels: Path) -> None:
    """Before anything is installed."""
    (source / "requirements.txt").write_text(make_wheel(wheels), encoding="utf-8")
    with pytest.raises(PackageError, match="is not a valid target"):
        build(source, tmp_path / "out", target)


# Errors say which file and what to do


@pytest.mark.parametrize(
    ("missing", "advice"),
    [("handler.py", "it must define the handler `handler.handle`"), ("requirements.txt", "`make lock`")],
)
def test_a_missing_file_is_named(source: Path, tmp_path: Path, missing: str, advice: str) -> None:
    """With what belongs there."""
    (source / missing).unlink()
    message = re.escape(f"{source / missing}: file does not exist; ") + f".*{re.escape(advice)}"
    with pytest.raises(PackageError, match=message):
        build(source, tmp_path / "out")


def test_a_wheel_that_does_not_exist_for_the_target_is_an_error(tmp_path: Path, wheels: Path) -> None:
    """The message names the lock, the target and the choices."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(make_wheel(wheels, tag=f"{PYTHON}-{PYTHON}-win_amd64"), encoding="utf-8")
    with pytest.raises(PackageError, match="pin a version that has a wheel for python3") as caught:
        install(lock, Target(), tmp_path / "into")
    assert str(caught.value).startswith(f"{lock}: ")
    assert "polite==1.0" in str(caught.value)


def test_a_wheel_that_is_not_the_locked_one_is_refused(tmp_path: Path, wheels: Path) -> None:
    """A hash that does not fit is never installed."""
    make_wheel(wheels)
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"polite==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    with pytest.raises(PackageError, match="create the lock file again"):
        install(lock, Target(), tmp_path / "into")


def test_an_unpinned_lock_is_refused(tmp_path: Path, wheels: Path) -> None:
    """A lock without hashes is not a lock."""
    make_wheel(wheels)
    lock = tmp_path / "requirements.txt"
    lock.write_text("polite\n", encoding="utf-8")
    with pytest.raises(PackageError, match="create the lock file again"):
        install(lock, Target(), tmp_path / "into")


def test_a_registry_that_cannot_be_reached_is_said_so(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a problem of the lock."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(make_wheel(wheels), encoding="utf-8")
    (tmp_path / "uv.toml").write_text("index-url = 'http://127.0.0.1:9/simple'\n", encoding="utf-8")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(PackageError, match="check the network"):
        install(lock, Target(), tmp_path / "into")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("No space left on device (os error 28)", "No space left on device: free disk space"),
        ("Permission denied (os error 13)", "Permission denied: free disk space, or correct the folder's"),
        ("tcp connect error: Connection refused (os error 111)", "check the network"),
    ],
)
def test_a_fault_of_the_machine_is_not_taken_for_one_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, advice: str
) -> None:
    """As uv words it."""
    lock = tmp_path / "requirements.txt"
    lock.write_text("x==1\n", encoding="utf-8")
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f"#!/bin/sh\necho 'error: Failed to install: x: {said}' >&2\nexit 2\n", encoding="utf-8")
    uv.chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(PackageError, match=advice):
        install(lock, Target(), tmp_path / "into")


def test_without_uv_the_error_says_how_to_get_it(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is part of setup."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(make_wheel(wheels), encoding="utf-8")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackageError, match="`make setup` installs it"):
        install(lock, Target(), tmp_path / "into")


def test_a_wheel_that_would_hide_our_own_package_is_refused(
    source: Path, tmp_path: Path, wheels: Path
) -> None:
    """Two things of one name cannot both be at the top of the zip."""
    (source / "requirements.txt").write_text(make_wheel(wheels, module="functions"), encoding="utf-8")
    with pytest.raises(PackageError, match=r"a wheel contains functions/__init__\.py"):
        build(source, tmp_path / "out")


@pytest.mark.parametrize(
    ("limit", "what"), [("MAX_UNPACKED_BYTES", "unpacked"), ("MAX_ZIP_BYTES", "zipped, for a direct upload")]
)
def test_a_zip_above_lambdas_limits_is_refused_and_the_old_one_stays(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, what: str
) -> None:
    """AWS would refuse it in the middle of a deployment."""
    first = build(source, tmp_path / "out").path.read_bytes()
    (source / "handler.py").write_text("changed\n", encoding="utf-8")
    monkeypatch.setattr(packer, limit, 10)
    with pytest.raises(PackageError, match=what):
        build(source, tmp_path / "out")
    assert (tmp_path / "out" / "greeter-python3.12-arm64.zip").read_bytes() == first
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_large_package_is_deflated_to_fit(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Portable bytes are worth less than a function that can be deployed at all."""
    (source / "data" / "names.txt").write_text("name\n" * 10_000, encoding="utf-8")
    monkeypatch.setattr(packer, "MAX_ZIP_BYTES", 20_000)
    one = build(source, tmp_path / "out")
    assert one.size_bytes < 20_000 < one.unpacked_bytes


def test_lambdas_limits_are_those_of_its_quotas() -> None:
    """50 MB zipped, 250 MB unpacked; Lambda's own message counts 262144000 bytes."""
    assert packer.MAX_ZIP_BYTES == 52_428_800
    assert packer.MAX_UNPACKED_BYTES == 262_144_000


def test_a_folder_that_is_a_link_keeps_its_name(source: Path, tmp_path: Path) -> None:
    """Zip and handler are named after the configuration's `source`, wherever the code is."""
    link = source.with_name("linked")
    link.symlink_to(source)
    built = build(link, tmp_path / "out")
    assert (built.name, built.handler) == ("linked", "functions.linked.handler.handle")
    assert "functions/linked/handler.py" in names(built.path)


# The real functions


def real(name: str, out_dir: Path) -> Package:
    """Build a function of the tests' shop for an account."""
    shared = ROOT / "functions" / "shared"
    return package(SHOP_FUNCTIONS / name, target=Target(), out_dir=out_dir, shared=shared)


@pytest.fixture(scope="session")
def arm64(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    """The zips as they are deployed to an account, built once."""
    out_dir = tmp_path_factory.mktemp("arm64")
    return {name: real(name, out_dir) for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_modules_are_for_the_target(name: str, arm64: dict[str, Package]) -> None:
    """An ELF header's machine 183 is AArch64, whatever this machine is."""
    with zipfile.ZipFile(arm64[name].path) as archive:
        modules = [archive.read(entry) for entry in archive.namelist() if entry.endswith(".so")]
    assert modules
    for module in modules:
        assert module[:4] == b"\x7fELF"
        assert int.from_bytes(module[18:20], "little") == 183


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_zip_leaves_out_what_the_runtime_brings(name: str, arm64: dict[str, Package]) -> None:
    """Botocore alone is six times the rest; zips stay far below Lambda's limit."""
    tops = {entry.split("/")[0] for entry in names(arm64[name].path)}
    assert tops.isdisjoint({"boto3", "botocore", "urllib3", "dateutil", "bin"})
    assert {"functions", "aws_lambda_powertools", "aws_xray_sdk", "wrapt"} <= tops
    assert arm64[name].size_bytes < 10_000_000


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_deployed_is_what_is_tested(name: str) -> None:
    """The functions' locks and this environment agree on every version."""
    lock = (SHOP_FUNCTIONS / name / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    assert pins == {name: importlib.metadata.version(name) for name in pins}
    assert "aws-lambda-powertools" in pins


# The table


def test_the_table_has_one_line_per_package(tmp_path: Path) -> None:
    """Name, target, both sizes, and whether it was built."""
    zip_path = tmp_path / "one.zip"
    packages = [
        Package("payment_handler", Target(), zip_path, "", "", 5_106_000, 5_016_000, rebuilt=True),
        Package("tax", Target("python3.11", "x86_64", is_host=True), zip_path, "", "", 12, 0, rebuilt=False),
    ]
    assert describe(packages).splitlines() == [
        "function         target                     zip  unpacked",
        "payment_handler  python3.12-arm64        5.1 MB    5.0 MB  built",
        "tax              python3.11-x86_64-host  0.0 MB    0.0 MB  unchanged",
    ]
