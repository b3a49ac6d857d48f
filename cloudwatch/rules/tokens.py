"""Tokens of a rule: words, quoted names and signs."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from cloudwatch.errors import RuleError
from cloudwatch.words import visible

Kind = Literal["word", "quoted", "sign", "end"]

_BLANK: Final = r" \t\n\r\f\v"
_TOKEN: Final = re.compile(
    rf"""[{_BLANK}]*(?:"((?:[^"\\]|\\.)*)"|([(),])|([^{_BLANK}(),"][^{_BLANK}(),]*))""", re.DOTALL
)
_SPACE: Final = re.compile(rf"[{_BLANK}]*")


class Token(NamedTuple):
    """A word, name or sign."""

    kind: Kind
    text: str
    """Without quotes; a quoted `\\"` is a quote, `\\\\` a backslash, and any other backslash is literal."""
    position: int

    def is_(self, *texts: str) -> bool:
        """Return whether it is one of these words or signs; a quoted name is neither."""
        return self.kind != "quoted" and self.text in texts

    def __str__(self) -> str:
        """Return the token for an error message."""
        if self.kind == "end":
            return "the end"
        text = visible(self.text)
        return f'"{text}"' if self.kind == "quoted" else text


def tokens(text: str) -> list[Token]:
    """Return the tokens of a rule; the last token is the end.

    CloudWatch documents only the escape of quotes, a backslash before a quote within quotes. Here a backslash
    before another backslash is an escape as well, so that a name may end in a backslash.

    Raises:
        RuleError: a quote is not closed.
    """
    result: list[Token] = []
    position = 0
    while match := _TOKEN.match(text, position):
        kinds: tuple[Kind, ...] = ("quoted", "sign", "word")
        kind = kinds[(match.lastindex or 1) - 1]
        start = match.start(match.lastindex or 1)
        value = match[match.lastindex or 1]
        if kind == "quoted":
            start -= 1
            value = re.sub(r'\\(["\\])', r"\1", value)
        result.append(Token(kind, value, start))
        position = match.end()
    space = _SPACE.match(text, position)
    position = space.end() if space else position
    if position < len(text):
        message = "the quote is not closed"
        raise RuleError(message, position)
    return [*result, Token("end", "", position)]
