"""Alarms: the gateway stores their configuration, MiniStack stores their state.

MiniStack answers DescribeAlarms in JSON with everything it stores, but in Query (XML) with only a part, and
it stores neither metric math nor suppressors. The gateway therefore sends JSON to MiniStack, stores the
configuration of each alarm, and describes an alarm as this configuration with MiniStack's state. It does not
pass on actions: MiniStack would publish them at once, suppressed or not, and without most members of AWS's
message. It does not pass on the metric either: MiniStack would ignore dimensions, M of N and missing data.

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
"""State -> the member of an alarm that lists the actions of this state."""

TYPES = {"PutMetricAlarm": "MetricAlarm", "PutCompositeAlarm": "CompositeAlarm"}
"""Operation -> the type of alarm it creates. The tables of configurations are named after the operation."""

_METRIC = ("Namespace", "MetricName")
"""MiniStack does not evaluate an alarm without these. Its own evaluation differs from AWS's."""

_STATE = frozenset({"AlarmName", "AlarmArn", "ActionsEnabled"})
"""Members of a configuration that MiniStack stores, because other operations change them."""


@dataclass(frozen=True)
class Change:
    """One change of an alarm's state.

    Args:
        alarm: the alarm's name.
        old: the previous state.
        new: the new state.
        reason: `StateReason` of DescribeAlarms.
        reason_data: `StateReasonData` of DescribeAlarms (JSON), or an empty string.
        at_s: the time of the change, in seconds since 1970.
    """

    alarm: str
    old: str
    new: str
    reason: str
    reason_data: str
    at_s: float


async def ask(call: Call, action: str, parameters: Value) -> Value:
    """Call an action of MiniStack's CloudWatch in JSON and return its output.

    Raises:
        AwsError: MiniStack's error.
    """
    request = call.request.with_content(
        json.dumps(parameters).encode(),
        content_type="application/x-amz-json-1.0",
        x_amz_target=f"{CLOUDWATCH}.{action}",
    )
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    answer: Value = json.loads(response.body or b"{}")
    return answer


def without_actions_and_metric(config: Value) -> Value:
    """Return an alarm's configuration without the members on which MiniStack would act."""
    omitted = {*ACTIONS.values(), *_METRIC}
    return {name: value for name, value in config.items() if name not in omitted}


async def find(call: Call, names: Iterable[str] = ()) -> dict[str, Value]:
    """Return alarms by name, with their full configuration: all alarms, or those with these names."""
    parameters: Value = {"AlarmTypes": list(TYPES.values()), "MaxRecords": LISTED_ALARMS}
    selected = list(names)
    if selected:
        parameters["AlarmNames"] = selected
    alarms: dict[str, Value] = {}
    while True:
        answer = with_configurations(call, await ask(call, "DescribeAlarms", parameters))
        rows = [*answer["MetricAlarms"], *answer.get("CompositeAlarms", [])]
        alarms |= {row["AlarmName"]: row for row in rows}
        if not answer.get("NextToken"):
            return alarms
        parameters["NextToken"] = answer["NextToken"]


def with_configurations(call: Call, answer: Value) -> Value:
    """Return MiniStack's output of DescribeAlarms with the full configuration of each alarm."""
    members = {f"{kind}s": (operation, kind) for operation, kind in TYPES.items()}
    changed = {
        name: [_with_configuration(row, call.table(operation), operation, kind) for row in answer[name]]
        for name, (operation, kind) in members.items()
        if name in answer
    }
    return {**answer, **changed}


def suppressor_of(alarm: Value) -> Suppressor | None:
    """Return the suppressor of an alarm's actions, or None."""
    if not alarm.get("ActionsSuppressor"):
        return None
    # A name, or an ARN that ends with the name.
    name = str(alarm["ActionsSuppressor"]).rpartition(":alarm:")[2]
    wait_s, extension_s = (alarm[f"ActionsSuppressor{period}Period"] for period in ("Wait", "Extension"))
    return Suppressor(name, wait_s, extension_s)


@cache
def _members(operation: str, kind: str) -> frozenset[str]:
    """Return the members of an alarm's description that are also members of the operation's input."""
    model = service_model("cloudwatch")
    shapes = (model.operation_model(operation).input_shape, model.shape_for(kind))
    members = [frozenset(shape.members) for shape in shapes if isinstance(shape, StructureShape)]
    return frozenset.intersection(*members) - _STATE


def _with_configuration(row: Value, configs: dict[str, Any], operation: str, kind: str) -> Value:
    """Return MiniStack's description of an alarm with the configuration that the gateway stores.

    The description of an alarm that CloudFormation created inside MiniStack does not change.
    """
    empty: Value = {name: [] for name in ACTIONS.values()}
    if kind == "MetricAlarm":
        empty["Dimensions"] = []
    config = configs.get(row["AlarmName"])
    changed = row.get("StateTransitionedTimestamp", row.get("StateUpdatedTimestamp"))
    state = {**row, "StateTransitionedTimestamp": changed}
    if config is None:
        return {**empty, **state}
    members = _members(operation, kind)
    state = {name: value for name, value in state.items() if name not in members}
    return {**empty, **state, **{name: config[name] for name in members if name in config}}
