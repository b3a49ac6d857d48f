"""The metrics from the log of every service: errors, latency, and time spent on requests.

The filters of a service come from the format of its log (`config.formats`): its lines with the level of an
error, and plain text, which every program can write when it crashes. CloudWatch Logs allows five filters with
a regular expression in a log group: levels are compared exactly, and the expressions of a service are joined.
Pattern syntax: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters".
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from catalog.templates import FROM_LOG, LOGS, EventsTemplate, FilterTemplate, MathTemplate, Namespace
from cloudwatch import patterns
from cloudwatch.errors import PatternError
from cloudwatch.patterns.model import JsonPath, Regex, Terms
from cloudwatch.quotas import PATTERN_CHARACTERS
from config import formats
from config.formats import Format

_LOG = Namespace(LOGS)

DURATIONS = "log_durations"
"""The fact of a service whose log has the durations of its requests."""

ERRORS = _LOG.metric("Errors", "Count", FROM_LOG, sample="0 or 1")
# A function handles its requests within an invocation; other kinds have no timeout.
LATENCY = _LOG.metric("Latency", "Milliseconds", FROM_LOG, most="timeout_ms", needs=DURATIONS)
BUSY_TIME = _LOG.metric("BusyTime", "Milliseconds", FROM_LOG, needs=DURATIONS)

OF_FORMAT = frozenset({ERRORS.name, LATENCY.name, BUSY_TIME.name})
"""Names of the metrics of the format of a log; others are own metrics of the service."""

HANDLED_PER_MIN = 60
"""Log lines a minute of a healthy service, each of a handled request."""
HANDLED_MS = 120
"""Duration of such a request, in milliseconds."""


def line(log: Format, duration_ms: float, *, is_error: bool) -> str:
    """Return a line that a service logs for a request: a recorded line of its logger.

    Args:
        log: the format of its log.
        duration_ms: the duration of the request.
        is_error: whether it is an error.
    """
    preset = log.preset
    duration = duration_ms * log.units_per_s / 1000
    recorded = (preset.error_lines if is_error else preset.other_lines)[0]
    if not preset.json_lines:
        text = recorded if is_error else preset.handled or recorded
        return text.replace("{duration}", f"{duration:g}")
    event = json.loads(recorded)
    if is_error and log.level_keys:
        _set(event, log.level_keys[0], _example(log.error_levels[0]))
    if log.duration_key:
        _set(event, log.duration_key, duration)
    return json.dumps(event, separators=None if '": ' in recorded else (",", ":"))


def _example(level: str) -> str | int:
    """Return a value of a level for which its condition holds."""
    number = re.search(r"[0-9]+", level)
    if _COMPARES.match(level) and number:
        strict = level.startswith((">", "<")) and "=" not in level
        return int(number[0]) + (0 if not strict else 1 if level.startswith(">") else -1)
    return level.removesuffix("*")


def _set(event: dict[str, Any], key: str, value: object) -> None:
    """Set the value at a key of a JSON line, such as `log.level`."""
    *path, last = steps(key)
    for step in path:
        inner = event.setdefault(step, {})
        if not isinstance(inner, dict):
            inner = event[step] = {}
        event = inner
    event[last] = value


@functools.cache
def steps(key: str) -> tuple[str, ...]:
    """Return the keys that lead to a key of the configuration, such as `log.level`."""
    selector = patterns.selector(f"$.{key}")
    assert isinstance(selector, JsonPath)  # noqa: S101  # all that begins with `$.`
    return tuple(map(str, selector.steps))


_COMPARES = re.compile(r"[<>=]|[0-9]+$")


def _is(key: str, level: str) -> str:
    """Return the condition that a key has a level."""
    if not _COMPARES.match(level):
        return f'$.{key} = "{level}"'
    return f"$.{key} {level}" if level[0] in "<>=" else f"$.{key} = {level}"


def _of_levels(log: Format, *also: str) -> str:
    """Return the pattern of JSON lines with the level of an error."""
    levels = " || ".join(_is(key, level) for key in log.level_keys for level in log.error_levels)
    only = (log.only,) if log.only else ()
    return "{ " + " && ".join((f"({levels})", *only, *also)) + " }"


_EVENT_OF_RUNTIME = "($.errorType NOT EXISTS)"
"""The Lambda runtime writes an entry with `errorType` for an exception that the handler raises: a handler
that logs its errors would be counted twice. `AWS/Lambda` `Errors` counts every failed invocation."""


def _regex(pattern: str) -> str | None:
    """Return the regular expression of a pattern that is nothing else, or is one literal text.

    None as well for a text that is too long for a pattern once its characters are escaped.
    """
    try:
        parsed = patterns.parse(pattern)
    except PatternError:
        return None  # `catalog.check` reports it
    if not isinstance(parsed, Terms) or len(parsed.terms) != 1 or parsed.terms[0].sign == "-":
        return None
    what = parsed.terms[0].what
    if isinstance(what, Regex):
        return what.text
    if not what.strip() or not what.isascii():
        return None
    text = "".join(sign if sign.isalnum() or sign == "_" else f"\\x{ord(sign):02X}" for sign in what)
    return text if len(f"%{text}%") <= PATTERN_CHARACTERS else None


def _joined(groups: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the patterns of lines that match one of several expressions: a line counts once in each.

    Those of a group are always in one pattern.
    """
    text = ""
    for group in groups:
        more = "|".join(group)
        if text and len(text) + len(more) + 3 > PATTERN_CHARACTERS:
            yield f"%{text}%"
            text = ""
        text = f"{text}|{more}" if text else more
    if text:
        yield f"%{text}%"


def _errors(log: Format, *, of_function: bool) -> Iterator[tuple[str, str]]:
    """Yield the key and the pattern of each filter of errors."""
    preset, joined = log.preset, []
    if preset.json_lines and log.level_keys and log.error_levels:
        also = (_EVENT_OF_RUNTIME,) if of_function and not preset.runtime else ()
        yield "errors-json", _of_levels(log, *also)
    elif preset.errors and not preset.json_lines and (expression := _regex(preset.errors)):
        joined.append(expression)
    elif preset.errors:
        yield "errors-json" if preset.json_lines else "errors-text", preset.errors
    key = "errors-text" if joined else "errors-crash"
    if preset.json_lines:
        # A service that logs JSON can write plain text as well, such as output of a library.
        joined.append(_regex(formats.preset("text").errors or "") or "")
    joined += [
        _regex(crash.errors) or ""
        for crash in formats.crashes().values()
        if preset.json_lines or not crash.logged
    ]
    own = [(pattern, _regex(pattern)) for pattern in log.error_patterns]
    expressions = [joined, *([expression] for _, expression in own if expression)]
    for number, pattern in enumerate(_joined(expressions), start=1):
        yield (key if number == 1 else f"{key}-{number}"), pattern
    for number, (pattern, expression) in enumerate(own, start=1):
        if expression is None:
            yield f"errors-own-{number}", pattern


def filters(log: Format, *, of_function: bool = False) -> tuple[FilterTemplate, ...]:
    """Return the metric filters of a service.

    Args:
        log: the format of its log.
        of_function: whether it is a Lambda function.
    """
    errors = (
        FilterTemplate(key=key, pattern=pattern, metric=ERRORS, value="1", default_value=0)
        for key, pattern in _errors(log, of_function=of_function)
    )
    return (*errors, *_duration_filters(log))


def duration_pattern(log: Format) -> tuple[str, str] | None:
    """Return the pattern of lines with a duration, and the selector of the duration; None without one."""
    if log.duration_key:
        selector = f"$.{log.duration_key}"
        return f"{{ {selector} = * }}", selector
    return (log.preset.requests, "$duration_ms") if log.preset.requests else None


def _duration_filters(log: Format) -> Iterator[FilterTemplate]:
    found = duration_pattern(log)
    if found is None:
        return
    pattern, value = found
    lines = "json" if log.preset.json_lines else "text"
    # No default value: a zero for a minute without requests would lower every percentile.
    yield FilterTemplate(key=f"latency-{lines}", pattern=pattern, metric=LATENCY, value=value)
    # Concurrent executions from the log, by Little's law: the time spent on requests in a period, divided
    # by the period, is how many were in progress on average. A minute without requests is zero, hence the
    # default value.
    yield FilterTemplate(
        key=f"concurrency-{lines}", pattern=pattern, metric=BUSY_TIME, value=value, default_value=0
    )


ERROR_RATE = MathTemplate(
    expression="100 * errors / requests",
    series={
        "errors": ERRORS.stat("Sum", "error entries"),
        "requests": LATENCY.stat("SampleCount", "requests"),
    },
    label="error entries per 100 requests",
    unit="Percent",
)

IN_PROGRESS = MathTemplate(
    expression="busy / ({period_s} * 1000)",
    series={"busy": BUSY_TIME.stat("Sum", "time spent on requests")},
    label="requests in progress, average",
    unit="Count",
)

SERIES = {
    "logged_requests": LATENCY.stat("SampleCount", "requests in the log"),
    "logged_errors": ERRORS.stat("Sum", "error entries"),
    "logged_duration": LATENCY.stat("p99", "p99 duration in the log"),
}

EVENTS = EventsTemplate(
    key="logged-requests",
    words="requests in the log",
    bad_words="are logged as an error",
    valid=LATENCY.stat("SampleCount", "requests"),
    bad=ERRORS.stat("Sum", "error entries"),
    latency=LATENCY,
)
