"""What the metric filters count in a file of log lines, and the format that fits the lines best."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from catalog import Catalog
from catalog.kinds import logs
from catalog.specs import LogFilter
from cloudwatch import patterns
from cloudwatch.patterns.model import JsonPath
from config import files, formats
from config.errors import CommandError, cut, visible
from config.explain import counted
from config.formats import Format
from config.logs import DEFAULT_FORMAT
from config.models import Environment
from config.words import did_you_mean

_SAMPLE = 2000
"""Lines from the beginning of a file that are compared with the formats."""
_ENOUGH = 0.5
"""Share of these lines that a format must fit."""
_RANGES = 12
"""Line numbers, or ranges of them, that are listed for each kind of line."""
_PROGRESS = 100_000
"""Lines between two messages about the progress."""
_SHOWN = 100
"""Characters of a line that are shown."""

_LEVELS = frozenset(
    {
        "trace",
        "debug",
        "info",
        "information",
        "notice",
        "warn",
        "warning",
        "error",
        "critical",
        "fatal",
        "panic",
    }
)
"""Words of levels, by which the key of a level is recognized."""

_TITLES = {logs.ERRORS.name: "errors", logs.LATENCY.name: "requests with a duration"}
_TWICE = "errors that count more than once"
_NO_NUMBER = "durations that are not a number"
_NOTHING = "not counted"


@dataclass
class Numbers:
    """Line numbers, of which the first ranges are kept."""

    total: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)
    first: str = ""
    """The first of the lines."""

    def add(self, number: int, line: str) -> None:
        """Add a line; numbers must ascend."""
        if not self.total:
            self.first = line
        self.total += 1
        if self.ranges and self.ranges[-1][1] == number - 1:
            self.ranges[-1] = (self.ranges[-1][0], number)
        elif len(self.ranges) <= _RANGES:
            self.ranges.append((number, number))

    def __str__(self) -> str:
        shown = [str(low) if low == high else f"{low}-{high}" for low, high in self.ranges[:_RANGES]]
        return ", ".join(shown + (["…"] if len(self.ranges) > _RANGES else []))


@dataclass(frozen=True)
class Finding:
    """What filters count in lines."""

    lines: int
    by_title: Mapping[str, Numbers]
    """What a line counts as -> the lines."""
    sample: Sequence[str]
    """The first lines that are not empty."""


def examine(filters: Sequence[LogFilter], lines: Iterable[str], progress: Callable[[int], None]) -> Finding:
    """Return what filters count in lines.

    Args:
        filters: the filters of a service.
        lines: the lines.
        progress: is called with the number of lines after every 100,000.
    """
    titles = [
        (log_filter.metric, patterns.compile(log_filter.pattern), log_filter.value)
        for log_filter in filters
        if log_filter.metric != logs.BUSY_TIME.name
    ]
    found: dict[str, Numbers] = {}
    sample: list[str] = []
    number = 0
    for number, line in enumerate(lines, start=1):  # the last number is used
        if len(sample) < _SAMPLE and line.strip():
            sample.append(line)
        of_line = [_title(metric, matcher, value, line) for metric, matcher, value in titles]
        counts = [title for title in of_line if title]
        if counts.count(_TITLES[logs.ERRORS.name]) > 1:
            counts.append(_TWICE)
        for title in dict.fromkeys(counts or [_NOTHING]):
            found.setdefault(title, Numbers()).add(number, line)
        if not number % _PROGRESS:
            progress(number)
    of_metrics = dict.fromkeys(_TITLES.get(metric, metric) for metric, _, _ in titles)
    order = [*of_metrics, *(title for title in (_TWICE, _NO_NUMBER, _NOTHING) if title in found)]
    return Finding(number, {title: found.get(title, Numbers()) for title in order}, sample)


def _title(metric: str, matcher: patterns.Matcher, value: str, line: str) -> str | None:
    """Return what a line counts as in a metric; None if it does not count."""
    if not value.startswith("$"):
        return _TITLES.get(metric, metric) if matcher.matches(line) else None
    match = matcher.match(line)
    if match is None:
        return None
    is_number = match.value(patterns.selector(value)) is not None
    return _TITLES.get(metric, metric) if is_number else _NO_NUMBER


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
    parsed = [_json(line) for line in lines]
    found = [_fit(name, lines, parsed) for name in formats.names()]
    generic = ("text", "json")
    return sorted(found, key=lambda fit: (-fit.fitting, -fit.similarity, fit.name in generic, fit.name))


def _fit(name: str, lines: Sequence[str], parsed: Sequence[dict[str, Any] | None]) -> Fit:
    preset = formats.preset(name)
    if preset.lines:
        matches = patterns.compile(preset.lines).matches
        fitting = sum(map(matches, lines))
        # Any plain text fits `text`: another format is better.
        return Fit(name, fitting, -1.0 if name == "text" else fitting)
    shape = _shape(name)
    scores = [score for event in parsed if event is not None and (score := shape(event)) is not None]
    return Fit(name, len(scores), sum(scores))


@functools.cache
def _shape(name: str) -> Callable[[dict[str, Any]], float | None]:
    """Return the similarity of an event with the recorded lines of a format; None if it is of another."""
    preset = formats.preset(name)
    recorded = [event for line in (*preset.error_lines, *preset.other_lines) if (event := _json(line))]
    common = set.intersection(*(set(event) for event in recorded))
    only = patterns.compile(f"{{ {preset.only} }}").matches if preset.only else None
    levels = {
        _spelling(level)
        for key in preset.level_keys
        for event in recorded
        if (level := _at(event, key)) is not None
    }

    def similarity(event: dict[str, Any]) -> float | None:
        if preset.level_keys:
            own = [level for key in preset.level_keys if (level := _at(event, key)) is not None]
            if not own or _spelling(own[0]) not in levels:
                return None
            if only and not only(json.dumps(event)):
                return None
        elif not common <= event.keys():
            return None
        return max(len(event.keys() & known.keys()) / len(event.keys() | known.keys()) for known in recorded)

    return similarity


def _json(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _at(event: dict[str, Any], key: str) -> Any:  # noqa: ANN401  # JSON
    selector = patterns.selector(f"$.{key}")
    value: Any = event
    for step in selector.steps if isinstance(selector, JsonPath) else ():
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _spelling(level: object) -> str:
    """Return what distinguishes the levels of loggers: a number, and its size, or the case of a word."""
    if isinstance(level, bool) or not isinstance(level, str | int | float):
        return "none"
    if not isinstance(level, str):
        return "small number" if level < 10 else "number" if level < 100 else "large number"  # noqa: PLR2004
    word = level.rstrip("+-0123456789")
    return "upper" if word.isupper() else "lower" if word.islower() else "capital"


def _fits_configured(log: Format, sample: Sequence[str], found: Sequence[Fit]) -> int:
    """Return how many lines fit the configured format, in which the key of the level may be another."""
    of_preset = next(fit.fitting for fit in found if fit.name == log.name)
    if log.level_keys == log.preset.level_keys:
        return of_preset
    events = [event for line in sample if (event := _json(line))]
    return sum(any(_at(event, key) is not None for key in log.level_keys) for event in events)


def report(env: Environment, catalog: Catalog, service: str | None, path: Path, console: Console) -> None:
    """Print what the filters of a service count in a file, and the format that fits if another one does.

    Args:
        env: the environment.
        catalog: its catalog.
        service: the service; None to propose a format only.
        path: the file.
        console: where to print.

    Raises:
        CommandError: the service writes no log, or the file is not one of log lines.
    """
    log = _format(env, service) if service else None
    filters = of_one_group(catalog, service) if service else []

    def progress(lines: int) -> None:
        console.print(f"{lines:,} lines", style="dim")

    try:
        found = examine(filters, files.lines(path), progress)
    except files.FileError as error:
        message = f"{path} {error}"
        raise CommandError(message) from error
    if not found.sample:
        message = f"{path} is empty: write log lines into it, one per line, as the service writes them"
        raise CommandError(message)
    for line in _lines(path, service, log, found):
        console.print(visible(line, 2000), markup=False, highlight=False, soft_wrap=True)


def of_one_group(catalog: Catalog, service: str) -> list[LogFilter]:
    """Return the filters on one log group of a service: each has the same, and a line is in one group."""
    own = [log_filter for log_filter in catalog.filters if log_filter.service == service]
    return [log_filter for log_filter in own if log_filter.log_group_key == own[0].log_group_key]


def _format(env: Environment, service: str) -> Format:
    known = {name: log for name, config in env.services.items() if (log := env.log_format(config))}
    if service not in known:
        hint = did_you_mean(service, known)
        message = f"{service} is not a service with a log; known: {', '.join(known) or 'none'}{hint}"
        raise CommandError(message)
    return known[service]


def _lines(path: Path, service: str | None, log: Format | None, found: Finding) -> Iterator[str]:
    """Yield the lines of the report."""
    head = f"{path}: {counted(found.lines, 'line')}"
    if log is None:
        yield head
    else:
        yield f"{head}, as {service} writes them (format {log.name})"
        width = max(map(len, found.by_title))
        for title, numbers in found.by_title.items():
            yield f"  {title:<{width}}  {numbers.total:>9,}  {numbers}".rstrip()
            if title in {_NOTHING, _NO_NUMBER, _TWICE}:
                yield f"  {'':<{width}}  such as: {cut(numbers.first, _SHOWN)}"
    compared = fits(found.sample)
    best, total = compared[0], len(found.sample)
    own = _fits_configured(log, found.sample, compared) if log else 0
    if log and own >= max(_ENOUGH * total, 1) and own >= best.fitting / 2:
        yield f"{own:,} of {total:,} lines are in the format {log.name}."
    elif best.fitting >= _ENOUGH * total and (log is None or best.name != log.name):
        yield f"{best.fitting:,} of {total:,} lines are in the format {best.name}. To count them:"
        yield from _snippet(service, best.name)
    elif key := level_key(found.sample):
        yield f"No format fits, but most lines have a level in {key}. To count the errors:"
        yield from _snippet(
            service, f"{DEFAULT_FORMAT}, level_key: {key}, error_levels: [error, critical, fatal]"
        )
    else:
        yield f"No format fits: at most {best.fitting:,} of {total:,} lines ({best.name})."
        yield "Set error_patterns, or log in a format of docs/logs.md."


def _snippet(service: str | None, settings: str) -> Iterator[str]:
    yield ""
    yield "services:"
    yield f"  {service or '<name>'}:"
    yield f"    logs: {{format: {settings}}}"


def level_key(lines: Sequence[str]) -> str | None:
    """Return the key of JSON lines whose values are words of levels; None if most lines have none."""
    keys = Counter(
        key
        for line in lines
        for key, value in (_json(line) or {}).items()
        if isinstance(value, str) and value.casefold() in _LEVELS and not set(key) & set("'\\")
    )
    key, count = max(keys.items(), key=lambda item: item[1], default=("", 0))
    if count < _ENOUGH * len(lines):
        return None
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f"\"['{key}']\""
