"""Parser of metric math.

AWS documents the operators, not their precedence. Here it is as in most languages, from weak to strong: `OR`,
`AND`, comparisons, `+ -`, `* /`, unary minus, `^`. Operators of equal precedence are evaluated from left to
right, but `2 ^ 3 ^ 2` is 2 ^ (3 ^ 2), and -2 ^ 2 is -(2 ^ 2). Numbers may have an exponent (1e3).
"""

from __future__ import annotations

import functools
import math

from cloudwatch.errors import MathError, UnsupportedMathError
from cloudwatch.maths.forms import FORMS, WORDS
from cloudwatch.maths.kinds import kinds_of
from cloudwatch.maths.syntax import (
    LEVELS,
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
)
from cloudwatch.maths.tokens import Token, tokens_of
from cloudwatch.quotas import ID_CHARACTERS

DEEPEST = 50
"""Maximum nesting depth of brackets, signs and exponents. AWS publishes no limit."""


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Return the expression of a text; the kinds of its ids are not known yet (`kinds.kinds_of`).

    Raises:
        MathError: CloudWatch would reject the text.
    """
    if text.lstrip()[:6].upper() == "SELECT":
        message = "Metrics Insights queries are not supported: use metric math"
        raise UnsupportedMathError(message, 0)
    parser = _Parser(tokens_of(text))
    expression = parser.whole()
    kinds_of(expression)
    return expression


class _Parser:
    """Parses tokens from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        """Return the expression of all tokens."""
        expression = self._chain(1)
        if self._next.kind != "end":
            raise self._unexpected(expected="an operator or the end")
        return expression

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _unexpected(self, *, expected: str) -> MathError:
        token = self._next
        if token.kind == "end":
            message = f"unexpected end of the expression: expected {expected}"
            return MathError(message, token.position)
        hint = ""
        if token.text.upper() in {"AND", "OR", "NOT"} and token.kind != "sign":
            hint = "; logical operators are AND, OR, && and ||"
        message = f"unexpected {token.text}: expected {expected}{hint}"
        return MathError(message, token.position)

    def _expect(self, sign: str) -> None:
        if (self._next.kind, self._next.text) != ("sign", sign):
            raise self._unexpected(expected=sign)
        self._at += 1

    def _is(self, *signs: str) -> bool:
        return self._next.kind == "sign" and self._next.text in signs

    def _deeper(self, by: int) -> None:
        self._depth += by
        if self._depth > DEEPEST:
            message = f"brackets, signs and exponents must be nested at most {DEEPEST} levels deep"
            raise MathError(message, self._next.position)

    def _chain(self, least: int) -> Expression:
        """Parse operators of at least this precedence; operators of higher precedence become operands."""
        left = self._unary()
        while self._next.kind == "sign" and (level := LEVELS.get(self._next.text, 0)) >= least:
            rest = []
            while LEVELS.get(self._next.text) == level and self._next.kind == "sign":
                operator = self._take().text
                rest.append((operator, self._chain(level + 1)))
            left = Chain(left, tuple(rest), left.position)
        return left

    def _unary(self) -> Expression:
        if not self._is("-"):
            return self._power()
        position = self._take().position
        self._deeper(1)
        operand = self._unary()
        self._deeper(-1)
        return Minus(operand, position)

    def _power(self) -> Expression:
        base = self._primary()
        if not self._is("^"):
            return base
        self._take()
        self._deeper(1)
        exponent = self._unary()
        self._deeper(-1)
        return Power(base, exponent, base.position)

    def _primary(self) -> Expression:
        token = self._next
        if token.kind == "number":
            return self._number(self._take())
        if token.kind == "name":
            return self._name(self._take())
        if token.kind == "word":
            return self._call(self._take())
        if not self._is("(", "["):
            raise self._unexpected(expected="a number, an id, a function or a bracket")
        self._take()
        self._deeper(1)
        inner: Expression
        if token.text == "(":
            inner = self._chain(1)
            self._expect(")")
        else:
            inner = Array(self._list("]"), token.position)
        self._deeper(-1)
        return inner

    def _list(self, end: str) -> tuple[Expression, ...]:
        items = [self._argument()]
        while self._is(","):
            self._take()
            items.append(self._argument())
        self._expect(end)
        return tuple(items)

    def _argument(self) -> Expression:
        token, after = self._next, self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if token.kind == "text":
            self._take()
            return Text(token.text[1:-1], token.position)
        if token.kind == "word" and token.text in WORDS and after.text != "(":
            self._take()
            return Word(token.text, token.position)
        return self._chain(1)

    def _number(self, token: Token) -> Number:
        value = float(token.text)
        if not math.isfinite(value):
            message = f"the number {token.text} is too large"
            raise MathError(message, token.position)
        return Number(value, token.position)

    def _name(self, token: Token) -> Name:
        if self._is("("):
            known = f": {token.text.upper()}" if token.text.upper() in FORMS else ""
            message = f"functions must be in capitals{known}"
            raise MathError(message, token.position)
        if len(token.text) > ID_CHARACTERS:
            message = f"an id must have at most {ID_CHARACTERS} characters (found: {len(token.text)})"
            raise MathError(message, token.position)
        return Name(token.text, token.position)

    def _call(self, token: Token) -> Call:
        if not self._is("("):
            hint = "; it is a function" if token.text in FORMS else ""
            message = f"{token.text} is not a valid id: ids begin with a lower-case letter{hint}"
            raise MathError(message, token.position)
        if token.text not in FORMS:
            message = f"function {token.text} does not exist; allowed: {', '.join(sorted(FORMS))}"
            raise MathError(message, token.position)
        self._take()
        self._deeper(1)
        arguments: tuple[Expression, ...] = ()
        if self._is(")"):
            self._take()
        else:
            arguments = self._list(")")
        self._deeper(-1)
        return Call(token.text, arguments, token.position)
