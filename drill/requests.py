"""The requests of filters such as `reveille drill match`: keys and types of their JSON objects.

Values that AWS does not accept are rejected: `NaN`, numbers too large for floating point, and booleans in
place of numbers.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError, model_validator
from pydantic_core import ErrorDetails

from cloudwatch.alarms import Comparison, Treatment
from cloudwatch.states import FIRST, State
from cloudwatch.words import visible
from drill.errors import DrillError

_LARGEST: Final = 2**31 - 1
"""Maximum of the type Integer in AWS APIs."""
_WHOLE: Final = "a whole number of 32 bits"
_LONG: Final = 10**40
"""Larger integers are not printed. Python rejects integers of thousands of digits."""
_COMPARED: Final = 40
"""Maximum length of a word that is compared for suggestions, in quadratic time."""

Text = Annotated[InstanceOf[str], Field(description="text")]
"""Including lone surrogates, which JSON can escape. The string type of pydantic rejects them."""
Integer = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST, description=_WHOLE)]
Number = Annotated[float, Field(allow_inf_nan=False)]
"""A value of a metric (PutMetricData, MetricDatum: no NaN, no infinity)."""
Datapoints = Annotated[list[Number | None], Field(description="a list of numbers and null")]
Edge = Number | Datapoints | None
"""A bound of a band: the same for every datapoint, or one for each."""
RequestModel = TypeVar("RequestModel", bound="Request")


class Request(BaseModel):
    """The object of a line. A key with the value null is ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


class Named(Request):
    """The identifier of a request."""

    id: Annotated[InstanceOf[str] | int | Number, Field(description="text or a number")]


class Match(Request):
    """A filter pattern, an event, and what to extract from it."""

    pattern: Text
    event: Text
    value: Annotated[
        InstanceOf[str] | Number | None,
        Field(description='a number or a selector such as "$.ms"'),
    ] = None
    dimensions: Annotated[
        dict[str, InstanceOf[str]] | None,
        Field(description='an object of names with selectors, such as {"Type": "$.type"}'),
    ] = None
    fields: bool = False


class Evaluation(Request):
    """A metric alarm and its datapoints."""

    evaluation_periods: Integer
    datapoints_to_alarm: Annotated[Integer | None, Field(description=_WHOLE)] = None
    treat_missing_data: Treatment = "missing"
    comparison: Comparison
    threshold: Number | None = None
    lower: Edge = None
    upper: Edge = None
    datapoints: Datapoints
    previous_state: State = FIRST


class RuleRequest(Request):
    """The rule of a composite alarm, and the states of its alarms."""

    rule: Text
    states: Annotated[
        dict[str, State],
        Field(description="an object of alarms and their states"),
    ] = {}


_WORDS: Final[Mapping[str, str]] = {
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "float_type": "a number",
    "is_instance_of": "text",
}


def validated(model: type[RequestModel], data: Mapping[str, Any]) -> RequestModel:
    """Return an object as a request.

    Raises:
        DrillError: a key is unknown or missing, or a value is not valid.
    """
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        # A misspelled key first, as it causes a missing key; of a union, the error inside of a list.
        first = min(details, key=lambda detail: (detail["type"] != "extra_forbidden", not _is_inside(detail)))
        raise DrillError(_sentence(first, model, data)) from error


def _is_inside(error: ErrorDetails) -> bool:
    return isinstance(error["loc"][-1], int)


def _sentence(error: ErrorDetails, model: type[BaseModel], data: Mapping[str, Any]) -> str:
    """Return the message of an error: what is allowed, the value, and a suggestion."""
    kind, (key, *inside) = error["type"], error["loc"]
    if kind == "extra_forbidden":
        known = list(model.model_fields)
        return f"{shown(key)} is not a valid key; known: {', '.join(known)}{_meant(key, known)}"
    if kind == "missing":
        return f"{key} is missing"
    where, value, description = str(key), data[str(key)], model.model_fields[str(key)].description
    for step in inside:
        if isinstance(value, list) and isinstance(step, int):
            where, value, description = f"{where}[{step}]", value[step], None
        elif isinstance(value, dict) and step in value:
            where, value, description = f"{where}.{shown(step)}", value[step], None
    if kind == "literal_error":
        words = re.findall(r"'(\w+)'", error["ctx"]["expected"])
        return f"{where} must be one of {', '.join(words)} (found: {shown(value)}){_meant(value, words)}"
    if kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
        kind = "finite_number"  # too large for floating point
    return f"{where} must be {description or _WORDS[kind]} (found: {shown(value)})"


def shown(value: object) -> str:
    """Return a value as text for error messages."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int) and abs(value) >= _LONG:
        return "a very large number"
    return visible(str(value))


def _meant(word: object, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word[:_COMPARED], known, 1) if isinstance(word, str) else []
    return f"; did you mean {close[0]}?" if close else ""
