"""Saved Logs Insights queries over the logs of all services.

Syntax: CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from catalog.specs import Query
from config.formats import Format
from functions.shared.log_query import HAS_LEVEL

_LEVEL = "coalesce(level, 'TEXT')"
_IS_ERROR = rf"""{HAS_LEVEL}
  or @message like /(?i)\[(error|crit|alert|emerg)|:(error|crit|alert|emerg)\]/
  or @message like /(?i)^(fail|crit): |^[EF]\d{{4}} |"err":/
  or @message like /" 5\d\d |(status|code)"?[=:] ?"?5\d\d\b|^\S+ \S+ app\S+ .* 5\d\d .*"/
  or @message like /^panic: |^fatal error: |^Traceback|^Exception in thread|^Unhandled exception|panicked at/
  or @message like /^Node\.js v|^\S+\.rb:\d+:in /"""
"""Errors in the lines of all formats (docs/logs.md). Metric filters are exact; this is broader, because
a person reads the result: levels of loggers in JSON and in text, responses with status 5xx, and crashes."""


ERRORS = Query(
    key="errors",
    name="errors",
    text=f"""fields @timestamp, @log, coalesce(service, @log) as from_service, {_LEVEL} as severity,
  coalesce(message, @message) as what, xray_trace_id
| filter {_IS_ERROR}
| sort @timestamp desc
| limit 100""",
)


def _field(key: str) -> str:
    """Return the field of a key of JSON lines: `log.level`, also if the dot is part of the key."""
    name = re.sub(r"\['([^']*)'\]", r"\1", key)
    return name if re.fullmatch(r"[A-Za-z0-9_.]+", name) else f"`{name}`"


def _slowest(formats: Iterable[Format]) -> Query:
    """Return the query of the slowest requests, whose durations have a key and a unit in each format."""
    factors = {log.duration_key: 1000 / log.units_per_s for log in formats if log.duration_key}
    factors.setdefault("duration_ms", 1)
    durations = [_field(key) + (f" * {factor:g}" if factor != 1 else "") for key, factor in factors.items()]
    duration = durations[0] if len(durations) == 1 else f"coalesce({', '.join(durations)})"
    return Query(
        key="slowest-requests",
        name="slowest requests",
        text=f"""fields @timestamp, coalesce(service, @log) as from_service, {duration} as took_ms, message,
  xray_trace_id, function_request_id
| filter ispresent(took_ms)
| sort took_ms desc
| limit 50""",
    )


_OTHERS = (
    Query(
        key="one-trace",
        name="one trace id",
        text="""# Replace TRACE_ID, such as 1-67891233-abcdef012345678912345678.
fields @timestamp, coalesce(service, @log) as from_service, level, message, duration_ms
| filter @message like /TRACE_ID/
| sort @timestamp asc
| limit 1000""",
    ),
    Query(
        key="volume-by-service",
        name="volume by service",
        text="""stats count(*) as lines, sum(strlen(@message)) / 1048576 as MiB by @log, bin(1h)
| sort MiB desc""",
    ),
)


def queries(formats: Iterable[Format]) -> tuple[Query, ...]:
    """Return the saved queries.

    Args:
        formats: the formats of the logs of the environment.
    """
    return (ERRORS, _slowest(formats), *_OTHERS)


def recent_errors(limit: int) -> str:
    """Return the query of the dashboard's tables: the newest error entries of the selected groups."""
    return f"""fields @timestamp, coalesce(service, @log) as from_service, coalesce(message, @message) as what
| filter {HAS_LEVEL}
| sort @timestamp desc
| limit {limit}"""
