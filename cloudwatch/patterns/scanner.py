"""Reads a pattern from left to right, and says where it is wrong."""

from __future__ import annotations

import re

from cloudwatch.errors import PatternError
from cloudwatch.patterns import regex
from cloudwatch.patterns.model import MAX_REGEXES, MAX_WILDCARDS, Regex

_SPACE = re.compile(r"[ \t\r\n]*")
_END_OF_SENTENCE = 20


class Scanner:
    """A place in a text, and what was counted on the way there.

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
        """Return an error that says what may stand here, and what does."""
        rest = self.text[self.at : self.at + _END_OF_SENTENCE]
        return self.error(f"expected {what}, " + (f"not {rest!r}" if rest else "but the pattern ends here"))

    @property
    def ended(self) -> bool:
        """Return whether nothing is left."""
        return self.at >= len(self.text)

    def space(self) -> None:
        """Pass over white space."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # `*` always matches

    def sees(self, what: str) -> bool:
        """Return whether `what` comes next."""
        return self.text.startswith(what, self.at)

    def take(self, what: str) -> bool:
        """Pass over `what` if it comes next; return whether it did."""
        if self.sees(what):
            self.at += len(what)
            return True
        return False

    def match(self, what: re.Pattern[str]) -> str:
        """Pass over what the expression matches here; return it, "" for nothing."""
        found = what.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()

    def quoted(self) -> str:
        r"""Return the text of a string in double quotes, which comes next.

        `\"` and `\\` stand for the second character; any other backslash is itself. The guide does not define
        escapes; both are what CloudWatch Logs takes in practice.
        """
        start = self.at
        parts = []
        self.at += 1
        while not self.take('"'):
            if self.ended:
                raise self.error('this double quote is never closed: expected another "', start)
            if self.text[self.at] == "\\" and self.text[self.at + 1 : self.at + 2] in {'"', "\\"}:
                self.at += 1
            parts.append(self.text[self.at])
            self.at += 1
        return "".join(parts)

    def regex(self) -> Regex:
        """Return a regular expression between `%`, which comes next."""
        start = self.at
        end = self.text.find("%", start + 1)
        if end < 0:
            raise self.error("this % is never closed: a regular expression stands between two %")
        self._regexes += 1
        if self._regexes > MAX_REGEXES:
            raise self.error(f"a pattern has at most {MAX_REGEXES} regular expressions")
        regex.parse(self.text[start + 1 : end], start + 1)
        self.at = end + 1
        return Regex(self.text[start + 1 : end])

    def count_wildcard(self, position: int) -> None:
        """Refuse one selector with a wildcard too many."""
        self._wildcards += 1
        if self._wildcards > MAX_WILDCARDS:
            message = f"a pattern has at most {MAX_WILDCARDS} selectors with a wildcard"
            raise self.error(message, position)
