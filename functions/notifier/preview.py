"""Print what the notifier would send for a recorded event, without sending it and without AWS.

The recorded response of DescribeAlarms is in a file of the same name in the folder `alarms` beside the event.
Without this file, the message is the one that the notifier sends without permission for DescribeAlarms.

python -m functions.notifier.preview tests/events/notifier/metric_alarm.json --format slack
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from functions.notifier import mail
from functions.notifier.channels import CHANNELS
from functions.notifier.described import Describe, describe_none, read_answer
from functions.notifier.messages import read_message, read_record
from functions.notifier.notice import Notice
from functions.notifier.settings import SEVERITIES, Settings

FORMATS = ("mail", *CHANNELS)


def _formatted(notice: Notice, name: str, settings: Settings) -> str:
    if name == "mail":
        return f"Subject: {mail.subject(notice)}\n\n{mail.body(notice)}"
    channel = CHANNELS[name]
    if not channel.accepts(notice):
        return f"{notice.state}: nothing is sent to {name}.\n"
    _, content = channel.request(notice, "<secret>", settings)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def preview(event: Mapping[str, Any], name: str, describe: Describe = describe_none) -> str:
    """Return what would be sent for all records of an event, in one format.

    Raises:
        ValueError: A topic's name is not `<project>-<severity>-<environment>`.
    """
    now = datetime.now(timezone.utc)
    messages = []
    for record in event["Records"]:
        settings = settings_of(record["Sns"]["TopicArn"])
        notice = read_message(read_record(record, settings, now=now), settings, describe)
        messages.append(_formatted(notice, name, settings))
    return "\n".join(messages)


def settings_of(topic_arn: str) -> Settings:
    """Return the settings for one of the platform's topics, from its name."""
    region, topic = topic_arn.split(":")[3], topic_arn.rsplit(":", 1)[-1]
    for severity in SEVERITIES:
        project, separator, environment = topic.partition(f"-{severity}-")
        if separator:
            return Settings(project, environment, region, {topic_arn: severity}, {}, "", "docs/runbooks")
    message = (
        f"topic {topic}: the name must be <project>-<severity>-<environment>, with a severity of "
        f"{', '.join(SEVERITIES)}"
    )
    raise ValueError(message)


def recorded_answer(event: Path) -> Describe:
    """Return a function that describes alarms with the recorded response of CloudWatch."""
    path = event.parent / "alarms" / event.name
    if not path.exists():
        return describe_none
    alarms = read_answer(json.loads(path.read_text(encoding="utf-8")))
    return lambda names: [alarm for alarm in alarms if alarm.name in names]


def main() -> None:
    """Read the command line and print the messages."""
    parser = argparse.ArgumentParser(prog="python -m functions.notifier.preview", description=__doc__)
    parser.add_argument("event", type=Path, help="a JSON file with a recorded SNS event of Lambda")
    parser.add_argument("--format", choices=FORMATS, default="mail")
    arguments = parser.parse_args()
    try:
        event = json.loads(arguments.event.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        parser.error(f"{arguments.event} is not a recorded event: {error}")
    try:
        messages = preview(event, arguments.format, recorded_answer(arguments.event))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        parser.error(f"{arguments.event} is not an SNS event of Lambda ({type(error).__name__}: {error})")
    sys.stdout.write(messages)


if __name__ == "__main__":
    main()
