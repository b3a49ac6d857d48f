"""YAML with places: which file and line every value comes from, through merging.

Closes YAML's traps: a key given twice is an error, and so is a key that is not text.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from config.errors import ConfigError, Problem

Location = tuple[str | int, ...]
"""The way to a value: keys of mappings and positions in lists."""


@dataclass(frozen=True)
class Document:
    """Data and where each of its values was written."""

    data: dict[str, Any]
    places: dict[Location, str] = field(default_factory=dict)

    def place(self, location: Location) -> str:
        """Return `file:line` of the value at `location`, or of the nearest one around it."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.places:
                return self.places[location[:end]]
        return "config"


def read(path: Path) -> Document:
    """Return the document in the file at `path`.

    Raises:
        ConfigError: it cannot be read, is not YAML, is not a mapping, or has a key twice.
    """
    shown = _shown(path)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError([Problem(shown, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(shown, "", "is not UTF-8 text")]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{shown}:{mark.line + 1}" if mark else shown
        what = getattr(error, "problem", None) or str(error)
        raise ConfigError([Problem(place, "", f"is not YAML: {what}")]) from error
    if node is None:
        return Document({}, {(): shown})
    reader = _Reader(shown)
    data = reader.value(node, ())
    if not isinstance(data, dict):
        reader.problems.append(Problem(f"{shown}:1", "", "must be a mapping of keys to values"))
    if reader.problems:
        raise ConfigError(reader.problems)
    return Document(data, reader.places)


def merge(base: Document, over: Document) -> Document:
    """Return `base` with `over` laid over it: mappings key by key, everything else replaced."""
    places = dict(base.places)
    data = _merge(base.data, over.data, (), places)
    places.update(over.places)
    return Document(data, places)


def _merge(
    base: dict[str, Any], over: dict[str, Any], at: Location, places: dict[Location, str]
) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        here = (*at, key)
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merged[key] = _merge(base[key], value, here, places)
        else:
            merged[key] = value
            for location in [one for one in places if one[: len(here)] == here]:
                del places[location]
    return merged


def _shown(path: Path) -> str:
    """Return the path as a person would type it from here, when that is shorter."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


class _Reader:
    """Turns YAML nodes into values and notes where each stands."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.places: dict[Location, str] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, at: Location) -> Any:
        self.places.setdefault(at, self._place(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*at, position)) for position, item in enumerate(node.value)]
        try:
            return cast("Any", self._scalars.construct_object(node, deep=True))
        except (yaml.YAMLError, ValueError) as error:
            what = getattr(error, "problem", None) or str(error)
            self.problems.append(Problem(self._place(node), _dotted(at), f"cannot be read: {what}"))
            return None

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, at)
            if key is None:
                continue
            here = (*at, key)
            if key in data:
                first = self.places[here]
                text = f"is given twice (first in {first}): YAML would silently keep the last"
                self.problems.append(Problem(self._place(key_node), _dotted(here), text))
                continue
            self.places[here] = self._place(key_node)
            data[key] = self.value(value_node, here)
        return data

    def _key(self, node: yaml.Node, at: Location) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return str(node.value)
        shown = node.value if isinstance(node, yaml.ScalarNode) else "a key that is not a single word"
        text = f"key {shown} is not text to YAML: write it in quotes, and without << or nested keys"
        self.problems.append(Problem(self._place(node), _dotted(at), text))
        return None

    def _place(self, node: yaml.Node) -> str:
        return f"{self.shown}:{node.start_mark.line + 1}"


def _dotted(location: Location) -> str:
    return ".".join(map(str, location))
