"""Evaluation of a subset of Terraform's expressions: references, `jsonencode`, literals.

Source: Terraform language, "JSON Configuration Syntax" and "Strings and Templates". Values that are not known
before an apply, and expressions that are not supported, stay unevaluated: `${...}`. They are equal to no
known value, so verification never relies on them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from terraform import templates

Lookup = Callable[[tuple[str, ...]], Any]
"""Returns the value of a reference from its parts, such as `aws_sns_topic`, `critical`, `arn`."""


class UnknownValueError(Exception):
    """A value cannot be computed from the configuration."""


_PLAIN: Final = re.compile(r'\$\{([A-Za-z_][\w-]*(?:\.[\w-]+|\["[^"\\$]*"\])*)\}')
_PART: Final = re.compile(r'\.?([A-Za-z_0-9][\w-]*)|\["([^"\\$]*)"\]')
_TOKEN: Final = re.compile(
    r'\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>[][(){}.,=:"]))'
)


def is_known(value: object) -> bool:
    """Return whether a value contains no unevaluated expression."""
    if isinstance(value, str):
        return "${" not in value
    if isinstance(value, Mapping):
        return all(is_known(element) for element in value.values())
    return not isinstance(value, list) or all(is_known(element) for element in value)


def plain(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return the integer or Boolean of a string, which Terraform accepts too; other values unchanged."""
    if isinstance(value, str) and re.fullmatch(r"-?\d+|true|false", value):
        return json.loads(value)
    return value


def resolved(value: Any, lookup: Lookup) -> Any:  # noqa: ANN401  # JSON
    """Return JSON with every expression in it replaced by its value."""
    if isinstance(value, str):
        return _text(value, lookup) if "{" in value else value
    if isinstance(value, dict):
        return {key: resolved(element, lookup) for key, element in value.items()}
    if isinstance(value, list):
        return [resolved(element, lookup) for element in value]
    return value


def _text(text: str, lookup: Lookup) -> Any:  # noqa: ANN401  # a reference may be to anything
    """Return a template's value: that of its only expression, or a text."""
    parts: list[Any] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        if text[start - 1 : start] == "$":
            parts.append(templates.unescape(text[position : start + 2]))
            position = start + 2
            continue
        if start > position:
            parts.append(templates.unescape(text[position:start]))
        match = _PLAIN.match(text, start)
        end = match.end() if match else _end(text, start + 2)
        try:
            parts.append(lookup(path(match[1])) if match else evaluated(text[start + 2 : end - 1], lookup))
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
    return tuple(match[1] or match[2] for match in _PART.finditer(reference))


def _end(text: str, position: int) -> int:
    """Return the position after the closing brace of the expression that begins at `position`."""
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
        UnknownValueError: it contains a value that is not known, or is not supported.
    """
    reader = _Reader(expression, lookup)
    value = reader.value()
    if reader.rest():
        raise UnknownValueError(expression)
    return value


class _Reader:
    """Parses and evaluates one expression from left to right."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self._text = text
        self._lookup = lookup
        self._at = 0

    def rest(self) -> str:
        """Return the text that is not parsed yet."""
        return self._text[self._at :].strip()

    def value(self) -> Any:  # noqa: ANN401  # as for `evaluated`
        """Parse a literal, an object, a list, a call or a reference."""
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
        """Parse a constant, a call or a reference, which begins with a name."""
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
            # The rest of the expression may still be evaluated.
            return f"${{{self._text[start : self._at]}}}"

    def _object(self) -> dict[str, Any]:
        content: dict[str, Any] = {}
        while not self._accept("}"):
            kind, part = self._next()
            if kind != "name" and part != '"':
                raise UnknownValueError(self._text)
            key = self._quoted() if part == '"' else part
            if not self._accept("="):
                self._expect(":")
            content[key] = self.value()
            self._accept(",")
        return content

    def _items(self, end: str) -> list[Any]:
        items: list[Any] = []
        while not self._accept(end):
            items.append(self.value())
            self._accept(",")
        return items

    def _quoted(self) -> Any:  # noqa: ANN401  # a template of one expression is that expression's value
        """Parse a text after its opening quote."""
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
        match = _TOKEN.match(self._text, self._at)
        if not match or not match.lastgroup:
            raise UnknownValueError(self._text)
        self._at = match.end()
        return match.lastgroup, match[match.lastgroup]

    def _accept(self, sign: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match and match["sign"] == sign:
            self._at = match.end()
            return True
        if not match and not self.rest():
            raise UnknownValueError(self._text)
        return False

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise UnknownValueError(self._text)


_CONSTANTS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
