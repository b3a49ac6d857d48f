"""The notifier's settings, from environment variables; README.md lists them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from functions.notifier.notice import Severity
from functions.shared.errors import ConfigurationError

SEVERITIES: tuple[Severity, ...] = ("critical", "warning")
SOURCES = ("ssm", "secretsmanager")
"""Stores of secrets: SSM Parameter Store (SecureString) and Secrets Manager."""

_TOPIC = re.compile(r"arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}")
# Parameter names and secret names share these characters (PutParameter and CreateSecret in the API
# references); a secret's ARN has colons.
_REFERENCE = re.compile(rf"({'|'.join(SOURCES)}):[A-Za-z0-9/_+=.@:-]+")
_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Recipients:
    """The recipients of a severity.

    Attributes:
        mail_topic_arn: ARN of the topic for e-mail; empty without e-mail.
        references: Channel -> references to its secrets: URLs of incoming webhooks, routing keys.
    """

    mail_topic_arn: str = ""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """All settings, validated.

    Attributes:
        project: The platform's name in AWS, such as `reveille`.
        environment: Name of the environment, such as `prod`.
        region: Region of links if a message does not have a Region.
        topics: Topic ARN -> severity of its messages.
        recipients: Severity -> recipients, for each severity in `topics`.
        pagerduty_events_url: URL of PagerDuty's Events API.
        runbooks: URL or path of the runbooks' folder, without a slash at its end.
    """

    project: str
    environment: str
    region: str
    topics: Mapping[str, Severity]
    recipients: Mapping[Severity, Recipients]
    pagerduty_events_url: str
    runbooks: str

    @property
    def group(self) -> str:
        """`<project>-<environment>`, such as the name of the dashboard."""
        return f"{self.project}-{self.environment}"

    def of_service(self, service: str) -> str:
        """Return the name in AWS of a service of the platform."""
        return f"{self.project}-{service}-{self.environment}"


def read_settings(environ: Mapping[str, str], channels: Collection[str]) -> Settings:
    """Read and validate all settings.

    Args:
        environ: The environment variables.
        channels: The channels whose recipients are references to secrets.

    Raises:
        ConfigurationError: A variable is missing or not valid; the message lists all problems.
    """
    problems: list[str] = []
    texts = {
        name: _text(environ, name, problems) for name in ("PROJECT", "ENVIRONMENT", "AWS_REGION", "RUNBOOKS")
    }
    topics = _topics(_object(environ, "TOPICS", problems), problems)
    recipients = _recipients(_object(environ, "RECIPIENTS", problems), topics, channels, problems)
    events_url = _text(environ, "PAGERDUTY_EVENTS_URL", problems)
    if events_url and not is_safe_url(events_url):
        problems.append("PAGERDUTY_EVENTS_URL: must be an https URL")
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Settings(
        project=texts["PROJECT"],
        environment=texts["ENVIRONMENT"],
        region=texts["AWS_REGION"],
        topics=topics,
        recipients=recipients,
        pagerduty_events_url=events_url,
        runbooks=texts["RUNBOOKS"].rstrip("/"),
    )


def is_safe_url(url: str) -> bool:
    """Return whether a secret may be sent to a URL: over https, or to this machine (a local AWS)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # such as an unbalanced bracket
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _text(environ: Mapping[str, str], name: str, problems: list[str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        problems.append(f"{name}: must be set")
    return value


def _object(environ: Mapping[str, str], name: str, problems: list[str]) -> dict[str, Any]:
    """Read a variable that holds a JSON object."""
    try:
        value = json.loads(environ.get(name, ""))
    except ValueError:
        value = None
    if not isinstance(value, dict) or not value:
        problems.append(f"{name}: must be a JSON object with at least one entry")
        return {}
    return value


def _topics(source: Mapping[str, Any], problems: list[str]) -> dict[str, Severity]:
    topics: dict[str, Severity] = {}
    for arn, severity in source.items():
        if not _TOPIC.fullmatch(arn):
            problems.append(f"TOPICS: {arn}: must be the ARN of an SNS topic")
        elif severity not in SEVERITIES:
            problems.append(f"TOPICS: {arn}: must be one of {', '.join(SEVERITIES)}")
        else:
            topics[arn] = cast("Severity", severity)
    return topics


def _recipients(
    source: Mapping[str, Any],
    topics: Mapping[str, Severity],
    channels: Collection[str],
    problems: list[str],
) -> dict[Severity, Recipients]:
    unknown = sorted(source.keys() - set(SEVERITIES))
    if unknown:
        problems.append(f"RECIPIENTS: {', '.join(unknown)}: must be one of {', '.join(SEVERITIES)}")
    missing = sorted(set(topics.values()) - source.keys())
    problems.extend(
        f"RECIPIENTS: {severity}: must be set, because a topic in TOPICS has this severity"
        for severity in missing
        if source
    )
    return {
        severity: _recipients_of(f"RECIPIENTS: {severity}", source[severity], topics, channels, problems)
        for severity in SEVERITIES
        if severity in source
    }


def _recipients_of(
    at: str,
    source: object,
    topics: Mapping[str, Severity],
    channels: Collection[str],
    problems: list[str],
) -> Recipients:
    keys = ("mail_topic_arn", *channels)
    if not isinstance(source, dict) or not source.keys() <= set(keys):
        problems.append(f"{at}: must be a JSON object of {', '.join(keys)}")
        return Recipients()
    mail = source.get("mail_topic_arn", "")
    if not isinstance(mail, str) or (mail and not _TOPIC.fullmatch(mail)):
        problems.append(f"{at}.mail_topic_arn: must be the ARN of an SNS topic, or empty")
    elif mail in topics:  # the notifier would receive its own messages in an endless loop
        problems.append(f"{at}.mail_topic_arn: must not be a topic in TOPICS")
    references = {}
    for channel in channels:
        values = source.get(channel, [])
        if not isinstance(values, list) or not all(
            isinstance(reference, str) and _REFERENCE.fullmatch(reference) for reference in values
        ):
            # NOTE: the message does not contain the value, which may be the secret itself.
            forms = " or ".join(f"{store}:<name>" for store in SOURCES)
            problems.append(f"{at}.{channel}: must be a list of references to secrets, {forms}")
            values = []
        references[channel] = tuple(dict.fromkeys(values))
    return Recipients(mail, references)
