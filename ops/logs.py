"""What the metric filters count in a file of log lines, and the format that fits the lines best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from catalog import Catalog
from catalog.kinds import logs
from catalog.specs import LogFilter
from cloudwatch import patterns
from config import files
from config.errors import CommandError, cut, visible
from config.explain import counted
from config.models import Environment
from config.services import LoggingService
from config.words import did_you_mean
from ops import log_formats, log_levels
from ops import log_proposals as proposals
from ops.log_formats import ENOUGH, Sample
from ops.log_proposals import Log, Proposal, Totals
from ops.yaml_text import flow

_RANGES = 12
"""Line numbers, or ranges of them, that are listed for each kind of line."""
_PROGRESS = 100_000
"""Lines between two messages about the progress."""
_SHOWN = 100
"""Characters of a line that are shown."""

_TITLES = {logs.ERRORS.name: "errors", logs.LATENCY.name: "requests with a duration"}
_TWICE = "errors that count more than once"
_COUNTED = (*_TITLES.values(), _TWICE)
"""Titles in the order of `Totals`."""
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
    sample: Sample
    """Some of the lines, of the application."""


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
    sample = Sample()
    number = 0
    for number, line in enumerate(lines, start=1):  # the last number is used
        sample.add(line)
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
    filters = of_one_group(catalog, service) if service else []
    log = _log(env, service, filters) if service else Log(env.logs)

    def progress(lines: int) -> None:
        console.print(f"{lines:,} lines", style="dim")

    try:
        found = examine(filters, files.lines(path), progress)
        if not found.sample.total + found.sample.runtime:
            message = f"{path} is empty: write log lines into it, one per line, as the service writes them"
            raise CommandError(message)
        report = [*_counts(path, service, log, found), *_verdict(path, service, log, found)]
    except files.FileError as error:
        message = f"{path} {error}"
        raise CommandError(message) from error
    for line in report:
        console.print(visible(line, 2000), markup=False, highlight=False, soft_wrap=True)


def of_one_group(catalog: Catalog, service: str) -> list[LogFilter]:
    """Return the filters on one log group of a service: each has the same, and a line is in one group."""
    own = [log_filter for log_filter in catalog.filters if log_filter.service == service]
    return [log_filter for log_filter in own if log_filter.log_group_key == own[0].log_group_key]


def _log(env: Environment, service: str, filters: Sequence[LogFilter]) -> Log:
    known = {name: config for name, config in env.services.items() if isinstance(config, LoggingService)}
    if service not in known:
        hint = did_you_mean(service, known)
        message = f"{service} is not a service with a log; known: {', '.join(known) or 'none'}{hint}"
        raise CommandError(message)
    config = known[service]
    others = sum(item.metric not in logs.OF_FORMAT and proposals.has_regex(item.pattern) for item in filters)
    return Log(env.logs, config.kind, config.logs, is_configured=True, others=others)


def _counts(path: Path, service: str | None, log: Log, found: Finding) -> Iterator[str]:
    """Yield what the filters of the service count."""
    head = f"{path}: {counted(found.lines, 'line')}"
    if service is None:
        yield head
        return
    yield f"{head}, as {service} writes them (format {log.format.name})"
    width = max(map(len, found.by_title))
    for title, numbers in found.by_title.items():
        yield f"  {title:<{width}}  {numbers.total:>9,}  {numbers}".rstrip()
        if title in {_NOTHING, _NO_NUMBER, _TWICE}:
            yield f"  {'':<{width}}  such as: {cut(numbers.first, _SHOWN)}"


def _verdict(path: Path, service: str | None, log: Log, found: Finding) -> Iterator[str]:
    """Yield whether the lines are in the format of the service, or what to set instead."""
    sample, lines = found.sample, found.sample.compared()
    if not sample.total:
        yield "Lambda itself wrote all lines: save lines of the function as well."
        return
    yield _compared(sample, len(lines))
    kind = log_levels.kind(lines)
    if kind and kind.is_of_tool:
        yield f"{kind.count:,} of {len(lines):,} lines {kind.words}."
        yield f"{kind.advice}."
        return
    now = Totals(*(found.by_title[title].total if title in found.by_title else 0 for title in _COUNTED))
    compared = log_formats.fits(lines)
    best = compared[0]
    own = proposals.is_right(log, lines, best)
    proposal = proposals.propose(log, lines, compared, lambda: files.lines(path), now)
    if proposal and proposal.why:
        yield proposal.why
    elif own:
        yield f"{own:,} of {len(lines):,} lines are in the format {log.format.name}."
    elif best.fitting >= ENOUGH * len(lines):
        which = f"the format {best.name}, which counts fewer errors or requests than {log.format.name}"
        yield f"{best.fitting:,} of {len(lines):,} lines are in {which}."
    else:
        at_most = f": at most {best.fitting:,} of {len(lines):,} lines ({best.name})" if best.fitting else ""
        yield f"No format fits{at_most}."
    if kind and not own and (kind.advice or best.fitting < ENOUGH * len(lines)):
        yield f"{kind.count:,} of {len(lines):,} lines {kind.words}.{kind.advice and f' {kind.advice}.'}"
    if proposal:
        yield from _settings(service, proposal, now if service else None)
    elif not own:
        yield "Set error_patterns, or log in a format of docs/logs.md."


def _settings(service: str | None, proposal: Proposal, now: Totals | None) -> Iterator[str]:
    """Yield what a proposal counts, and the settings."""
    then = proposal.totals
    if now is None:
        counts = f"{counted(then.errors, 'error')}, {counted(then.requests, 'request')}"
    else:
        counts = f"errors {now.errors:,} -> {then.errors:,}"
        if now.requests or then.requests:
            counts += f", requests {now.requests:,} -> {then.requests:,}"
    if not then.errors:
        yield f"No line is an error ({counts}). To count errors in lines such as these:"
    elif now and then.errors == now.errors and then.requests == now.requests:
        yield f"As many lines count with its settings ({counts}):"
    else:
        yield f"To count them ({counts}):"
    yield ""
    yield "services:"
    yield f"  {service or '<name>'}:"
    yield f"    logs: {flow(proposal.settings)}"


def _compared(sample: Sample, compared: int) -> str:
    """Return the sentence that states which lines are compared with the formats."""
    without = [
        text
        for text, number in (
            (f"{sample.runtime:,} of the runtime of Lambda", sample.runtime),
            ("those that continue another one", len(sample.lines) - compared),
        )
        if number
    ]
    which = (
        "All lines"
        if sample.is_whole
        else f"{compared:,} of {sample.total:,} lines, evenly from the whole file,"
    )
    return f"{which} are compared with the formats{', without ' if without else ''}{' and '.join(without)}."
