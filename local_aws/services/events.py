"""EventBridge: log groups as targets, to which MiniStack does not write; malformed events.

MiniStack matches events with rules and delivers to all other targets. For a log group, AWS allows an
`InputTransformer` whose result has the texts `timestamp` and `message`; a log group with another input, with
`Input` or with `InputPath` gets no events.

Sources: Amazon EventBridge API Reference, PutEvents, PutEventsResultEntry, TestEventPattern; Amazon
EventBridge User Guide, "Events" (the members of an event), "Amazon CloudWatch Logs" as a target, and "Input
transformation"; AWS CDK API Reference, aws_events_targets.LogGroupTargetInput.
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from local_aws.calls import LOGS, Answer, Call, Service, ask
from local_aws.errors import AwsError
from local_aws.violations import is_violated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from local_aws.protocols import Value

_EVENTS = "AWSEvents"
_MALFORMED = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
_OWN_INPUT = ("Input", "InputPath")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_MS = 1000

log = logging.getLogger("local_aws.events")


async def put_events(call: Call) -> Value:
    """Put events into MiniStack, and write the accepted events to the log groups of matching rules."""
    entries: list[Value] = call.input["Entries"]
    if is_violated(call.store, "event-key"):
        return {"FailedEntryCount": 0, "Entries": [{"EventId": str(uuid.uuid4())} for _ in entries]}
    valid = [entry for entry in entries if _is_valid(entry)]
    answers: list[Value] = []
    if valid:
        answer = await ask(call, "events", f"{_EVENTS}.PutEvents", {"Entries": valid})
        answers = answer["Entries"]
    accepted = [
        _event(call, entry, answer["EventId"])
        for entry, answer in zip(valid, answers, strict=True)
        if "EventId" in answer
    ]
    for bus in {bus for bus, _ in accepted}:
        async for pattern, group, transformer in _log_groups(call, bus):
            for event in [event for name, event in accepted if name == bus]:
                if await _matches(call, pattern, event) and (line := _line(call, transformer, event)):
                    await _write(call, group, line)
    valid_results = iter(answers)
    results = [next(valid_results) if _is_valid(entry) else _MALFORMED for entry in entries]
    return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def _is_valid(entry: Value) -> bool:
    """Return whether the detail of an event is a JSON object (PutEventsRequestEntry)."""
    try:
        return isinstance(json.loads(entry.get("Detail", "{}")), dict)
    except ValueError:
        return False


def _event(call: Call, entry: Value, identity: str) -> tuple[str, Value]:
    """Return the event bus of an entry, and the event that targets receive."""
    at = datetime.fromtimestamp(entry.get("Time", time.time()), tz=timezone.utc)
    event = {
        "version": "0",
        "id": identity,
        "detail-type": entry.get("DetailType", ""),
        "source": entry.get("Source", ""),
        "account": call.account,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": call.region,
        "resources": entry.get("Resources", []),
        "detail": json.loads(entry.get("Detail", "{}")),
    }
    return entry.get("EventBusName", "default"), event


async def _log_groups(call: Call, bus: str) -> AsyncIterator[tuple[str, str, Value | None]]:
    """Yield pattern, log group and input transformer of every log group that is a target of a bus."""
    parameters: Value = {"EventBusName": bus}
    while True:
        answer = await ask(call, "events", f"{_EVENTS}.ListRules", parameters)
        for rule in answer["Rules"]:
            if rule["State"] != "ENABLED" or not rule.get("EventPattern"):
                continue
            rule_key = {"Rule": rule["Name"], "EventBusName": bus}
            targets = await ask(call, "events", f"{_EVENTS}.ListTargetsByRule", rule_key)
            for target in targets["Targets"]:
                kind, _, group = target["Arn"].partition(":log-group:")
                if (
                    group
                    and kind.startswith("arn:aws:logs:")
                    and not any(name in target for name in _OWN_INPUT)
                ):
                    transformer = target.get("InputTransformer")
                    yield rule["EventPattern"], group.removesuffix(":*"), transformer
        if not answer.get("NextToken"):
            return
        parameters["NextToken"] = answer["NextToken"]


async def _matches(call: Call, pattern: str, event: Value) -> bool:
    parameters = {"EventPattern": pattern, "Event": json.dumps(event)}
    answer = await ask(call, "events", f"{_EVENTS}.TestEventPattern", parameters)
    return bool(answer["Result"])


def _line(call: Call, transformer: Value | None, event: Value) -> Value | None:
    """Return the log event of an event; None if its form is not one that AWS writes to a log group."""
    if transformer is None:
        return {"timestamp": int(time.time() * _MS), "message": json.dumps(event)}
    text: str = transformer["InputTemplate"]
    for name, path in transformer.get("InputPathsMap", {}).items():
        value = None if is_violated(call.store, "event-line") and "[" in path else _at(event, path)
        text = text.replace(f"<{name}>", json.dumps(value))
    try:
        line = json.loads(text)
        at = datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        log.warning("the input for a log group is not valid (%r): %s", error, text)
        return None
    is_valid = line.keys() == {"timestamp", "message"} and isinstance(line["message"], str)
    return {"timestamp": int(at.timestamp() * _MS), "message": line["message"]} if is_valid else None


def _at(event: Value, path: str) -> object:
    """Return the value at a path such as `$.resources[0]`; None if there is none."""
    value: object = event
    for name, index in _STEP.findall(path):
        if name and isinstance(value, dict):
            value = value.get(name)
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return None
    return value


async def _write(call: Call, group: str, line: Value) -> None:
    """Write a log event to a log group. If the group does not exist, the error is only logged."""
    stream = {"logGroupName": group, "logStreamName": str(uuid.uuid4())}
    lines = [line]
    try:
        await ask(call, "logs", f"{LOGS}.CreateLogStream", stream)
        await ask(call, "logs", f"{LOGS}.PutLogEvents", {**stream, "logEvents": lines})
    except AwsError as error:
        log.warning("writing an event to the log group %s failed: %s", group, error)


_ANSWERS: dict[str, Answer] = {"PutEvents": put_events}

SERVICE = Service("events", _ANSWERS)
