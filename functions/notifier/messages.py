"""What SNS hands over, as a `Notice`: an alarm, an ECS event, or whatever else somebody published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.notifier import console
from functions.notifier.alarms import is_alarm, read_alarm
from functions.notifier.described import Ask, ask_nobody
from functions.notifier.ecs_events import is_ecs_event, read_ecs_event
from functions.notifier.fields import mapping, text
from functions.notifier.foreign import as_foreign, foreign_account
from functions.notifier.notice import Fact, Link, Notice, Severity
from functions.notifier.settings import Settings
from functions.notifier.wording import clean, clip, one_line, read_time, utc
from functions.shared.errors import SafeError


class UnreadableRecordError(SafeError):
    """A record is not one that SNS sent, or comes from a topic that nobody gave a severity."""


@dataclass(frozen=True)
class Envelope:
    """One message as SNS delivers it ("Using AWS Lambda with Amazon SNS", Lambda Developer Guide).

    Attributes:
        message_id: SNS's id, the same at every attempt to deliver.
        topic_arn: Where it was published.
        subject: Empty when there is none.
        message: The text that was published.
        sent_at: When SNS took it, UTC.
        severity: The topic's.
    """

    message_id: str
    topic_arn: str
    subject: str
    message: str
    sent_at: datetime
    severity: Severity


def read_record(record: object, settings: Settings, *, now: datetime) -> Envelope:
    """Read one entry of `Records`.

    Args:
        record: The entry.
        settings: For the topics' severities.
        now: Stands in for the time of a message that has none.

    Raises:
        UnreadableRecordError: Not SNS's, or from an unknown topic.
    """
    sns = mapping(record, "Sns") if isinstance(record, dict) else {}
    if not isinstance(sns.get("Message"), str) or not isinstance(sns.get("TopicArn"), str):
        problem = "not a record of SNS: it needs Sns.TopicArn and Sns.Message, both texts"
        raise UnreadableRecordError(problem)
    severity = settings.topics.get(sns["TopicArn"])
    if severity is None:
        problem = f"the topic of the record is not in TOPICS; known: {', '.join(sorted(settings.topics))}"
        raise UnreadableRecordError(problem)
    return Envelope(
        message_id=text(sns, "MessageId"),
        topic_arn=sns["TopicArn"],
        subject=one_line(text(sns, "Subject")),
        message=sns["Message"],
        sent_at=read_time(sns.get("Timestamp")) or now,
        severity=severity,
    )


def read_message(envelope: Envelope, settings: Settings, ask: Ask = ask_nobody) -> Notice:
    """Turn a message into a notice; whatever is not understood is passed on as it came.

    Args:
        envelope: The message.
        settings: Names, Region and where the runbooks are.
        ask: Describes the alarms below a composite; not asked about what another account says.
    """
    try:
        message: object = json.loads(envelope.message)
    except (ValueError, RecursionError):  # RecursionError: thousands of opening brackets
        message = None
    account = foreign_account(message, envelope.topic_arn) if isinstance(message, dict) else None
    if account is not None:
        return as_foreign(_read(message, envelope, settings, ask_nobody), account, envelope.topic_arn)
    return _read(message, envelope, settings, ask)


def _read(message: object, envelope: Envelope, settings: Settings, ask: Ask) -> Notice:
    if isinstance(message, dict) and is_alarm(message):
        return read_alarm(message, envelope.severity, settings, sent_at=envelope.sent_at, ask=ask)
    if isinstance(message, dict) and is_ecs_event(message):
        return read_ecs_event(message, envelope.severity, settings, sent_at=envelope.sent_at)
    return _plain(envelope, settings, message)


def _plain(envelope: Envelope, settings: Settings, message: object) -> Notice:
    """Return a notice around a text of which nothing is known."""
    words = clean(envelope.message)
    if isinstance(message, dict | list):
        words = clean(json.dumps(message, indent=2, ensure_ascii=False))
        kind = _kind(message) if isinstance(message, dict) else ""
    else:
        kind = one_line(words)
    topic = envelope.topic_arn.rsplit(":", 1)[-1]
    region = console.region_of(envelope.topic_arn, otherwise=settings.region)
    return Notice(
        state="EVENT",
        severity=envelope.severity,
        environment=settings.environment,
        service="",
        what=clip(envelope.subject or kind or "a message without a text", 120),
        sentence=words or "The message is empty.",
        advice="",
        facts=(
            *([Fact("Subject", envelope.subject)] if envelope.subject else []),
            Fact("Sent", utc(envelope.sent_at)),
            Fact("Topic", topic),
        ),
        links=(Link("Dashboard", console.dashboard(region, settings.whole)),),
        occurred_at=envelope.sent_at,
        key=clip(f"message/{envelope.message_id or envelope.sent_at.isoformat()}", 255),
        source=topic,
        group=settings.whole,
    )


def _kind(message: Mapping[str, object]) -> str:
    """Name a JSON message by the key in which AWS's services say what they send."""
    for key in ("detail-type", "Event", "eventName", "AlarmName"):
        found = one_line(text(message, key))
        if found:
            return found
    return "a message in JSON"
