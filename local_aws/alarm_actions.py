"""Alarm actions: an alarm that changes its state publishes a message to each topic, unless it is suppressed.

After every call that may change a state, the states in MiniStack are compared with the last known states.
Each change is acted on once, whichever call made it, including changes of composites that follow their
children. Only SNS topics are performed as actions; other actions (functions, OpsItems) are only described.

Sources: Amazon CloudWatch User Guide, "Alarm actions"; Amazon CloudWatch API Reference, PutCompositeAlarm.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cloudwatch.suppression import SuppressedChange, Suppressor, follow, suppress
from local_aws import alarm_message, alarms
from local_aws.alarms import ACTIONS, Change
from local_aws.calls import signed_for
from local_aws.errors import read_error
from local_aws.violations import is_violated

if TYPE_CHECKING:
    from local_aws.calls import Call
    from local_aws.protocols import Value

_INITIAL_STATE = "INSUFFICIENT_DATA"
"""The state of a new alarm (PutMetricAlarm, PutCompositeAlarm)."""

_timers: set[asyncio.Task[None]] = set()
"""Running timers. The event loop keeps only weak references to its tasks."""

log = logging.getLogger("local_aws.cloudwatch")


def lock(call: Call) -> asyncio.Lock:
    """Return the lock of the alarms of an account and region: one change is processed at a time."""
    alarm_lock: asyncio.Lock = call.table("lock").setdefault("lock", asyncio.Lock())
    return alarm_lock


async def process_changes(call: Call) -> None:
    """Perform or suppress the actions of state changes since the last call. The caller holds the lock."""
    rows = await alarms.find(call)
    changes = {name: change for name, row in rows.items() if (change := _change(call, row))}
    call.table("states").update({name: row["StateValue"] for name, row in rows.items()})
    now_s = call.clock.now_s()
    suppressed: dict[str, SuppressedChange[Change]] = {
        name: change for name, change in call.table("suppressed").items() if name in rows
    }
    for name in {**suppressed, **changes}:
        after = None
        if suppressor := _suppressor(call, rows[name]):
            in_alarm = rows.get(suppressor.alarm, {}).get("StateValue") == "ALARM"
            if name in changes:
                after = suppress(changes[name], suppressor, in_alarm=in_alarm, now_s=now_s)
            else:
                after = follow(suppressed[name], suppressor, in_alarm=in_alarm, now_s=now_s)
        if name in changes or after != suppressed[name]:
            await _act(call, changes.get(name) or suppressed[name].change, after)


def _suppressor(call: Call, row: Value) -> Suppressor | None:
    """Return the suppressor of an alarm's actions, with its periods."""
    suppressor = alarms.suppressor_of(row)
    if suppressor and is_violated(call.store, "suppression-wait"):
        suppressor = replace(suppressor, wait_s=0)
    if suppressor and is_violated(call.store, "suppression-extension"):
        suppressor = replace(suppressor, extension_s=0)
    return suppressor


def forget(call: Call, name: str) -> None:
    """Remove the last known state and the suppressed change of a deleted alarm."""
    for table in ("states", "suppressed"):
        call.table(table).pop(name, None)


def suppressed_by(call: Call, name: str) -> Value:
    """Return the members of a composite alarm's description that name what suppresses its actions."""
    suppressed: SuppressedChange[Change] | None = call.table("suppressed").get(name)
    if suppressed is None:
        return {}
    return {
        "ActionsSuppressedBy": suppressed.by,
        "ActionsSuppressedReason": f"Actions suppressed by {suppressed.by}",
    }


def _change(call: Call, row: Value) -> Change | None:
    """Return the change of an alarm's state since the last call, or None."""
    old = call.table("states").get(row["AlarmName"], _INITIAL_STATE)
    if row["StateValue"] == old:
        return None
    return Change(
        alarm=row["AlarmName"],
        old=old,
        new=row["StateValue"],
        reason=row["StateReason"],
        reason_data=row.get("StateReasonData", ""),
        at_s=row["StateUpdatedTimestamp"],
    )


async def _act(call: Call, change: Change, suppressed: SuppressedChange[Change] | None) -> None:
    """Perform the actions of a change, or keep it while it is suppressed."""
    name = change.alarm
    if suppressed is None or suppressed.is_due(call.clock.now_s()):
        call.table("suppressed").pop(name, None)
        await _perform(call, change)
        return
    call.table("suppressed")[name] = suppressed
    if suppressed.until_s is not None:
        timer = asyncio.create_task(_perform_later(call, name, suppressed, suppressed.until_s))
        _timers.add(timer)
        timer.add_done_callback(_timers.discard)


async def _perform_later(call: Call, name: str, suppressed: SuppressedChange[Change], until_s: float) -> None:
    """Perform the actions of a change when its suppression ends, unless the change was replaced."""
    await call.clock.sleep_until(until_s)
    async with lock(call):
        if call.table("suppressed").get(name) is suppressed:
            del call.table("suppressed")[name]
            await _perform(call, suppressed.change)


async def _perform(call: Call, change: Change) -> None:
    """Publish a change to the topics of the alarm's new state, unless its actions are disabled."""
    alarm = (await alarms.find(call, [change.alarm])).get(change.alarm)
    # MiniStack performs the actions of an alarm that was not created through the gateway.
    is_stored_here = any(change.alarm in call.table(operation) for operation in alarms.TYPES)
    if not is_stored_here or alarm is None or not alarm["ActionsEnabled"]:
        return
    topics = [action for action in alarm[ACTIONS[change.new]] if action.startswith("arn:aws:sns:")]
    for topic in topics:
        await _publish(
            call,
            topic,
            alarm_message.subject(change, call.region),
            _message(call, alarm, change),
        )


def _message(call: Call, alarm: Value, change: Change) -> str:
    """Return the body of the message about a change."""
    if is_violated(call.store, "state-reason"):
        change = replace(change, reason="The alarm has changed its state")
    body = alarm_message.body(alarm, change, account=call.account, region=call.region)
    if is_violated(call.store, "alarm-message"):
        message = json.loads(body)
        message.get("Trigger", {}).pop("Dimensions", None)
        return json.dumps(message)
    return body


async def _is_refused(call: Call, topic: str) -> bool:
    """Return whether the topic or its key refuses alarms, as a test requires (`local_aws.violations`)."""
    refused = [name for name in ("topic-policy", "key-policy") if is_violated(call.store, name)]
    if not refused:
        return False
    form = urlencode({"Action": "GetTopicAttributes", "TopicArn": topic}).encode()
    request = signed_for(call.request, "sns").with_content(
        form, content_type="application/x-www-form-urlencoded"
    )
    is_encrypted = b"<key>KmsMasterKeyId</key>" in (await call.upstream(request)).body
    return ("key-policy" if is_encrypted else "topic-policy") in refused


async def _publish(call: Call, topic: str, subject: str, message: str) -> None:
    """Publish a message; as on AWS, an error of one topic does not affect other actions."""
    if await _is_refused(call, topic):
        return
    form = {"Action": "Publish", "TopicArn": topic, "Subject": subject, "Message": message}
    request = signed_for(call.request, "sns").with_content(
        urlencode(form).encode(), content_type="application/x-www-form-urlencoded"
    )
    response = await call.upstream(request)
    if not response.ok:
        log.warning("publishing an alarm action to %s failed: %s", topic, read_error(response))
