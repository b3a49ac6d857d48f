"""Rename the project and remove its samples: what `make adopt` does, once.

What is removed: the sample services in `config/*.yaml`, their functions with their tests, the scenarios that
name them, the tutorial, and in Markdown files everything between `<!-- samples -->` and `<!-- /samples -->`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

import catalog
from config.errors import CommandError, ConfigError
from config.loader import BASE, environments, load

SERVICES = ("payment-handler", "order-processor", "checkout-api", "inventory-worker")
"""The sample services."""

_SAMPLES = ("functions/payment_handler", "functions/order_processor", "docs/tutorial.md")
_PLAIN = re.compile(r"[a-z][a-z0-9-]*")
_MARKED = re.compile(r"<!-- samples -->\n.*?<!-- /samples -->\n\n?", re.DOTALL)


@dataclass(frozen=True)
class Adoption:
    """What changes in a checkout."""

    texts: Mapping[Path, str]
    """Files that are written, relative to the checkout, with their new text."""
    removed: tuple[Path, ...]
    """Files and directories that are removed, relative to the checkout."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return (*self.texts, *self.removed)


def plan(root: Path, name: str) -> Adoption:
    """Return what adopting a checkout changes in it.

    Args:
        root: the checkout.
        name: the project's new name.

    Raises:
        CommandError: the configuration cannot be edited.
        ConfigError: the name is not valid, or the configuration would not be valid afterwards.
    """
    texts = {
        path.relative_to(root): adopted(path.relative_to(root), text, name)
        for path in sorted((root / "config").glob("*.yaml"))
        if (text := path.read_text(encoding="utf-8"))
    }
    _check(texts)
    for path in _documents(root):
        texts[path.relative_to(root)] = _MARKED.sub("", path.read_text(encoding="utf-8"))
    texts = {path: text for path, text in texts.items() if text != (root / path).read_text(encoding="utf-8")}
    names = re.compile("|".join(SERVICES))
    drills = (
        path for path in sorted((root / "drills").glob("*.yaml")) if names.search(path.read_text("utf-8"))
    )
    samples = (root / sample for sample in _SAMPLES)
    removed = tuple(path.relative_to(root) for path in (*samples, *drills) if path.exists())
    return Adoption(texts, removed)


def adopted(path: Path, text: str, name: str) -> str:
    """Return the text of a configuration file with the new name and without the sample services.

    Args:
        path: the file, for messages.
        text: its text.
        name: the project's new name.

    Raises:
        CommandError: the services are written in flow style (`{...}`), which cannot be edited line by line.
    """
    root = yaml.compose(text)
    if not isinstance(root, yaml.MappingNode):
        return text
    keys = {key.value: (key, value) for key, value in root.value}
    edits: list[tuple[int, int, str]] = []
    if "project" in keys:
        edits.append(_replaced(keys["project"][1], name))
    state = keys["state"][1] if "state" in keys else None
    for key, value in state.value if isinstance(state, yaml.MappingNode) else ():
        if key.value == "bucket":
            edits.append(_replaced(value, re.sub(r"^reveille-", f"{name}-", value.value)))
    if "services" in keys:
        edits += _without_samples(path, text, *keys["services"])
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def _replaced(node: yaml.Node, text: str) -> tuple[int, int, str]:
    # Quoted, so that a name that is not valid is rejected as a name and not as YAML.
    return node.start_mark.index, node.end_mark.index, text if _PLAIN.fullmatch(text) else json.dumps(text)


def _without_samples(
    path: Path, text: str, key: yaml.Node, services: yaml.Node
) -> Iterator[tuple[int, int, str]]:
    """Yield what is cut: begin, end, replacement."""
    if not isinstance(services, yaml.MappingNode):
        return
    samples = [entry for entry, _ in services.value if entry.value in SERVICES]
    if samples and services.flow_style:
        line = services.start_mark.line + 1
        message = f"{path}:{line}: services: has one line with braces; write each service on lines of its own"
        raise CommandError(message)
    if samples and len(samples) == len(services.value):
        # The base must define the mapping; an environment without overrides has no key.
        kept = "services: {}\n" if path.stem == BASE else ""
        yield key.start_mark.index, _end(text, services), kept
        return
    for entry, value in services.value:
        if entry in samples:
            yield entry.start_mark.index - entry.start_mark.column, _end(text, value), ""


def _end(text: str, node: yaml.Node) -> int:
    """Return where a block ends: comments after it belong to what follows."""
    end = node.start_mark.index + len(text[node.start_mark.index : node.end_mark.index].rstrip())
    lines = text[node.start_mark.index : end].split("\n")
    while lines[-1].lstrip().startswith("#") or not lines[-1].strip():
        lines.pop()
    end = node.start_mark.index + len("\n".join(lines))
    end = text.find("\n", end) + 1 or len(text)
    while text[end : end + 1] == "\n":
        end += 1
    return end


def _check(texts: Mapping[Path, str]) -> None:
    """Refuse a configuration that is not valid any more."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in texts.items():
            Path(folder, path.name).write_text(text, encoding="utf-8")
        for name in environments(Path(folder)):
            try:
                load(name, rules=[catalog.check], folder=Path(folder), variables={})
            except ConfigError as error:  # noqa: PERF203  # a handful of environments
                shown = os.path.relpath(folder)
                problems = [
                    replace(problem, place=problem.place.replace(shown, "config").replace(folder, "config"))
                    for problem in error.problems
                ]
                raise ConfigError(problems) from None


def _documents(root: Path) -> Sequence[Path]:
    return [root / "README.md", *sorted((root / "docs").glob("*.md")), root / "functions" / "README.md"]


def require_committed(root: Path, paths: Sequence[Path]) -> None:
    """Refuse to change files of which Git has no copy.

    Raises:
        CommandError: the checkout is not a Git repository, or some of the files have changes.
    """
    command = ["git", "status", "--porcelain", "--ignored=no", "--", *map(str, paths)]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        message = f"git: {error.strerror}: adopting removes files, and Git keeps a copy of them"
        raise CommandError(message) from error
    if done.returncode:
        message = (
            "this is not a Git repository: adopting removes files. `git init`, add and commit them first."
        )
        raise CommandError(message)
    if done.stdout:
        changed = ", ".join(line[3:] for line in done.stdout.splitlines()[:5])
        message = f"files with changes that are not committed would be removed or rewritten: {changed}"
        raise CommandError(message)


def apply(root: Path, adoption: Adoption) -> None:
    """Write and remove."""
    for path, text in adoption.texts.items():
        (root / path).write_text(text, encoding="utf-8")
    for path in adoption.removed:
        if (root / path).is_dir():
            shutil.rmtree(root / path)
        else:
            (root / path).unlink()
