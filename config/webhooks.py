"""Hosts to which SNS cannot deliver, or whose URLs are secrets, and how a URL is shown without its secret.

SNS first sends a request with a link to a webhook, and delivers after the link was opened (SNS
Developer Guide, "Amazon SNS message delivery to HTTP/S endpoints"). The webhooks of chat platforms do not
open it: they accept only messages of their own format.

A host is refused only if the documentation of the service states one of the two. Not refused are services
that can open the link and whose documentation does not name the URL a secret (n8n, "AWS SNS Trigger"; Make,
"Webhooks"), and software that runs at a host of its user (Mattermost, Rocket.Chat): its host is not known.
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
    # The key or token is part of the URL. Splunk On-Call, "AWS CloudWatch integration"; Opsgenie, and Jira
    # Service Management with the same URLs at another host (Azure Monitor, "Send Azure service health alerts
    # with OpsGenie using webhooks"); Datadog, "Amazon SNS"; Better Stack, "Create Amazon SNS integration";
    # Zapier (GitGuardian, "Zapier Webhook URL"): the URL alone starts a Zap.
    *(
        Refused(host, SECRET, _FUNCTION)
        for host in (
            r"victorops\.com",
            r"opsgenie\.com",
            r"api\.atlassian\.com",
            r"(datadoghq\.(com|eu)|ddog-gov\.com)",
            r"(uptime\.betterstack|betteruptime)\.com",
            r"hooks\.zapier\.com",
        )
    ),
    # Microsoft Teams, "Create an Incoming Webhook" and "Create incoming webhooks with Workflows"; Power
    # Automate, "Changes to HTTP or Teams webhook trigger flows"; the clouds for governments too.
    *(
        Refused(host, f"{SECRET}, and Microsoft Teams {NEVER_CONFIRMS}", _CHAT)
        for host in (
            r"(webhook|outlook)\.office(365)?\.(com|us|cn)",
            # outlook.office.com in China ("API endpoints of Office 365 operated by 21Vianet").
            r"partner\.outlook\.cn",
            # In each cloud (Power Automate, "IP address configuration").
            r"logic\.azure\.(com|us|cn)",
            r"powerplatform(\.microsoft)?\.(com|us|cn)",
            r"powerplatform\.partner\.microsoftonline\.cn",
            r"appsplatform\.us",
            r"(powerautomate|flow\.microsoft)\.(com|us|cn)",
        )
    ),
    # The token or key is part of the path or the query, and a message needs keys that SNS does not send.
    # Discord, "Webhook Resource"; Google Chat, "Build a Google Chat app as a webhook"; Webex, "Incoming
    # Webhooks"; Telegram, "Bot API", "Making requests"; Feishu and Lark, "Custom bot usage guide"; DingTalk,
    # "Custom robot access"; WeCom, "Group robot configuration"; Zoho Cliq, "Working with Webhook Tokens";
    # IFTTT, whose events have the keys value1, value2 and value3 (Ably, "IFTTT", "Restrictions").
    *(
        Refused(host, f"{SECRET}, and {platform} {NEVER_CONFIRMS}", _FUNCTION)
        for host, platform in (
            (r"discord(app)?\.com", "Discord"),
            (r"chat\.googleapis\.com", "Google Chat"),
            (r"webexapis\.com", "Webex"),
            (r"api\.telegram\.org", "Telegram"),
            (r"open\.feishu\.cn", "Feishu"),
            (r"open\.larksuite\.com", "Lark"),
            (r"oapi\.dingtalk\.com", "DingTalk"),
            (r"qyapi\.weixin\.qq\.com", "WeCom"),
            (r"cliq\.zoho(cloud)?\.(com|eu|in|jp|ca|sa|uk|com\.au|com\.cn)", "Zoho Cliq"),
            (r"maker\.ifttt\.com", "IFTTT"),
        )
    ),
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
