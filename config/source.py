"""YAML with places: the file and line of every value, also after merging.

Duplicate keys and keys that are not text are errors, and an invalid value is
shown as it was typed (`0222…` is another number to YAML).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from config import errors, files
from config.errors import ConfigError, Location, Problem

MOST_BYTES = 1_000_000
"""Size of one file at most, decided before it is read."""
_MOST = 250_000
"""Values in one file: a thousand services have a tenth of it."""
DEEPEST = 64
"""Mappings and lists inside of one another: the configuration has eight."""
TOO_DEEP = "is nested too deeply"
_EXPLAINED = 50_000
"""Characters up to which PyYAML's own parser, which explains better and is slow, looks at a bad file."""
_KEY = 100
"""Characters of a key that are shown."""
_NUMBER = 100
"""Characters of a number or a time: the longest float that is exact has 17 digits."""

_WORDS = {"int": "a whole number", "float": "a number", "timestamp": "a time", "bool": "true or false"}
_OTHER_BASES = re.compile(r"[-+]?(0[0-7_]*[1-7][0-7_]*$|(?P<sixty>[0-9._]+:))")
"""Numbers that are others to people than to YAML 1.1: `010` is 8 to it, and `1:30` is 90."""
_SCALARS = ("str", "int", "float", "bool", "null", "timestamp", "value")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_YAML = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Document:
    """Data with the place of each value."""

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

    def written(self, location: Location) -> Location:
        """Return the location as the file has it: without the index of a single value in place of a list."""
        data: Any = self.data
        way: list[str | int] = []
        for key in location:
            if isinstance(key, int) and not isinstance(data, list | dict):
                continue
            way.append(key)
            try:
                data = data[key]
            except (KeyError, IndexError, TypeError):
                data = {}
        return tuple(way)

    def cite(self, location: Location) -> str:
        """Return the key at `location` and where its value is from, for the message about another key."""
        place = self.places.get(location)
        return f"{dotted(location)} in {place}" if place else f"{dotted(location)} by default"

    def without(self, locations: Iterable[Location]) -> Document:
        """Return the document without the places of what is at `locations` or below."""
        gone = set(locations)
        if not gone:
            return self
        if () in gone:
            return Document(self.data)
        # What is around a value comes before it, so one look at the parent is enough.
        for location in sorted({**self.places, **self.typed}, key=len):
            if location[:-1] in gone and location:
                gone.add(location)
        places = {location: place for location, place in self.places.items() if location not in gone}
        typed = {location: text for location, text in self.typed.items() if location not in gone}
        return Document(self.data, places, typed)


def read(path: Path, *, binary: bool = False) -> Document:
    """Return the document in the file at `path`.

    Args:
        path: the file.
        binary: whether values with the tag `!!binary` are bytes; they are refused otherwise.

    Raises:
        ConfigError: it cannot be read, is too large, is not YAML, is not a mapping, or has a key twice.
    """
    shown = _shown(path)
    return parsed(_text(path, shown), shown, binary=binary)


def parsed(text: str, shown: str, *, binary: bool = False) -> Document:
    """Return the document in a text.

    Args:
        text: the text.
        shown: the file, as places name it.
        binary: as for `read`.

    Raises:
        ConfigError: it is not YAML, is not a mapping, or has a key twice.
    """
    node = _compose(text, shown)
    if node is None:
        return Document({}, {(): shown})
    reader = _Reader(shown, binary=binary)
    data = reader.value(node, ())
    if not isinstance(data, dict) and not reader.problems:
        reader.problems.append(Problem(reader.places[()], "", "must be a mapping of keys to values"))
    if reader.problems:
        raise ConfigError(errors.first(reader.problems, reader.more))
    return Document(data, reader.places, reader.typed)


def _text(path: Path, shown: str) -> str:
    """Return the text of a file."""
    try:
        text = files.content(path, MOST_BYTES).decode("utf-8")
    except files.FileError as error:
        raise ConfigError([Problem(shown, "", str(error))]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(shown, "", "is not UTF-8 text")]) from error
    bad = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if bad:
        number = ord(bad[0])
        control = number < 0xA0  # noqa: PLR2004  # the last of the control characters is U+009F
        line = text.count("\n", 0, bad.start()) + 1
        what = f"it holds the {'control ' if control else ''}character U+{number:04X}"
        raise ConfigError([Problem(f"{shown}:{line}", "", f"is not YAML: {what}")])
    return text


def _compose(text: str, shown: str) -> yaml.Node | None:
    """Return the root of a YAML document, by libyaml, which is ten times as fast, where it is there.

    What libyaml refuses is left to PyYAML's own parser, so that the message is everywhere the same; of a long
    text, libyaml's message has to do.
    """
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(shown).root(yaml.parse(text, Loader=fast))
    except yaml.YAMLError as error:
        if len(text) > _EXPLAINED:
            raise ConfigError([_not_yaml(shown, error)]) from error
    try:
        return _Composer(shown).root(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ConfigError([_not_yaml(shown, error)]) from error
    except (ValueError, OverflowError) as error:
        text = "is not YAML: it holds an escape sequence or a version with a number that is too large"
        raise ConfigError([Problem(shown, "", text)]) from error


class _Composer:
    """Makes a tree of a parser's events, without PyYAML's recursion, and stops where it is too large."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._resolve: Any = yaml.resolver.Resolver().resolve
        self._anchors: dict[str, yaml.Node] = {}
        self._nodes = 0

    def root(self, events: Iterator[yaml.Event]) -> yaml.Node | None:
        """Return the root of the only document; None if there is nothing in it."""
        root: yaml.Node | None = None
        inside: list[tuple[yaml.Node, list[yaml.Node]]] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _refused("but found another document", event)
            elif isinstance(event, yaml.CollectionEndEvent):
                node, items = inside.pop()
                mapping = isinstance(node, yaml.MappingNode)
                node.value = list(zip(items[::2], items[1::2], strict=True)) if mapping else items
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event)
                if inside:
                    inside[-1][1].append(node)
                else:
                    root = node
                if isinstance(event, yaml.CollectionStartEvent):
                    inside.append((node, []))
                    if len(inside) > DEEPEST:
                        place = f"{self._shown}:{node.start_mark.line + 1}"
                        raise ConfigError([Problem(place, "", TOO_DEEP)])
        return root

    def _node(self, event: yaml.NodeEvent) -> yaml.Node:
        """Return the node that begins with `event`."""
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _refused("found undefined alias {anchor!r}", event)
            return self._anchors[event.anchor]
        self._nodes += 1
        if self._nodes > 2 * _MOST:  # keys are nodes of their own
            raise too_many(self._shown)
        kind: type[yaml.Node] = yaml.MappingNode
        value: Any = []
        if isinstance(event, yaml.ScalarEvent):
            kind, value = yaml.ScalarNode, _PAIR.sub(_joined, event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            kind = yaml.SequenceNode
        begins = cast("Any", event)
        tag = begins.tag
        if tag is None or tag == "!":
            tag = self._resolve(kind, value, begins.implicit)
        node = kind(tag, value, begins.start_mark, begins.end_mark)
        if event.anchor is not None:
            if event.anchor in self._anchors:
                raise _refused("the anchor {anchor!r} is there already", event)
            self._anchors[event.anchor] = node
        return node


def _joined(pair: re.Match[str]) -> str:
    """Return the character of a surrogate pair, as which JSON writes what is beyond U+FFFF."""
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _refused(problem: str, event: yaml.Event) -> yaml.YAMLError:
    said = problem.format(anchor=getattr(event, "anchor", None))
    return yaml.MarkedYAMLError(None, None, said, cast("Any", event.start_mark))


def too_many(shown: str) -> ConfigError:
    """Return the error of a file that holds, or stands for, too many values."""
    text = f"contains more than {_MOST} values: aliases (*) of aliases multiply them"
    return ConfigError([Problem(shown, "", text)])


def _not_yaml(shown: str, error: yaml.YAMLError) -> Problem:
    """Return what is wrong with a file that cannot be parsed, in one line."""
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or error).replace("\n", " ")
    if what.startswith("found character '\\t'"):
        what = "a tab; indent with spaces"
    elif what == "but found another document":
        what = "a second document begins here (---); a file must have one"
    return Problem(f"{shown}:{mark.line + 1}" if mark else shown, "", f"is not YAML: {what}")


def merge(base: Document, over: Document) -> Document:
    """Return `base` merged with `over`: mappings key by key, everything else is replaced."""
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

    def __init__(self, shown: str, *, binary: bool) -> None:
        self.shown = shown
        self._binary = binary
        self.places: dict[Location, str] = {}
        self.typed: dict[Location, str] = {}
        self.problems: list[Problem] = []
        self.more = 0
        """Problems beyond those that are reported."""
        self._scalars = yaml.SafeLoader("")
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, at: Location) -> Any:
        if len(self.places) > _MOST:
            raise too_many(self.shown)
        if len(at) > DEEPEST:
            raise ConfigError([Problem(self._place(node), "", TOO_DEEP)])
        self.places.setdefault(at, self._place(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, at)
        if any(node is item for item in self._open):
            text = "contains itself: an alias (*) is inside its own anchor"
            self._problem(node, at, text, place=self.places[at])
            return None
        if node.tag not in {f"{_YAML}map", f"{_YAML}seq"}:
            self._tagged(node, at)
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
        kind = node.tag.removeprefix(_YAML)
        if kind not in _SCALARS and not (kind == "binary" and self._binary):
            self._tagged(node, at)
            return None
        if kind in {"str", "value"}:
            return node.value
        base = _OTHER_BASES.match(node.value) if kind in {"int", "float"} else None
        if base and (base["sixty"] or kind == "int"):
            radix = 60 if base["sixty"] else 8
            text = f"is a number of base {radix} in YAML: write it in quotes, or as a decimal number"
            self._problem(node, at, text, node.value)
            return None
        if len(node.value) <= _NUMBER or kind == "binary":
            # What a tag is written before may be anything: the error depends on the constructor of that tag.
            with contextlib.suppress(
                yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError
            ):
                return cast("Any", self._scalars.construct_object(node))
        self._problem(
            node,
            at,
            f"looks like {_WORDS.get(kind, kind)} in YAML but is not valid: write it in quotes",
            node.value,
        )
        return None

    def _tagged(self, node: yaml.Node, at: Location) -> None:
        tag = errors.cut(node.tag.replace(_YAML, "!!"), SHOWN)
        self._problem(node, at, f"has the tag {tag}, which is not supported")

    def _problem(
        self, node: yaml.Node, at: Location, text: str, found: str | None = None, place: str | None = None
    ) -> None:
        if len(self.problems) >= errors.MOST:
            self.more += 1
            return
        shown = f" (found: {errors.cut(found, SHOWN)})" if found is not None else ""
        self.problems.append(Problem(place or self._place(node), dotted(at), text + shown))

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
                    key_node, here, f"is defined twice (first in {first}): YAML would keep the last value"
                )
                continue
            self.places[here] = self._place(key_node)
            data[key] = self.value(value_node, here)
        return data

    def _key(self, node: yaml.Node, at: Location) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_YAML}str":
            return str(node.value)
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, at, "has a key that is not a single word")
        elif node.tag == f"{_YAML}merge":
            self._problem(node, at, "has the key <<, which is not supported: only files are merged")
        else:
            found = errors.cut(node.value, SHOWN)
            self._problem(node, at, f"has the key {found}, which is not text in YAML: write it in quotes")
        return None

    def _place(self, node: yaml.Node) -> str:
        return f"{self.shown}:{node.start_mark.line + 1}"


SHOWN = 60
"""Characters of a wrong value that are shown."""


def dotted(location: Location) -> str:
    """Return the location as people write it: keys joined by dots, of which a very long one is cut."""
    return ".".join(errors.cut(str(key), _KEY) for key in location)
