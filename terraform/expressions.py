"""Terraform's expressions, as far as plain configuration has them: references, `jsonencode`, literals.

Source: Terraform language, "JSON Configuration Syntax" and "Strings and Templates". What is not known
before an apply, and what is not read here, stays as it is written: `${...}`. Whoever compares it finds it
equal to nothing, so that nothing is proved by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from terraform import templates

Lookup = Callable[[tuple[str, ...]], Any]
"""From the parts of a reference, such as `aws_sns_topic`, `critical`, `arn`, to its value."""


class UnknownValueError(Exception):
    """A value cannot be computed from the configuration."""


_PLAIN: Final = re.compile(r'\$\{([A-Za-z_][\w-]*(?:\.[\w-]+|\["[^"\\$]*"\])*)\}')
_PART: Final = re.compile(r'\.?([A-Za-z_0-9][\w-]*)|\["([^"\\$]*)"\]')
_TOKEN: Final = re.compile(
    r'\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>[][(){}.,=:"]))'
)


def is_known(value: object) -> bool:
    """Return whether a value holds nothing that only an apply, or Terraform itself, could compute."""
    if isinstance(value, str):
        return "${" not in value
    if isinstance(value, Mapping):
        return all(is_known(entry) for entry in value.values())
    return not isinstance(value, list) or all(is_known(entry) for entry in value)


def plain(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return a number or a truth that is written as text, as Terraform takes it too; others as they are."""
    if isinstance(value, str) and re.fullmatch(r"-?\d+|true|false", value):
        return json.loads(value)
    return value


def resolved(value: Any, lookup: Lookup) -> Any:  # noqa: ANN401  # JSON
    """Return JSON with every expression in it replaced by its value."""
    if isinstance(value, str):
        return _text(value, lookup) if "{" in value else value
    if isinstance(value, dict):
        return {key: resolved(entry, lookup) for key, entry in value.items()}
    if isinstance(value, list):
        return [resolved(entry, lookup) for entry in value]
    return value


def _text(text: str, lookup: Lookup) -> Any:  # noqa: ANN401  # a reference may be to anything
    """Return a template's value: that of its one expression, or a text."""
    parts: list[Any] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        if text[start - 1 : start] == "$":
            parts.append(templates.unescape(text[position : start + 2]))
            position = start + 2
            continue
        if start > position:
            parts.append(templates.unescape(text[position:start]))
        found = _PLAIN.match(text, start)
        end = found.end() if found else _end(text, start + 2)
        try:
            parts.append(lookup(path(found[1])) if found else evaluated(text[start + 2 : end - 1], lookup))
        except UnknownValueError:
            parts.append(text[start:end])
        position = end
    if position < len(text) or not parts:
        parts.append(templates.unescape(text[position:]))
    if len(parts) == 1:
        return parts[0]
    return "".join(part if isinstance(part, str) else json.dumps(part) for part in parts)


def path(reference: str) -> tuple[str, ...]:
    """Return the parts of a reference: `a.b["c"]` is `a`, `b`, `c`."""
    return tuple(found[1] or found[2] for found in _PART.finditer(reference))


def _end(text: str, position: int) -> int:
    """Return where the expression that begins at `position` ends, behind its closing brace."""
    depth, quoted = 1, False
    while position < len(text) and depth:
        character = text[position]
        if quoted and character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"{": 1, "}": -1}.get(character, 0)
        position += 1
    return position


def evaluated(expression: str, lookup: Lookup) -> Any:  # noqa: ANN401  # an expression may be anything
    """Return the value of an expression.

    Raises:
        UnknownValueError: it holds what is not known, or not read here.
    """
    reader = _Reader(expression, lookup)
    value = reader.value()
    if reader.rest():
        raise UnknownValueError(expression)
    return value


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self._text = text
        self._lookup = lookup
        self._at = 0

    def rest(self) -> str:
        """Return what is not read yet."""
        return self._text[self._at :].strip()

    def value(self) -> Any:  # noqa: ANN401  # as for `evaluated`
        """Read a literal, an object, a list, a call or a reference."""
        kind, part = self._next()
        if kind == "number":
            return json.loads(part)
        if kind == "name":
            return self._named(part)
        if part == "[":
            return self._items("]")
        if part == "{":
            return self._object()
        if part == '"':
            return self._quoted()
        raise UnknownValueError(self._text)

    def _named(self, name: str) -> Any:  # noqa: ANN401
        """Read what a name begins: a constant, a call or a reference."""
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if self._accept("("):
            return self._called(name, self._items(")"))
        return self._reference(name)

    def _called(self, function: str, arguments: list[Any]) -> Any:  # noqa: ANN401
        if function != "jsonencode" or len(arguments) != 1:
            raise UnknownValueError(self._text)
        return json.dumps(arguments[0])

    def _reference(self, first: str) -> Any:  # noqa: ANN401
        start, parts = self._at - len(first), [first]
        while True:
            if self._accept("."):
                parts.append(self._next()[1])
            elif self._accept("["):
                parts.append(str(self.value()))
                self._expect("]")
            else:
                break
        try:
            return self._lookup(tuple(parts))
        except UnknownValueError:
            # What stands around it may be worth reading all the same.
            return f"${{{self._text[start : self._at]}}}"

    def _object(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not self._accept("}"):
            kind, part = self._next()
            if kind != "name" and part != '"':
                raise UnknownValueError(self._text)
            key = self._quoted() if part == '"' else part
            if not self._accept("="):
                self._expect(":")
            made[key] = self.value()
            self._accept(",")
        return made

    def _items(self, end: str) -> list[Any]:
        made: list[Any] = []
        while not self._accept(end):
            made.append(self.value())
            self._accept(",")
        return made

    def _quoted(self) -> Any:  # noqa: ANN401  # a template of one expression is that expression's value
        """Read a text from behind its opening quote."""
        start = self._at
        while self._at < len(self._text) and self._text[self._at] != '"':
            if self._text.startswith("${", self._at):
                self._at = _end(self._text, self._at + 2)
            else:
                self._at += 2 if self._text[self._at] == "\\" else 1
        raw = self._text[start : self._at]
        self._expect('"')
        return resolved(raw.replace('\\"', '"').replace("\\\\", "\\"), self._lookup)

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self._text, self._at)
        if not found or not found.lastgroup:
            raise UnknownValueError(self._text)
        self._at = found.end()
        return found.lastgroup, found[found.lastgroup]

    def _accept(self, sign: str) -> bool:
        found = _TOKEN.match(self._text, self._at)
        if found and found["sign"] == sign:
            self._at = found.end()
            return True
        if not found and not self.rest():
            raise UnknownValueError(self._text)
        return False

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise UnknownValueError(self._text)


_CONSTANTS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
