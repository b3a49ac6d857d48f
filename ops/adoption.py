"""Rename the project and remove its samples: what `make adopt` does, once.

Removed are the sample services in `config/*.yaml`, their functions with tests, the sample scenarios, the
tutorial, and in Markdown files everything between `<!-- samples -->` and `<!-- /samples -->`.
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
from catalog.naming import BUCKET_CHARACTERS, shortened
from config.errors import CommandError, ConfigError
from config.loader import BASE, environments, load
from config.models import Environment

SHIPPED = "reveille"
"""The project's name before it is adopted."""
SERVICES = ("payment-handler", "order-processor", "checkout-api", "inventory-worker")
FUNCTIONS = ("functions/payment_handler", "functions/order_processor")
DRILLS = (
    "ecs-dies",
    "failing-orders",
    "failing-payments",
    "order-backlog",
    "payment-outage",
    "normal-day",
    "slow-payments",
    "traffic-stops",
)
_OTHERS = ("docs/tutorial.md", *(f"drills/{name}.yaml" for name in DRILLS))

_PLAIN = re.compile(r"[a-z][a-z0-9-]*")
_MARKED = re.compile(r"<!-- samples -->\r?\n.*?<!-- /samples -->\r?\n(\r?\n)?", re.DOTALL)
_BLANK = re.compile(r"[ \t]*\r?\n")


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
        CommandError: the configuration cannot be edited, or the project has been renamed before.
        ConfigError: the configuration is not valid, or would not be with this name.
    """
    folder = root / "config"
    before = [load(env, rules=[catalog.check], folder=folder, variables={}) for env in environments(folder)]
    if renamed := sorted({env.project for env in before} - {SHIPPED, name}):
        message = f"the project has been renamed already (project: {renamed[0]})"
        raise CommandError(message)
    if not before or all(env.project == name for env in before):
        return Adoption({}, ())
    paths = sorted(folder.glob("*.yaml"))
    texts = {path.relative_to(root): adopted(path.relative_to(root), _text(path), name) for path in paths}
    after = _checked(texts)
    for path in (root / "README.md", *sorted((root / "docs").glob("*.md")), root / "functions" / "README.md"):
        if path.is_file():
            texts[path.relative_to(root)] = _MARKED.sub("", _text(path))
    used = {function.source for env in after for function in env.functions.values()}
    samples = (*(source for source in FUNCTIONS if source not in used), *_OTHERS)
    return Adoption(
        {path: text for path, text in texts.items() if text != _text(root / path)},
        tuple(Path(sample) for sample in samples if (root / sample).exists()),
    )


def adopted(path: Path, text: str, name: str) -> str:
    """Return the text of a configuration file with the new name and without the sample services.

    Args:
        path: the file, for messages.
        text: its text, valid YAML.
        name: the project's new name.

    Raises:
        CommandError: it is written in a way that cannot be edited line by line: aliases, or braces.
    """
    for event in yaml.parse(text):
        if isinstance(event, yaml.AliasEvent) and event.start_mark:
            message = f"{path}:{event.start_mark.line + 1}: has an alias (*); write the value out first"
            raise CommandError(message)
    root = yaml.compose(text)
    if not isinstance(root, yaml.MappingNode):
        return text
    keys = {key.value: (key, value) for key, value in root.value}
    edits: list[tuple[int, int, str]] = []
    if "project" in keys:
        edits.append(_replaced(path, keys["project"][1], name))
    state = keys["state"][1] if "state" in keys else None
    for key, value in state.value if isinstance(state, yaml.MappingNode) else ():
        if key.value == "bucket" and value.value.startswith(f"{SHIPPED}-"):
            rest = value.value.removeprefix(SHIPPED)
            edits.append(_replaced(path, value, shortened(name + rest, BUCKET_CHARACTERS, after=rest)))
    if "services" in keys:
        edits += _without_samples(path, text, *keys["services"])
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _replaced(path: Path, node: yaml.Node, text: str) -> tuple[int, int, str]:
    if getattr(node, "style", None) in {"|", ">"}:
        message = f"{path}:{node.start_mark.line + 1}: is a block of text; write the value on one line first"
        raise CommandError(message)
    # Quoted, so that a name that is not valid is rejected as a name and not as YAML.
    is_plain = _PLAIN.fullmatch(text) and yaml.safe_load(text) == text
    return node.start_mark.index, node.end_mark.index, text if is_plain else json.dumps(text)


def _without_samples(
    path: Path, text: str, key: yaml.Node, services: yaml.Node
) -> Iterator[tuple[int, int, str]]:
    """Yield what is cut: begin, end, replacement."""
    if not isinstance(services, yaml.MappingNode):
        return
    samples = [(entry, value) for entry, value in services.value if entry.value in SERVICES]
    if samples and services.flow_style:
        line = services.start_mark.line + 1
        message = f"{path}:{line}: services: is written with braces; write each service on lines of its own"
        raise CommandError(message)
    if samples and len(samples) == len(services.value):
        # The base must define the mapping; an environment without overrides has no key.
        kept = "services: {}\n" if path.stem == BASE else ""
        yield _begin(text, key), _end(text, *samples[-1]), kept
        return
    for entry, value in samples:
        yield _begin(text, entry), _end(text, entry, value), ""


def _begin(text: str, key: yaml.Node) -> int:
    """Return where an entry begins: at its own comments, which are directly above it."""
    begin = key.start_mark.index - key.start_mark.column
    while begin:
        above = text.rfind("\n", 0, begin - 1) + 1
        line = text[above:begin]
        if not line.lstrip().startswith("#") or len(line) - len(line.lstrip()) != key.start_mark.column:
            break
        begin = above
    return begin


def _end(text: str, key: yaml.Node, value: yaml.Node) -> int:
    """Return where an entry ends, with the blank lines after it; comments belong to what follows."""
    leaf = value
    while isinstance(leaf, yaml.CollectionNode) and not leaf.flow_style and leaf.value:
        last = leaf.value[-1]
        leaf = last[1] if isinstance(last, tuple) else last
    end = max(leaf.end_mark.index, key.end_mark.index)
    if end == 0 or text[end - 1] != "\n":
        end = text.find("\n", end) + 1 or len(text)
    while (blank := _BLANK.match(text, end)) is not None:
        end = blank.end()
    return end


def _checked(texts: Mapping[Path, str]) -> list[Environment]:
    """Return the environments of an edited configuration, or refuse it."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in texts.items():
            Path(folder, path.name).write_bytes(text.encode())
        try:
            return [
                load(name, rules=[catalog.check], folder=Path(folder), variables={})
                for name in environments(Path(folder))
            ]
        except ConfigError as error:
            shown = os.path.relpath(folder)
            problems = [
                replace(problem, place=problem.place.replace(shown, "config").replace(folder, "config"))
                for problem in error.problems
            ]
            raise ConfigError(problems) from None


def _text(path: Path) -> str:
    """Return a text with its line endings."""
    return path.read_bytes().decode()


def require_committed(root: Path, paths: Sequence[Path]) -> None:
    """Refuse to change files of which Git has no copy.

    Raises:
        CommandError: the checkout is not a Git repository, or some of the files are not committed.
    """
    named = ["--", *map(str, paths)]
    changed = [line[3:] for line in _git(root, "status", "--porcelain", *named)]
    tracked = set(_git(root, "ls-files", *named))
    files = [file for path in paths for file in [root / path, *(root / path).rglob("*")] if file.is_file()]
    names = [file.relative_to(root).as_posix() for file in files if "__pycache__" not in file.parts]
    unsaved = sorted({*changed, *(name for name in names if name not in tracked)})
    if unsaved:
        message = f"Git has no copy of files that would be rewritten or removed: {', '.join(unsaved[:5])}"
        raise CommandError(message)


def _git(root: Path, *arguments: str) -> list[str]:
    # Hooks set variables that name another repository.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)
    except OSError as error:
        message = f"git: {error.strerror}: adopting removes files, and Git keeps a copy of them"
        raise CommandError(message) from error
    if done.returncode:
        reason = done.stderr.strip().partition("\n")[0]
        message = f"adopting removes files, and Git must have a copy of them ({reason})"
        raise CommandError(message)
    return done.stdout.splitlines()


def apply(root: Path, adoption: Adoption) -> None:
    """Write and remove."""
    for path, text in adoption.texts.items():
        (root / path).write_bytes(text.encode())
    for path in adoption.removed:
        if (root / path).is_dir() and not (root / path).is_symlink():
            shutil.rmtree(root / path)
        else:
            (root / path).unlink()
