"""Which format log lines have: their keys, levels and shape, compared with the recorded lines of formats."""

from __future__ import annotations

import functools
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.kinds import logs
from cloudwatch import patterns
from cloudwatch.patterns import json_events
from cloudwatch.patterns.model import JsonPath
from config import formats
from config.formats import Format
from config.types import JsonKey, accepts

ENOUGH = 0.5
"""Share of lines that a format must fit."""
_SAMPLE = 2000
"""Lines that are compared with the formats."""
_LONG = 100_000
"""Characters of a line that is compared at most: with the number of lines, the bound of the memory."""

_RUNTIME = re.compile(
    r"""(START|END|REPORT)\ RequestId: | (INIT|RESTORE)_(START|REPORT)\s
      | XRAY\ TraceId: | (EXTENSION|LOGS|TELEMETRY)\tName: | RequestId:\ \S+\ Error:
      | \d\S+Z\ \S+\ Task\ timed\ out\ after | \{.{0,80}"type":\s?"platform\.""",
    re.VERBOSE,
)
"""How lines begin that Lambda itself writes, as text or as JSON (Lambda Developer Guide, "Log formats" and
"Telemetry API Event schema reference")."""

_SPELLINGS = {
    "trace": ("trc", "trac"),
    "debug": ("dbg", "debg"),
    "info": ("inf", "information"),
    "notice": (),
    "warning": ("warn", "wrn"),
    "error": ("err", "eror"),
    "critical": ("crit",),
    "fatal": ("ftl", "fatl"),
    "panic": ("pnc", "dpanic"),
    "severe": (),
    "alert": (),
    "emergency": ("emerg",),
}
"""Word of a level, in the order of severity -> how loggers abbreviate it."""


def _words(levels: Iterable[str]) -> frozenset[str]:
    return frozenset(word for level in levels for word in (level, *_SPELLINGS[level]))


LEVELS = _words(_SPELLINGS)
"""Words of levels, in lower case."""
ERRORS = _words(list(_SPELLINGS)[list(_SPELLINGS).index("error") :])
"""Those of errors."""
SHORT = frozenset({"trc", "dbg", "inf", "wrn", "err", "ftl", "pnc"})
"""Abbreviations of loggers that abbreviate all levels."""

# The words behind a color code are `31merror`.
LEVEL = re.compile(
    rf"(?:(?<![A-Za-z0-9_/])|(?<=\[\dm)|(?<=\[\d\dm)|(?<=;\dm)|(?<=;\d\dm))"
    rf"(?:{'|'.join(sorted(LEVELS, key=len, reverse=True))})(?![A-Za-z0-9_/])",
    re.IGNORECASE,
)
"""A word of a level in a line, and not in a path or in a name."""


@dataclass
class Sample:
    """Lines of an application, evenly from all of its lines; of the same lines always the same ones.

    Which line is replaced is random, with a fixed seed: every n-th line of a log in which lines repeat in the
    same order would be the same line of each request.
    """

    total: int = 0
    """The lines of the application that are not empty."""
    runtime: int = 0
    """Lines that the runtime of Lambda wrote instead."""
    lines: list[str] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  # no secret

    def add(self, line: str) -> None:
        """Add a line, in the place of another one if the sample is full (reservoir sampling, algorithm R)."""
        if not line.strip():
            return
        if _is_of_runtime(line):
            self.runtime += 1
            return
        self.total += 1
        if len(line) > _LONG:
            return
        if len(self.lines) < _SAMPLE:
            self.lines.append(line)
        elif (place := self._random.randrange(self.total)) < _SAMPLE:
            self.lines[place] = line

    @property
    def is_whole(self) -> bool:
        """Whether no line is left out."""
        return len(self.lines) == self.total

    def compared(self) -> list[str]:
        """Return the lines that are compared: the first ones of events in several lines, if there are any."""
        return [line for line in self.lines if not line[0].isspace()] or self.lines


def _is_of_runtime(line: str) -> bool:
    """Return whether Lambda itself wrote a line: it shows nothing of the logger of a function."""
    return _RUNTIME.match(line) is not None


def sample(lines: Iterable[str]) -> Sample:
    """Return the sample of lines."""
    made = Sample()
    for line in lines:
        made.add(line)
    return made


@dataclass(frozen=True)
class Fit:
    """How a format fits lines."""

    name: str
    fitting: int
    """Lines that fit."""
    similarity: float
    """The more keys of these lines are those of recorded lines, the higher."""


def fits(lines: Sequence[str]) -> list[Fit]:
    """Return how every format fits lines, the best first; of equal ones, the generic formats last."""
    parsed = [(line, event(line)) for line in lines]
    found = [_fit(name, parsed) for name in formats.names()]
    generic = ("text", "json")
    return sorted(found, key=lambda fit: (-fit.fitting, -fit.similarity, fit.name in generic, fit.name))


def _fit(name: str, lines: Sequence[tuple[str, dict[str, Any] | None]]) -> Fit:
    similarity = _similarity(name)
    scores = [score for line, found in lines if (score := similarity(line, found)) is not None]
    return Fit(name, len(scores), sum(scores))


def is_in(log: Format, line: str) -> bool:
    """Return whether a line is in a format, of which the key of the level may be configured."""
    found = event(line)
    if log.level_keys == log.preset.level_keys:
        return _similarity(log.name)(line, found) is not None
    return found is not None and level_of(found, log.level_keys) is not None


@functools.cache
def _similarity(name: str) -> Callable[[str, dict[str, Any] | None], float | None]:
    """Return the similarity of a line with the recorded lines of a format; None if it is in another one."""
    preset = formats.preset(name)
    if preset.json_lines:
        shape = _shape(name)
        return lambda _, found: None if found is None else shape(found)
    if preset.lines:
        matches = patterns.compile(preset.lines).matches
        return lambda line, _: 1 if matches(line) else None
    # Of plain text without a shape of its own, the level is all that is known: another format is better.
    is_error = patterns.compile(preset.errors or "").matches
    is_request = patterns.compile(preset.requests).matches if preset.requests else is_error
    return lambda line, _: -1 if is_error(as_error(line)) or is_request(line) else None


def as_error(line: str) -> str:
    """Return a line with the level of an error in the place of another one, spelled in the same way."""
    found = LEVEL.search(line)
    if found is None or found[0].casefold() in ERRORS:
        return line
    level = like(found[0], "err" if found[0].casefold() in SHORT else "error")
    return f"{line[: found.start()]}{level}{line[found.end() :]}"


def like(word: str, level: str) -> str:
    """Return a level in the case of a word."""
    return level.upper() if word.isupper() else level if word.islower() else level.capitalize()


@functools.cache
def _shape(name: str) -> Callable[[dict[str, Any]], float | None]:
    """Return the similarity of an event with the recorded lines of a format; None if it is of another."""
    preset = formats.preset(name)
    recorded = [found for line in (*preset.error_lines, *preset.other_lines) if (found := event(line))]
    common = set.intersection(*(set(found) for found in recorded))
    only = patterns.compile(f"{{ {preset.only} }}").matches if preset.only else None
    levels = {
        _spelling(level) for found in recorded if (level := level_of(found, preset.level_keys)) is not None
    }

    def similarity(found: dict[str, Any]) -> float | None:
        if preset.level_keys:
            own = level_of(found, preset.level_keys)
            if own is None or _spelling(own) not in levels:
                return None
            if only and not only(json.dumps(found)):
                return None
        elif not common <= found.keys():
            return None
        return max(len(found.keys() & known.keys()) / len(found.keys() | known.keys()) for known in recorded)

    return similarity


event = json_events.read
"""Return the JSON object of a line; None if it is no object."""


def format_of(lines: Sequence[str]) -> str | None:
    """Return the format that fits lines; None if none fits more than half of them."""
    own = sample(lines).compared()
    best = fits(own)[0]
    return best.name if best.fitting > ENOUGH * len(own) else None


def level_of(found: dict[str, Any], keys: Sequence[str]) -> Any:  # noqa: ANN401  # JSON
    """Return the level of a JSON line, at the first of `keys` that it has."""
    values = (json_events.value_at(found, JsonPath(logs.steps(key))) for key in keys)
    return next((value for value in values if value is not json_events.MISSING and value is not None), None)


def _spelling(level: object) -> str:
    """Return what distinguishes the levels of loggers: a number, and its size, or the case of a word."""
    if isinstance(level, bool) or not isinstance(level, str | int | float):
        return "none"
    if not isinstance(level, str):
        return "small number" if level < 10 else "number" if level < 100 else "large number"  # noqa: PLR2004
    word = level.rstrip("+-0123456789")
    return "upper" if word.isupper() else "lower" if word.islower() else "capital"


def level_key(lines: Sequence[str]) -> str | None:
    """Return the key of JSON lines whose values are words of levels; None if most lines have none."""
    keys = Counter(
        key
        for line in lines
        for key, value in (event(line) or {}).items()
        if isinstance(value, str) and value.casefold() in LEVELS and accepts(JsonKey, _selected(key))
    )
    key, count = max(keys.items(), key=lambda item: item[1], default=("", 0))
    if count < ENOUGH * len(lines):
        return None
    return _selected(key)


def _selected(key: str) -> str:
    """Return the selector of a key, as in the configuration."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f"['{key}']"
