"""The syntax tree of an expression, and its text. Positions count from 0 and are ignored in comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

LEVELS = {
    "OR": 1, "AND": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5
}  # fmt: skip
"""Precedence of each operator: higher binds more tightly."""
_UNARY, _POWER, _PRIMARY = 6, 7, 8


@dataclass(frozen=True, slots=True)
class Number:
    """A literal scalar, which is never negative."""

    value: float
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """The id of a metric or of another expression."""

    id: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """An argument in quotes."""

    value: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Word:
    """An argument that is a keyword: `REPEAT`, `DESC`, the `AVG` of `SORT`."""

    value: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Array:
    """An array of time series: `[m1, m2]`."""

    items: tuple[Expression, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments: `SUM(m1)`."""

    function: str
    arguments: tuple[Expression, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Minus:
    """A negation: `-m1`."""

    operand: Expression
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Power:
    """A power: `m1 ^ 2`."""

    base: Expression
    exponent: Expression
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one level from left to right: `m1 + m2 - m3`."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]
    position: int = field(default=0, compare=False)

    @property
    def level(self) -> int:
        """Precedence of its operators."""
        return LEVELS[self.rest[0][0]]


Expression = Number | Name | Text | Word | Array | Call | Minus | Power | Chain


def parts(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of an expression."""
    if isinstance(expression, Array):
        return expression.items
    if isinstance(expression, Call):
        return expression.arguments
    if isinstance(expression, Minus):
        return (expression.operand,)
    if isinstance(expression, Power):
        return (expression.base, expression.exponent)
    if isinstance(expression, Chain):
        return (expression.first, *(operand for _, operand in expression.rest))
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all its parts, in the order of the text."""
    yield expression
    for part in parts(expression):
        yield from walk(part)


def names(expression: Expression) -> tuple[str, ...]:
    """Return the ids in an expression, each once; `METRICS()` contains none."""
    return tuple(dict.fromkeys(part.id for part in walk(expression) if isinstance(part, Name)))


def text_of(expression: Expression) -> str:
    """Return the text of an expression; parsing it again gives an equal expression."""
    return _written(expression, 0)


def _written(expression: Expression, above: int) -> str:
    level, text = _level_and_text(expression)
    return text if level > above else f"({text})"


def _level_and_text(expression: Expression) -> tuple[int, str]:
    if isinstance(expression, Chain):
        level = expression.level
        rest = "".join(f" {operator} {_written(operand, level)}" for operator, operand in expression.rest)
        return level, _written(expression.first, level) + rest
    if isinstance(expression, Minus):
        return _UNARY, "-" + _written(expression.operand, _UNARY - 1)
    if isinstance(expression, Power):
        return _POWER, f"{_written(expression.base, _POWER)} ^ {_written(expression.exponent, _UNARY - 1)}"
    return _PRIMARY, _primary(expression)


def _primary(expression: Expression) -> str:
    if isinstance(expression, Number):
        return f"{expression.value!r}".removesuffix(".0")
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Word):
        return expression.value
    if isinstance(expression, Text):
        quote = "'" if '"' in expression.value else '"'
        return f"{quote}{expression.value}{quote}"
    inner = ", ".join(text_of(part) for part in parts(expression))
    return f"{expression.function}({inner})" if isinstance(expression, Call) else f"[{inner}]"
