"""The tokens of a metric math expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from cloudwatch.errors import MathError
from cloudwatch.quotas import EXPRESSION_CHARACTERS

_TOKENS = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[a-z][A-Za-z0-9_]*)
    | (?P<word>[A-Z][A-Za-z0-9_]*)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],])
    """,
    re.VERBOSE,
)
Kind = Literal["number", "name", "word", "text", "sign", "end"]
_SAME = {"&&": "AND", "||": "OR"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token and its position."""

    kind: Kind
    text: str
    position: int


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of an expression, followed by an `end` token.

    Raises:
        MathError: the expression is too long, or contains an invalid character.
    """
    if len(text) > EXPRESSION_CHARACTERS:
        count = len(text)
        message = f"an expression must have at most {EXPRESSION_CHARACTERS} characters (found: {count})"
        raise MathError(message, EXPRESSION_CHARACTERS)
    result: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise MathError(_invalid(text[at]), at)
        kind = match.lastgroup
        if kind != "blank":
            word = _SAME.get(match[0], match[0])
            is_sign = kind == "sign" or word in {"AND", "OR"}
            result.append(Token("sign" if is_sign else cast("Kind", kind), word, at))
        at = match.end()
    return [*result, Token("end", "", len(text))]


def _invalid(character: str) -> str:
    """Return the message for a character that begins no token."""
    if character in "\"'":
        return "the quote is not closed"
    if character in "\u201c\u201d\u2018\u2019":  # as in the examples of the user guide
        return f"{character} is not a valid quote: use \" or '"
    if character in "&|=!":
        return f"{character!r} is not a valid operator; did you mean && || == or !=?"
    if character == "%":
        return "the operator % is not supported"
    return f"{character!r} is not valid in metric math"
