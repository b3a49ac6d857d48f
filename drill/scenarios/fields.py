"""What the values of scenarios are: durations, numbers and expressions, names, lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue

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


def _expression(value: object) -> Expression:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse("must be a number or an expression of t, such as 20 + 5 * sin(t / 600)")
    try:
        return Expression.parse(str(value))
    except ValueError as error:
        text = str(error)
        raise refuse("{text}", text=text) from error


def special_or_value(value: object) -> object:
    """Return a value of samples, whichever it is."""
    return value if value is None or value in get_args(Special) else _expression(value)


def line(value: object) -> str | dict[str, Any]:
    """Return a log line, which is text or a mapping."""
    if not isinstance(value, str | dict):
        raise refuse("must be text, or a mapping, which becomes one line of JSON")
    return value


def _list(value: object) -> object:
    return value if isinstance(value, list) else [value]


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


class Model(BaseModel):
    """Base of everything in a scenario: frozen, strict about keys."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )
