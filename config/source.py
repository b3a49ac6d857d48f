"""YAML with places: which file and line every value comes from, through merging.

Closes YAML's traps: a key given twice is an error, and so is a key that is not text, and a wrong value is
shown as it was typed (`0222…` is another number to YAML).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from config.errors import ConfigError, Problem

_MOST = 250_000
"""Values in one file: a thousand services have a tenth of it."""
_TOO_DEEP = "is nested too deeply"

Location = tuple[str | int, ...]
"""The way to a value: keys of mappings and positions in lists."""


@dataclass(frozen=True)
class Document:
    """Data and where each of its values was written."""

    data: dict[str, Any]
    places: dict[Location, str] = field(default_factory=dict)
    typed: dict[Location, str] = field(default_factory=dict)
    """Text of each plain value as it was typed."""

    def place(self, location: Location) -> str:
        """Return `file:line` of the value at `location`, or of the nearest one around it."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.places:
                return self.places[location[:end]]
        return "config"

    def without(self, locations: Iterable[Location]) -> Document:
        """Return the document without the places of what is at `locations` or below."""
        gone = set(locations)

        def stays(location: Location) -> bool:
            return not any(location[:end] in gone for end in range(len(location) + 1))

        places = {one: place for one, place in self.places.items() if stays(one)}
        typed = {one: text for one, text in self.typed.items() if stays(one)}
        return Document(self.data, places, typed)


def read(path: Path) -> Document:
    """Return the document in the file at `path`.

    Raises:
        ConfigError: it cannot be read, is not YAML, is not a mapping, or has a key twice.
    """
    shown = _shown(path)
    try:
        node = _compose(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([Problem(shown, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(shown, "", "is not UTF-8 text")]) from error
    except yaml.YAMLError as error:
        raise ConfigError([_not_yaml(shown, error)]) from error
    except RecursionError as error:
        raise ConfigError([Problem(shown, "", _TOO_DEEP)]) from error
    if node is None:
        return Document({}, {(): shown})
    reader = _Reader(shown)
    try:
        data = reader.value(node, ())
    except RecursionError as error:
        raise ConfigError([Problem(shown, "", _TOO_DEEP)]) from error
    if not isinstance(data, dict):
        reader.problems.append(Problem(reader.places[()], "", "must be a mapping of keys to values"))
    if reader.problems:
        raise ConfigError(reader.problems)
    return Document(data, reader.places, reader.typed)


def _compose(text: str) -> yaml.Node | None:
    """Return the root of a YAML document, by libyaml, which is ten times as fast, where it is there.

    What libyaml refuses is left to PyYAML's own parser, so that the message is everywhere the same.
    """
    with contextlib.suppress(AttributeError, yaml.YAMLError):
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _not_yaml(shown: str, error: yaml.YAMLError) -> Problem:
    """Return what is wrong with a file that cannot be parsed, in one line."""
    if isinstance(error, yaml.reader.ReaderError):
        return Problem(shown, "", f"is not YAML: it holds the control character U+{int(error.character):04X}")
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or error).replace("\n", " ")
    if what.startswith("found character '\\t'"):
        what = "a tab; indent with spaces"
    elif what == "but found another document":
        what = "a second document begins here (---); a file holds one"
    return Problem(f"{shown}:{mark.line + 1}" if mark else shown, "", f"is not YAML: {what}")


def merge(base: Document, over: Document) -> Document:
    """Return `base` with `over` laid over it: mappings key by key, everything else replaced."""
    replaced: list[Location] = []
    data = _merge(base.data, over.data, (), replaced)
    kept = base.without(replaced)
    return Document(data, {**kept.places, **over.places}, {**kept.typed, **over.typed})


def _merge(
    base: dict[str, Any], over: dict[str, Any], at: Location, replaced: list[Location]
) -> dict[str, Any]:
    """Return the merged mapping; add to `replaced` where something of `base` is gone."""
    merged = dict(base)
    for key, value in over.items():
        here = (*at, key)
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merged[key] = _merge(base[key], value, here, replaced)
        else:
            merged[key] = value
            replaced.append(here)
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
        self.typed: dict[Location, str] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.SafeLoader("")
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, at: Location) -> Any:
        if len(self.places) > _MOST:
            text = f"holds more than {_MOST} values: aliases (*) of aliases multiply them"
            raise ConfigError([Problem(self.shown, "", text)])
        self.places.setdefault(at, self._place(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, at)
        if any(node is one for one in self._open):
            text = "contains itself: an alias (*) stands inside of what it repeats"
            self.problems.append(Problem(self.places[at], dotted(at), text))
            return None
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, at)
            return [self.value(item, (*at, position)) for position, item in enumerate(node.value)]
        finally:
            self._open.pop()

    def _scalar(self, node: yaml.ScalarNode, at: Location) -> Any:
        self.typed[at] = node.value
        try:
            return cast("Any", self._scalars.construct_object(node))
        except yaml.constructor.ConstructorError:
            self._problem(node, at, f"has the tag {node.tag}, which means nothing here")
        except ValueError:
            kind = node.tag.rsplit(":", 1)[-1]
            self._problem(
                node, at, f"looks like a {kind} to YAML and is none: write it in quotes", node.value
            )
        return None

    def _problem(self, node: yaml.Node, at: Location, text: str, found: str = "") -> None:
        shown = f" (found: {found})" if found else ""
        self.problems.append(Problem(self._place(node), dotted(at), text + shown))

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, at)
            if key is None:
                continue
            here = (*at, key)
            if key in data:
                first = self.places[here]
                self._problem(
                    key_node, here, f"is given twice (first in {first}): YAML would silently keep the last"
                )
                continue
            self.places[here] = self._place(key_node)
            data[key] = self.value(value_node, here)
        return data

    def _key(self, node: yaml.Node, at: Location) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return str(node.value)
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, at, "has a key that is not a single word")
        elif node.tag == "tag:yaml.org,2002:merge":
            self._problem(node, at, "has the key <<: files are merged, mappings inside of a file are not")
        else:
            self._problem(node, at, f"has the key {node.value}, which is no text to YAML: write it in quotes")
        return None

    def _place(self, node: yaml.Node) -> str:
        return f"{self.shown}:{node.start_mark.line + 1}"


def dotted(location: Location) -> str:
    """Return the location as people write it: keys joined by dots."""
    return ".".join(map(str, location))
