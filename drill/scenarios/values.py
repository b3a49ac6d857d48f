"""What values are made of in a scenario: durations, expressions, names, each refused in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue

from config import types
from config.types import refuse
from drill import durations
from drill.expressions import Expression

Special = Literal["missing", "as before"]
"""What a value may be that is no number."""


def _duration(value: object) -> float:
    """Return the seconds of a duration, which is text with a unit; what was found is said with the place."""
    try:
        return durations.seconds(value if isinstance(value, str) else "")
    except ValueError as error:
        raise refuse("must be a duration such as 90s, 10m, 1h30m or 1d") from error


def _expression(value: object, known: tuple[str, ...] = ()) -> Expression:
    """Return the expression that a value is; `known` are the words that could have been meant instead."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse("must be a number or an expression of t, such as 20 + 5 * sin(t / 600)")
    try:
        return Expression.parse(str(value))
    except ValueError as error:
        text = str(error)
        raise refuse("{text}", text=text, known=", ".join(known)) from error


def _value(value: object) -> object:
    special = get_args(Special)
    return value if value is None or value in special else _expression(value, special)


def _line(value: object) -> str | dict[str, Any]:
    if not isinstance(value, str | dict):
        raise refuse("must be text, or a mapping, which becomes one line of JSON")
    return value


def _list(value: object) -> object:
    """Return one text as a list of it; lists go on to have their entries looked at."""
    if not isinstance(value, str | list | tuple):
        raise refuse("must be text, or a list of it")
    return [value] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Words:
    """How a type is called in the reference."""

    text: str


_TEXT = {"type": "string"}
_TEXTS: JsonSchemaValue = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}

Duration = Annotated[float, BeforeValidator(_duration), WithJsonSchema(_TEXT), Words("duration")]
"""Seconds, written with units."""
Value = Annotated[
    Expression,
    BeforeValidator(_expression),
    WithJsonSchema({"type": ["string", "number"]}),
    Words("number or expression"),
]
"""A number, or an expression over time."""
SampleValue = Annotated[
    Expression | Special | None,
    BeforeValidator(_value),
    WithJsonSchema({"type": ["string", "number"]}),
    Words("number or expression, `missing` or `as before`"),
]
"""What a sample may be."""
Number = Annotated[float, Field(strict=True)]
"""A number, and no text or truth that could be read as one."""
Line = Annotated[str | dict[str, Any], BeforeValidator(_line)]
"""A log line: text, or what becomes JSON."""
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_list),
    Field(min_length=1),
    WithJsonSchema(_TEXTS),
    Words("name or pattern, or a list of them"),
]
"""One name or pattern, or a list of them."""
List = Annotated[
    tuple[str, ...],
    BeforeValidator(_list),
    Field(min_length=1),
    WithJsonSchema(_TEXTS),
    Words("text, or a list of it"),
]
"""One text, or a list of texts."""


class Model(types.Model):
    """Base of everything in a scenario: as all of the configuration, and with types of its own."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
