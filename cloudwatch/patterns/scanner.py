"""Scanner of patterns, with errors that contain the position."""

from __future__ import annotations

import re

from cloudwatch.errors import PatternError
from cloudwatch.patterns import regex
from cloudwatch.patterns.model import MAX_REGEXES, MAX_WILDCARDS, Regex

_SPACE = re.compile(r"[ \t\r\n]*")
_SHOWN = 20
"""Number of characters of the found text in an error."""


class Scanner:
    """A position in a text, and the numbers of regular expressions and wildcards before it.

    Attributes:
        text: the pattern.
        at: offset of the next character.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._regexes = 0
        self._wildcards = 0

    def error(self, message: str, position: int | None = None) -> PatternError:
        """Return an error about the next character, or the one at `position`."""
        return PatternError(message, self.at if position is None else position)

    def expected(self, what: str) -> PatternError:
        """Return an error with what is expected here, and the text that was found."""
        found = self.text[self.at : self.at + _SHOWN]
        return self.error(f"expected {what}, " + (f"not {found!r}" if found else "but the pattern ends here"))

    @property
    def ended(self) -> bool:
        """Return whether the end of the text is reached."""
        return self.at >= len(self.text)

    def space(self) -> None:
        """Skip white space."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # `*` always matches

    def sees(self, what: str) -> bool:
        """Return whether `what` comes next."""
        return self.text.startswith(what, self.at)

    def take(self, what: str) -> bool:
        """Consume `what` if it comes next; return whether it did."""
        if self.sees(what):
            self.at += len(what)
            return True
        return False

    def match(self, what: re.Pattern[str]) -> str:
        """Consume and return the text that the expression matches here; "" if it does not match."""
        match = what.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match.group()

    def quoted(self) -> str:
        r"""Consume a string in double quotes; return its text.

        `\"` and `\\` represent the second character; any other backslash is literal. The guide does not
        define escapes; CloudWatch Logs accepts both in practice.
        """
        start = self.at
        parts = []
        self.at += 1
        while not self.take('"'):
            if self.ended:
                raise self.error('the double quote is never closed: expected another "', start)
            if self.text[self.at] == "\\" and self.text[self.at + 1 : self.at + 2] in {'"', "\\"}:
                self.at += 1
            parts.append(self.text[self.at])
            self.at += 1
        return "".join(parts)

    def regex(self) -> Regex:
        """Consume and return a regular expression between `%`."""
        start = self.at
        end = self.text.find("%", start + 1)
        if end < 0:
            raise self.error("the % is never closed: a regular expression must be between two %")
        self._regexes += 1
        if self._regexes > MAX_REGEXES:
            found = self.text.count("%") // 2
            raise self.error(
                f"a pattern must have at most {MAX_REGEXES} regular expressions (found: {found})"
            )
        regex.parse(self.text[start + 1 : end], start + 1)
        self.at = end + 1
        return Regex(self.text[start + 1 : end])

    def count_wildcard(self, position: int) -> None:
        """Count a selector with a wildcard; reject more than `MAX_WILDCARDS`."""
        self._wildcards += 1
        if self._wildcards > MAX_WILDCARDS:
            message = f"a pattern must have at most {MAX_WILDCARDS} selectors with a wildcard"
            raise self.error(message, position)
