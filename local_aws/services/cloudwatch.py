"""CloudWatch: alarms, whole, in both protocols, and what they do; the samples that they are evaluated on.

`local_aws.alarms` says what is kept here and what MiniStack keeps, `local_aws.rounds` when alarms are
evaluated, `local_aws.alarm_actions` what happens when a state changes, `local_aws.datapoints` what is asked
of metrics.

Sources: Amazon CloudWatch API Reference, PutMetricAlarm, PutCompositeAlarm, DeleteAlarms, DescribeAlarms,
SetAlarmState.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudwatch import api, validation
from cloudwatch.errors import RecordError, UnsupportedRecordError
from cloudwatch.records import Record
from local_aws import alarm_actions, alarms, datapoints, reporting, watching
from local_aws.alarms import ACTIONS
from local_aws.calls import Answer, Call, Service
from local_aws.errors import AwsError

if TYPE_CHECKING:
    from local_aws.protocols import Value
    from local_aws.wire import Response

_OF_METRIC = frozenset({"Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit"})
"""What DescribeAlarmsForMetric selects by, besides dimensions."""


def _invalid(message: str) -> AwsError:
    code = "ValidationError"
    return AwsError(code, message)


async def put_alarm(call: Call) -> Value:
    """Put a metric or composite alarm into MiniStack, keep its configuration, act on what that changes."""
    _check(call)
    async with alarm_actions.lock(call):
        await _check_suppressor(call)
        await alarms.ask(call, call.operation.name, alarms.silent(call.input))
        call.table(call.operation.name)[call.input["AlarmName"]] = call.input
        await alarm_actions.settle(call)
    return {}


async def delete_alarms(call: Call) -> Value:
    """Delete alarms in MiniStack and forget them, unless a composite alarm still needs one of them."""
    names = call.input.get("AlarmNames", [])
    async with alarm_actions.lock(call):
        suppressors = {
            suppressor.alarm
            for composite in call.table("PutCompositeAlarm").values()
            if (suppressor := alarms.suppressor_of(composite))
        }
        needed = next((name for name in names if name in suppressors), None)
        if needed is not None:
            message = f"Cannot delete {needed} as there are composite alarm(s) depending on it."
            raise _invalid(message)
        await alarms.ask(call, call.operation.name, call.input)
        for name in names:
            for operation in alarms.TYPES:
                call.table(operation).pop(name, None)
            alarm_actions.forget(call, name)
    return {}


async def describe(call: Call) -> Value:
    """Describe alarms: the configuration as put, the state as MiniStack has it, what suppresses actions."""
    answer = alarms.whole(call, await alarms.ask(call, call.operation.name, call.input))
    if "CompositeAlarms" not in answer:
        return answer
    composites = [
        {**row, **alarm_actions.suppressed_by(call, row["AlarmName"])} for row in answer["CompositeAlarms"]
    ]
    return {**answer, "CompositeAlarms": composites}


async def describe_for_metric(call: Call) -> Value:
    """Describe the alarms over one metric with all its dimensions; those of metric math are none of them."""
    wanted = {name: value for name, value in call.input.items() if name in _OF_METRIC}

    def matches(row: Value) -> bool:
        dimensions = _pairs(row) == _pairs(call.input)
        return dimensions and all(row.get(name) == value for name, value in wanted.items())

    rows = [row for row in (await alarms.find(call)).values() if matches(row)]
    return {"MetricAlarms": rows}


def _pairs(given: Value) -> set[tuple[str, str]]:
    return {(dimension["Name"], dimension["Value"]) for dimension in given.get("Dimensions") or []}


async def set_state(call: Call) -> Response:
    """Set an alarm's state and act on the change, its own and those of the composites over it."""
    state = call.input["StateValue"]
    if state not in ACTIONS:
        message = (
            f"1 validation error detected: Value '{state}' at 'stateValue' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(sorted(ACTIONS))}]"
        )
        raise _invalid(message)
    async with alarm_actions.lock(call):
        response = await call.forward()
        await alarm_actions.settle(call)
    return response


async def translate(call: Call) -> Value:
    """Answer an operation with MiniStack's JSON answer, whatever protocol it was asked in."""
    return await alarms.ask(call, call.operation.name, call.input)


def _check(call: Call) -> None:
    """Refuse an alarm that AWS would refuse; one that only is not evaluated here is kept as on AWS.

    The words are not AWS's: it does not document them.

    Raises:
        AwsError: ValidationError.
    """
    try:
        if call.operation.name == "PutMetricAlarm":
            found = validation.metric_alarm(watching.read_metric_alarm(call.input))
        else:
            found = validation.composite_alarm(api.composite_alarm(Record("alarm", call.input)))
    except UnsupportedRecordError:
        return
    except RecordError as error:
        raise _invalid(error.text) from error
    refused = [str(problem) for problem in found if not problem.is_unsupported]
    if refused:
        raise _invalid("; ".join(refused))


async def _check_suppressor(call: Call) -> None:
    """Refuse a suppressor that is not there: it is the name or ARN of an existing alarm (PutCompositeAlarm).

    The words are not AWS's: it does not document them.

    Raises:
        AwsError: ValidationError.
    """
    if not call.input.get("ActionsSuppressor"):
        return
    suppressor = alarms.suppressor_of(call.input)
    if suppressor and suppressor.alarm not in await alarms.find(call, [suppressor.alarm]):
        message = f"The actions suppressor alarm [{call.input['ActionsSuppressor']}] does not exist"
        raise _invalid(message)


_ANSWERS: dict[str, Answer] = {
    "PutMetricAlarm": put_alarm,
    "PutCompositeAlarm": put_alarm,
    "DeleteAlarms": delete_alarms,
    "DescribeAlarms": describe,
    "DescribeAlarmsForMetric": describe_for_metric,
    "DescribeAlarmHistory": translate,
    # MiniStack writes a body with `<` in it into XML as it is.
    "GetDashboard": translate,
    "PutMetricData": reporting.put,
    "ListMetrics": reporting.list_metrics,
    "GetMetricStatistics": datapoints.get_statistics,
    "GetMetricData": datapoints.get_data,
    "SetAlarmState": set_state,
}

SERVICE = Service("cloudwatch", _ANSWERS)
