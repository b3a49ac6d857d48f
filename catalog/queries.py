"""Saved Logs Insights queries over the logs of all services.

Syntax: CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax".
"""

from __future__ import annotations

from catalog.specs import Query

_LEVEL = "coalesce(level, 'TEXT')"
_IS_ERROR = (
    "level in ['ERROR', 'CRITICAL', 'FATAL'] "
    "or (not ispresent(level) and @message like /ERROR|FATAL|CRITICAL/)"
)

ERRORS = Query(
    key="errors",
    name="errors",
    text=f"""fields @timestamp, @log, coalesce(service, @log) as from_service, {_LEVEL} as severity,
  coalesce(message, @message) as what, xray_trace_id
| filter {_IS_ERROR}
| sort @timestamp desc
| limit 100""",
)

QUERIES = (
    ERRORS,
    Query(
        key="slowest-requests",
        name="slowest requests",
        text="""fields @timestamp, coalesce(service, @log) as from_service, duration_ms, message,
  xray_trace_id, function_request_id
| filter ispresent(duration_ms)
| sort duration_ms desc
| limit 50""",
    ),
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


def recent_errors(limit: int) -> str:
    """Return the query of the dashboard's tables: the newest error entries of the selected groups."""
    return f"""fields @timestamp, coalesce(service, @log) as from_service, coalesce(message, @message) as what
| filter {_IS_ERROR}
| sort @timestamp desc
| limit {limit}"""
