"""The recorded events of the notifier, and what they come to."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from functions.notifier.described import Describe, describe_none
from functions.notifier.messages import read_message, read_record
from functions.notifier.notice import Notice
from functions.notifier.preview import recorded_answer
from functions.notifier.settings import Recipients, Settings
from tests.support.invoking import EVENTS

TOPICS = "arn:aws:sns:eu-west-1:111122223333:reveille-{}-prod"
CRITICAL, WARNING = TOPICS.format("critical"), TOPICS.format("warning")
MAIL = TOPICS.format("mail")
NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
SETTINGS = Settings(
    project="reveille",
    environment="prod",
    region="eu-central-1",
    topics={CRITICAL: "critical", WARNING: "warning"},
    recipients={"critical": Recipients(), "warning": Recipients()},
    pagerduty_events_url="https://events.pagerduty.com/v2/enqueue",
    runbooks="https://example.com/runbooks",
)


def names() -> list[str]:
    """Return the name of every recorded event."""
    return sorted(path.stem for path in (EVENTS / "notifier").glob("*.json"))


def event(name: str) -> Any:
    """Return a recorded event."""
    return json.loads((Path(EVENTS) / "notifier" / f"{name}.json").read_text(encoding="utf-8"))


def record_of(message: object, *, topic: str = CRITICAL, **sns: object) -> dict[str, Any]:
    """Return a record of SNS around a message; anything but a text becomes JSON."""
    text = message if isinstance(message, str) else json.dumps(message)
    return {
        "EventSource": "aws:sns",
        "Sns": {
            "MessageId": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "TopicArn": topic,
            "Message": text,
            "Timestamp": "2026-11-22T02:43:12.471Z",
            **sns,
        },
    }


def answered(name: str) -> Describe:
    """Return what answers as CloudWatch did when an event was recorded."""
    return recorded_answer(EVENTS / "notifier" / f"{name}.json")


def alarms(name: str) -> dict[str, Any]:
    """Return what DescribeAlarms answered when an event was recorded."""
    path = EVENTS / "notifier" / "alarms" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def notice_of(record: object, settings: Settings = SETTINGS, ask: Describe = describe_none) -> Notice:
    """Return the notice that a record becomes."""
    return read_message(read_record(record, settings, now=NOW), settings, ask)


def notices(name: str) -> list[Notice]:
    """Return the notices that a recorded event becomes."""
    return [notice_of(record, ask=answered(name)) for record in event(name)["Records"]]


def notice(name: str, **changes: object) -> Notice:
    """Return the notice of a recorded event with one record, with some keys of its message changed."""
    (record,) = event(name)["Records"]
    message = json.loads(record["Sns"]["Message"])
    message.update(changes)
    record["Sns"]["Message"] = json.dumps(message)
    return notice_of(record, ask=answered(name))


def facts(item: Notice) -> dict[str, str]:
    """Return the facts of a notice by name."""
    return {fact.name: fact.value for fact in item.facts}


def links(item: Notice) -> dict[str, str]:
    """Return the links of a notice by title."""
    return {link.title: link.target for link in item.links}
