"""Hosts to which SNS cannot deliver, or whose URLs are secrets, and how a URL is shown without its secret.

SNS first sends a request with a link to a webhook, and delivers after the link was opened (SNS
Developer Guide, "Amazon SNS message delivery to HTTP/S endpoints"). The webhooks of chat platforms do not
open it: they accept only messages of their own format.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

SECRET: Final = "is a secret"  # noqa: S105 - words of a message
NEVER_CONFIRMS: Final = "never confirms a subscription of SNS"
_FUNCTION: Final = (
    "subscribe a Lambda function of your own to the topic, which reads the URL from Secrets Manager and "
    "posts to it"
)
_CHAT: Final = f"subscribe Amazon Q Developer in chat applications to the topic, or {_FUNCTION}"


class Refused(NamedTuple):
    """A host, or a domain with all hosts in it, that cannot be a webhook."""

    host: str
    """Regular expression of the domain, in lower case."""

    reason: str
    """What is wrong, as the end of a sentence about the URL."""

    instead: str
    """What to use instead."""


def _channel(key: str) -> str:
    return f"store it in Parameter Store or Secrets Manager, and reference it under {key}"


REFUSED: Final = (
    # Slack, "Sending messages using incoming webhooks": the URL contains a secret. GovSlack and others are
    # at a domain of their own (Slack, "GovSlack": slack-gov.com).
    Refused(r"slack(-[a-z]+)?\.com", SECRET, _channel("slack")),
    # PagerDuty, "Amazon CloudWatch Integration Guide": the integration key is part of the path.
    Refused(r"pagerduty\.com", SECRET, _channel("pagerduty")),
    # Splunk On-Call, "AWS CloudWatch integration": API key and routing key are parts of the path.
    Refused(r"victorops\.com", SECRET, _FUNCTION),
    # Discord, "Webhook Resource": the token is part of the path; a message needs `content` or `embeds`.
    Refused(r"discord(app)?\.com", f"{SECRET}, and Discord {NEVER_CONFIRMS}", _FUNCTION),
    # Microsoft Teams, "Create an Incoming Webhook" and "Create incoming webhooks with Workflows"; Power
    # Automate, "Changes to HTTP or Teams webhook trigger flows"; the clouds for governments too.
    *(
        Refused(host, f"{SECRET}, and Microsoft Teams {NEVER_CONFIRMS}", _CHAT)
        for host in (
            r"(webhook|outlook)\.office(365)?\.(com|us)",
            r"logic\.azure\.(com|us|cn)",
            r"powerplatform(\.microsoft)?\.(com|us|cn)",
            r"(powerautomate|flow\.microsoft)\.(com|us|cn)",
        )
    ),
    # Google Chat, "Build a Google Chat app as a webhook"; Webex, "Incoming Webhooks".
    Refused(r"chat\.googleapis\.com", f"{SECRET}, and Google Chat {NEVER_CONFIRMS}", _FUNCTION),
    Refused(r"webexapis\.com", f"{SECRET}, and Webex {NEVER_CONFIRMS}", _FUNCTION),
)
"""All refused hosts."""


def host(url: str) -> str:
    """Return the host of a URL in lower case, without user, port and the dot of the root domain."""
    authority = re.split(r"[/\\?#]", url.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0].lower().strip(".")


def refused(url: str) -> Refused | None:
    """Return why a URL cannot be a webhook; None if it can."""
    name = host(url)
    return next((entry for entry in REFUSED if re.fullmatch(rf"(.*\.)?{entry.host}", name)), None)


_SHOWN = 4
"""Characters of a value that is not a URL that are shown."""


def masked(value: str) -> str:
    """Return a recipient as it can be shown: the path of a URL, or a value that may be a key, is cut.

    An e-mail address, a host without a path and a reference to a secret are returned unchanged.
    """
    scheme, is_url, rest = value.partition("://")
    if is_url:
        authority, path = re.fullmatch(r"([^/\\?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
        return f"{scheme}://{authority.rpartition('@')[2]}{'/…' if path.strip('/') else path}"
    if "@" in value or value.startswith(("ssm:", "secretsmanager:")) or len(value) <= 2 * _SHOWN:
        return value
    return f"{value[:_SHOWN]}…"
