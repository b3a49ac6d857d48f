"""CloudWatch alarms, whole, in both protocols.

MiniStack answers DescribeAlarms over JSON with what it stores and over Query (XML) with a part of that, and
it stores neither metric math nor suppressors. So the front speaks JSON to it, keeps each alarm's
configuration as it was put, and describes an alarm as that configuration with MiniStack's state.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm, PutCompositeAlarm, DescribeAlarms, MetricAlarm,
CompositeAlarm.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.model import StructureShape

from local_aws.calls import Answer, Call, Service
from local_aws.errors import read_error
from local_aws.protocols import Value

_TARGET = "GraniteServiceVersion20100801"

_LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")
"""Members AWS always gives, empty when nothing was put."""

_STATE = frozenset({"AlarmName", "AlarmArn", "ActionsEnabled"})
"""Members of a configuration that MiniStack answers for: other operations change them."""


async def _ask(call: Call, action: str, given: Value) -> Value:
    """Return MiniStack's answer to an action over JSON.

    Raises:
        AwsError: MiniStack's error.
    """
    request = call.request.with_content(
        json.dumps(given).encode(),
        content_type="application/x-amz-json-1.0",
        x_amz_target=f"{_TARGET}.{action}",
    )
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    answer: Value = json.loads(response.body or b"{}")
    return answer


async def put_alarm(call: Call) -> Value:
    """Put a metric or composite alarm into MiniStack and keep its configuration."""
    await _ask(call, call.operation.name, call.input)
    call.table(call.operation.name)[call.input["AlarmName"]] = call.input
    return {}


async def delete_alarms(call: Call) -> Value:
    """Delete alarms in MiniStack and forget their configuration."""
    await _ask(call, call.operation.name, call.input)
    for name in call.input.get("AlarmNames", []):
        call.table("PutMetricAlarm").pop(name, None)
        call.table("PutCompositeAlarm").pop(name, None)
    return {}


async def describe(call: Call) -> Value:
    """Describe alarms: the configuration as put, the state as MiniStack has it."""
    answer = await _ask(call, call.operation.name, call.input)
    metric, composite = call.table("PutMetricAlarm"), call.table("PutCompositeAlarm")
    whole = {"MetricAlarms": [_metric_alarm(row, metric) for row in answer.get("MetricAlarms", [])]}
    if "CompositeAlarms" in answer:
        whole["CompositeAlarms"] = [_composite_alarm(row, composite) for row in answer["CompositeAlarms"]]
    return {**answer, **whole}


async def translate(call: Call) -> Value:
    """Answer an operation with MiniStack's JSON answer, whatever protocol it was asked in."""
    return await _ask(call, call.operation.name, call.input)


def _members(put: str, described: str) -> frozenset[str]:
    """Return the members of a description that are configuration: those that can also be put."""
    given, shown = SERVICE.model.operation_model(put).input_shape, SERVICE.model.shape_for(described)
    members = [frozenset(shape.members) for shape in (given, shown) if isinstance(shape, StructureShape)]
    return frozenset.intersection(*members) - _STATE


def _metric_alarm(row: Value, kept: dict[str, Any]) -> Value:
    empty: Value = {name: [] for name in (*_LISTS, "Dimensions")}
    return _merged(row, kept, _members("PutMetricAlarm", "MetricAlarm"), empty)


def _composite_alarm(row: Value, kept: dict[str, Any]) -> Value:
    empty: Value = {name: [] for name in _LISTS}
    return _merged(row, kept, _members("PutCompositeAlarm", "CompositeAlarm"), empty)


def _merged(row: Value, kept: dict[str, Any], members: frozenset[str], empty: Value) -> Value:
    """Return MiniStack's row with its configuration replaced by what was put.

    A row that was never put here (made by CloudFormation inside MiniStack) stays as it is.
    """
    config = kept.get(row["AlarmName"])
    changed = row.get("StateTransitionedTimestamp", row.get("StateUpdatedTimestamp"))
    state = {**row, "StateTransitionedTimestamp": changed}
    if config is None:
        return {**empty, **state}
    state = {name: value for name, value in state.items() if name not in members}
    return {**empty, **state, **{name: config[name] for name in members if name in config}}


_ANSWERS: dict[str, Answer] = {
    "PutMetricAlarm": put_alarm,
    "PutCompositeAlarm": put_alarm,
    "DeleteAlarms": delete_alarms,
    "DescribeAlarms": describe,
    "DescribeAlarmsForMetric": describe,
    "DescribeAlarmHistory": translate,
    "GetDashboard": translate,  # MiniStack puts the body into XML as it is, & and < included
}

SERVICE = Service("cloudwatch", _ANSWERS)
