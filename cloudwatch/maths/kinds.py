"""Type checking of operators and functions, before anything is computed.

This module does not import numpy, so that a program that only validates alarms starts fast.
"""

from __future__ import annotations

import functools
import graphlib
import itertools
from collections.abc import Container, Iterable, Mapping, Sequence

from cloudwatch.errors import MathError
from cloudwatch.maths.forms import ARITHMETIC, ELSEWHERE, FORMS, LOGICAL, SHOWN, WORDS, Kind
from cloudwatch.maths.syntax import (
    Array,
    Call,
    Chain,
    Expression,
    Minus,
    Name,
    Number,
    Power,
    Text,
    Word,
    names,
    walk,
)

Kinds = frozenset[Kind]
_ARITHMETIC_SIGNS = frozenset("+-*/^")


def kinds_of(expression: Expression, known: Mapping[str, Kind] | None = None) -> frozenset[Kind]:
    """Return the possible kinds of an expression; an id that is not in `known` is TS or TS[].

    Raises:
        MathError: an operand or an argument has an invalid kind.
    """
    known = known or {}
    if isinstance(expression, Name):
        return frozenset((known[expression.id],) if expression.id in known else ("TS", "TS[]"))
    if isinstance(expression, Call):
        return _called(expression, known)
    if isinstance(expression, Array):
        return _array(expression, known)
    if isinstance(expression, Number):
        return frozenset(("S",))
    if isinstance(expression, Text | Word):
        return frozenset((WORDS[expression.value] if isinstance(expression, Word) else "text",))
    return _operated(expression, known)


def _operated(expression: Minus | Power | Chain, known: Mapping[str, Kind]) -> Kinds:
    if isinstance(expression, Minus):
        return _value(expression.operand, known)
    if isinstance(expression, Power):
        base, exponent = _value(expression.base, known), _value(expression.exponent, known)
        return operated("^", base, exponent, expression.exponent.position)
    kinds = _value(expression.first, known)
    for operator, operand in expression.rest:
        kinds = operated(operator, kinds, _value(operand, known), operand.position)
    return kinds


def _value(expression: Expression, known: Mapping[str, Kind]) -> Kinds:
    """Return the possible kinds of an operand; keywords and quoted texts are rejected."""
    kinds = kinds_of(expression, known)
    if not kinds & {"S", "TS", "TS[]"}:
        message = "an operand must not be a keyword or a text in quotes"
        raise MathError(message, expression.position)
    return kinds


def operated(operator: str, left: Kinds, right: Kinds, position: int) -> Kinds:
    """Return the possible kinds of the result of an operator, from those of its operands."""
    table = ARITHMETIC if operator in _ARITHMETIC_SIGNS else LOGICAL
    both = itertools.product(left, right)
    results = frozenset(table[pair] for pair in both if pair in table)
    if not results:
        operands = "two arrays" if left == right else "an array"
        message = (
            f"{operator} does not accept {operands} of time series: {_or(left)} {operator} {_or(right)}; "
            "allowed: " + ", ".join(f"{a} {operator} {b}" for a, b in table)
        )
        raise MathError(message, position)
    return results


def _array(array: Array, known: Mapping[str, Kind]) -> Kinds:
    for item in array.items:
        if not kinds_of(item, known) & {"TS", "TS[]"}:
            message = "the elements of an array must be time series or arrays of time series"
            raise MathError(message, item.position)
    return frozenset(("TS[]",))


def _called(call: Call, known: Mapping[str, Kind]) -> Kinds:
    if call.function == "PERIOD" and call.arguments and not isinstance(call.arguments[0], Name):
        message = "the argument of PERIOD must be the id of a metric, not an expression"
        raise MathError(message, call.arguments[0].position)
    arguments = tuple(kinds_of(argument, known) for argument in call.arguments)
    results = returned(call.function, arguments)
    if not results:
        raise MathError(*_refused(call, arguments))
    return results


@functools.lru_cache(maxsize=4096)
def returned(function: str, arguments: tuple[Kinds, ...]) -> Kinds:
    """Return the possible kinds of a function's result; empty if the arguments are not accepted."""
    return frozenset(
        result
        for accepted, result in FORMS[function]
        if len(accepted) == len(arguments)
        and all(kind in kinds for kind, kinds in zip(accepted, arguments, strict=True))
    )


def _refused(call: Call, arguments: Sequence[Kinds]) -> tuple[str, int]:
    """Return the message for invalid arguments of a call, and the position of the first invalid one."""
    forms = [accepted for accepted, _ in FORMS[call.function]]
    allowed = " or ".join(f"{call.function}({', '.join(_shown(accepted))})" for accepted in forms)
    lengths = {len(accepted) for accepted in forms}
    if len(arguments) not in lengths:
        return f"{call.function} has {len(arguments)} arguments; allowed: {allowed}", call.position
    matching = [accepted for accepted in forms if len(accepted) == len(arguments)]
    for at, kinds in enumerate(arguments):
        matching = [accepted for accepted in matching if accepted[at] in kinds]
        if not matching:
            message = f"{call.function} does not accept {_or(kinds)} here; allowed: {allowed}"
            return message, call.arguments[at].position
    raise AssertionError(call.function)


def _shown(kinds: Iterable[Kind]) -> list[str]:
    return [SHOWN.get(kind, kind) for kind in kinds]


def _or(kinds: Kinds) -> str:
    return " or ".join(_shown(sorted(kinds)))


def check(expression: Expression, kinds: Mapping[str, Kind], metrics: Container[str]) -> Kind:
    """Return the kind of an expression, "TS" or "TS[]", from the kinds of the ids and the ids of metrics.

    Raises:
        MathError: an id does not exist, a function is not supported, or the result is a scalar.
    """
    for part in walk(expression):
        if isinstance(part, Name) and part.id not in kinds:
            allowed = ", ".join(kinds) or "none"
            message = f"no metric or expression has the id {part.id}; allowed: {allowed}"
            raise MathError(message, part.position)
        if isinstance(part, Call):
            _check_call(part, [id_ for id_ in kinds if id_ in metrics])
    (kind,) = kinds_of(expression, kinds)
    if kind not in {"TS", "TS[]"}:
        message = "the result must be a time series or an array of time series, not a scalar: use TIME_SERIES"
        raise MathError(message, expression.position)
    return kind


def _check_call(call: Call, metrics: Sequence[str]) -> None:
    if call.function in ELSEWHERE:
        message = f"{call.function} is not supported: it cannot be computed from the metrics of the request"
        raise MathError(message, call.position)
    if call.function == "METRICS" and not named_metrics(call, metrics):
        message = f"METRICS matches no metric; allowed: {', '.join(metrics) or 'none'}"
        raise MathError(message, call.position)
    argument = call.arguments[0] if call.function == "PERIOD" else None
    if isinstance(argument, Name) and argument.id not in metrics:
        message = "the argument of PERIOD must be the id of a metric, not of an expression"
        raise MathError(message, argument.position)


def named_metrics(call: Call, metrics: Sequence[str]) -> list[str]:
    """Return the ids of the metrics that `METRICS(…)` selects."""
    text = "".join(argument.value for argument in call.arguments if isinstance(argument, Text))
    return [id_ for id_ in metrics if text in id_]


def kinds_of_all(metrics: Mapping[str, object], expressions: Mapping[str, Expression]) -> dict[str, Kind]:
    """Return the kind of every id.

    Raises:
        MathError: an expression is not valid; the message begins with its id.
    """
    kinds: dict[str, Kind] = dict.fromkeys(metrics, "TS")
    for id_ in in_order(expressions):
        kinds[id_] = _kind_of(id_, expressions[id_], kinds, metrics)
    return kinds


def _kind_of(
    id_: str, expression: Expression, kinds: Mapping[str, Kind], metrics: Mapping[str, object]
) -> Kind:
    try:
        return check(expression, kinds, metrics)
    except MathError as error:
        message = f"{id_}: {error.message}"
        raise MathError(message, error.position) from error


def in_order(expressions: Mapping[str, Expression]) -> list[str]:
    """Return ids of expressions, each after those that it uses.

    Raises:
        MathError: the expressions form a cycle.
    """
    uses = {
        id_: [name for name in names(expression) if name in expressions]
        for id_, expression in expressions.items()
    }
    try:
        return list(graphlib.TopologicalSorter(uses).static_order())
    except graphlib.CycleError as error:
        cycle = " -> ".join(reversed(error.args[1]))
        message = f"expressions form a cycle: {cycle}"
        raise MathError(message, 0) from error
