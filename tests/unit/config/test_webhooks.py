"""Hosts that cannot be webhooks, and how recipients are shown."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from config import webhooks
from config.types import WebhookUrl
from tests.support.tables import each

WEBHOOK: TypeAdapter[str] = TypeAdapter(WebhookUrl)

BY_HOST = {
    "hooks.slack.com": "reference it under slack",
    "hooks.slack-gov.com": "reference it under slack",
    "hooks.slack-mil.com": "reference it under slack",
    "events.pagerduty.com": "reference it under pagerduty",
    "events.eu.pagerduty.com": "reference it under pagerduty",
    "alert.victorops.com": "a Lambda function",
    "api.opsgenie.com": "a Lambda function",
    "api.eu.opsgenie.com": "a Lambda function",
    "api.atlassian.com": "a Lambda function",
    "app.datadoghq.com": "a Lambda function",
    "app.datadoghq.eu": "a Lambda function",
    "us5.datadoghq.com": "a Lambda function",
    "app.ddog-gov.com": "a Lambda function",
    "uptime.betterstack.com": "a Lambda function",
    "betteruptime.com": "a Lambda function",
    "hooks.zapier.com": "a Lambda function",
    "discord.com": "a Lambda function",
    "canary.discord.com": "a Lambda function",
    "discordapp.com": "a Lambda function",
    "contoso.webhook.office.com": "Amazon Q Developer",
    "outlook.office.com": "Amazon Q Developer",
    "outlook.office365.com": "Amazon Q Developer",
    "contoso.webhook.office365.us": "Amazon Q Developer",
    "contoso.webhook.office365.cn": "Amazon Q Developer",
    "partner.outlook.cn": "Amazon Q Developer",
    "prod-23.westeurope.logic.azure.com": "Amazon Q Developer",
    "prod-23.usgovvirginia.logic.azure.us": "Amazon Q Developer",
    "default0a.b1.environment.api.powerplatform.com": "Amazon Q Developer",
    "x.environment.api.gov.powerplatform.microsoft.us": "Amazon Q Developer",
    "x.environment.api.high.powerplatform.microsoft.us": "Amazon Q Developer",
    "x.environment.api.appsplatform.us": "Amazon Q Developer",
    "x.environment.api.powerplatform.partner.microsoftonline.cn": "Amazon Q Developer",
    "prod-01.chinaeast2.logic.azure.cn": "Amazon Q Developer",
    "make.powerautomate.com": "Amazon Q Developer",
    "make.powerautomate.cn": "Amazon Q Developer",
    "chat.googleapis.com": "a Lambda function",
    "webexapis.com": "a Lambda function",
    "api.telegram.org": "a Lambda function",
    "open.feishu.cn": "a Lambda function",
    "open.larksuite.com": "a Lambda function",
    "oapi.dingtalk.com": "a Lambda function",
    "qyapi.weixin.qq.com": "a Lambda function",
    "cliq.zoho.com": "a Lambda function",
    "cliq.zoho.com.au": "a Lambda function",
    "cliq.zohocloud.ca": "a Lambda function",
    "maker.ifttt.com": "a Lambda function",
}
"""Host -> what the message proposes."""

FORMS = (
    "https://%s/secret/path",
    "http://%s/secret/path",
    "https://%s:443/secret/path",
    "https://%s./secret/path",
    "https://%s.:443/secret/path",
    "https://user:word@%s/secret/path",
    "https://a@b@%s/secret/path",
    "https://deeper.%s/secret/path",
    "https://%s/secret/path?sig=x",
    "https://%s?sig=x",
    "https://%s",
)


@each("name", BY_HOST)
def test_a_host_that_cannot_be_a_webhook_is_refused_in_every_form(name: str) -> None:
    """With port, user, final dot, subdomain, query and in upper case; the message says what to use."""
    for form in FORMS:
        for url in (form % name, form % name.upper()):
            with pytest.raises(ValidationError) as refusal:
                WEBHOOK.validate_python(url)
            (error,) = refusal.value.errors()
            assert BY_HOST[name] in error["msg"], url
            assert error["msg"].startswith(webhooks.SECRET), url


def test_every_entry_of_the_table_is_tried() -> None:
    """Each refuses one of the hosts above."""
    assert {webhooks.refused(f"https://{name}/x") for name in BY_HOST} == set(webhooks.REFUSED)


@each(
    "url",
    [
        "https://hooks.slack.com.example.com/x",
        "https://slack.example.com/x",
        "https://myslack.com/x",
        "https://slack-gov.com.example.com/x",
        "https://notdiscord.com/x",
        "https://example.com/discord.com/x",
        "https://example.com/@hooks.slack.com",
        "https://office.com.example.com/",
        "https://api.azure.com/x",
        "https://cliq.zoho.example.com/x",
        "https://contoso.atlassian.net/x",
        "https://hooks.zapier.com.example.com/x",
        "https://telegram.example.com/x",
        # A service that can confirm, and software at a host of its user.
        "https://contoso.app.n8n.cloud/webhook/x",
        "https://hook.eu1.make.com/x",
        "https://mattermost.example.com/hooks/x",
        "https://alerts.example.com:8443/a/b=c",
    ],
)
def test_a_host_that_only_contains_such_a_name_is_accepted(url: str) -> None:
    """The domain counts, not the text."""
    assert WEBHOOK.validate_python(url) == url


@each(
    ("value", "shown"),
    [
        ("https://alerts.example.com/hook/secret", "https://alerts.example.com/…"),
        ("https://alerts.example.com:8443/", "https://alerts.example.com:8443/"),
        ("https://alerts.example.com", "https://alerts.example.com"),
        ("https://a:word@example.com/?token=x", "https://example.com/…"),
        ("https://example.com?token=x", "https://example.com/…"),
        ("oncall@example.com", "oncall@example.com"),
        ("ssm:/shop/slack", "ssm:/shop/slack"),
        ("0123456789abcdef0123456789abcdef", "0123…"),
        ("short", "short"),
    ],
)
def test_a_recipient_is_shown_without_its_secret(value: str, shown: str) -> None:
    """Neither the path of a URL nor a key is printed whole."""
    assert webhooks.masked(value) == shown
