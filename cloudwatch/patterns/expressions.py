"""Parser of conditions joined by `&&`, `||` and parentheses.

Filter pattern syntax, "compound expressions": parentheses before `&&` before `||`. The operators are on an
explicit stack, so that a thousand parentheses do not exceed Python's recursion limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudwatch.patterns import scalars
from cloudwatch.patterns.model import (
    And,
    Comparison,
    Condition,
    Expression,
    FieldName,
    Is,
    JsonPath,
    NotExists,
    Number,
    Operand,
    Or,
    Text,
)
from cloudwatch.patterns.scanner import Scanner
from cloudwatch.patterns.selectors import json_path

_OPERATORS = ("!=", "<=", ">=", "=", "<", ">")
_EQUALITY = {"=", "!="}
_PRECEDENCE = {"(": 0, "||": 1, "&&": 2}
_KEYWORD = re.compile(r"[A-Za-z]+")
BARE = re.compile(r"[A-Za-z0-9_.*+-]+")
"""A value without double quotes. The guide requires them around all characters but letters, digits, `_` and
`*`, but also uses `123.123.*`, `*.html*` and `1e-3`; CloudWatch Logs accepts these and rejects others."""


def expression(scanner: Scanner, condition: Callable[[Scanner], Condition], ends: str) -> Expression:
    """Consume and return an expression; the caller parses the text after it.

    Args:
        scanner: a scanner at the beginning of the expression.
        condition: parses one comparison or test.
        ends: characters that may follow, for messages.

    Raises:
        PatternError: the expression is incomplete, or a parenthesis has no counterpart.
    """
    read: list[Expression] = []
    waiting: list[tuple[str, int]] = []
    while True:
        _open_parentheses(scanner, waiting)
        read.append(condition(scanner))
        _close_parentheses(scanner, read, waiting)
        operator = next((text for text in ("&&", "||") if scanner.sees(text)), None)
        if operator is None:
            break
        while waiting and _PRECEDENCE[waiting[-1][0]] >= _PRECEDENCE[operator]:
            _join(read, waiting.pop()[0])
        waiting.append((operator, scanner.at))
        scanner.at += len(operator)
    while waiting:
        operator, position = waiting.pop()
        if operator == "(":
            if scanner.ended or any(map(scanner.sees, ends)):
                message = "the parenthesis is never closed: expected a )"
                raise scanner.error(message, position)
            raise scanner.expected("&&, || or )")
        _join(read, operator)
    return read.pop()


def _open_parentheses(scanner: Scanner, waiting: list[tuple[str, int]]) -> None:
    scanner.space()
    while scanner.take("("):
        waiting.append(("(", scanner.at - 1))
        scanner.space()


def _close_parentheses(scanner: Scanner, read: list[Expression], waiting: list[tuple[str, int]]) -> None:
    scanner.space()
    while scanner.take(")"):
        while waiting and waiting[-1][0] != "(":
            _join(read, waiting.pop()[0])
        if not waiting:
            message = "the parenthesis has no opening parenthesis"
            raise scanner.error(message, scanner.at - 1)
        waiting.pop()
        scanner.space()


def _join(read: list[Expression], operator: str) -> None:
    kind = And if operator == "&&" else Or
    right, left = read.pop(), read.pop()
    parts: list[Expression] = []
    for operand in (left, right):
        parts.extend(operand.parts if isinstance(operand, kind) else (operand,))
    read.append(kind(tuple(parts)))


def json_condition(scanner: Scanner) -> Condition:
    """Consume and return a condition on a JSON event.

    `IS NULL`, `IS TRUE`, `IS FALSE` and `NOT EXISTS` in capitals; `IS NOT` and `EXISTS` are not supported
    (Filter pattern syntax, JSON log events, "IS" and "NOT EXISTS").

    Raises:
        PatternError: it is none.
    """
    selector = json_path(scanner)
    scanner.space()
    start = scanner.at
    word = scanner.match(_KEYWORD)
    if not word:
        return comparison(scanner, selector)
    scanner.space()
    second = scanner.match(_KEYWORD)
    if word == "IS" and second in {"NULL", "TRUE", "FALSE"}:
        return Is(selector, second)
    if word == "NOT" and second == "EXISTS":
        return NotExists(selector)
    scanner.at = start
    if word == "EXISTS":
        raise scanner.error('EXISTS is not supported: ask for any value with = "*"')
    if word == "IS" and second == "NOT":
        raise scanner.error("IS NOT is not supported: only IS NULL, IS TRUE and IS FALSE are")
    raise scanner.expected("=, !=, <, >, <=, >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS")


def comparison(scanner: Scanner, selector: JsonPath | FieldName) -> Comparison:
    """Return the comparison of `selector` whose operator comes next.

    Raises:
        PatternError: there is no operator, or nothing it can compare with.
    """
    operator = next((text for text in _OPERATORS if scanner.sees(text)), None)
    if operator is None:
        raise scanner.expected("=, !=, <, >, <= or >=")
    scanner.at += len(operator)
    scanner.space()
    start = scanner.at
    operand = _operand(scanner)
    if operator not in _EQUALITY and not isinstance(operand, Number):
        message = f"{operator} compares numbers: expected one without double quotes, such as 400 or 1e-3"
        raise scanner.error(message, start)
    return Comparison(selector, operator, operand)


def _operand(scanner: Scanner) -> Operand:
    if scanner.sees('"'):
        return Text(scanner.quoted())
    if scanner.sees("%"):
        return scanner.regex()
    word = scanner.match(BARE)
    if not word:
        raise scanner.expected('a number, a word, a "string in double quotes" or a %regular expression%')
    return Number(word) if scalars.NUMBER.fullmatch(word) else Text(word)
