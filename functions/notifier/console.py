"""URLs of pages of the CloudWatch and ECS consoles.

AWS does not document them. Logs Insights and X-Ray have their state as JSURL in the fragment: lists and
objects are `~(…)`, texts begin with `'`, and other characters than letters and digits are `*` and their byte
in hexadecimal. Logs Insights also accepts the special characters escaped twice (`$25` for the percent sign),
as the console writes them, so that mail programs do not cut the URL.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote

from functions.notifier.wording import before
from functions.shared.log_query import HAS_LEVEL

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
_ERRORS_FROM_MIN = 30
_TRACES_FROM_MS = 6 * 3600 * 1000  # before the map is opened, which may be hours after the message
_ERRORS = f"""fields @timestamp, coalesce(message, @message) as what, xray_trace_id
| filter {HAS_LEVEL}
| sort @timestamp desc
| limit 100"""
"""The lines of a log group with the level of an error, in JSON and in plain text."""


def region_of(arn: object, *, otherwise: str) -> str:
    """Return the Region of an ARN; the `Region` of a notification is a display name."""
    parts = arn.split(":") if isinstance(arn, str) else []
    region = parts[3] if len(parts) > 3 else ""  # noqa: PLR2004 (arn:partition:service:region:…)
    return known_region(region, otherwise=otherwise)


def known_region(region: str, *, otherwise: str) -> str:
    """Return a Region if its form is valid, else `otherwise`: a message must not choose the URL's host."""
    return region if _REGION.fullmatch(region) else otherwise


def alarm(region: str, name: str) -> str:
    """URL of an alarm, metric or composite."""
    return f"{_home(region)}#alarmsV2:alarm/{_escaped(name)}"


def dashboard(region: str, name: str) -> str:
    """URL of a dashboard; dashboards are global, the Region is that of the console."""
    return f"{_home(region)}#dashboards/dashboard/{_escaped(name)}"


def around(at: datetime, sent_at: datetime) -> tuple[datetime, datetime]:
    """Return start and end of the log query: from 30 minutes before the change until the message."""
    return before(at, minutes=_ERRORS_FROM_MIN), max(at, sent_at)


def errors(region: str, log_group: str, window: tuple[datetime, datetime]) -> str:
    """URL of a Logs Insights query for the errors of a log group, ready to run."""
    start, end = map(_instant, window)
    state = (
        f"~(end~'{_jsurl(end)}~start~'{_jsurl(start)}~timeType~'ABSOLUTE~tz~'UTC"
        f"~editorString~'{_jsurl(_ERRORS)}~source~(~'{_jsurl(log_group)}))"
    )
    twice = re.sub(r"[~()']", lambda mark: f"$25{ord(mark[0]):02X}", state)
    return f"{_home(region)}#logsV2:logs-insights$3FqueryDetail$3D{twice}"


def trace_map(region: str, xray_service: str) -> str:
    """URL of the trace map: of a service, or of all services if `xray_service` is empty.

    Filter expression: "Using filter expressions", AWS X-Ray Developer Guide, `service(name)`.
    """
    page = f"{_home(region)}#xray:service-map/map"
    if not xray_service:
        return page
    name = xray_service.replace("\\", "").replace('"', "")
    expression = _jsurl(f'service("{name}")')
    return f"{page}?~(query~(expression~'{expression})~context~(timeRange~(delta~{_TRACES_FROM_MS})))"


def ecs_service(region: str, cluster: str, service: str) -> str:
    """URL of an ECS service: its tasks, deployments and events."""
    return (
        f"https://{region}.console.aws.amazon.com/ecs/v2/clusters/{_escaped(cluster)}"
        f"/services/{_escaped(service)}/health?region={region}"
    )


def _home(region: str) -> str:
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"


def _escaped(text: str) -> str:
    return quote(text, safe="")


def _jsurl(text: str) -> str:
    return quote(text, safe="").replace("~", "%7E").replace("%", "*")


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
