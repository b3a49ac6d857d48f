"""Addresses in the AWS console."""

from __future__ import annotations

from urllib.parse import quote

from config.models import Environment


def console(env: Environment, place: str) -> str:
    """Return the address of a place in CloudWatch's console, such as "alarmsV2:"."""
    return f"https://{env.region}.console.aws.amazon.com/cloudwatch/home?region={env.region}#{place}"


def dashboard(env: Environment, name: str) -> str:
    """Return the address of a dashboard."""
    return console(env, f"dashboards/dashboard/{name}")


def log_group(env: Environment, name: str) -> str:
    """Return the address of a log group; the console encodes its name twice and writes % as $."""
    encoded = quote(quote(name, safe=""), safe="").replace("%", "$")
    return console(env, f"logsV2:log-groups/log-group/{encoded}")


def markdown(title: str, address: str) -> str:
    """Return a link in Markdown."""
    return f"[{title}]({address})"


def around(env: Environment, *more: str) -> str:
    """Return the links that every dashboard begins with, after `more` of its own."""
    places = (
        ("Trace map", "xray:service-map/map"),
        ("Logs Insights", "logsV2:logs-insights"),
        ("Alarms", "alarmsV2:"),
    )
    ways = [*more, *(markdown(title, console(env, place)) for title, place in places)]
    if env.notifications.runbooks_url:
        ways.append(markdown("Runbooks", env.notifications.runbooks_url))
    return " · ".join(ways)
