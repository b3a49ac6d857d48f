"""Errors that end a command with one message: an invalid configuration, and others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MOST = 100
"""Maximum number of problems that are reported; the others are counted."""

_PLACE, _KEY, _TEXT = 300, 120, 640
"""Characters of a problem's parts at most. The longest place is an alarm of 255 characters, the longest
sentence of our own lists the regions."""

LISTED = 4000
"""Characters of a text that lists services at most: each with a key of it, and the place of that."""

Location = tuple[str | int, ...]
"""Path to a value: keys of mappings and positions in lists."""

Cite = Callable[[Location], str]
"""Returns a key and where its value is from: `config.source.Document.cite`."""
Text = str | Callable[[Cite], str]
"""A message. One that names places of other keys, or searches for similar words, is a function: it is called
only if the message is shown."""

_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


@dataclass(frozen=True)
class Problem:
    """One problem with its place."""

    place: str
    """File and line, such as `config/prod.yaml:14`, or the environment variable."""

    key: str
    """The key, such as `logs.retention_days`; empty for the file as a whole."""

    text: str
    """What was found and what is allowed."""

    more: int = 0
    """Number of problems that are only counted."""

    most: int = _TEXT
    """Characters of the text that are shown at most."""

    def __str__(self) -> str:
        """Return the problem as exactly one line that can be printed anywhere."""
        parts = ((self.place, _PLACE), (self.key, _KEY), (self.text, self.most))
        return ": ".join(visible(part, most) for part, most in parts if part)


class ConfigError(Exception):
    """The configuration is not valid; the command has changed nothing."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the first of `problems`, in their order, and count the others."""
        self.problems = tuple(first(list(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CommandError(Exception):
    """A command cannot continue; the message states the reason and the next step."""


def first(problems: Sequence[Problem], more: int = 0) -> list[Problem]:
    """Return the first problems, and one that counts the others and `more`."""
    listed = [problem for problem in problems if not problem.more]
    more += sum(problem.more for problem in problems) + max(0, len(listed) - MOST)
    return [*listed[:MOST], *([Problem("", "", f"and {more} more", more)] if more else [])]


def order(place: str) -> tuple[bool, str, int]:
    """Return the sort key of a place: files before variables, then file and line."""
    file, _, line = place.rpartition(":")
    if not (line.isascii() and line.isdigit()):
        file, line = place, "0"
    return place.startswith("environment variable "), file, int(line[:9])


def cut(text: str, most: int) -> str:
    """Return `text`, shortened in the middle if it is too long."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end - 1]}…{text[-end:]}"


def visible(text: str, most: int = _TEXT) -> str:
    r"""Return `text` in at most `most` characters, with what does not show as itself as an escape sequence.

    That is every character that could move the cursor, break the line, change the direction of writing or
    stop the program that prints it: `\n`, `\x1b`, `\u202e`, `\ud800`, and what standard output cannot encode.
    """
    text = cut(text, most)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if not text.isprintable():
        text = "".join(name if name.isprintable() else _escaped(name) for name in text)
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    return cut(text, most)


def _escaped(character: str) -> str:
    number = ord(character)
    width, letter = (2, "x") if number <= 0xFF else (4, "u") if number <= 0xFFFF else (8, "U")  # noqa: PLR2004
    return _ESCAPES.get(character) or f"\\{letter}{number:0{width}x}"
