"""The words of an expression."""

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
    """A word, and where it begins."""

    kind: Kind
    text: str
    position: int


def tokens_of(text: str) -> list[Token]:
    """Return the words of an expression, and an `end` behind them.

    Raises:
        MathError: it is too long, or has a character that has no meaning.
    """
    if len(text) > EXPRESSION_CHARACTERS:
        message = f"an expression has at most {EXPRESSION_CHARACTERS} characters, this one {len(text)}"
        raise MathError(message, EXPRESSION_CHARACTERS)
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise MathError(_why(text[at]), at)
        kind = match.lastgroup
        if kind != "blank":
            word = _SAME.get(match[0], match[0])
            is_sign = kind == "sign" or word in {"AND", "OR"}
            found.append(Token("sign" if is_sign else cast("Kind", kind), word, at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _why(character: str) -> str:
    if character in "\"'":
        return "the text in quotes does not end"
    if character in "\u201c\u201d\u2018\u2019":  # as in the examples of the user guide
        return f"{character} is no quote here: write \" or '"
    if character in "&|=!":
        return f"{character!r} alone is no operator: there are && || == and !="
    if character == "%":
        return "there is no operator %"
    return f"{character!r} has no meaning in metric math"
