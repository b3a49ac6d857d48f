"""A filter pattern for the errors of lines whose level no format finds.

The level is where most lines have it: after the same number of words, and between the same characters. In
JSON with a text before it, it is the value of a key.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.kinds import logs
from cloudwatch import patterns
from cloudwatch.errors import PatternError
from cloudwatch.quotas import PATTERN_CHARACTERS
from config import formats
from config.logs import Logs, ServiceLogs
from ops import log_formats
from ops.log_formats import ENOUGH, ERRORS, LEVEL

_COMMON = ("error", "critical", "fatal")
"""Levels of errors that a log can have, although none of the lines has them."""
_COMMON_SHORT = ("err", "ftl")
"""The same where levels are abbreviated."""
_MANY = 3
"""Places of a key from which on it can be anywhere in a line."""
_PLACES = 4
"""Places of the level in a line that a pattern covers."""
_RARE = 0.05
"""Share of the lines below which a place is that of a word in a message."""
_PLAIN, _OPERATORS = "_#=@/;,:-", "^$?[]{}|\\*+."
"""Signs that an expression may have as they are, and after a backslash (CloudWatch Logs User Guide,
"Supported regular expressions (regex) syntax")."""

_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_PRIORITY = re.compile(r"<(\d{1,3})>")
_PAIR = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*=")
_LAST_PAIR = re.compile(r"[A-Za-z_][A-Za-z0-9_.\\]*=$")
_STREAM = re.compile(r"\d{4}-\d\d-\d\dT\S+ \S+/\S+ ")
"""How `aws logs tail` begins a line: the time, and the name of the stream."""


@dataclass(frozen=True)
class Kind:
    """What most lines are whose level no format finds."""

    words: str
    """The end of a sentence that begins with the number of lines."""
    advice: str
    """What to do in the logger; empty if there is nothing."""
    count: int
    is_of_tool: bool = False
    """Whether the program that saved the lines changed them, and not the logger."""


def kind(lines: Sequence[str]) -> Kind | None:
    """Return what at least half of the lines are; None if that is not known."""
    found = Counter(name for line in lines if (name := _kind(line)))
    name, count = max(found.items(), key=lambda item: item[1], default=("", 0))
    if not count or count < ENOUGH * len(lines):
        return None
    words, advice = _KINDS[name]
    if name in {"colors", "prefix"}:
        plain = [_COLOR.sub("", _without_prefix(line) if name == "prefix" else line) for line in lines]
        best = log_formats.fits(plain)[0]
        if best.fitting >= ENOUGH * len(lines):
            advice = f"{advice}: without it, the lines are in the format {best.name}"
    return Kind(words, advice, count, is_of_tool=name == "tail")


MESSAGES = "aws logs filter-log-events --log-group-name <group> --query 'events[].[message]' --output text"
"""The command that prints events without what `aws logs tail` adds."""

_KINDS: Mapping[str, tuple[str, str]] = {
    "tail": (
        "begin with a time and a stream, as `aws logs tail` prints them",
        f"Save the messages alone: {MESSAGES}",
    ),
    "parts": ("are parts of JSON objects", "Write each object in one line in the logger"),
    "prefix": ("have a text before JSON", "Remove the text in the logger"),
    "colors": ("have color codes", "Turn the color off in the logger"),
    "syslog": ("have a priority of syslog", ""),
    "logfmt": ("are logfmt (key=value)", ""),
    "level": ("have a level where no format has it", ""),
}
"""Kind of line -> what is said about it, and what to do in the logger."""


def _kind(line: str) -> str | None:
    plain = _COLOR.sub("", line)
    kinds = {
        "tail": _STREAM.match(plain),
        "parts": plain.strip() in {"{", "}", "},"},
        "prefix": of_prefix(line),
        "colors": plain != line,
        "syslog": _PRIORITY.match(line),
        "logfmt": _PAIR.match(line) and len(_PAIR.findall(line)) > 1,
        "level": LEVEL.search(line) and not line.startswith("{"),
    }
    return next((name for name, is_one in kinds.items() if is_one), None)


def _without_prefix(line: str) -> str:
    return line[max(line.find("{"), 0) :]


def of_prefix(line: str) -> dict[str, Any] | None:
    """Return the JSON object of a line with a text before it."""
    return None if line.startswith("{") else log_formats.event(_without_prefix(line))


def pattern(lines: Sequence[str], is_known: Callable[[str], bool]) -> str | None:
    """Return the pattern that counts the errors of lines whose level is not where a format has it.

    It is valid, and counts a line, or would if the line had the level of an error.

    Args:
        lines: the lines.
        is_known: returns whether a line is in a format, or counts without the pattern.
    """
    open_ = [line for line in lines if not is_known(line)]
    parts = (*_of_json(open_), *_of_syslog(open_), *_of_text(open_, len(lines)))
    text = ""
    for part in dict.fromkeys(parts):
        more = f"{text}|{part}" if text else part
        if len(more) + 2 <= PATTERN_CHARACTERS:
            text = more
    found = f"%{text}%"
    try:
        matches = patterns.compile(found).matches
    except PatternError:
        return None
    return found if text and any(matches(log_formats.as_error(line)) for line in open_) else None


def _of_json(lines: Iterable[str]) -> Iterator[str]:
    """Yield the expressions of the levels of errors in JSON with a text before it."""
    events = [event for line in lines if (event := of_prefix(line))]
    if not events:
        return
    rest = [json.dumps(event) for event in events]
    best = log_formats.fits(rest)[0]
    preset = formats.preset(best.name)
    if best.fitting >= ENOUGH * len(events) and preset.level_keys:
        log = Logs().format_of("ecs", ServiceLogs(format=best.name))
        errors = (item for item in logs.filters(log) if item.metric == logs.ERRORS)
        counted = [patterns.compile(item.pattern).matches for item in errors]
        keys = preset.level_keys
        recorded = [event for line in preset.error_lines if (event := log_formats.event(line))]
        own = [event for event, line in zip(events, rest, strict=True) if any(m(line) for m in counted)]
        levels = [(key, log_formats.level_of(event, [key])) for event in (*own, *recorded) for key in keys]
    elif key := log_formats.level_key(rest):
        own_levels = [log_formats.level_of(event, [key]) for event in events]
        word = next((level for level in own_levels if isinstance(level, str)), "error")
        seen = [level for level in own_levels if isinstance(level, str) and level.casefold() in ERRORS]
        levels = [
            (key, level) for level in (*seen, *(log_formats.like(word, expected) for expected in _COMMON))
        ]
    else:
        return
    scalars = ((key, level) for key, level in levels if isinstance(level, str | int | float))
    for key, level in dict.fromkeys(scalars):
        name = rf"\x22{_literal(logs.steps(key)[-1])}\x22:\s*"
        yield rf"{name}\x22{_literal(level)}\x22" if isinstance(level, str) else rf"{name}{level}\D"


def _of_syslog(lines: Iterable[str]) -> Iterator[str]:
    """Yield the expressions of priorities of errors: facility * 8 + severity, 0 to 3 (RFC 5424, 6.2.1)."""
    priorities = (int(match[1]) for line in lines if (match := _PRIORITY.match(line)))
    facilities = Counter(priority // 8 for priority in priorities)
    for facility, _ in facilities.most_common(_PLACES):
        yield from (rf"^\x3C{facility * 8 + severity}\x3E" for severity in range(4))


def _of_text(lines: Iterable[str], total: int) -> Iterator[str]:
    r"""Yield the expressions of errors in plain text, such as `^\S+\s+\[error\]`."""
    places: dict[tuple[str, str], Counter[str]] = {}
    for line in lines:
        match = LEVEL.search(line)
        if match and not line.startswith("{") and not of_prefix(line) and not _PRIORITY.match(line):
            before = _before(line[: match.start()])
            places.setdefault((before, _after(line[match.end() :])), Counter())[match[0]] += 1
    common = sorted(places.items(), key=lambda item: -item[1].total())
    for (before, after), words in dict(_merged(common)).items():
        if words.total() < _RARE * total or (len(words) == 1 and re.fullmatch(r"\^(\\S\+\\s\+)+", before)):
            continue
        short = any(word.casefold() in log_formats.SHORT for word in words)
        expected = (log_formats.like(max(words), level) for level in (_COMMON_SHORT if short else _COMMON))
        seen = (word for word in words if word.casefold() in ERRORS)
        yield from (f"{before}{word}{after}" for word in dict.fromkeys((*seen, *expected)))


def _merged(
    places: Sequence[tuple[tuple[str, str], Counter[str]]],
) -> Iterator[tuple[tuple[str, str], Counter[str]]]:
    """Yield the most common places; a key of a level that has many of them counts wherever it is."""
    keys = Counter(pair[0] for (before, _), _ in places if (pair := _LAST_PAIR.search(before)))
    for (before, after), words in places[:_PLACES]:
        pair = _LAST_PAIR.search(before)
        yield ((rf"\s{pair[0]}" if pair and keys[pair[0]] >= _MANY else before), after), words


def _before(text: str) -> str:
    """Return the expression of what is before a level: the number of words, and the signs next to it."""
    if re.search(r"\x1b\[[0-9;]*m$", text):
        return r"\W\[[0-9;]*m"  # the number of the color is that of the level
    *tokens, last = re.split(r"\s+", text)
    signs = re.search(r"(?:(?<![\w.])[A-Za-z_][A-Za-z0-9_.]*=\"?|[!-/:-@\[-`{-~]*)$", last)
    tail = signs[0] if signs else ""
    own = [*map(_token, tokens), (r"\S+" if len(last) > len(tail) else "") + _literal(tail)]
    return "^" + r"\s+".join(own)


def _token(word: str) -> str:
    """Return the expression of a word: its key, or its signs if it has nothing else."""
    if pair := _PAIR.match(word):
        return rf"{_literal(pair[0])}\S+"
    return _literal(word) if re.fullmatch(r"[!-/:-@\[-`{-~]*", word) else r"\S+"


def _after(text: str) -> str:
    """Return the expression of the sign behind a level."""
    if not text:
        return "$"
    if text[0].isspace():
        return r"\s"
    return _literal(text[0]) if "!" <= text[0] <= "~" else r"\W" if text[0].isascii() else ""


def _literal(text: str) -> str:
    """Return the expression of a text of ASCII."""
    return "".join(
        sign
        if sign.isalnum() or sign in _PLAIN
        else f"\\{sign}"
        if sign in _OPERATORS
        else f"\\x{ord(sign):02X}"
        for sign in text
    )
