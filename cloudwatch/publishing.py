"""Metric filters: validation, and the samples that CloudWatch Logs publishes for the log events of a minute.

Sources: CloudWatch Logs API Reference, PutMetricFilter and MetricTransformation; User Guide, "Filter pattern
syntax for metric filters" and "CloudWatch Logs quotas".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cloudwatch import patterns, quotas
from cloudwatch.errors import InputError, PatternError
from cloudwatch.patterns.model import FieldName, FieldNumber, Gap, JsonPath, names, regexes
from cloudwatch.patterns.scalars import NUMBER, published

UNITS = (
    *("Seconds", "Microseconds", "Milliseconds"),
    *(f"{size}{what}" for what in ("bytes", "bits") for size in ("Kilo", "Mega", "Giga", "Tera")),
    *("Bytes", "Bits", "Percent", "Count", "Bytes/Second", "Bits/Second", "Count/Second", "None"),
    *(f"{size}{what}/Second" for what in ("bytes", "bits") for size in ("Kilo", "Mega", "Giga", "Tera")),
)
"""CloudWatch API Reference, MetricDatum, `Unit`."""

_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """A metric filter with its one transformation.

    Attributes:
        name: its name, unique in the log group.
        log_group: the log group's name.
        pattern: the filter pattern.
        namespace: namespace of the published metric.
        metric: the metric's name.
        value: the value of a match: a number, `$.selector`, `$field` or `$3`.
        default_value: the value of a minute with log events and without a match; None for no value.
        dimensions: names, each with the selector of its value.
        unit: CloudWatch's name of the unit.
        place: where the filter was read, for messages; empty if its name suffices.
    """

    name: str
    log_group: str
    pattern: str
    namespace: str
    metric: str
    value: str = "1"
    default_value: float | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    unit: str = "None"
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a metric, and its number of occurrences in the minute.

    Attributes:
        value: the value of one match.
        count: number of log events with this value.
        dimensions: names and values.
    """

    value: float
    count: float
    dimensions: tuple[tuple[str, str], ...] = ()


def check(metric_filter: MetricFilter) -> None:
    """Reject a metric filter that PutMetricFilter would reject.

    Raises:
        PatternError: the syntax of the pattern or of a selector is not valid.
        InputError: another value is not valid; the message contains the filter and what is allowed.
    """
    pattern = patterns.parse(metric_filter.pattern)
    for problem in _problems(metric_filter):
        raise _refusal(metric_filter, problem)
    source(pattern, metric_filter.value)
    for _, selector in metric_filter.dimensions:
        _declared(pattern, patterns.selector(selector), selector)


def check_group(filters: Iterable[MetricFilter]) -> None:
    """Reject more filters than a log group may have: 100, and 5 with a regular expression.

    Raises:
        InputError: as for `check`, for each filter; or a log group has too many filters, or duplicate names.
    """
    all_filters = tuple(filters)
    for metric_filter in all_filters:
        check(metric_filter)
    for group, problem in group_problems(all_filters):
        raise InputError(f"log group {group}: {problem}")


def group_problems(filters: Iterable[MetricFilter]) -> Iterator[tuple[str, str]]:
    """Yield log groups with too many filters or duplicate names, each with the problem.

    A filter whose pattern is not valid counts as one without a regular expression.
    """
    by_group: dict[str, list[MetricFilter]] = {}
    for metric_filter in filters:
        by_group.setdefault(metric_filter.log_group, []).append(metric_filter)
    for group, own in by_group.items():
        with_regex = [metric_filter.name for metric_filter in own if _has_regex(metric_filter.pattern)]
        filter_names = [metric_filter.name for metric_filter in own]
        duplicates = sorted({name for name in filter_names if filter_names.count(name) > 1})
        if len(own) > quotas.FILTERS:
            yield group, f"must have at most {quotas.FILTERS} metric filters (found: {len(own)})"
        if len(with_regex) > quotas.REGEX_FILTERS:
            allowed = f"must have at most {quotas.REGEX_FILTERS} metric filters with a regular expression"
            yield group, f"{allowed} (found: {len(with_regex)}: {', '.join(with_regex)})"
        if duplicates:
            yield group, f"several metric filters have the name {', '.join(duplicates)}; names must be unique"


def _has_regex(pattern: str) -> bool:
    try:
        return any(regexes(patterns.parse(pattern)))
    except PatternError:
        return False


def subject(metric_filter: MetricFilter) -> str:
    """Return the name of a metric filter, with which messages about it begin."""
    return f"metric filter {metric_filter.name!r} of log group {metric_filter.log_group!r}"


def _refusal(metric_filter: MetricFilter, problem: str) -> InputError:
    return InputError(f"{subject(metric_filter)}: {problem}")


def _problems(metric_filter: MetricFilter) -> Iterator[str]:
    """Yield the problems of all values except the pattern and the selectors."""
    if not 1 <= len(metric_filter.name) <= quotas.FILTER_NAME_CHARACTERS or set(metric_filter.name) & set(
        ":*"
    ):
        yield f"the name must have 1 to {quotas.FILTER_NAME_CHARACTERS} characters without : and *"
    maximum = quotas.LOG_GROUP_CHARACTERS
    if len(metric_filter.log_group) > maximum or not _LOG_GROUP.fullmatch(metric_filter.log_group):
        yield f"the log group's name must have 1 to {maximum} of the characters A-Z a-z 0-9 . - _ / #"
    # The API Reference excludes `:` as well; AWS has accepted it (recorded there on 2026-02-05).
    for key, value in (("metric name", metric_filter.metric), ("namespace", metric_filter.namespace)):
        if not 1 <= len(value) <= quotas.METRIC_CHARACTERS or set(value) & set("*$"):
            maximum = quotas.METRIC_CHARACTERS
            yield f"the {key} must have 1 to {maximum} characters without * and $ (found: {value!r})"
    if len(metric_filter.value) > quotas.FILTER_VALUE_CHARACTERS:
        yield f"the metric value must have at most {quotas.FILTER_VALUE_CHARACTERS} characters"
    if metric_filter.unit not in UNITS:
        yield f"the unit {metric_filter.unit!r} is not valid; allowed: {', '.join(sorted(UNITS))}"
    yield from _dimension_problems(metric_filter)


def _dimension_problems(metric_filter: MetricFilter) -> Iterator[str]:
    if metric_filter.default_value is not None and metric_filter.dimensions:
        yield "a default value is not allowed with dimensions"
    if metric_filter.default_value is not None and published(metric_filter.default_value) is None:
        yield f"the default value {metric_filter.default_value} must be between -2^360 and 2^360"
    if len(metric_filter.dimensions) > quotas.FILTER_DIMENSIONS:
        count = len(metric_filter.dimensions)
        yield f"must have at most {quotas.FILTER_DIMENSIONS} dimensions (found: {count})"
    if len({name for name, _ in metric_filter.dimensions}) < len(metric_filter.dimensions):
        yield "the names of dimensions must be unique"
    for name, selector in metric_filter.dimensions:
        if (
            not 1 <= len(name) <= quotas.METRIC_CHARACTERS
            or not 1 <= len(selector) <= quotas.METRIC_CHARACTERS
        ):
            maximum = quotas.METRIC_CHARACTERS
            yield f"the name and the selector of a dimension must have 1 to {maximum} characters"
    if metric_filter.dimensions and isinstance(patterns.parse(metric_filter.pattern), patterns.Terms):
        yield "dimensions require a JSON or space-delimited pattern"


def source(pattern: patterns.Pattern, value: str) -> float | patterns.Selector:
    """Return the value of a match of `pattern`: a number, or a selector.

    Raises:
        PatternError: the value is neither a number nor a selector.
        InputError: the pattern has no value for the selector, or the number is out of CloudWatch's range.
    """
    if NUMBER.fullmatch(value.strip()):
        number = published(value.strip())
        if number is None:
            raise InputError(f"the metric value {value} is out of range: it must be between -2^360 and 2^360")
        return number
    if not value.strip().startswith("$"):
        raise InputError(
            f"the metric value {value!r} must be a number, or a selector such as $.latency or $size"
        )
    return _declared(pattern, patterns.selector(value), value)


def dimension(pattern: patterns.Pattern, text: str) -> patterns.Selector:
    """Return the selector of a dimension's value in a match of `pattern`.

    Raises:
        PatternError: the text is not a selector.
        InputError: the pattern has no value for the selector.
    """
    return _declared(pattern, patterns.selector(text), text)


def _declared(pattern: patterns.Pattern, selector: patterns.Selector, text: str) -> patterns.Selector:
    """Return the selector, if the pattern can have a value for it.

    A JSON selector need not occur in the pattern (recorded on AWS); the name of a field must occur.
    """
    if isinstance(pattern, patterns.Terms):
        raise InputError(f"{text} has no value: a pattern of terms has no fields")
    if isinstance(pattern, patterns.JsonPattern):
        if not isinstance(selector, JsonPath):
            raise InputError(f"{text} has no value: selectors of a JSON pattern have the form $.name")
        return selector
    known = [f"${name}" for name in names(pattern)]
    if isinstance(selector, FieldName) and selector.name in names(pattern):
        return selector
    is_open = not pattern.fields or Gap() in pattern.fields
    if isinstance(selector, FieldNumber) and (is_open or selector.number <= len(pattern.fields)):
        return selector
    numbers = "$1, $2, …" if is_open else f"$1 to ${len(pattern.fields)}"
    raise InputError(f"{text} has no value: the pattern has the fields {', '.join((*known, numbers))}")


@dataclass(frozen=True, slots=True)
class _Compiled:
    match: Callable[[str], patterns.Match | None]
    value: float | patterns.Selector
    dimensions: tuple[tuple[str, patterns.Selector], ...]


@functools.lru_cache(maxsize=4096)
def _compiled(metric_filter: MetricFilter) -> _Compiled:
    pattern = patterns.parse(metric_filter.pattern)
    dimensions = tuple((name, dimension(pattern, text)) for name, text in metric_filter.dimensions)
    return _Compiled(patterns.compile(pattern).match, source(pattern, metric_filter.value), dimensions)


def samples(metric_filter: MetricFilter, lines: Iterable[tuple[str, float]]) -> tuple[Sample, ...]:
    """Return the samples that the filter publishes for one minute's log lines, each with its count.

    A match publishes the metric value. A minute with lines and without a match publishes the default value,
    once; a minute without lines publishes nothing (stated in an older edition, and not contradicted by the
    current one). A match without a number at its selector publishes nothing, but counts as a match. Not
    documented, and decided here: a match without a value for one of its dimensions publishes nothing, as it
    would be another metric.

    Raises:
        InputError: the pattern or a selector is not valid: see `check`.
    """
    compiled = _compiled(metric_filter)
    counts: dict[tuple[float, tuple[tuple[str, str], ...]], float] = {}
    arrived = matched = False
    for line, count in lines:
        if count <= 0:
            continue
        arrived = True
        match = compiled.match(line)
        if match is None:
            continue
        matched = True
        value = compiled.value if isinstance(compiled.value, float) else match.value(compiled.value)
        dimensions = tuple((name, match.text(selector)) for name, selector in compiled.dimensions)
        complete = tuple((name, text) for name, text in dimensions if text)
        if value is not None and len(complete) == len(dimensions):
            key = (value, complete)
            counts[key] = counts.get(key, 0) + count
    if arrived and not matched and metric_filter.default_value is not None:
        return (Sample(metric_filter.default_value, 1),)
    return tuple(Sample(value, count, dimensions) for (value, dimensions), count in counts.items())
