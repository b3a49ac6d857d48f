"""PagerDuty: one event of the Events API v2 ("Send an alert event" in PagerDuty's API reference)."""

from __future__ import annotations

from typing import Any

from functions.notifier.notice import Notice
from functions.notifier.settings import Settings
from functions.notifier.wording import clip, one_line

TITLE = "PagerDuty"
MAX_SUMMARY = 1024
MAX_DETAIL = 4000
MAX_DESCRIPTION = 20_000
"""Characters of a detail, and of the text; PagerDuty allows 512 KB for an event."""

_ACTIONS = {"ALARM": "trigger", "EVENT": "trigger", "OK": "resolve"}
_OF_CLOUDWATCH = frozenset({"ALARM", "OK"})


def accepts(notice: Notice) -> bool:
    """Return whether a notice triggers or resolves an incident; missing data and most events do neither."""
    return notice.is_end or notice.state in _ACTIONS


def request(notice: Notice, secret: str, settings: Settings) -> tuple[str, dict[str, Any]]:
    """Return the URL of the Events API, and the event; the secret is the routing key."""
    return settings.pagerduty_events_url, event(notice, secret)


def event(notice: Notice, routing_key: str) -> dict[str, Any]:
    """Return the event.

    Args:
        notice: A notice that is accepted.
        routing_key: The routing key of a service in PagerDuty, a secret.
    """
    urls = [link for link in notice.links if link.is_url]
    paths = {link.title: link.target for link in notice.links if not link.is_url}
    details = {"Description": notice.explanation, "Look at": notice.advice}
    details |= {fact.name: fact.value for fact in notice.facts} | paths
    return {
        "routing_key": routing_key,
        "event_action": "resolve" if notice.is_end else _ACTIONS[notice.state],
        "dedup_key": notice.key,
        "client": f"CloudWatch, {notice.group}",
        "payload": {
            "summary": clip(one_line(notice.headline), MAX_SUMMARY),
            "source": notice.source,
            "severity": notice.severity,
            "timestamp": notice.occurred_at.isoformat(),
            "component": notice.service or notice.group,
            "group": notice.group,
            "class": "CloudWatch alarm" if notice.state in _OF_CLOUDWATCH else "ECS event or message",
            "custom_details": {
                name: clip(value, MAX_DESCRIPTION if name == "Description" else MAX_DETAIL)
                for name, value in {"Environment": notice.environment, **details}.items()
                if value
            },
        },
        "links": [{"href": link.target, "text": link.title} for link in urls],
    }
