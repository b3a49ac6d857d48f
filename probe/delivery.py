"""Probes of notifications: the policies of topics, queues and keys, and the form of messages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from probe.bench import Bench, Every, Inbox
from probe.verdicts import DoesNotHoldError, NotCheckedError

_ARRIVES_S = 240
"""Maximum seconds from a change of state until its message is in the queue."""

_EVENT_EVERY_S = 30
"""Seconds between two events; a new rule does not match immediately (EventBridge User Guide, "Targets")."""

ALARM_MEMBERS = (
    "AlarmName", "AlarmDescription", "AWSAccountId", "NewStateValue", "NewStateReason", "StateChangeTime",
    "Region", "AlarmArn", "OldStateValue",
)  # fmt: skip
"""Members of the message of every alarm that the notifier reads."""

METRIC_MEMBERS = ("MetricName", "Namespace", "Dimensions", "Period", "Threshold", "ComparisonOperator")
"""Members of `Trigger` in the message of an alarm on a metric."""

COMPOSITE_MEMBERS = ("AlarmRule", "TriggeringChildren")
"""Further members of the message of a composite alarm."""

REASON = re.compile(
    r"Threshold Crossed: .*\[7\.5 \(\d\d/\d\d/\d\d \d\d:\d\d:\d\d\)\].*greater than the threshold \(5\.0\)"
)
"""The state reason of a datapoint of 7.5 and a threshold of 5."""


def topic_policy(bench: Bench) -> str:
    """Return whether an alarm reaches a queue under the policies of the environment, without a key."""
    return _delivered(bench, "topic-policy", encrypted=False)


def key_policy(bench: Bench) -> str:
    """Return whether an alarm reaches an encrypted queue through an encrypted topic."""
    return _delivered(bench, "key-policy", encrypted=True)


def _delivered(bench: Bench, key: str, *, encrypted: bool) -> str:
    inbox = bench.queue(key, encrypted=encrypted)
    alarm = bench.alarm(key, TreatMissingData="ignore", actions=[inbox.topic])
    bench.set_state(alarm, "ALARM")
    _require(bench, inbox)
    return "the message arrived"


def event_key(bench: Bench) -> str:
    """Return whether EventBridge reaches an encrypted queue through an encrypted topic."""
    inbox = bench.queue("event-key", encrypted=True, events=True)
    name, sent = bench.rule_name("event-key"), Every(bench, _EVENT_EVERY_S)
    bench.rule(name, inbox.topic)

    def arrived() -> bool:
        if sent.is_due():
            event = {"Source": name, "DetailType": "Probe", "Detail": "{}"}
            bench.client("events").put_events(Entries=[event])
        return inbox.arrived()

    if not bench.until(arrived, _ARRIVES_S):
        raise DoesNotHoldError(_not_arrived())
    return "the event arrived"


def alarm_message(bench: Bench) -> str:
    """Return whether the messages of a metric alarm and a composite alarm have the recorded members."""
    inbox = bench.queue("message")
    alarm = bench.alarm(
        "message",
        TreatMissingData="ignore",
        actions=[inbox.topic],
        Dimensions=[{"Name": "Probe", "Value": "message"}],
    )
    composite = bench.composite("message-rule", f'ALARM("{alarm}")', actions=[inbox.topic])
    bench.set_state(alarm, "ALARM")
    by_name: dict[str, Mapping[str, Any]] = {}

    def both() -> bool:
        inbox.arrived()
        by_name.update({str(message.get("AlarmName")): message for message in inbox.messages})
        return {alarm, composite} <= by_name.keys()

    if not bench.until(both, _ARRIVES_S):
        raise NotCheckedError(_not_arrived())
    metric = by_name[alarm].get("Trigger") or {}
    missing = [
        *(
            f"{member} of {name}"
            for name in by_name
            for member in ALARM_MEMBERS
            if member not in by_name[name]
        ),
        *(f"Trigger.{member}" for member in METRIC_MEMBERS if member not in metric),
        *(member for member in COMPOSITE_MEMBERS if not by_name[composite].get(member)),
    ]
    if missing:
        message = f"the messages have no {', '.join(missing)}"
        raise DoesNotHoldError(message)
    if metric["Dimensions"] != [{"value": "message", "name": "Probe"}]:
        message = f"Trigger.Dimensions is {json.dumps(metric['Dimensions'])}"
        raise DoesNotHoldError(message)
    return "both messages have the recorded members"


def state_reason(bench: Bench) -> str:
    """Return whether the state reason names the datapoint, its time and the threshold as recorded."""
    inbox = bench.queue("reason")
    bench.alarm("reason", Threshold=5, TreatMissingData="notBreaching", actions=[inbox.topic])
    bench.early_in_a_minute()
    bench.sample("reason", 7.5)
    if not bench.until(inbox.arrived, 2 * _ARRIVES_S):
        raise NotCheckedError(_not_arrived())
    reason = str(inbox.messages[0].get("NewStateReason"))
    if not REASON.search(reason):
        message = f"the state reason is: {reason}"
        raise DoesNotHoldError(message)
    return reason


def _require(bench: Bench, inbox: Inbox) -> None:
    if not bench.until(inbox.arrived, _ARRIVES_S):
        raise DoesNotHoldError(_not_arrived())


def _not_arrived() -> str:
    return f"no message arrived within {_ARRIVES_S // 60} minutes"
