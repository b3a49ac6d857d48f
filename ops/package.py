"""Build the zip files of the Lambda functions, reproducibly: the same inputs give the same bytes.

A zip contains the function's folder and `shared` under `functions/`, and at its top level the packages of
the hashed lock file `requirements.txt`:

    functions/__init__.py  functions/shared/…  functions/payment_handler/handler.py …  aws_lambda_powertools/…

A handler therefore has the same import path, `functions.payment_handler.handler.handle`, in tests and in
Lambda. The lock is installed without dependencies: the zip contains only what it lists.

Terraform compares the hash of the zip: if the bytes differ without a change, it deploys without a change.
"""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws.waiting import waiting_for
from config.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHARED = "shared"
LOCK_FILE = "requirements.txt"
SCRATCH = ".package-"
"""Prefix of the temporary folders in which a zip is built."""

# "Lambda quotas", Lambda Developer Guide, section "Function configuration, deployment, and execution": 50 MB
# zipped in a direct upload, 250 MB unzipped, layers included. The service counts in MiB.
MAX_ZIP_BYTES = 50 * 1024**2
MAX_UNPACKED_BYTES = 250 * 1024**2

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
_PERMISSIONS = stat.S_IFREG | 0o644  # Lambda's own user must be able to read; modules need no x bit
# Console scripts contain the path of the interpreter, and some files of a dist-info depend on the
# installation. Type stubs, C sources and tests are not used at run time.
_NOT_PACKED = re.compile(
    r"(^|/)(__pycache__|tests)/|\.(py[cio]|[ch])$|(^|/)\."
    r"|^bin/|^[^/]+-stubs/|\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$"
)
_INPUTS_ONLY = re.compile(r"^(requirements\.(in|txt)|[^/]+\.md)$")


class PackageError(CommandError):
    """A zip cannot be built; the message has the file and what to do."""


@dataclass(frozen=True)
class Target:
    """The Python and the processor architecture of a zip.

    Attributes:
        runtime: Lambda's name of the runtime, such as `python3.12`.
        architecture: Lambda's name of the instruction set: `arm64` or `x86_64`.
        is_host: Whether the zip is for this machine's Python, in which a local AWS runs functions.
    """

    runtime: str = "python3.12"
    architecture: str = "arm64"
    is_host: bool = False

    @classmethod
    def host(cls) -> Target:
        """Return the target for this machine's Python."""
        machine = platform.machine().lower()
        architecture = {"aarch64": "arm64", "amd64": "x86_64"}.get(machine, machine)
        return cls(f"python{sys.version_info[0]}.{sys.version_info[1]}", architecture, is_host=True)

    def __str__(self) -> str:
        return f"{self.runtime}-{self.architecture}{'-host' if self.is_host else ''}"

    def uv_options(self) -> list[str]:
        """Return the options with which uv selects wheels for this target.

        The platform depends on the C library of the runtime's base image ("Lambda runtimes", Lambda Developer
        Guide): Amazon Linux 2023, with glibc 2.34, from Python 3.12; Amazon Linux 2 before.

        Raises:
            PackageError: The runtime or the architecture is not supported.
        """
        if self.is_host:
            return []
        version = re.fullmatch(r"python(3\.(\d+))", self.runtime)
        machine = {"arm64": "aarch64", "x86_64": "x86_64"}.get(self.architecture)
        if version is None or machine is None:
            message = f"{self} is not a valid target: runtimes are python3.x, architectures arm64 and x86_64"
            raise PackageError(message)
        libc = "manylinux_2_34" if int(version[2]) >= 12 else "manylinux2014"  # noqa: PLR2004 (docstring)
        return ["--python-version", version[1], "--python-platform", f"{machine}-{libc}"]


@dataclass(frozen=True)
class Package:
    """A built zip.

    Attributes:
        name: Name of the function's folder.
        target: Its Python and architecture.
        path: Path of the zip.
        handler: Lambda's handler setting.
        sha256_base64: Hash of the zip as Lambda and Terraform write it (`CodeSha256`, `source_code_hash`).
        size_bytes: Size of the zip.
        unpacked_bytes: Size of its contents.
        rebuilt: Whether it was built now; false if an earlier zip has the same inputs.
    """

    name: str
    target: Target
    path: Path
    handler: str
    sha256_base64: str
    size_bytes: int
    unpacked_bytes: int
    rebuilt: bool


def package(
    source: Path,
    *,
    target: Target,
    out_dir: Path,
    handler: str = "handler.handle",
    shared: Path | None = None,
) -> Package:
    """Build a function's zip, unless an earlier one has the same inputs.

    Args:
        source: The function's folder, with `requirements.txt`.
        target: Python and architecture of the zip.
        out_dir: Folder for the zip and its fingerprint; created if it does not exist.
        handler: Module and function within `source`.
        shared: Folder `shared` that the function imports; the one beside `source` unless given.

    Raises:
        PackageError: A file is missing, a wheel does not exist for the target, or the zip exceeds Lambda's
            limits.
    """
    source = source.absolute()  # a link keeps its name, which is part of the handler's
    check_inputs(source, handler)
    own = own_files(source, shared or source.parent / SHARED)
    fingerprint = _fingerprint(own, (source / LOCK_FILE).read_bytes(), target)
    zip_path = out_dir / f"{source.name}-{target}.zip"
    record = _read_record(zip_path, fingerprint)
    rebuilt = record is None
    if record is None:
        out_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=out_dir) as scratch:
            wheels = Path(scratch)
            install(source / LOCK_FILE, target, wheels)
            entries = _merge(own, _tree(wheels), source)
            record = _write(entries, zip_path, fingerprint)
    return Package(
        name=source.name,
        target=target,
        path=zip_path,
        handler=f"{source.parent.name}.{source.name}.{handler}",
        sha256_base64=str(record["sha256_base64"]),
        size_bytes=int(record["size_bytes"]),
        unpacked_bytes=int(record["unpacked_bytes"]),
        rebuilt=rebuilt,
    )


def describe(packages: Iterable[Package]) -> str:
    """Return a table of sizes, one line per package (MB are 10^6 bytes)."""
    rows = [("function", "target", "zip", "unpacked", "")]
    rows += [
        (
            package.name,
            str(package.target),
            f"{package.size_bytes / 1e6:.1f} MB",
            f"{package.unpacked_bytes / 1e6:.1f} MB",
            "built" if package.rebuilt else "unchanged",
        )
        for package in packages
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index in (2, 3) else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def check_inputs(source: Path, handler: str) -> None:
    """Check that the folder, the handler's module and the lock file exist.

    Raises:
        PackageError: one of them does not exist.
    """
    if not source.is_dir():
        message = f"{source}: folder does not exist; it must contain the function's module and {LOCK_FILE}"
        raise PackageError(message)
    module = source.joinpath(*handler.split(".")[:-1]).with_suffix(".py")
    if not module.is_file():
        message = f"{module}: file does not exist; it must define the handler `{handler}`"
        raise PackageError(message)
    if not (source / LOCK_FILE).is_file():
        message = (
            f"{source / LOCK_FILE}: file does not exist; create it with `make lock`, or create an empty file "
            "if the function has no dependencies"
        )
        raise PackageError(message)


def own_files(source: Path, shared: Path) -> dict[str, Path]:
    """Return the project's own files by name in the zip: function, `shared`, its parent's `__init__.py`."""
    parent = shared.parent
    files = {}
    for folder in (source, shared):
        for name, path in _tree(folder).items():
            if not _INPUTS_ONLY.match(name):
                files[f"{parent.name}/{folder.name}/{name}"] = path
    if (parent / "__init__.py").is_file():
        files[f"{parent.name}/__init__.py"] = parent / "__init__.py"
    return files


def install(lock: Path, target: Target, into: Path) -> None:
    """Install the wheels of a lock file with uv, from its cache if possible.

    Raises:
        PackageError: uv is missing, a wheel does not exist for the target, the network does not work, or a
            hash differs from the lock.
    """
    requirements = lock.read_text(encoding="utf-8")
    if not re.search(r"^\s*[^#\s]", requirements, re.MULTILINE):
        return
    command = [
        _uv(), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(into),
        *target.uv_options(), "--only-binary", ":all:", "--require-hashes", "--no-deps",
        "--requirement", str(lock),
    ]  # fmt: skip
    with waiting_for(f"uv to install {lock.parent.name}/{lock.name}"):
        result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode == 0:
        return
    reason = result.stderr.strip()
    if "No solution found" in reason:  # no such version, or no wheel of it for this Python or processor
        advice = f"pin a version that has a wheel for {target}, or change the function's architecture"
    elif machine := re.search(r"[^:\n]+(?= \(os error (13|28|30|122)\))", reason):
        # EACCES, ENOSPC, EROFS and EDQUOT, as Rust prints them
        advice = f"{machine[0].strip()}: free disk space, or correct the folder's permissions"
    elif "hash" in reason.lower():
        advice = "create the lock file again with `make lock`"
    else:
        advice = "check the network and the address of the registry, then run the command again"
    message = f"{lock}: cannot install for {target}; {advice}.\n{reason}"
    raise PackageError(message)


def _uv() -> str:
    """Return the path of uv: of `.venv`, else on PATH."""
    own = Path(sys.prefix) / "bin" / "uv"
    executable = str(own) if own.exists() else shutil.which("uv")
    if executable is None:
        message = f"{own}: uv is not installed there or on PATH; `make setup` installs it"
        raise PackageError(message)
    return executable


def _tree(folder: Path) -> dict[str, Path]:
    """Return the files of a folder that belong in a zip, by their relative name."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path for name, path in files.items() if not _NOT_PACKED.search(name)}


def _merge(own: Mapping[str, Path], wheels: Mapping[str, Path], source: Path) -> dict[str, Path]:
    """Merge the project's files and those of the wheels; reject a wheel with the project's own package."""
    hidden = sorted(name for name in wheels if name.split("/")[0] == source.parent.name)
    if hidden:
        message = (
            f"{source / LOCK_FILE}: a wheel contains {hidden[0]}, which would replace the function's own "
            "package; remove that wheel"
        )
        raise PackageError(message)
    return {**own, **wheels}


def _fingerprint(own: Mapping[str, Path], lock: bytes, target: Target) -> str:
    """Return a hash of everything the zip depends on, including this module."""
    digest = hashlib.sha256()
    parts = {name: path.read_bytes() for name, path in own.items()}
    for name, content in [*sorted(parts.items()), ("lock", lock), ("packer", Path(__file__).read_bytes())]:
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    digest.update(str(target).encode())
    return digest.hexdigest()


def _read_record(zip_path: Path, fingerprint: str) -> dict[str, str | int] | None:
    """Return the record of a zip if its inputs and its bytes are unchanged, else None."""
    try:
        record: dict[str, str | int] = json.loads(_record_path(zip_path).read_text(encoding="utf-8"))
        unchanged = record["fingerprint"] == fingerprint and record["sha256_base64"] == _sha256(zip_path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if unchanged else None


def _write(entries: Mapping[str, Path], zip_path: Path, fingerprint: str) -> dict[str, str | int]:
    """Write the zip atomically, and its record; return the record."""
    unpacked_bytes = sum(path.stat().st_size for path in entries.values())
    _refuse_above(unpacked_bytes, MAX_UNPACKED_BYTES, zip_path, "unpacked (without layers)")
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=zip_path.parent) as scratch:
        draft = Path(scratch) / "zip"
        _write_zip(entries, draft, unpacked_bytes)
        size_bytes = draft.stat().st_size
        _refuse_above(size_bytes, MAX_ZIP_BYTES, zip_path, "zipped, for a direct upload")
        record: dict[str, str | int] = {
            "fingerprint": fingerprint,
            "sha256_base64": _sha256(draft),
            "size_bytes": size_bytes,
            "unpacked_bytes": unpacked_bytes,
        }
        draft.replace(zip_path)
    _record_path(zip_path).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def _write_zip(entries: Mapping[str, Path], path: Path, unpacked_bytes: int) -> None:
    """Write the entries in order with fixed times and permissions.

    Entries are stored, not compressed, while the size is below half of the limit: deflate's output depends on
    the zlib of the Python, and two machines would compute different hashes for the same commit.
    """
    method = zipfile.ZIP_STORED if unpacked_bytes < MAX_ZIP_BYTES // 2 else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        for name, source in sorted(entries.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix: otherwise the permissions are ignored
            entry.external_attr = _PERMISSIONS << 16
            entry.compress_type = method
            archive.writestr(entry, source.read_bytes(), compresslevel=9)


def _refuse_above(size_bytes: int, limit_bytes: int, zip_path: Path, form: str) -> None:
    """Raise `PackageError` if a size exceeds one of Lambda's limits."""
    if size_bytes > limit_bytes:
        message = (
            f"{zip_path.name}: {size_bytes / 1024**2:.0f} MB {form}; Lambda's limit is "
            f"{limit_bytes // 1024**2} MB: remove dependencies from the function's {LOCK_FILE}"
        )
        raise PackageError(message)


def _record_path(zip_path: Path) -> Path:
    return zip_path.with_suffix(".json")


def _sha256(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
