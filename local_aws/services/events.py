"""EventBridge: log groups as targets, to which MiniStack does not write; malformed events.

MiniStack matches events with rules and delivers to all other targets. A log group with `Input`, `InputPath`
or `InputTransformer` gets no events: for log groups AWS allows only inputs of a certain form.

Sources: Amazon EventBridge API Reference, PutEvents, PutEventsResultEntry, TestEventPattern; Amazon
EventBridge User Guide, "Events" (the members of an event) and "Amazon CloudWatch Logs" as a target.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from local_aws.calls import LOGS, Answer, Call, Service, ask
from local_aws.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from local_aws.protocols import Value

_EVENTS = "AWSEvents"
_MALFORMED = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
_OWN_INPUT = ("Input", "InputPath", "InputTransformer")

log = logging.getLogger("local_aws.events")


async def put_events(call: Call) -> Value:
    """Put events into MiniStack, and write the accepted events to the log groups of matching rules."""
    entries: list[Value] = call.input["Entries"]
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
        async for pattern, group in _log_groups(call, bus):
            for event in [event for name, event in accepted if name == bus]:
                if await _matches(call, pattern, event):
                    await _write(call, group, event)
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


async def _log_groups(call: Call, bus: str) -> AsyncIterator[tuple[str, str]]:
    """Yield pattern and log group of every enabled rule of a bus with a log group as target."""
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
                    yield rule["EventPattern"], group.removesuffix(":*")
        if not answer.get("NextToken"):
            return
        parameters["NextToken"] = answer["NextToken"]


async def _matches(call: Call, pattern: str, event: Value) -> bool:
    parameters = {"EventPattern": pattern, "Event": json.dumps(event)}
    answer = await ask(call, "events", f"{_EVENTS}.TestEventPattern", parameters)
    return bool(answer["Result"])


async def _write(call: Call, group: str, event: Value) -> None:
    """Write an event to a log group. If the group does not exist, the error is only logged."""
    stream = {"logGroupName": group, "logStreamName": str(uuid.uuid4())}
    lines = [{"timestamp": int(time.time() * 1000), "message": json.dumps(event)}]
    try:
        await ask(call, "logs", f"{LOGS}.CreateLogStream", stream)
        await ask(call, "logs", f"{LOGS}.PutLogEvents", {**stream, "logEvents": lines})
    except AwsError as error:
        log.warning("writing an event to the log group %s failed: %s", group, error)


_ANSWERS: dict[str, Answer] = {"PutEvents": put_events}

SERVICE = Service("events", _ANSWERS)
