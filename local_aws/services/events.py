"""EventBridge: log groups as targets, which MiniStack accepts and never writes to; malformed events.

What an event is and which rules it matches, MiniStack says; other targets are its own. A target with an input
of its own (`Input`, `InputPath`, `InputTransformer`) gets nothing: for log groups AWS takes only inputs of a
certain form.

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
    """Let MiniStack take the events, then write those it took to the log groups whose rules they match."""
    entries: list[Value] = call.input["Entries"]
    sound = [entry for entry in entries if _is_sound(entry)]
    answers: list[Value] = []
    if sound:
        answer = await ask(call, "events", f"{_EVENTS}.PutEvents", {"Entries": sound})
        answers = answer["Entries"]
    taken = [
        _event(call, given, answer["EventId"])
        for given, answer in zip(sound, answers, strict=True)
        if "EventId" in answer
    ]
    for bus in {bus for bus, _ in taken}:
        async for pattern, group in _log_groups(call, bus):
            for event in [event for name, event in taken if name == bus]:
                if await _matches(call, pattern, event):
                    await _write(call, group, event)
    rest = iter(answers)
    results = [next(rest) if _is_sound(entry) else _MALFORMED for entry in entries]
    return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def _is_sound(entry: Value) -> bool:
    """Tell whether an event's detail is what it has to be, a JSON object (PutEventsRequestEntry)."""
    try:
        return isinstance(json.loads(entry.get("Detail", "{}")), dict)
    except ValueError:
        return False


def _event(call: Call, given: Value, identity: str) -> tuple[str, Value]:
    """Return the bus of an event and the event as targets get it."""
    now = datetime.fromtimestamp(given.get("Time", time.time()), tz=timezone.utc)
    event = {
        "version": "0",
        "id": identity,
        "detail-type": given.get("DetailType", ""),
        "source": given.get("Source", ""),
        "account": call.account,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": call.region,
        "resources": given.get("Resources", []),
        "detail": json.loads(given.get("Detail", "{}")),
    }
    return given.get("EventBusName", "default"), event


async def _log_groups(call: Call, bus: str) -> AsyncIterator[tuple[str, str]]:
    """Yield the pattern and the log group of every rule of a bus that is on and has a group as target."""
    given: Value = {"EventBusName": bus}
    while True:
        answer = await ask(call, "events", f"{_EVENTS}.ListRules", given)
        for rule in answer["Rules"]:
            if rule["State"] != "ENABLED" or not rule.get("EventPattern"):
                continue
            named = {"Rule": rule["Name"], "EventBusName": bus}
            targets = await ask(call, "events", f"{_EVENTS}.ListTargetsByRule", named)
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
        given["NextToken"] = answer["NextToken"]


async def _matches(call: Call, pattern: str, event: Value) -> bool:
    given = {"EventPattern": pattern, "Event": json.dumps(event)}
    answer = await ask(call, "events", f"{_EVENTS}.TestEventPattern", given)
    return bool(answer["Result"])


async def _write(call: Call, group: str, event: Value) -> None:
    """Write an event to a log group; without the group the delivery fails, and nobody hears of it."""
    stream = {"logGroupName": group, "logStreamName": str(uuid.uuid4())}
    lines = [{"timestamp": int(time.time() * 1000), "message": json.dumps(event)}]
    try:
        await ask(call, "logs", f"{LOGS}.CreateLogStream", stream)
        await ask(call, "logs", f"{LOGS}.PutLogEvents", {**stream, "logEvents": lines})
    except AwsError as error:
        log.warning("an event was not written to %s: %s", group, error)


_ANSWERS: dict[str, Answer] = {"PutEvents": put_events}

SERVICE = Service("events", _ANSWERS)
