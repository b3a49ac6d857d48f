"""The live drill on the deployed platform: functions fail, filters and alarms see it, a message arrives.

These tests run before the platform is destroyed, whatever their file is called (`conftest.py`).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.request
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from config.paths import ROOT
from local_aws.control import PATH
from tests.e2e.conftest import LOCAL_AWS_SPEED, Platform
from tests.e2e.endpoint import WEBHOOK, Endpoint
from tests.support.shop import DRILLS

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("platform")]

REVEILLE = ROOT / ".venv" / "bin" / "reveille"
OUTAGE = str(DRILLS / "failing-payments.yaml")
IMPACT = "reveille-payment-handler-impact-local"

IMPOSSIBLE = """\
description: Nobody is asked to fail, and yet it is expected
duration: 2m
invoke:
  - service: payment-handler
    event: {amount_minor: 1, currency: EUR, payment_token: tok_approved, idempotency_key: drill-impossible}
    per_min: 2
    to: 1m
expect:
  - {alarm: order-processor-errors, state: ALARM, by: 1m}
"""


def clock(platform: Platform) -> dict[str, Any]:
    """Return how the local AWS's clock goes."""
    with urllib.request.urlopen(f"{platform.endpoint}{PATH}") as answer:  # noqa: S310  # our own server
        found = dict(json.load(answer))
    return {name: found[name] for name in ("speed", "evaluating")}


BEFORE = {"speed": LOCAL_AWS_SPEED, "evaluating": False}
"""How it goes while these tests' platform is used."""


def messages_since(platform: Platform, began: datetime) -> list[str]:
    """Return what messages in the alarm queue say of the alarm's changes since a time; they stay there."""
    sqs, url = platform.client("sqs"), platform.outputs()["alarm_queue_url"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += messages
    for entry in found:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=entry["ReceiptHandle"], VisibilityTimeout=0)
    notices = [json.loads(json.loads(entry["Body"])["Message"]) for entry in found]
    return [
        notice["NewStateValue"]
        for notice in notices
        if notice["AlarmName"] == IMPACT and changed(notice) >= began
    ]


def changed(notice: dict[str, str]) -> datetime:
    """Return when the alarm changed, of a message of CloudWatch."""
    return datetime.strptime(notice["StateChangeTime"], "%Y-%m-%dT%H:%M:%S.%f%z")


def waiting(platform: Platform, queue: str) -> int:
    """Return how many messages a queue holds, hidden ones included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = platform.outputs()[queue]
    attributes = platform.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def test_a_rehearsed_outage_pages_once_and_leaves_everything_as_it_was(
    platform: Platform, webhooks: Endpoint
) -> None:
    """From failing functions through logs, filters, alarms and topics into the queue, and out of it again."""
    dead_letters = waiting(platform, "dead_letter_queue_url")
    webhooks.received[WEBHOOK].clear()
    began = datetime.now(timezone.utc)
    done = platform.make("drill", "LIVE=1", f"SCENARIO={OUTAGE}", f"SPEED={LOCAL_AWS_SPEED}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d\d:\d\d:\d\d  payment-handler-impact OK -> ALARM ", done.stdout, re.MULTILINE)
    assert "in the alarm queue: payment-handler-impact ALARM, from topic critical after " in done.stdout
    assert "failing-payments   6 of 6 passed   1 page, 0 tickets" in done.stdout
    assert clock(platform) == BEFORE
    assert messages_since(platform, began) == []
    assert waiting(platform, "dead_letter_queue_url") == dead_letters
    said = [notice["NewStateValue"] for notice in webhooks.notices() if notice["AlarmName"] == IMPACT]
    assert said == ["ALARM", "OK"]
    report = Path(platform.variables["BUILD_DIR"]) / "drill" / "live-failing-payments.xml"
    assert ET.parse(report).getroot().get("failures") == "0"  # noqa: S314  # ours
    invoked = platform.make("invoke", "FUNCTION=payment-handler", "EVENT=tests/events/payment_ok.json")
    assert invoked.returncode == 0
    assert "approved" in invoked.stdout


def test_what_does_not_happen_fails_the_command(platform: Platform, tmp_path: Path) -> None:
    """With the line of the scenario, and what was seen instead."""
    scenario = tmp_path / "impossible.yaml"
    scenario.write_text(IMPOSSIBLE, encoding="utf-8")
    done = platform.run(str(REVEILLE), "drill", "live", str(scenario))
    assert done.returncode == 1, done.stdout + done.stderr
    assert (
        "FAILED: expected order-processor-errors is in ALARM by +1m; it never entered ALARM; " in done.stdout
    )
    assert "impossible.yaml:9)" in done.stdout
    assert clock(platform) == BEFORE


def test_an_interrupted_drill_puts_the_clock_back(platform: Platform) -> None:
    """Ctrl-C in the middle."""
    with subprocess.Popen(
        [str(REVEILLE), "drill", "live", OUTAGE, "--speed", str(LOCAL_AWS_SPEED)],
        cwd=ROOT,
        env={**os.environ, **platform.variables, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as drilling:
        printed = []
        for line in drilling.stdout or ():
            printed.append(line)
            if line.rstrip().endswith("  started") or "waiting: " in line:
                drilling.send_signal(signal.SIGINT)
                break
        printed += drilling.stdout or ()
    said = "".join(printed)
    assert drilling.returncode == 130, said
    assert "drill live: interrupted." in said
    assert "Traceback" not in said
    assert clock(platform) == BEFORE


def test_drills_that_config_does_not_allow_are_refused(platform: Platform) -> None:
    """With the key and the file; nothing is sent."""
    done = platform.make("drill", "LIVE=1", REVEILLE_DRILLS__ALLOWED="false")
    assert done.returncode != 0
    assert "config/local.yaml: drills.allowed: is false" in done.stderr
