r"""Parser and search of the regular expressions of filter patterns.

Filter pattern syntax, "Supported regular expressions": letters, digits, `: _ # = @ / ; , -`, the operators `^
$ ? [ ] { } | \ * + .`, the classes `\d \s \w` and their opposites, `\xhh`; a space, from its example
`%^shutting down%`. No parentheses, nothing outside ASCII. Not documented, and decided here: `\t` and `\n` are
a tab and a newline, as on that page; a lazy quantifier (`?` after another quantifier) is accepted, as it does
not change whether an expression matches; `.` is any character, including a newline; `}` and `]` are literal
where they close nothing; at most 1,000 repetitions.

RE2 is used, as its time is linear in the text's length for every expression. Python's `re` takes hours for
`a*a*a*a*b` and a large event.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import re2

from cloudwatch.errors import PatternError

OTHER = 128
"""Bit of all characters outside ASCII in a set of characters: the syntax does not distinguish them."""

ALL = (1 << (OTHER + 1)) - 1
MAX_REPETITIONS = 1000
MAX_ELEMENTS = 10_000
"""Maximum number of characters of an expression with expanded repetitions; it limits the time."""

_MEMORY_BYTES = 1 << 26
"""Memory limit of RE2 for one expression, sufficient for `MAX_ELEMENTS`."""

_SYMBOLS = " :_#=@/;,-"
_OPERATORS = "^$?[]{}|\\*+."
_LITERALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + _SYMBOLS
_BRACES = re.compile(r"\{([0-9]{0,6})(?:(,)([0-9]{0,6}))?\}")
_HEX = re.compile(r"[0-7][0-9A-Fa-f]")


def _set(characters: str) -> int:
    return sum(1 << ord(character) for character in set(characters))


_DIGITS = _set("0123456789")
_SPACES = _set(" \t\n\r\f\v")
_WORD = _set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_CLASSES = {
    "d": _DIGITS,
    "D": ALL & ~_DIGITS,
    "s": _SPACES,
    "S": ALL & ~_SPACES,
    "w": _WORD,
    "W": ALL & ~_WORD,
    "t": _set("\t"),
    "n": _set("\n"),
}


@dataclass(frozen=True, slots=True)
class Element:
    """A set of characters and how often one of it occurs.

    Attributes:
        characters: a bit for each ASCII code, and the bit `OTHER`.
        least: how often at least.
        most: how often at most, None without a bound.
    """

    characters: int
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class Alternative:
    """Elements that follow each other, between two `|`.

    Attributes:
        elements: in their order.
        begins: it has to begin where the text does.
        ends: it has to end where the text does.
    """

    elements: tuple[Element, ...]
    begins: bool
    ends: bool


def parse(text: str, offset: int = 0) -> tuple[Alternative, ...]:
    """Return the alternatives of an expression that can match at all.

    Args:
        text: what stands between the `%`.
        offset: where it begins in the pattern, for errors.

    Raises:
        PatternError: it is empty, or not of the syntax above.
    """
    if not text:
        message = "expected a regular expression: nothing between the two %"
        raise PatternError(message, offset)
    return _Reader(text, offset).alternatives()


class _Reader:
    def __init__(self, text: str, offset: int) -> None:
        self.text = text
        self.offset = offset
        self.at = 0
        self.elements = 0

    def error(self, message: str, position: int | None = None) -> PatternError:
        return PatternError(message, self.offset + (self.at if position is None else position))

    def alternatives(self) -> tuple[Alternative, ...]:
        alternatives = []
        parts: list[Element | str] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "|":
                alternatives.append(parts)
                parts = []
                self.at += 1
            elif character in "^$":
                parts.append(character)
                self.at += 1
                if self.quantifier():
                    message = f"{character} cannot be repeated"
                    raise self.error(message)
            else:
                parts.append(self.element())
        alternatives.append(parts)
        return tuple(item for item in map(alternative, alternatives) if item is not None)

    def quantifier(self) -> str:
        return self.text[self.at] if self.at < len(self.text) and self.text[self.at] in "*+?{" else ""

    def element(self) -> Element:
        characters = self.characters()
        start = self.at
        least: int = 1
        most: int | None = 1
        sign = self.quantifier()
        if sign == "{":
            least, most = self.braces()
        elif sign:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
            self.at += 1
        if sign:
            if self.quantifier() == "?":
                self.at += 1
            if self.quantifier():
                raise self.error("a quantifier is not allowed where it follows a quantifier")
        self.elements += (least + 1) if most is None else most
        if self.elements > MAX_ELEMENTS:
            message = f"an expression must have at most {MAX_ELEMENTS:,} characters, repetitions written out"
            raise self.error(message, start)
        return Element(characters, least, most)

    def braces(self) -> tuple[int, int | None]:
        match = _BRACES.match(self.text, self.at)
        if match is None or match.group(1) == "" == (match.group(3) or ""):
            raise self.error("expected repetitions, as in {3}, {3,5}, {3,} or {,5}; for a literal { use \\{")
        low, comma, high = match.groups()
        least = int(low or 0)
        most = int(high) if high else (None if comma else least)
        if max(least, most or 0) > MAX_REPETITIONS:
            raise self.error(f"the number of repetitions must be at most {MAX_REPETITIONS:,}")
        if most is not None and most < least:
            raise self.error(f"the minimum {least} must not be more than the maximum {most}")
        self.at = match.end()
        return least, most

    def characters(self) -> int:
        character = self.text[self.at]
        if character == ".":
            self.at += 1
            return ALL
        if character == "[":
            return self.bracketed()
        if character in "*+?{":
            raise self.error(f"nothing before {character} to repeat; for the literal use \\{character}")
        return self.one()

    def one(self) -> int:
        """Return the set of one character or escape."""
        character = self.text[self.at]
        if character == "\\":
            return self.escaped()
        if character not in _LITERALS and character not in _OPERATORS:
            code = f"\\x{ord(character):02X}" if ord(character) < OTHER else ""
            instead = f"; use {code}" if code else ", which must be ASCII"
            raise self.error(
                f"{character!r} is not supported in a regular expression{instead}"
                f" (letters, digits, {_SYMBOLS.strip()} and {_OPERATORS} are)"
            )
        self.at += 1
        return 1 << ord(character)

    def escaped(self) -> int:
        start = self.at
        self.at += 2
        if start + 1 == len(self.text):
            message = "expected a character after \\"
            raise self.error(message, start)
        character = self.text[start + 1]
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _OPERATORS or character in _SYMBOLS:
            return 1 << ord(character)
        if character == "x" and (code := _HEX.match(self.text, self.at)):
            self.at += 2
            return 1 << int(code.group(), 16)
        message = (
            f"\\{character} is not supported: expected \\ and one of {_OPERATORS}{_SYMBOLS.strip()},"
            r" \d \D \s \S \w \W, or \x00 to \x7F"
        )
        raise self.error(message, start)

    def bracketed(self) -> int:
        start = self.at
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        characters = 0
        while not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                message = "the bracket is never closed: expected a ]"
                raise self.error(message, start)
            if self.text[self.at] == "[":
                raise self.error("expected the [ in brackets as \\[")
            characters |= self.span()
        if not characters:
            message = "the brackets must contain a character"
            raise self.error(message, start)
        self.at += 1
        return ALL & ~characters if negated else characters

    def span(self) -> int:
        start = self.at
        low = self.one()
        if not self.text.startswith("-", self.at) or self.text[self.at + 1 : self.at + 2] in {"", "]"}:
            return low
        self.at += 1
        if self.text[self.at] == "[":
            raise self.error("expected the [ in brackets as \\[")
        high = self.one()
        if low.bit_count() != 1 or high.bit_count() != 1 or high < low:
            what = self.text[start : self.at]
            message = f"{what} is not a valid range: expected two characters in ascending order"
            raise self.error(message, start)
        return (high << 1) - low


def alternative(parts: list[Element | str]) -> Alternative | None:
    """Return the alternative without its `^` and `$`; None if it cannot match.

    Elements before `^` or after `$` must match nothing: they are dropped if they may, else nothing matches.
    """
    begins = max((at for at, part in enumerate(parts) if part == "^"), default=-1)
    ends = min((at for at, part in enumerate(parts) if part == "$"), default=len(parts))
    elements = [(at, part) for at, part in enumerate(parts) if isinstance(part, Element)]
    if any(part.least for at, part in elements if at < begins or at > ends):
        return None
    kept = tuple(part for at, part in elements if begins < at < ends)
    return Alternative(kept, begins >= 0, ends < len(parts))


def searcher(text: str) -> Callable[[str], bool]:
    """Return whether the expression matches somewhere in a text, as a function of the text.

    Raises:
        PatternError: as for `parse`.
    """
    alternatives = parse(text)
    if not alternatives:
        return lambda _: False
    options = re2.Options()
    # A byte is a character: the syntax cannot tell those outside ASCII apart.
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    search = re2.compile("|".join(map(_re2, alternatives)).encode("ascii"), options).search
    return lambda event: search(_bytes(event)) is not None


def _bytes(event: str) -> bytes:
    return event.encode() if event.isascii() else bytes(min(ord(character), OTHER) for character in event)


def _re2(alternative: Alternative) -> str:
    parts = [_re2_set(element.characters) + _re2_times(element) for element in alternative.elements]
    return "".join(("\\A" if alternative.begins else "", *parts, "\\z" if alternative.ends else ""))


def _re2_set(characters: int) -> str:
    if characters == ALL:
        return "."
    if not characters:
        return "[^\\x00-\\xff]"
    codes = "".join(f"\\x{code:02x}" for code in range(OTHER + 1) if characters >> code & 1)
    return f"[{codes}]"


def _re2_times(element: Element) -> str:
    if (element.least, element.most) == (1, 1):
        return ""
    return f"{{{element.least},{'' if element.most is None else element.most}}}"
