"""Metric filters: what CloudWatch Logs publishes of a minute's lines.

Rules are from the CloudWatch Logs API Reference, PutMetricFilter and MetricTransformation, and from the User
Guide, "Filter pattern syntax for metric filters" and "CloudWatch Logs quotas".
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
        name: its name in its log group.
        log_group: the log group's name.
        pattern: the filter pattern.
        namespace: of the metric it publishes.
        metric: the metric's name.
        value: what a match adds: a number, `$.selector`, `$field` or `$3`.
        default_value: what a minute adds in which lines arrived and none matched; None for nothing.
        dimensions: names, each with the selector of its value.
        unit: CloudWatch's name of it.
        place: where it was read, for messages; empty when its name says it.
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
    """A value of a metric, and how often it occurred in the minute.

    Attributes:
        value: what one match adds.
        count: how many lines added it.
        dimensions: names and values.
    """

    value: float
    count: float
    dimensions: tuple[tuple[str, str], ...] = ()


def check(metric_filter: MetricFilter) -> None:
    """Refuse what PutMetricFilter would.

    Raises:
        PatternError: the pattern or a selector is malformed.
        InputError: anything else; the message names the filter and what is allowed.
    """
    pattern = patterns.parse(metric_filter.pattern)
    for problem in _problems(metric_filter):
        raise _refusal(metric_filter, problem)
    source(pattern, metric_filter.value)
    for _, selector in metric_filter.dimensions:
        _declared(pattern, patterns.selector(selector), selector)


def check_group(filters: Iterable[MetricFilter]) -> None:
    """Refuse more filters than a log group may have: 100, and 5 with a regular expression.

    Raises:
        InputError: as for `check`, of each filter; or a log group has too many, or two of a name.
    """
    given = tuple(filters)
    for metric_filter in given:
        check(metric_filter)
    for group, problem in group_problems(given):
        raise InputError(f"log group {group}: {problem}")


def group_problems(filters: Iterable[MetricFilter]) -> Iterator[tuple[str, str]]:
    """Yield log groups that have too many filters, or two of a name, and what is wrong with them.

    A filter whose pattern is malformed has no regular expression.
    """
    by_group: dict[str, list[MetricFilter]] = {}
    for metric_filter in filters:
        by_group.setdefault(metric_filter.log_group, []).append(metric_filter)
    for group, own in by_group.items():
        with_regex = [metric_filter.name for metric_filter in own if _has_regex(metric_filter.pattern)]
        called = [metric_filter.name for metric_filter in own]
        twice = sorted({name for name in called if called.count(name) > 1})
        if len(own) > quotas.FILTERS:
            yield group, f"{len(own)} metric filters; at most {quotas.FILTERS}"
        if len(with_regex) > quotas.REGEX_FILTERS:
            listed = ", ".join(with_regex)
            found = f"{len(with_regex)} filters have regular expressions ({listed})"
            yield group, f"{found}; at most {quotas.REGEX_FILTERS}"
        if twice:
            yield group, f"two filters are called {', '.join(twice)}; the later one wins"


def _has_regex(pattern: str) -> bool:
    try:
        return any(regexes(patterns.parse(pattern)))
    except PatternError:
        return False


def _refusal(metric_filter: MetricFilter, problem: str) -> InputError:
    return InputError(
        f"metric filter {metric_filter.name!r} of log group {metric_filter.log_group!r}: {problem}"
    )


def _problems(metric_filter: MetricFilter) -> Iterator[str]:
    """Yield what is wrong, pattern and selectors aside."""
    if not 1 <= len(metric_filter.name) <= quotas.FILTER_NAME_CHARACTERS or set(metric_filter.name) & set(
        ":*"
    ):
        yield f"its name has 1 to {quotas.FILTER_NAME_CHARACTERS} characters, none of them : or *"
    most = quotas.LOG_GROUP_CHARACTERS
    if len(metric_filter.log_group) > most or not _LOG_GROUP.fullmatch(metric_filter.log_group):
        yield f"a log group's name has 1 to {most} of the characters A-Z a-z 0-9 . - _ / #"
    # The API Reference excludes `:` as well; AWS has accepted it (recorded there on 2026-02-05).
    for what, text in (("metric name", metric_filter.metric), ("namespace", metric_filter.namespace)):
        if not 1 <= len(text) <= quotas.METRIC_CHARACTERS or set(text) & set("*$"):
            yield f"the {what} {text!r} has 1 to {quotas.METRIC_CHARACTERS} characters, none of them * or $"
    if len(metric_filter.value) > quotas.FILTER_VALUE_CHARACTERS:
        yield f"the metric value has at most {quotas.FILTER_VALUE_CHARACTERS} characters"
    if metric_filter.unit not in UNITS:
        yield f"there is no unit {metric_filter.unit!r}; known: {', '.join(sorted(UNITS))}"
    yield from _dimension_problems(metric_filter)


def _dimension_problems(metric_filter: MetricFilter) -> Iterator[str]:
    if metric_filter.default_value is not None and metric_filter.dimensions:
        yield "a default value and dimensions exclude each other"
    if metric_filter.default_value is not None and published(metric_filter.default_value) is None:
        yield f"the default value {metric_filter.default_value} is no number that CloudWatch takes"
    if len(metric_filter.dimensions) > quotas.FILTER_DIMENSIONS:
        yield f"{len(metric_filter.dimensions)} dimensions; at most {quotas.FILTER_DIMENSIONS}"
    if len({name for name, _ in metric_filter.dimensions}) < len(metric_filter.dimensions):
        yield "two dimensions have the same name"
    for name, selector in metric_filter.dimensions:
        if (
            not 1 <= len(name) <= quotas.METRIC_CHARACTERS
            or not 1 <= len(selector) <= quotas.METRIC_CHARACTERS
        ):
            yield f"a dimension's name and its selector have 1 to {quotas.METRIC_CHARACTERS} characters"
    if metric_filter.dimensions and isinstance(patterns.parse(metric_filter.pattern), patterns.Terms):
        yield "only JSON and space-delimited patterns can have dimensions, not one of terms"


def source(pattern: patterns.Pattern, value: str) -> float | patterns.Selector:
    """Return what a match of `pattern` adds: a number, or where to find it.

    Raises:
        PatternError: it is no number and no selector.
        InputError: it is one that this pattern has no values for, or a number out of CloudWatch's range.
    """
    if NUMBER.fullmatch(value.strip()):
        found = published(value.strip())
        if found is None:
            raise InputError(f"the metric value {value} is out of range: CloudWatch takes -2^360 to 2^360")
        return found
    if not value.strip().startswith("$"):
        raise InputError(
            f"the metric value {value!r} is no number, and no selector such as $.latency or $size"
        )
    return _declared(pattern, patterns.selector(value), value)


def dimension(pattern: patterns.Pattern, text: str) -> patterns.Selector:
    """Return where a match of `pattern` has the value of a dimension.

    Raises:
        PatternError: it is no selector.
        InputError: it is one that this pattern has no values for.
    """
    return _declared(pattern, patterns.selector(text), text)


def _declared(pattern: patterns.Pattern, selector: patterns.Selector, text: str) -> patterns.Selector:
    """Return the selector, if the pattern can have a value for it.

    A JSON selector need not occur in the pattern (recorded on AWS); the name of a field has to.
    """
    if isinstance(pattern, patterns.Terms):
        raise InputError(f"{text} has no value: a pattern of terms takes nothing out of an event")
    if isinstance(pattern, patterns.JsonPattern):
        if not isinstance(selector, JsonPath):
            raise InputError(f"{text} has no value: the fields of a JSON pattern are written as $.name")
        return selector
    known = [f"${name}" for name in names(pattern)]
    if isinstance(selector, FieldName) and selector.name in names(pattern):
        return selector
    endless = not pattern.fields or Gap() in pattern.fields
    if isinstance(selector, FieldNumber) and (endless or selector.number <= len(pattern.fields)):
        return selector
    raise InputError(
        f"{text} has no value: this pattern has the fields {', '.join(known) or 'without names'},"
        f" and {'$1, $2, …' if endless else f'$1 to ${len(pattern.fields)}'}"
    )


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
    """Return what the filter publishes of one minute's lines, each given with how many there were of it.

    Matches add the metric value; in a minute with lines and no match it is the default value, once; in a
    minute without lines it is nothing (an older edition says so, the current one does not contradict). A
    match without a number at its selector adds nothing, and is a match all the same. Not published, and
    chosen here: a match without a value for one of its dimensions adds nothing, for it would be another
    metric.

    Raises:
        InputError: the filter is one that `check` refuses for its pattern or selectors.
    """
    compiled = _compiled(metric_filter)
    found: dict[tuple[float, tuple[tuple[str, str], ...]], float] = {}
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
            found[key] = found.get(key, 0) + count
    if arrived and not matched and metric_filter.default_value is not None:
        return (Sample(metric_filter.default_value, 1),)
    return tuple(Sample(value, count, dimensions) for (value, dimensions), count in found.items())
