"""The recorded alarms against the catalog: what the notifier is shown here is what the platform sends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import catalog
from catalog.specs import Alarm, Composite, Metric
from config.loader import load
from functions.notifier.preview import preview, recorded_answer
from tests.functions.notifier_events import alarms, event, names
from tests.support.invoking import EVENTS
from tests.unit.catalog.catalogs import rendered

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "alarming.md"
EXAMPLE = "composite_alarm"
ENV = load("prod", variables={})
MADE = catalog.build(ENV)
BY_NAME = {alarm.name: alarm for alarm in MADE.all_alarms}
ANSWERS = sorted(path.stem for path in (EVENTS / "notifier" / "alarms").glob("*.json"))

OTHERS = {
    "anomaly_ok": "a band of both sides, and an end that goes to warning: prod tells of beginnings there",
    "metric_insufficient_data": "asks to be told of missing data, which no alarm of ours does",
    "metric_long_non_ascii": "somebody's own: the longest texts and the rarest letters",
    "metric_math_alarm": "metric math that notifies by itself: those of ours are parts of composites",
    "metric_math_ok": "the end of that",
    "metric_missing_data": "an alarm that is off unless config asks for it, which the sample does not",
    "metric_percentile_muted": "a percentile and a mute rule: somebody's own",
}
"""Recorded alarms with a name like ours that prod does not send, and why they are here."""


def told() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield every recorded notification of an alarm named like ours: event, message, topic."""
    for name in names():
        for record in event(name)["Records"]:
            text = record["Sns"]["Message"]
            message = json.loads(text) if text.startswith('{"AlarmName"') else {}
            if re.fullmatch(r"reveille-.+-prod", message.get("AlarmName", "")):
                yield name, message, record["Sns"]["TopicArn"]
            elif re.match(r"reveille-", message.get("AlarmName", "")):
                pytest.fail(f"{name}: not of prod")


def differences(message: dict[str, Any], topic_arn: str) -> Iterator[str]:
    """Yield what prod would never send."""
    one = BY_NAME.get(message["AlarmName"])
    if one is None or one.topic is None:
        yield "notifies nobody"
        return
    actions = {"ALARM": "AlarmActions", "OK": "OKActions"}.get(message["NewStateValue"])
    told_of_ends = one.topic == "fallback" or getattr(ENV.notifications, one.topic).ok_notifications
    if not topic_arn.endswith(f":reveille-{one.topic}-prod"):
        yield "another topic"
    if actions is None or message[actions] != [topic_arn] or (actions == "OKActions" and not told_of_ends):
        yield "another state"
    if message["AlarmDescription"] != one.description:
        yield "another description"
    yield from _rule(message, one) if isinstance(one, Composite) else _trigger(message["Trigger"], one)


def _rule(message: dict[str, Any], composite: Composite) -> Iterator[str]:
    if message["AlarmRule"] != rendered(composite.rule, MADE):
        yield "another rule"
    children = {child["Arn"].split(":alarm:")[1] for child in message["TriggeringChildren"]}
    if not children <= {MADE.alarm_name(key) for key in composite.children()}:
        yield "another's children"


def _trigger(trigger: dict[str, Any], alarm: Alarm) -> Iterator[str]:
    if trigger.get("Threshold") != alarm.threshold or trigger["ComparisonOperator"] != alarm.comparison:
        yield "another threshold"
    if (trigger["Period"], trigger["EvaluationPeriods"]) != (alarm.period_s, alarm.evaluation_periods):
        yield "another time"
    if trigger["TreatMissingData"] != alarm.treat_missing_data:
        yield "another meaning of silence"
    watched = trigger["Metrics"][0]["MetricStat"]["Metric"] if "Metrics" in trigger else trigger
    seen = {dimension["name"]: dimension["value"] for dimension in watched["Dimensions"]}
    assert isinstance(alarm.watches, Metric)
    if (watched["Namespace"], watched["MetricName"], seen) != (
        alarm.watches.namespace, alarm.watches.name, alarm.watches.dimensions
    ):  # fmt: skip
        yield "another metric"


def test_every_recorded_alarm_of_ours_is_one_that_prod_sends() -> None:
    """It exists, notifies this topic of this state, in these words, by this rule or threshold."""
    found = {name: list(differences(message, topic)) for name, message, topic in told()}
    assert {name: wrong for name, wrong in found.items() if wrong and name not in OTHERS} == {}
    assert {name for name in OTHERS if not found.get(name)} == set()
    assert {name for name in found if name not in OTHERS} >= {EXAMPLE, "composite_burn_rate", "metric_alarm"}


@pytest.mark.parametrize("kind", ["impact", "degraded", "slo-availability-fast-burn", "system-critical"])
def test_every_kind_of_composite_is_recorded(kind: str) -> None:
    """Those that wake somebody and those that are tickets."""
    keys = [one.key for _, message, _ in told() if (one := BY_NAME.get(message["AlarmName"]))]
    assert [key for key in keys if key == kind or key.endswith(f"_{kind}")]


@pytest.mark.parametrize("name", ANSWERS)
def test_every_recorded_answer_is_about_alarms_of_prod(name: str) -> None:
    """With their words, rules and thresholds; and the event that it belongs to is there."""
    assert name in names()
    answer = alarms(name)
    for entry in answer["CompositeAlarms"]:
        ours = BY_NAME[entry["AlarmName"]]
        assert isinstance(ours, Composite)
        assert (entry["AlarmDescription"], entry["AlarmRule"]) == (
            ours.description,
            rendered(ours.rule, MADE),
        )
    for entry in answer["MetricAlarms"]:
        alarm = BY_NAME[entry["AlarmName"]]
        assert isinstance(alarm, Alarm)
        shown = (entry["AlarmDescription"], entry["Threshold"], entry["ComparisonOperator"])
        assert shown == (alarm.description, alarm.threshold, alarm.comparison)


def test_the_documents_show_a_message_as_it_is_sent() -> None:
    """A page, word for word, up to the first link."""
    text = PAGE.read_text(encoding="utf-8")
    block = text.split("as the notifier sends it by e-mail")[1].split("```\n")[1]
    event_ = EVENTS / "notifier" / f"{EXAMPLE}.json"
    sent = preview(event(EXAMPLE), "mail", recorded_answer(event_))
    assert sent.startswith(block)
    assert "\nRunbook:\n" in block
    assert f"tests/events/notifier/{EXAMPLE}.json" in text
