"""What alarms do when they change: nothing while they are suppressed, else a message to each topic.

After every call that may change a state, the states that MiniStack has are compared with those seen last. So
each change is acted on once, whichever call made it, and a composite that moved with its children is acted on
as well. Topics are the actions that are performed; others (functions, OpsItems) are only described.

Sources: Amazon CloudWatch User Guide, "Alarm actions"; Amazon CloudWatch API Reference, PutCompositeAlarm.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cloudwatch.suppression import Held, follow, hold
from local_aws import alarm_message, alarms
from local_aws.alarms import ACTIONS, Change
from local_aws.calls import signed_for
from local_aws.errors import read_error

if TYPE_CHECKING:
    from local_aws.calls import Call
    from local_aws.protocols import Value

_FIRST = "INSUFFICIENT_DATA"
"""The state in which every alarm begins (PutMetricAlarm, PutCompositeAlarm)."""

_timers: set[asyncio.Task[None]] = set()
"""The waits that run: the event loop alone would not keep them."""

log = logging.getLogger("local_aws.cloudwatch")


def lock(call: Call) -> asyncio.Lock:
    """Return the lock of an account's and region's alarms: one change is seen and acted on at a time."""
    found: asyncio.Lock = call.table("lock").setdefault("lock", asyncio.Lock())
    return found


async def settle(call: Call) -> None:
    """Act on every change since the last time, or hold it back. The caller holds the lock."""
    found = await alarms.find(call)
    changes = {name: change for name, row in found.items() if (change := _change(call, row))}
    call.table("states").update({name: row["StateValue"] for name, row in found.items()})
    now_s = call.clock.now_s()
    held: dict[str, Held[Change]] = {
        name: entry for name, entry in call.table("held").items() if name in found
    }
    for name in {**held, **changes}:
        after = None
        if suppressor := alarms.suppressor_of(found[name]):
            in_alarm = found.get(suppressor.alarm, {}).get("StateValue") == "ALARM"
            if name in changes:
                after = hold(changes[name], suppressor, in_alarm=in_alarm, now_s=now_s)
            else:
                after = follow(held[name], suppressor, in_alarm=in_alarm, now_s=now_s)
        if name in changes or after != held[name]:
            await _put(call, changes.get(name) or held[name].change, after)


def forget(call: Call, name: str) -> None:
    """Forget an alarm that was deleted, and what it held back."""
    for table in ("states", "held"):
        call.table(table).pop(name, None)


def suppressed_by(call: Call, name: str) -> Value:
    """Return the members of a composite alarm's description that say what holds its actions back."""
    held: Held[Change] | None = call.table("held").get(name)
    if held is None:
        return {}
    return {"ActionsSuppressedBy": held.by, "ActionsSuppressedReason": f"Actions suppressed by {held.by}"}


def _change(call: Call, row: Value) -> Change | None:
    old = call.table("states").get(row["AlarmName"], _FIRST)
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


async def _put(call: Call, change: Change, held: Held[Change] | None) -> None:
    """Hold a change back, or act on it when nothing holds it."""
    name = change.alarm
    if held is None or held.is_due(call.clock.now_s()):
        call.table("held").pop(name, None)
        await _perform(call, change)
        return
    call.table("held")[name] = held
    if held.until_s is not None:
        timer = asyncio.create_task(_wait(call, name, held, held.until_s))
        _timers.add(timer)
        timer.add_done_callback(_timers.discard)


async def _wait(call: Call, name: str, held: Held[Change], until_s: float) -> None:
    """Act on a change once its time has come, unless something else has become of it."""
    await call.clock.sleep_until(until_s)
    async with lock(call):
        if call.table("held").get(name) is held:
            del call.table("held")[name]
            await _perform(call, held.change)


async def _perform(call: Call, change: Change) -> None:
    """Publish a change to the topics of the alarm's new state, unless its actions are switched off."""
    alarm = (await alarms.find(call, [change.alarm])).get(change.alarm)
    # MiniStack acts itself on an alarm that was not put through the front.
    ours = any(change.alarm in call.table(operation) for operation in alarms.TYPES)
    if not ours or alarm is None or not alarm["ActionsEnabled"]:
        return
    topics = [action for action in alarm[ACTIONS[change.new]] if action.startswith("arn:aws:sns:")]
    for topic in topics:
        await _publish(
            call,
            topic,
            alarm_message.subject(change, call.region),
            alarm_message.text(alarm, change, account=call.account, region=call.region),
        )


async def _publish(call: Call, topic: str, subject: str, text: str) -> None:
    """Publish a message; a topic that does not take it stops nothing else, as on AWS."""
    given = {"Action": "Publish", "TopicArn": topic, "Subject": subject, "Message": text}
    request = signed_for(call.request, "sns").with_content(
        urlencode(given).encode(), content_type="application/x-www-form-urlencoded"
    )
    response = await call.upstream(request)
    if not response.ok:
        log.warning("an alarm's action failed at %s: %s", topic, read_error(response))
