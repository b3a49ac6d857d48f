"""Links: into the AWS console, and from the overview to the page of each service."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from config.models import Environment
from stacks.dashboard.context import Context
from stacks.dashboard.layout import Section, chunks
from stacks.dashboard.widget import text

_PER_LINE = 6
_LINES_PER_WIDGET = 20


def console(env: Environment, place: str) -> str:
    """Return the URL of a place in CloudWatch's console, such as "alarmsV2:"."""
    return f"https://{env.region}.console.aws.amazon.com/cloudwatch/home?region={env.region}#{place}"


def dashboard(env: Environment, name: str) -> str:
    """Return the URL of a dashboard."""
    return console(env, f"dashboards/dashboard/{name}")


def log_group(env: Environment, name: str) -> str:
    """Return the URL of a log group; the console encodes its name twice and writes % as $."""
    encoded = quote(quote(name, safe=""), safe="").replace("%", "$")
    return console(env, f"logsV2:log-groups/log-group/{encoded}")


def markdown(title: str, url: str) -> str:
    """Return a link in Markdown."""
    return f"[{title}]({url})"


def header(env: Environment, *more: str) -> str:
    """Return the links at the top of every dashboard, after the additional links `more`."""
    places = (
        ("Trace map", "xray:service-map/map"),
        ("Logs Insights", "logsV2:logs-insights"),
        ("Alarms", "alarmsV2:"),
    )
    links = [*more, *(markdown(title, console(env, place)) for title, place in places)]
    if env.notifications.runbooks_url:
        links.append(markdown("Runbooks", env.notifications.runbooks_url))
    return " · ".join(links)


def index(context: Context, numbers: Mapping[str, int]) -> Section:
    """Return a link for each service, in alphabetical order.

    Args:
        context: the environment.
        numbers: service -> the number of its page.
    """
    entries = [
        markdown(name, dashboard(context.env, context.page_name(numbers[name]))) for name in sorted(numbers)
    ]
    lines = [f"| {' | '.join(line)} |" for line in chunks(entries, _PER_LINE)]
    width = min(_PER_LINE, len(entries))
    head = [f"|{' |' * width}", f"|{' --- |' * width}"]
    widgets = [
        text("\n".join([*head, *part]), height=1 + len(part)) for part in chunks(lines, _LINES_PER_WIDGET)
    ]
    heading = text("## Services", height=1)
    return Section("links to services", tuple((widget,) for widget in (heading, *widgets)))
