"""What the log lines of every service become: errors, latency, and time spent on requests.

The contract with the services: a JSON line has `level`, and one line per handled request has `duration_ms`;
a text line has its level as a word, and one line per handled request ends with `duration_ms <number>`.
Pattern syntax: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters".
"""

from __future__ import annotations

from catalog.templates import LOGS, FilterTemplate, MathTemplate, MetricTemplate

ERRORS = MetricTemplate(namespace=LOGS, name="Errors", unit="Count")
LATENCY = MetricTemplate(namespace=LOGS, name="Latency", unit="Milliseconds")
BUSY_TIME = MetricTemplate(namespace=LOGS, name="BusyTime", unit="Milliseconds")

_JSON_DURATION = "{ $.duration_ms = * }"
_TEXT_DURATION = "[..., name = duration_ms, duration_ms]"

FILTERS = (
    FilterTemplate(
        key="errors-json",
        formats=("json",),
        # Lambda's runtime writes an entry of its own, with `errorType`, for an exception that a handler has
        # already logged: counting both would count each failure twice.
        pattern='{ ($.level = "ERROR" || $.level = "CRITICAL" || $.level = "FATAL") '
        "&& ($.errorType NOT EXISTS) }",
        metric=ERRORS,
        value="1",
        default_value=0,
    ),
    # A service that logs JSON still dies in plain text: a crash of its runtime, a library's own print. The
    # regular expression leaves out JSON lines, so nothing counts twice.
    FilterTemplate(
        key="errors-crash",
        formats=("json",),
        pattern=r"%^[^\{].*ERROR|^[^\{].*FATAL|^[^\{].*CRITICAL%",
        metric=ERRORS,
        value="1",
        default_value=0,
    ),
    FilterTemplate(
        key="errors-text",
        formats=("text",),
        pattern="?ERROR ?FATAL ?CRITICAL",
        metric=ERRORS,
        value="1",
        default_value=0,
    ),
    # No default value: a zero for a minute without requests would pull every percentile down.
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
    # Concurrent executions out of the log, by Little's law: the time spent on requests in a period, divided
    # by the period, is how many were in progress on average. A quiet minute is zero, hence the default value.
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

ERROR_RATE = MathTemplate(
    expression="100 * errors / requests",
    series={
        "errors": ERRORS.stat("Sum", "error entries"),
        "requests": LATENCY.stat("SampleCount", "requests"),
    },
    label="error entries per 100 requests",
)

IN_PROGRESS = MathTemplate(
    expression="busy / ({period_s} * 1000)",
    series={"busy": BUSY_TIME.stat("Sum", "time spent on requests")},
    label="requests in progress, average",
)
