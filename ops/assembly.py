"""Cut the assembly of the AWS bindings to the services in use (part of setup, about 5 s, once).

An assembly is what jsii's Node process loads: the description of every type (`.jsii`, 120 MB of JSON for
2,100 services) and the JavaScript behind it. This keeps, for the services in `stacks.aws.SERVICES`, the
types unchanged, their folders, and their `require` lines in `lib/index.js`. The result is a file under
`build/assembly/` whose name says what it was made of, so a changed list or version makes another file
and an old one is never mistaken for it. `stacks/kernel.py` hands it to jsii.

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
    """The assembly cannot be cut; the message says why. Synthesis then uses the full one."""


def main() -> int:
    """Build the slim assembly unless it is there; return the exit status."""
    started = time.monotonic()
    if kernel.find(kernel.BUILD, kernel.slim_key(aws.SERVICES)):
        return 0
    say(f"cutting the AWS bindings to the {len(aws.SERVICES)} services in use (a few seconds, once)")
    try:
        path = build(aws.SERVICES, kernel.BUILD)
    except (AssemblyError, OSError, tarfile.TarError) as error:
        say(f"{error}; synthesis will use the full bindings, which are slower")
        return 1
    say(f"{path.stat().st_size // 1024} kB in {time.monotonic() - started:.1f} s")
    return 0


def build(services: tuple[str, ...], folder: Path) -> Path:
    """Write the assembly cut to `services` into `folder` and return its path.

    It appears complete or not at all. Several processes may do this at once: each writes a file of its
    own and renames it, and all of them write the same bytes under the same name.

    Raises:
        AssemblyError: the bindings are missing, have no such service, or refer to one not in the list.
    """
    content = slim(read(full_assembly(), services), services)
    target = folder / kernel.slim_name(kernel.slim_key(services), content)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(
            0o644
        )  # temporary files are made private; this one is for every user of the checkout
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def full_assembly() -> Path:
    """Return the package's own assembly, found without importing the package."""
    spec = importlib.util.find_spec(kernel.PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in Path(folder, "_jsii").glob("*.jsii.tgz"):
            return path
    message = f"{kernel.PACKAGE} is not installed"
    raise AssemblyError(message)


def read(assembly: Path, services: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of `assembly` that `services` need, uncut, by path inside the package."""
    wanted = {squash(service) for service in services}
    files = {}
    # Read as a stream: the 4,300 files are compressed as one, so a seek back would decompress them again.
    with tarfile.open(assembly, mode="r|gz") as archive:
        for member in archive:
            _, *path = member.name.split("/")
            top_level = path in (["package.json"], [".jsii"], ["LICENSE"], ["lib", "index.js"])
            code = path[:1] == ["lib"] and len(path) > 2 and path[-1].endswith(".js")  # noqa: PLR2004
            if top_level or (code and squash(path[1]) in wanted):
                file = archive.extractfile(member)
                if file is not None:
                    files["/".join(path)] = file.read()
    return files


def squash(name: str) -> str:
    """Reduce a service's name to what its spellings share: `s3_bucket`, `s3-bucket` and `s3Bucket`."""
    return re.sub(r"[-_]", "", name).lower()


def slim(files: dict[str, bytes], services: tuple[str, ...]) -> bytes:
    """Return the slim package as a .tgz: the same bytes whenever it is made of the same input."""
    exports = {match[1].decode(): match for match in EXPORT.finditer(files["lib/index.js"])}
    by_service = {squash(name): name for name in exports}
    absent = [service for service in services if squash(service) not in by_service]
    if absent:
        message = f"the AWS bindings have no service {', '.join(absent)} (stacks/aws.py, SERVICES)"
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
    """Refuse code that needs a file outside its own folder other than cdktf or constructs."""
    for required in REQUIRE.findall(code):
        name = required.decode()
        if name not in {"cdktf", "constructs"} and (not name.startswith("./") or ".." in name):
            message = f"{path} of the AWS bindings requires {name}, which would be cut off"
            raise AssemblyError(message)


def slim_types(jsii: bytes, namespaces: set[str]) -> bytes:
    """Return `.jsii` without the types, and the documentation, of namespaces other than these.

    Raises:
        AssemblyError: a type that stays refers to one that goes.
    """

    def drop_others(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
        found = dict(pairs)
        # Dropping a type as soon as it is parsed keeps memory at a fraction of the whole document's.
        is_type = "fqn" in found and "assembly" in found
        return None if is_type and found["fqn"].rpartition(".")[0] not in namespaces else found

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
