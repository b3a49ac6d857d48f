"""The metrics from the log of every service: errors, latency, and time spent on requests.

The contract with the services: a JSON line has `level`, and one line per handled request has `duration_ms`;
a text line has its level as a word, and one line per handled request ends with `duration_ms <number>`.
Pattern syntax: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters".
"""

from __future__ import annotations

import json

from catalog.templates import (
    FROM_LOG,
    LOGS,
    EventsTemplate,
    FilterTemplate,
    MathTemplate,
    Namespace,
)
from config.services import LogFormat

_LOG = Namespace(LOGS)

ERRORS = _LOG.metric("Errors", "Count", FROM_LOG)
# A function handles its requests within an invocation; other kinds have no timeout.
LATENCY = _LOG.metric("Latency", "Milliseconds", FROM_LOG, most="timeout_ms")
BUSY_TIME = _LOG.metric("BusyTime", "Milliseconds", FROM_LOG)

HANDLED_PER_MIN = 60
"""Log lines a minute of a healthy service, each of a handled request."""
HANDLED_MS = 120
"""Duration of such a request, in milliseconds."""


def handled(log_format: LogFormat, duration_ms: float) -> str:
    """Return the line that a healthy service logs for a handled request of this duration."""
    if log_format == "text":
        return f"INFO request handled duration_ms {duration_ms:g}"
    return json.dumps({"level": "INFO", "message": "request handled", "duration_ms": duration_ms})


_JSON_DURATION = "{ $.duration_ms = * }"
_TEXT_DURATION = "[..., name = duration_ms, duration_ms]"

_ERROR_WORDS = ("ERROR", "FATAL", "CRITICAL")

# Plain text begins with a letter, a digit or a bracket; JSON does not, so no line is counted twice. Regular
# expressions here have no groups, hence each word with each beginning (CloudWatch Logs User Guide, "Supported
# regular expressions").
_CRASH = "|".join(
    f"^{beginning}{word}" for beginning in ("", "[A-Za-z0-9].*", r"\[.*") for word in _ERROR_WORDS
)


def _errors_json(*also: str) -> FilterTemplate:
    levels = " || ".join(f'$.level = "{word}"' for word in _ERROR_WORDS)
    return FilterTemplate(
        key="errors-json",
        formats=("json",),
        pattern="{ " + " && ".join((f"({levels})", *also)) + " }",
        metric=ERRORS,
        value="1",
        default_value=0,
    )


_COMMON = (
    # A service that logs JSON can write plain text as well: a crash of its runtime, or output of a library.
    FilterTemplate(
        key="errors-crash",
        formats=("json",),
        pattern=f"%{_CRASH}%",
        metric=ERRORS,
        value="1",
        default_value=0,
    ),
    FilterTemplate(
        key="errors-text",
        formats=("text",),
        pattern=" ".join(f"?{word}" for word in _ERROR_WORDS),
        metric=ERRORS,
        value="1",
        default_value=0,
    ),
    # No default value: a zero for a minute without requests would lower every percentile.
    FilterTemplate(
        key="latency-json",
        formats=("json",),
        pattern=_JSON_DURATION,
        metric=LATENCY,
        value="$.duration_ms",
    ),
    FilterTemplate(
        key="latency-text",
        formats=("text",),
        pattern=_TEXT_DURATION,
        metric=LATENCY,
        value="$duration_ms",
    ),
    # Concurrent executions from the log, by Little's law: the time spent on requests in a period, divided
    # by the period, is how many were in progress on average. A minute without requests is zero, hence the
    # default value.
    FilterTemplate(
        key="concurrency-json",
        formats=("json",),
        pattern=_JSON_DURATION,
        metric=BUSY_TIME,
        value="$.duration_ms",
        default_value=0,
    ),
    FilterTemplate(
        key="concurrency-text",
        formats=("text",),
        pattern=_TEXT_DURATION,
        metric=BUSY_TIME,
        value="$duration_ms",
        default_value=0,
    ),
)

FILTERS = (_errors_json(), *_COMMON)
"""Filters of a service that writes its whole log."""

FUNCTION_FILTERS = (_errors_json("($.errorType NOT EXISTS)"), *_COMMON)
"""Filters of a Lambda function. The Lambda runtime writes an entry with `errorType` for an exception that
the handler raises: a handler that logs its errors would be counted twice. `AWS/Lambda` `Errors` counts every
failed invocation."""

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

EVENTS = EventsTemplate(
    key="logged-requests",
    words="requests in the log",
    bad_words="are logged as an error",
    valid=LATENCY.stat("SampleCount", "requests"),
    bad=ERRORS.stat("Sum", "error entries"),
    latency=LATENCY,
)
