"""Terraform's JSON on disk: one configuration for each folder, however its files are divided.

Source: Terraform language, "JSON Configuration Syntax" (a block, or several, may be an object or an array of
objects) and "Files and Configuration Structure" (a folder's files are one module).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from config import files
from drill.limits import MOST_BYTES
from drill.sources.errors import SourceError

_NESTED: Final[Mapping[str, int]] = {"resource": 2, "data": 2, "output": 1, "variable": 1, "locals": 0}
"""Kind of a block -> how many names a block of it has; those of no other kind are needed here."""


def stacks(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the configurations in a folder by their names.

    That is one for each folder in `stacks`, as cdktf writes them; or the one of the folder itself; or one
    for each folder in it.

    Raises:
        SourceError: there is none, or a file is not Terraform's JSON.
    """
    if not folder.is_dir():
        message = f"{folder}: no such folder"
        raise SourceError(message)
    inner = folder / "stacks" if (folder / "stacks").is_dir() else folder
    own = {} if inner != folder else {folder.resolve().name: folder}
    found = (
        own if own and _files(folder) else {one.name: one for one in sorted(inner.iterdir()) if one.is_dir()}
    )
    read = {name: _configuration(one) for name, one in found.items() if _files(one)}
    if not read:
        message = f"{folder}: holds no Terraform JSON (*.tf.json): synthesize first, `make synth ENV=…`"
        raise SourceError(message)
    return read


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.tf.json"))


def _configuration(folder: Path) -> dict[str, Any]:
    """Return what the files of a folder say together."""
    made: dict[str, Any] = {kind: {} for kind in _NESTED}
    providers: dict[str, list[Any]] = {}
    for path in _files(folder):
        for kind, content in _read(path).items():
            if kind == "provider":
                for block in _blocks(content, path, kind):
                    for name, of_name in block.items():
                        providers.setdefault(name, []).extend(
                            of_name if isinstance(of_name, list) else [of_name]
                        )
            elif kind in _NESTED:
                _merge(made[kind], content, _NESTED[kind], f"{path}: {kind}")
    return {**made, "provider": providers}


def _merge(into: dict[str, Any], content: Any, depth: int, where: str) -> None:  # noqa: ANN401  # JSON
    """Put blocks, which have `depth` names, with those that are there."""
    for block in _blocks(content, where):
        for name, inner in block.items():
            if name == "//":
                continue
            if depth > 1:
                _merge(into.setdefault(name, {}), inner, depth - 1, f"{where}.{name}")
                continue
            if name in into:
                message = f"{where}.{name} is there twice"
                raise SourceError(message)
            into[name] = inner if depth == 0 else _one(inner, f"{where}.{name}")


def _one(content: Any, where: str) -> dict[str, Any]:  # noqa: ANN401  # JSON
    blocks = list(_blocks(content, where))
    if len(blocks) != 1:
        message = f"{where} is there {len(blocks)} times"
        raise SourceError(message)
    return blocks[0]


def _blocks(content: Any, *where: object) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # JSON
    for block in content if isinstance(content, list) else [content]:
        if not isinstance(block, dict):
            message = f"{': '.join(map(str, where))} has to be an object, not {block!r}"
            raise SourceError(message)
        yield block


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(files.text(path, MOST_BYTES))
    except files.FileError as error:
        message = f"{path}: {error}"
        raise SourceError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"{path}: cannot be read as JSON: {error}"
        raise SourceError(message) from error
    if not isinstance(content, dict):
        message = f"{path}: has to be an object, as Terraform's JSON is"
        raise SourceError(message)
    return content
