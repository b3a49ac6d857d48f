"""A filter pattern as a value: terms, a condition on a JSON event, or fields of a space-delimited event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

MAX_REGEXES = 2
"""Maximum number of regular expressions in a pattern (Filter pattern syntax, "Supported regular expressions",
quotas)."""

MAX_WILDCARDS = 3
"""Maximum number of selectors with a wildcard in a pattern (Filter pattern syntax, JSON, compound
expressions, quotas)."""


class Wild(Enum):
    """A wildcard in a selector: any element of a list, any field of an object."""

    ELEMENT = "[*]"
    FIELD = ".*"


@dataclass(frozen=True, slots=True)
class JsonPath:
    """`$.a[0].b`: the path to a value in a JSON event; names, positions from 0, at most one wildcard."""

    steps: tuple[str | int | Wild, ...]

    @property
    def wild(self) -> bool:
        """Return whether it may select several values."""
        return any(isinstance(step, Wild) for step in self.steps)


@dataclass(frozen=True, slots=True)
class FieldName:
    """`$size`: a field of a space-delimited event, by the name that the pattern gives it."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldNumber:
    """`$7`: a field of a space-delimited event, by its position from 1."""

    number: int


Selector: TypeAlias = JsonPath | FieldName | FieldNumber


@dataclass(frozen=True, slots=True)
class Text:
    """A string to compare with; `*` at its beginning or end is a wildcard, elsewhere a literal."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number to compare with, as it was written outside double quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression between two `%`."""

    text: str


Operand: TypeAlias = Text | Number | Regex


@dataclass(frozen=True, slots=True)
class Comparison:
    """`selector operator operand`; the operator is one of `=`, `!=`, `<`, `>`, `<=`, `>=`."""

    selector: JsonPath | FieldName
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class Is:
    """`selector IS NULL`, `IS TRUE` or `IS FALSE`."""

    selector: JsonPath
    what: str


@dataclass(frozen=True, slots=True)
class NotExists:
    """`selector NOT EXISTS`."""

    selector: JsonPath


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, none of them an `And`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts, none of them an `Or`."""

    parts: tuple[Expression, ...]


Condition: TypeAlias = Comparison | Is | NotExists
Expression: TypeAlias = Condition | And | Or


@dataclass(frozen=True, slots=True)
class Term:
    """A term of an unstructured pattern.

    Attributes:
        what: the text to find, or a regular expression.
        sign: "" if it must occur, "-" if it must not occur, "?" if it is optional.
        is_bare: whether it was written without double quotes.
    """

    what: str | Regex
    sign: str = ""
    is_bare: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """A pattern for any event: `ERROR -"timed out"`, `?ERROR ?WARN`, `%regex%`; no terms: every event."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class JsonPattern:
    """A pattern for events that are JSON: `{ $.level = "ERROR" && $.ms > 100 }`."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a space-delimited pattern; a field without a name is identified by its position."""

    name: str | None = None
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """`...`: any number of fields."""


@dataclass(frozen=True, slots=True)
class Delimited:
    """A pattern for events of words: `[ip, ..., status = 4*, size]`."""

    fields: tuple[Field | Gap, ...]


Pattern: TypeAlias = Terms | JsonPattern | Delimited


def conditions(expression: Expression) -> Iterator[Condition]:
    """Yield the comparisons and tests of an expression, from left to right."""
    if isinstance(expression, And | Or):
        for part in expression.parts:
            yield from conditions(part)
    else:
        yield expression


def regexes(pattern: Pattern) -> Iterator[Regex]:
    """Yield the regular expressions of a pattern, from left to right."""
    if isinstance(pattern, Terms):
        yield from (term.what for term in pattern.terms if isinstance(term.what, Regex))
        return
    if isinstance(pattern, JsonPattern):
        expressions = [pattern.condition]
    else:
        expressions = [
            field.condition for field in pattern.fields if isinstance(field, Field) and field.condition
        ]
    for expression in expressions:
        for condition in conditions(expression):
            if isinstance(condition, Comparison) and isinstance(condition.operand, Regex):
                yield condition.operand


def names(pattern: Delimited) -> list[str]:
    """Return the names that a space-delimited pattern gives to fields, from left to right."""
    return [field.name for field in pattern.fields if isinstance(field, Field) and field.name is not None]
