"""Convert a message of SNS to a `Notice`: an alarm, an ECS event, or any other text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.notifier import console
from functions.notifier.alarm_events import notification_of
from functions.notifier.alarms import is_alarm, read_alarm
from functions.notifier.described import Describe, describe_none
from functions.notifier.ecs_events import is_ecs_event, read_ecs_event
from functions.notifier.fields import mapping, text
from functions.notifier.foreign import as_foreign, as_unnamed, foreign_account, names_no_account
from functions.notifier.notice import Fact, Link, Notice, Severity
from functions.notifier.settings import Settings
from functions.notifier.wording import clean, clip, one_line, read_time, utc
from functions.shared.errors import SafeError


class UnreadableRecordError(SafeError):
    """A record is not from SNS, or its topic is not in the settings."""


@dataclass(frozen=True)
class Envelope:
    """A message as SNS delivers it ("Using AWS Lambda with Amazon SNS", Lambda Developer Guide).

    Attributes:
        message_id: SNS's id, the same for every attempt to deliver.
        topic_arn: ARN of the topic.
        subject: The subject; may be empty.
        message: The text.
        sent_at: When SNS received it, UTC.
        severity: Severity of the topic.
    """

    message_id: str
    topic_arn: str
    subject: str
    message: str
    sent_at: datetime
    severity: Severity


def read_record(record: object, settings: Settings, *, now: datetime) -> Envelope:
    """Read an entry of `Records`.

    Args:
        record: The entry.
        settings: The severities of the topics.
        now: Time of a message without a timestamp.

    Raises:
        UnreadableRecordError: The record is not from SNS, or its topic is not in the settings.
    """
    sns = mapping(record, "Sns") if isinstance(record, dict) else {}
    if not isinstance(sns.get("Message"), str) or not isinstance(sns.get("TopicArn"), str):
        problem = "the record is not from SNS: Sns.TopicArn and Sns.Message must be texts"
        raise UnreadableRecordError(problem)
    severity = settings.topics.get(sns["TopicArn"])
    if severity is None:
        problem = f"the topic of the record is not in TOPICS: {', '.join(sorted(settings.topics))}"
        raise UnreadableRecordError(problem)
    return Envelope(
        message_id=text(sns, "MessageId"),
        topic_arn=sns["TopicArn"],
        subject=one_line(text(sns, "Subject")),
        message=sns["Message"],
        sent_at=read_time(sns.get("Timestamp")) or now,
        severity=severity,
    )


def read_message(envelope: Envelope, settings: Settings, describe: Describe = describe_none) -> Notice:
    """Convert a message to a notice; an unknown form is passed on unchanged.

    Args:
        envelope: The message.
        settings: Names, Region and location of the runbooks.
        describe: Returns the descriptions of a composite's alarms; not used for messages of other accounts.
    """
    try:
        message: object = json.loads(envelope.message)
    except (ValueError, RecursionError):  # RecursionError: thousands of opening brackets
        message = None
    if not isinstance(message, dict):
        return _plain(envelope, settings, message)
    alarm = notification_of(message)
    known = alarm if is_alarm(alarm) else message
    account = foreign_account(known, envelope.topic_arn)
    if account is not None:
        return as_foreign(_read(known, envelope, settings, describe_none), account, envelope.topic_arn)
    notice = _read(known, envelope, settings, describe if text(known, "AlarmArn") else describe_none)
    return as_unnamed(notice) if names_no_account(known) else notice


def _read(message: dict[str, Any], envelope: Envelope, settings: Settings, describe: Describe) -> Notice:
    if is_alarm(message):
        return read_alarm(message, envelope.severity, settings, sent_at=envelope.sent_at, describe=describe)
    if is_ecs_event(message):
        return read_ecs_event(message, envelope.severity, settings, sent_at=envelope.sent_at)
    return _plain(envelope, settings, message)


def _plain(envelope: Envelope, settings: Settings, message: object) -> Notice:
    """Return a notice for a message of an unknown form."""
    content = clean(envelope.message)
    kind = one_line(content)
    if isinstance(message, dict | list):
        content = clean(_indented(message) or content)
        kind = _kind(message)
    topic = envelope.topic_arn.rsplit(":", 1)[-1]
    region = console.region_of(envelope.topic_arn, otherwise=settings.region)
    return Notice(
        state="EVENT",
        severity=envelope.severity,
        environment=settings.environment,
        service="",
        summary=clip(envelope.subject or kind or "an empty message", 120),
        sentence=content or "The message is empty.",
        advice="",
        facts=(
            *([Fact("Subject", envelope.subject)] if envelope.subject else []),
            Fact("Sent", utc(envelope.sent_at)),
            Fact("Topic", topic),
        ),
        links=(Link("Dashboard", console.dashboard(region, settings.group)),),
        occurred_at=envelope.sent_at,
        key=clip(f"message/{envelope.message_id or envelope.sent_at.isoformat()}", 255),
        source=topic,
        group=settings.group,
    )


def _indented(message: object) -> str:
    """Return JSON with line breaks; empty if it is nested too deeply to be written by Python."""
    try:
        return json.dumps(message, indent=2, ensure_ascii=False)
    except RecursionError:
        return ""


def _kind(message: Mapping[str, object] | list[object]) -> str:
    """Return the type of a JSON message, from the keys that AWS services use for it, or else its keys."""
    if isinstance(message, list):
        return f"a JSON list of {len(message)}"
    for key in ("detail-type", "Event", "eventName", "AlarmName"):
        kind = one_line(text(message, key))
        if kind:
            alarm = one_line(text(mapping(message, "detail"), "alarmName"))
            return f"{kind}: {alarm}" if alarm else kind
    keys = ", ".join(filter(None, map(one_line, message)))
    return f"a JSON message with {keys}" if keys else "a JSON message"
