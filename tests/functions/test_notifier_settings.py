"""The notifier's settings: what is refused, and how that is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions.notifier.channels import CHANNELS
from functions.notifier.settings import Recipients, is_safe_url, read_settings
from functions.shared.errors import ConfigurationError
from tests.functions.notifier_events import CRITICAL, MAIL, WARNING
from tests.support.tables import each

README = Path(__file__).resolve().parent.parent.parent / "functions" / "README.md"
OBJECT = "must be a JSON object with at least one entry"
SEVERITIES = "must be one of critical, warning"
OBJECT_OF = "must be a JSON object of mail_topic_arn, slack, pagerduty"
TOPIC = "must be the ARN of an SNS topic"
NOT_OURS = "must not be a topic in TOPICS"
REFERENCES = "must be a list of references to secrets, ssm:<name> or secretsmanager:<name>"
GOOD = {
    "PROJECT": "reveille",
    "ENVIRONMENT": "prod",
    "AWS_REGION": "eu-west-1",
    "TOPICS": json.dumps({CRITICAL: "critical", WARNING: "warning"}),
    "RECIPIENTS": json.dumps(
        {
            "critical": {
                "mail_topic_arn": MAIL,
                "slack": ["ssm:/reveille/prod/slack"],
                "pagerduty": ["secretsmanager:a/b"],
            },
            "warning": {"mail_topic_arn": ""},
        }
    ),
    "PAGERDUTY_EVENTS_URL": "https://events.pagerduty.com/v2/enqueue",
    "RUNBOOKS": "docs/runbooks/",
}


def recipients(**critical: object) -> str:
    """Return RECIPIENTS with these for critical."""
    return json.dumps({"critical": critical, "warning": {}})


def test_good_settings_are_read() -> None:
    """Every value arrives where it belongs; a missing channel is an empty one."""
    settings = read_settings(GOOD, CHANNELS)
    assert settings.topics == {CRITICAL: "critical", WARNING: "warning"}
    assert settings.recipients == {
        "critical": Recipients(
            MAIL, {"slack": ("ssm:/reveille/prod/slack",), "pagerduty": ("secretsmanager:a/b",)}
        ),
        "warning": Recipients("", {"slack": (), "pagerduty": ()}),
    }
    assert (settings.group, settings.of_service("pay")) == ("reveille-prod", "reveille-pay-prod")
    assert (settings.region, settings.runbooks) == ("eu-west-1", "docs/runbooks")
    assert settings.pagerduty_events_url == GOOD["PAGERDUTY_EVENTS_URL"]


@each(
    ("changes", "problem"),
    [
        ({"TOPICS": ""}, f"TOPICS: {OBJECT}"),
        ({"TOPICS": "{}"}, f"TOPICS: {OBJECT}"),
        ({"TOPICS": "[]"}, f"TOPICS: {OBJECT}"),
        ({"TOPICS": '{"alarms": "critical"}'}, f"TOPICS: alarms: {TOPIC}"),
        ({"TOPICS": json.dumps({CRITICAL: "fatal"})}, f"TOPICS: {CRITICAL}: {SEVERITIES}"),
        ({"TOPICS": json.dumps({CRITICAL: ["critical"]})}, f"TOPICS: {CRITICAL}: {SEVERITIES}"),
        ({"RECIPIENTS": "{"}, f"RECIPIENTS: {OBJECT}"),
        (
            {"RECIPIENTS": '{"critical": {}}'},
            "RECIPIENTS: warning: must be set, because a topic in TOPICS has this severity",
        ),
        ({"RECIPIENTS": '{"critical": {}, "warning": {}, "fatal": {}}'}, f"RECIPIENTS: fatal: {SEVERITIES}"),
        ({"RECIPIENTS": '{"critical": [], "warning": {}}'}, f"RECIPIENTS: critical: {OBJECT_OF}"),
        ({"RECIPIENTS": recipients(teams=[])}, f"RECIPIENTS: critical: {OBJECT_OF}"),
        (
            {"RECIPIENTS": recipients(mail_topic_arn="ops@example.com")},
            f"RECIPIENTS: critical.mail_topic_arn: {TOPIC}, or empty",
        ),
        (
            {"RECIPIENTS": recipients(mail_topic_arn=None)},
            f"RECIPIENTS: critical.mail_topic_arn: {TOPIC}, or empty",
        ),
        (
            {"RECIPIENTS": recipients(mail_topic_arn=WARNING)},
            f"RECIPIENTS: critical.mail_topic_arn: {NOT_OURS}",
        ),
        ({"RECIPIENTS": recipients(slack="ssm:/a")}, f"RECIPIENTS: critical.slack: {REFERENCES}"),
        ({"RECIPIENTS": recipients(pagerduty=["vault:a"])}, f"RECIPIENTS: critical.pagerduty: {REFERENCES}"),
        (
            {"PAGERDUTY_EVENTS_URL": "http://events.pagerduty.com"},
            "PAGERDUTY_EVENTS_URL: must be an https URL",
        ),
        *[({name: " "}, f"{name}: must be set") for name in GOOD if name not in {"TOPICS", "RECIPIENTS"}],
    ],
)
def test_each_wrong_setting_is_refused_by_name_with_what_is_allowed(
    changes: dict[str, str], problem: str
) -> None:
    """The whole message is this one sentence: nothing else is wrong."""
    with pytest.raises(ConfigurationError, match=f"^{re.escape(problem)}$"):
        read_settings({**GOOD, **changes}, CHANNELS)


def test_all_problems_are_named_at_once() -> None:
    """Nobody deploys eight times to find eight mistakes."""
    with pytest.raises(ConfigurationError) as refused:
        read_settings({}, CHANNELS)
    assert all(name in str(refused.value) for name in GOOD)


def test_a_receiver_that_is_named_twice_is_told_once() -> None:
    """Two files of a configuration may both name it."""
    settings = read_settings({**GOOD, "RECIPIENTS": recipients(slack=["ssm:a", "ssm:b", "ssm:a"])}, CHANNELS)
    assert settings.recipients["critical"].references["slack"] == ("ssm:a", "ssm:b")


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_secret_that_stands_where_its_reference_should_is_not_repeated(channel: str) -> None:
    """It is in the function's environment already; it must not be in its log as well."""
    secret = "https://hooks.slack.com/services/T0/B0/abcdef"  # noqa: S105 (a made-up one)
    with pytest.raises(ConfigurationError) as refused:
        read_settings({**GOOD, "RECIPIENTS": recipients(**{channel: [secret]})}, CHANNELS)
    assert "abcdef" not in str(refused.value)


@each(
    ("url", "safe"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", True),
        ("http://127.0.0.1:4566/hook", True),
        ("http://localhost/hook", True),
        ("http://hooks.slack.com/x", False),
        ("http://127.0.0.1.example.com/", False),
        ("https://", False),
        ("ftp://127.0.0.1/", False),
        ("https://[::1", False),
        ("x" * 32, False),
    ],
)
def test_a_secret_leaves_this_machine_encrypted_or_not_at_all(url: str, *, safe: bool) -> None:
    """Plain http is for a receiver beside the local AWS."""
    assert is_safe_url(url) is safe


def test_the_readme_lists_every_setting() -> None:
    """The platform sets what the table says."""
    table = README.read_text(encoding="utf-8").split("## The notifier")[1].split("\n## ")[0]
    assert all(f"`{name}`" in table for name in GOOD)
