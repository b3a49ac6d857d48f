"""Reduce the assembly of the AWS bindings to the services in use (part of setup, about 5 s, once).

jsii's Node process loads an assembly: the description of every type (`.jsii`, 120 MB of JSON for 2,100
services) and its JavaScript. This module keeps, for the services in `stacks.aws.SERVICES`, the unchanged
types, their folders, and their `require` lines in `lib/index.js`. It writes a file under `build/assembly/`
whose name contains a hash of the inputs: another list or version gives another file. `stacks/kernel.py`
passes it to jsii.

    python -m ops.assembly
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import os
import re
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from stacks import aws, kernel

SOURCE_MAP = re.compile(rb"^//# sourceMappingURL=data:[^\n]*\n?", re.MULTILINE)
EXPORT = re.compile(rb'^exports\.(\w+) = require\("\./([\w-]+)"\);$', re.MULTILINE)
STRICT = b'"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });'
LAZY_EXPORT = b'Object.defineProperty(exports, "%b", { enumerable: true, get: () => require("./%b") });'
REQUIRE = re.compile(rb'\brequire\("([^"]+)"\)')


class AssemblyError(Exception):
    """The assembly cannot be reduced; the message has the reason. Synthesis then uses the full assembly."""


def main() -> int:
    """Build the slim assembly unless it exists; return the exit status."""
    started = time.monotonic()
    if kernel.find(kernel.BUILD, kernel.slim_key(aws.SERVICES)):
        return 0
    say(f"reducing the AWS bindings to the {len(aws.SERVICES)} services in use (a few seconds, once)")
    try:
        path = build(aws.SERVICES, kernel.BUILD)
    except (AssemblyError, OSError, tarfile.TarError) as error:
        say(f"{error}; synthesis uses the full bindings, which are slower")
        return 1
    say(f"{path.stat().st_size // 1024} kB in {time.monotonic() - started:.1f} s")
    return 0


def build(services: tuple[str, ...], folder: Path) -> Path:
    """Write the assembly of `services` into `folder` and return its path.

    The write is atomic. Several processes may run this at once: each renames a file of its own, and all
    files have the same name and bytes.

    Raises:
        AssemblyError: the bindings are not installed, do not contain a service, or refer to a service that
            is not listed.
    """
    content = slim(read(full_assembly(), services), services)
    target = folder / kernel.slim_name(kernel.slim_key(services), content)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # Temporary files are private; every user of the checkout reads this one.
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def full_assembly() -> Path:
    """Return the path of the package's full assembly, without importing the package.

    Raises:
        AssemblyError: the package is not installed.
    """
    spec = importlib.util.find_spec(kernel.PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in Path(folder, "_jsii").glob("*.jsii.tgz"):
            return path
    message = f"{kernel.PACKAGE} is not installed"
    raise AssemblyError(message)


def read(assembly: Path, services: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of `assembly` that `services` need, unchanged, by path inside the package."""
    in_use = {squash(service) for service in services}
    files = {}
    # Read as a stream: the 4,300 files are compressed as one, and a seek back would decompress them again.
    with tarfile.open(assembly, mode="r|gz") as archive:
        for member in archive:
            _, *path = member.name.split("/")
            top_level = path in (["package.json"], [".jsii"], ["LICENSE"], ["lib", "index.js"])
            code = path[:1] == ["lib"] and len(path) > 2 and path[-1].endswith(".js")  # noqa: PLR2004
            if top_level or (code and squash(path[1]) in in_use):
                file = archive.extractfile(member)
                if file is not None:
                    files["/".join(path)] = file.read()
    return files


def squash(name: str) -> str:
    """Normalize the spellings of a service's name: `s3_bucket`, `s3-bucket` and `s3Bucket` are the same."""
    return re.sub(r"[-_]", "", name).lower()


def slim(files: dict[str, bytes], services: tuple[str, ...]) -> bytes:
    """Return the slim package as a reproducible .tgz: the same input gives the same bytes."""
    exports = {match[1].decode(): match for match in EXPORT.finditer(files["lib/index.js"])}
    by_service = {squash(name): name for name in exports}
    absent = [service for service in services if squash(service) not in by_service]
    if absent:
        message = f"the AWS bindings do not contain {', '.join(absent)} (stacks/aws.py, SERVICES)"
        raise AssemblyError(message)
    names = [by_service[squash(service)] for service in services]

    cut = {path: SOURCE_MAP.sub(b"", code) for path, code in files.items() if path.endswith(".js")}
    for path in set(cut) - {"lib/index.js"}:
        check_closed(path, cut[path])
    cut["lib/index.js"] = b"\n".join([STRICT, *(LAZY_EXPORT % exports[name].groups() for name in names)])
    cut["package.json"] = files["package.json"]
    cut["LICENSE"] = files["LICENSE"]
    cut[".jsii"] = slim_types(files.pop(".jsii"), {f"{kernel.ASSEMBLY}.{name}" for name in names})
    return pack(cut)


def check_closed(path: str, code: bytes) -> None:
    """Reject code that requires a file outside its own folder, except cdktf and constructs."""
    for required in REQUIRE.findall(code):
        name = required.decode()
        if name not in {"cdktf", "constructs"} and (not name.startswith("./") or ".." in name):
            message = f"{path} of the AWS bindings requires {name}, which the slim assembly does not contain"
            raise AssemblyError(message)


def slim_types(jsii: bytes, namespaces: set[str]) -> bytes:
    """Return `.jsii` without the types and the documentation of other namespaces.

    Raises:
        AssemblyError: a type that is kept refers to a type that is not.
    """

    def drop_others(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
        content = dict(pairs)
        # Dropping each type when it is parsed needs a fraction of the memory of the whole document.
        is_type = "fqn" in content and "assembly" in content
        return None if is_type and content["fqn"].rpartition(".")[0] not in namespaces else content

    assembly = json.loads(jsii, object_pairs_hook=drop_others)
    assembly["types"] = {name: type_ for name, type_ in assembly["types"].items() if type_ is not None}
    assembly["submodules"] = {
        name: module for name, module in assembly["submodules"].items() if name in namespaces
    }
    result = json.dumps(assembly, separators=(",", ":")).encode()
    referred = {match.decode() for match in re.findall(rb'"fqn":"(@cdktf/provider-aws\.[\w.]+)"', result)}
    missing = sorted(referred - assembly["types"].keys())
    if missing:
        message = f"types of the services in use refer to {missing[0]}: add its service to SERVICES"
        raise AssemblyError(message)
    return result


def pack(files: dict[str, bytes]) -> bytes:
    """Return a .tgz of `files` under `package/`, without times or owners."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"setup: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
