r"""Conditions on events that are JSON.

An event is one JSON document, an object, with nothing before or behind it but white space: any other text
matches no JSON pattern, `NOT EXISTS` included. What is not strictly JSON (RFC 8259) is not JSON: NaN,
Infinity, a bare tab or newline in a string, a comma too many. Of two equal keys the last one counts. Integers
keep all digits up to 4,300, longer ones are read as decimals. An object that is nested deeper than Python
reads (about 1,000 levels) is not JSON; a lone surrogate (`\ud800`) is the character that it names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from cloudwatch.patterns.comparing import Test, comparing
from cloudwatch.patterns.joining import every, some
from cloudwatch.patterns.model import And, Condition, Expression, Is, JsonPath, NotExists, Or, Wild

MISSING = object()
"""The result of a selector without a value."""

_IS: dict[str, object] = {"NULL": None, "TRUE": True, "FALSE": False}


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise json.JSONDecodeError(message, constant, 0)


_decode = json.JSONDecoder(parse_constant=_refuse).raw_decode
_decode_long_numbers = json.JSONDecoder(parse_constant=_refuse, parse_int=float).raw_decode
_SPACE = " \t\r\n"


def read(event: str) -> dict[str, Any] | None:
    """Return the JSON object of an event; None if the event is not one."""
    if not event.startswith("{"):
        event = event.lstrip(_SPACE)
        if not event.startswith("{"):
            return None
    try:
        document, end = _decode(event)
    except (json.JSONDecodeError, RecursionError):
        return None
    except ValueError:  # an integer with too many digits for Python to read
        try:
            document, end = _decode_long_numbers(event)
        except (json.JSONDecodeError, RecursionError):
            return None
    return None if end < len(event) and event[end:].strip(_SPACE) else document


def value_at(document: Any, path: JsonPath) -> Any:  # noqa: ANN401  # JSON is anything
    """Return what a selector without a wildcard leads to, `MISSING` for nothing."""
    value = document
    for step in path.steps:
        if value.__class__ is dict and step.__class__ is str:
            value = value.get(step, MISSING)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return MISSING
    return value


def values_at(document: Any, path: JsonPath) -> list[Any]:  # noqa: ANN401  # JSON is anything
    """Return everything that a selector leads to."""
    at = next((place for place, step in enumerate(path.steps) if isinstance(step, Wild)), None)
    if at is None:
        value = value_at(document, path)
        return [] if value is MISSING else [value]
    parent = value_at(document, JsonPath(path.steps[:at]))
    children: Iterable[Any] = ()
    if path.steps[at] is Wild.ELEMENT and isinstance(parent, list):
        children = parent
    elif path.steps[at] is Wild.FIELD and isinstance(parent, dict):
        children = parent.values()
    rest = JsonPath(path.steps[at + 1 :])
    return [value for child in children if (value := value_at(child, rest)) is not MISSING]


def holds(expression: Expression) -> Callable[[dict[str, Any]], bool]:
    """Return whether an object meets a condition, as a function of the object.

    A selector with a wildcard meets a condition if any of what it leads to does (Filter pattern syntax,
    "Wildcard selector": any array element, any field), and does not exist if it leads to nothing.
    """
    if isinstance(expression, And):
        return every([holds(comparison) for comparison in expression.parts])
    if isinstance(expression, Or):
        return some([holds(comparison) for comparison in expression.parts])
    return _condition(expression)


def _condition(condition: Condition) -> Callable[[dict[str, Any]], bool]:
    path = condition.selector
    if not isinstance(path, JsonPath):
        message = f"{path} is not a JSON selector"
        raise TypeError(message)
    if isinstance(condition, NotExists):
        return lambda document: not values_at(document, path)
    if isinstance(condition, Is):
        expected = _IS[condition.what]
        return _any(path, lambda value: value is expected)
    return _any(path, comparing(condition.operator, condition.operand))


def _any(path: JsonPath, test: Test) -> Callable[[dict[str, Any]], bool]:
    if path.wild:
        return lambda document: any(map(test, values_at(document, path)))
    if len(path.steps) == 1 and isinstance(key := path.steps[0], str):
        return lambda document: (value := document.get(key, MISSING)) is not MISSING and test(value)

    def meets(document: dict[str, Any]) -> bool:
        value = value_at(document, path)
        return value is not MISSING and test(value)

    return meets
