"""Alarms as they are: the configuration that was put, the state that MiniStack has.

MiniStack answers DescribeAlarms over JSON with what it stores and over Query (XML) with a part of that, and
it stores neither metric math nor suppressors. So the front speaks JSON to it, keeps each alarm's
configuration as it was put, and describes an alarm as that configuration with MiniStack's state. It keeps
the alarms' actions to itself: MiniStack would publish them at once, suppressed or not, and without most of
what AWS's message has. It keeps their metrics, too, which MiniStack would compare without dimensions, M of N
or missing data.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm, PutCompositeAlarm, DescribeAlarms, MetricAlarm,
CompositeAlarm.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import StructureShape

from cloudwatch.quotas import LISTED_ALARMS
from cloudwatch.suppression import Suppressor
from local_aws.calls import CLOUDWATCH
from local_aws.errors import read_error
from local_aws.protocols import Value, service_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_aws.calls import Call

ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
"""Which of an alarm's members lists what is done when it goes into a state."""

TYPES = {"PutMetricAlarm": "MetricAlarm", "PutCompositeAlarm": "CompositeAlarm"}
"""What an operation puts; the tables of configurations are named after the operation."""

_METRIC = ("Namespace", "MetricName")
"""Without these MiniStack does not evaluate an alarm, which it would do by rules of its own."""

_STATE = frozenset({"AlarmName", "AlarmArn", "ActionsEnabled"})
"""Members of a configuration that MiniStack answers for: other operations change them."""


@dataclass(frozen=True)
class Change:
    """One change of an alarm's state.

    Args:
        alarm: the alarm's name.
        old: the state before.
        new: the state since.
        reason: why, as DescribeAlarms says it.
        reason_data: why, as JSON, or an empty string.
        at_s: when, in seconds since 1970.
    """

    alarm: str
    old: str
    new: str
    reason: str
    reason_data: str
    at_s: float


async def ask(call: Call, action: str, given: Value) -> Value:
    """Return MiniStack's answer to an action over JSON.

    Raises:
        AwsError: MiniStack's error.
    """
    request = call.request.with_content(
        json.dumps(given).encode(),
        content_type="application/x-amz-json-1.0",
        x_amz_target=f"{CLOUDWATCH}.{action}",
    )
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    answer: Value = json.loads(response.body or b"{}")
    return answer


def silent(given: Value) -> Value:
    """Return an alarm to put without what MiniStack would act on: its actions, and the metric it watches."""
    held_back = {*ACTIONS.values(), *_METRIC}
    return {name: value for name, value in given.items() if name not in held_back}


async def find(call: Call, names: Iterable[str] = ()) -> dict[str, Value]:
    """Return the alarms of these names, or all of them, whole, by name."""
    given: Value = {"AlarmTypes": list(TYPES.values()), "MaxRecords": LISTED_ALARMS}
    wanted = list(names)
    if wanted:
        given["AlarmNames"] = wanted
    found: dict[str, Value] = {}
    while True:
        answer = whole(call, await ask(call, "DescribeAlarms", given))
        rows = [*answer["MetricAlarms"], *answer.get("CompositeAlarms", [])]
        found |= {row["AlarmName"]: row for row in rows}
        if not answer.get("NextToken"):
            return found
        given["NextToken"] = answer["NextToken"]


def whole(call: Call, answer: Value) -> Value:
    """Return MiniStack's answer to DescribeAlarms with each alarm whole."""
    given = {f"{kind}s": (operation, kind) for operation, kind in TYPES.items()}
    changed = {
        name: [_whole(row, call.table(operation), operation, kind) for row in answer[name]]
        for name, (operation, kind) in given.items()
        if name in answer
    }
    return {**answer, **changed}


def suppressor_of(alarm: Value) -> Suppressor | None:
    """Return what suppresses an alarm's actions, if anything does."""
    if not alarm.get("ActionsSuppressor"):
        return None
    # A name or an ARN, whose last part is the name.
    name = str(alarm["ActionsSuppressor"]).rpartition(":alarm:")[2]
    wait_s, extension_s = (alarm[f"ActionsSuppressor{period}Period"] for period in ("Wait", "Extension"))
    return Suppressor(name, wait_s, extension_s)


@cache
def _members(operation: str, kind: str) -> frozenset[str]:
    """Return the members of a description that are configuration: those that can also be put."""
    model = service_model("cloudwatch")
    shapes = (model.operation_model(operation).input_shape, model.shape_for(kind))
    members = [frozenset(shape.members) for shape in shapes if isinstance(shape, StructureShape)]
    return frozenset.intersection(*members) - _STATE


def _whole(row: Value, kept: dict[str, Any], operation: str, kind: str) -> Value:
    """Return MiniStack's row with its configuration replaced by what was put.

    A row that was never put here (made by CloudFormation inside MiniStack) stays as it is.
    """
    empty: Value = {name: [] for name in ACTIONS.values()}
    if kind == "MetricAlarm":
        empty["Dimensions"] = []
    config = kept.get(row["AlarmName"])
    changed = row.get("StateTransitionedTimestamp", row.get("StateUpdatedTimestamp"))
    state = {**row, "StateTransitionedTimestamp": changed}
    if config is None:
        return {**empty, **state}
    members = _members(operation, kind)
    state = {name: value for name, value in state.items() if name not in members}
    return {**empty, **state, **{name: config[name] for name in members if name in config}}
