"""Settings of `services.<name>.logs` that count more of the lines of a log than the configured ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from catalog.kinds import KINDS
from catalog.kinds import logs as filters_of
from catalog.templates import FilterTemplate, MetricTemplate
from cloudwatch import patterns, quotas
from cloudwatch.patterns.model import regexes
from config.formats import Format
from config.logs import DEFAULT_FORMAT, ERROR_PATTERNS, Logs, ServiceLogs
from ops import log_formats, log_levels
from ops.log_formats import ENOUGH

_TRIED = 5
"""Formats that are tried, the best first."""
_KEPT = ("duration_key", "duration_unit", "error_patterns")
"""Keys of a service that another format leaves as they are, if it has them."""

_DEFAULT = ServiceLogs()


@dataclass(frozen=True)
class Totals:
    """What filters count in lines."""

    errors: int = 0
    """Lines that are errors."""
    requests: int = 0
    """Lines with a duration."""
    twice: int = 0
    """Errors that count more than once."""


@dataclass(frozen=True)
class Proposal:
    """Settings, and what they count."""

    settings: Mapping[str, Any]
    """The keys of `services.<name>.logs`."""
    totals: Totals
    why: str
    """Sentences that end before what the settings count."""


@dataclass(frozen=True)
class Log:
    """The log of a service, or one of a service that is not configured yet."""

    defaults: Logs
    """The settings of the environment."""
    kind: str = "ecs"
    """The kind of the service."""
    own: ServiceLogs = _DEFAULT
    """The settings of the service."""
    is_configured: bool = False
    others: int = 0
    """Filters of its log group with a regular expression that are not those of its format."""

    @property
    def format(self) -> Format:
        """Its format."""
        return self.defaults.format_of(self.kind, self.own)

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that the service sets."""
        return self.own.model_dump(exclude_unset=True, mode="json")

    @property
    def filters(self) -> tuple[FilterTemplate, ...]:
        """The filters of its format."""
        return KINDS[self.kind].filters(self.format)

    @cached_property
    def errors(self) -> tuple[Callable[[str], bool], ...]:
        """Per filter of errors: whether a line counts."""
        return self._counting(filters_of.ERRORS)

    @cached_property
    def requests(self) -> tuple[Callable[[str], bool], ...]:
        """Per filter of requests: whether a line counts."""
        return self._counting(filters_of.LATENCY)

    def _counting(self, metric: MetricTemplate) -> tuple[Callable[[str], bool], ...]:
        return tuple(_counts(item) for item in self.filters if item.metric == metric)

    def is_error(self, line: str) -> bool:
        """Return whether a line is an error."""
        return any(counts(line) for counts in self.errors)

    def totals(self, lines: Iterable[str]) -> Totals:
        """Return what counts in lines."""
        errors = requests = twice = 0
        for line in lines:
            number = sum(counts(line) for counts in self.errors)
            errors += number > 0
            twice += number > 1
            requests += any(counts(line) for counts in self.requests)
        return Totals(errors, requests, twice)

    def changed(self, settings: Mapping[str, Any]) -> Log:
        """Return the log with other settings of the service."""
        return replace(self, own=ServiceLogs.model_validate(settings))

    def with_format(self, name: str, **more: object) -> Log:
        """Return the log with another format, without the settings that it does not have."""
        merged = self.defaults.settings(self.kind, self.own).model_dump(exclude_unset=True, mode="json")
        made = {"format": name, **more, **{key: merged[key] for key in _KEPT if merged.get(key)}}
        refused = dict(self.defaults.refused(self.kind, ServiceLogs.model_validate(made)))
        return self.changed({key: value for key, value in made.items() if key not in refused})

    def with_pattern(self, pattern: str) -> Log | None:
        """Return the log with one more pattern of errors; None if its log group had too many of them."""
        merged = self.defaults.settings(self.kind, self.own)
        if len(merged.error_patterns) == ERROR_PATTERNS:
            return None
        made = self.changed({**self.settings, "error_patterns": [*merged.error_patterns, pattern]})
        total = self.others + sum(has_regex(item.pattern) for item in made.filters)
        return made if total <= quotas.REGEX_FILTERS else None


def has_regex(pattern: str) -> bool:
    """Return whether a filter pattern has a regular expression."""
    return any(regexes(patterns.parse(pattern)))


def _counts(item: FilterTemplate) -> Callable[[str], bool]:
    """Return whether a line counts in a filter: it matches, and the value is a number."""
    matcher = patterns.compile(item.pattern)
    if not item.value.startswith("$"):
        return matcher.matches
    selector = patterns.selector(item.value)
    return lambda line: (match := matcher.match(line)) is not None and match.value(selector) is not None


def is_right(log: Log, lines: Sequence[str], best: log_formats.Fit) -> int:
    """Return how many lines are in the configured format; 0 if another format fits better, or none does."""
    own = sum(log_formats.is_in(log.format, line) for line in lines) if log.is_configured else 0
    return own if own >= max(ENOUGH * len(lines), best.fitting / 2, 1) else 0


def propose(
    log: Log,
    lines: Sequence[str],
    found: Sequence[log_formats.Fit],
    whole: Callable[[], Iterable[str]],
    now: Totals,
) -> Proposal | None:
    """Return the settings that count more lines of a log than the configured ones do, and no fewer errors.

    Args:
        log: the log.
        lines: the lines that are compared.
        found: how all formats fit them, the best first.
        whole: returns all lines, of which each proposal is counted.
        now: what the configured settings count in them.
    """
    is_fine = is_right(log, lines, found[0]) > 0
    proposals = (
        Proposal(other.settings, other.totals(whole()), why)
        for other, why in _formats(log, lines, found, is_fine=is_fine)
    )
    chosen = next((proposal for proposal in proposals if _is_better(proposal.totals, now)), None)
    base, before = (log.changed(chosen.settings), chosen.totals) if chosen else (log, now)
    pattern = log_levels.pattern(lines, _known(base))
    more = base.with_pattern(pattern) if pattern else None
    if more is None:
        return chosen
    totals = more.totals(whole())
    # Without an error in the lines, only lines that are in no format at all show where the level is.
    is_useful = totals.errors > before.errors or not (chosen or is_fine)
    if is_useful and totals.twice <= before.twice:
        return Proposal(more.settings, totals, chosen.why if chosen else "")
    return chosen


def _is_better(then: Totals, now: Totals) -> bool:
    """Return whether settings count more, or as much: no fewer errors."""
    return (then.errors, then.requests) >= (now.errors, now.requests)


def _known(log: Log) -> Callable[[str], bool]:
    """Return whether a line is in the format, or counts: it would count twice with a pattern of its own."""

    def is_known(line: str) -> bool:
        if log.is_error(line) or log_levels.of_prefix(line):  # the level of such a line is in its JSON
            return log.is_error(line)
        return log_formats.is_in(log.format, line) or log.is_error(log_formats.as_error(line))

    return is_known


def _formats(
    log: Log, lines: Sequence[str], found: Sequence[log_formats.Fit], *, is_fine: bool
) -> Iterator[tuple[Log, str]]:
    """Yield the log with another format that half of the lines fit, the best first, with the reason.

    If the configured one is fine, only the best one is of use, if it counts more errors.
    """
    enough = [fit for fit in found if fit.fitting >= max(ENOUGH * len(lines), 1)]
    for fit in enough[: 1 if is_fine else _TRIED]:
        other = log.with_format(fit.name)
        is_own = log.is_configured and fit.name == log.format.name
        if not is_own and (not is_fine or other.totals(lines).errors > log.totals(lines).errors):
            yield other, f"{fit.fitting:,} of {len(lines):,} lines are in the format {fit.name}."
    if not enough and not is_fine and (key := log_formats.level_key(lines)):
        why = f"No format fits, but most lines have a level in {key}."
        yield log.with_format(DEFAULT_FORMAT, level_key=key, error_levels=["error", "critical", "fatal"]), why
