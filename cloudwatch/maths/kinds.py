"""Whether operators and functions are given what they take, before anything is computed.

Nothing here needs numpy, so that a program that only checks alarms starts fast.
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
    """Return what an expression may be, given what its ids are; an id that is not `known` is TS or TS[].

    Raises:
        MathError: an operator or a function does not take what it is given.
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
    """Return what an operand may be: keywords and text are none."""
    kinds = kinds_of(expression, known)
    if not kinds & {"S", "TS", "TS[]"}:
        message = "a keyword or a text in quotes is no value"
        raise MathError(message, expression.position)
    return kinds


def operated(operator: str, left: Kinds, right: Kinds, position: int) -> Kinds:
    """Return what an operator may return of two operands, of which each may be several things."""
    table = ARITHMETIC if operator in _ARITHMETIC_SIGNS else LOGICAL
    both = itertools.product(left, right)
    found = frozenset(table[pair] for pair in both if pair in table)
    if not found:
        hint = "two arrays" if left == right else "an array"
        message = (
            f"{operator} does not take {hint} of time series: {_or(left)} {operator} {_or(right)}; it takes "
            + ", ".join(f"{a} {operator} {b}" for a, b in table)
        )
        raise MathError(message, position)
    return found


def _array(array: Array, known: Mapping[str, Kind]) -> Kinds:
    for item in array.items:
        if not kinds_of(item, known) & {"TS", "TS[]"}:
            message = "an array is of time series, and of arrays of them"
            raise MathError(message, item.position)
    return frozenset(("TS[]",))


def _called(call: Call, known: Mapping[str, Kind]) -> Kinds:
    if call.function == "PERIOD" and call.arguments and not isinstance(call.arguments[0], Name):
        message = "PERIOD takes the id of a metric, not the result of an expression"
        raise MathError(message, call.arguments[0].position)
    given = tuple(kinds_of(argument, known) for argument in call.arguments)
    found = returned(call.function, given)
    if not found:
        raise MathError(*_refused(call, given))
    return found


@functools.lru_cache(maxsize=4096)
def returned(function: str, given: tuple[Kinds, ...]) -> Kinds:
    """Return what a function may return, given what each argument may be; nothing: it does not take them."""
    return frozenset(
        result
        for takes, result in FORMS[function]
        if len(takes) == len(given) and all(name in kinds for name, kinds in zip(takes, given, strict=True))
    )


def _refused(call: Call, given: Sequence[Kinds]) -> tuple[str, int]:
    """Return what is wrong with the arguments of a call, and where: the first that no form has."""
    forms = [takes for takes, _ in FORMS[call.function]]
    allowed = " or ".join(f"{call.function}({', '.join(_shown(takes))})" for takes in forms)
    lengths = {len(takes) for takes in forms}
    if len(given) not in lengths:
        return f"{call.function} has {len(given)} arguments; it is {allowed}", call.position
    fitting = [takes for takes in forms if len(takes) == len(given)]
    for at, kinds in enumerate(given):
        fitting = [takes for takes in fitting if takes[at] in kinds]
        if not fitting:
            message = f"{call.function} does not take {_or(kinds)} here; it is {allowed}"
            return message, call.arguments[at].position
    raise AssertionError(call.function)


def _shown(kinds: Iterable[Kind]) -> list[str]:
    return [SHOWN.get(kind, kind) for kind in kinds]


def _or(kinds: Kinds) -> str:
    return " or ".join(_shown(sorted(kinds)))


def check(expression: Expression, kinds: Mapping[str, Kind], metrics: Container[str]) -> Kind:
    """Return what an expression results in, "TS" or "TS[]", given what ids are, and which are metrics.

    Raises:
        MathError: it names what there is not, is not computed from series, or results in a scalar.
    """
    for number in walk(expression):
        if isinstance(number, Name) and number.id not in kinds:
            message = (
                f"no metric or expression has the id {number.id}; there are {', '.join(kinds) or 'none'}"
            )
            raise MathError(message, number.position)
        if isinstance(number, Call):
            _check_call(number, [id_ for id_ in kinds if id_ in metrics])
    (found,) = kinds_of(expression, kinds)
    if found not in {"TS", "TS[]"}:
        message = (
            "the result of an expression is a time series or an array of them, no scalar: see TIME_SERIES"
        )
        raise MathError(message, expression.position)
    return found


def _check_call(call: Call, metrics: Sequence[str]) -> None:
    if call.function in ELSEWHERE:
        message = f"{call.function} cannot be computed from the metrics of the request"
        raise MathError(message, call.position)
    if call.function == "METRICS" and not named_metrics(call, metrics):
        message = f"METRICS finds no metric; there are {', '.join(metrics) or 'none'}"
        raise MathError(message, call.position)
    of = call.arguments[0] if call.function == "PERIOD" else None
    if isinstance(of, Name) and of.id not in metrics:
        message = "PERIOD takes the id of a metric, not that of an expression"
        raise MathError(message, of.position)


def named_metrics(call: Call, metrics: Sequence[str]) -> list[str]:
    """Return the metrics that `METRICS(…)` is."""
    text = "".join(argument.value for argument in call.arguments if isinstance(argument, Text))
    return [id_ for id_ in metrics if text in id_]


def kinds_of_all(metrics: Mapping[str, object], expressions: Mapping[str, Expression]) -> dict[str, Kind]:
    """Return what every id is.

    Raises:
        MathError: an expression is wrong; its id is said.
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
        MathError: expressions need each other.
    """
    uses = {
        id_: [name for name in names(expression) if name in expressions]
        for id_, expression in expressions.items()
    }
    try:
        return list(graphlib.TopologicalSorter(uses).static_order())
    except graphlib.CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        message = f"expressions need each other: {circle}"
        raise MathError(message, 0) from error
