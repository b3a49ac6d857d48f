"""CloudWatch: alarms and metrics, in the JSON and the Query protocol.

`local_aws.alarms` stores configurations, `local_aws.evaluation_loop` evaluates alarms,
`local_aws.alarm_actions` performs their actions, `local_aws.reporting` and `local_aws.datapoints` write and
read metrics.

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
    from local_aws.http import Response
    from local_aws.protocols import Value

_OF_METRIC = frozenset({"Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit"})
"""Parameters of DescribeAlarmsForMetric that select alarms, in addition to dimensions."""


def _invalid(message: str) -> AwsError:
    code = "ValidationError"
    return AwsError(code, message)


async def put_alarm(call: Call) -> Value:
    """Create or replace a metric or composite alarm, and process the state changes that follow."""
    _check(call)
    async with alarm_actions.lock(call):
        await _check_suppressor(call)
        await alarms.ask(call, call.operation.name, alarms.without_actions_and_metric(call.input))
        call.table(call.operation.name)[call.input["AlarmName"]] = call.input
        await alarm_actions.process_changes(call)
    return {}


async def delete_alarms(call: Call) -> Value:
    """Delete alarms, unless one of them is the suppressor of a composite alarm."""
    names = call.input.get("AlarmNames", [])
    async with alarm_actions.lock(call):
        suppressors = {
            suppressor.alarm
            for composite in call.table("PutCompositeAlarm").values()
            if (suppressor := alarms.suppressor_of(composite))
        }
        in_use = next((name for name in names if name in suppressors), None)
        if in_use is not None:
            message = f"Cannot delete {in_use} as there are composite alarm(s) depending on it."
            raise _invalid(message)
        await alarms.ask(call, call.operation.name, call.input)
        for name in names:
            for operation in alarms.TYPES:
                call.table(operation).pop(name, None)
            alarm_actions.forget(call, name)
    return {}


async def describe(call: Call) -> Value:
    """Describe alarms: the stored configuration, the state in MiniStack, the suppression of actions."""
    answer = alarms.with_configurations(call, await alarms.ask(call, call.operation.name, call.input))
    if "CompositeAlarms" not in answer:
        return answer
    composites = [
        {**row, **alarm_actions.suppressed_by(call, row["AlarmName"])} for row in answer["CompositeAlarms"]
    ]
    return {**answer, "CompositeAlarms": composites}


async def describe_for_metric(call: Call) -> Value:
    """Describe the alarms on one metric with all its dimensions, without alarms on metric math."""
    filters = {name: value for name, value in call.input.items() if name in _OF_METRIC}

    def matches(row: Value) -> bool:
        dimensions = _pairs(row) == _pairs(call.input)
        return dimensions and all(row.get(name) == value for name, value in filters.items())

    rows = [row for row in (await alarms.find(call)).values() if matches(row)]
    return {"MetricAlarms": rows}


def _pairs(source: Value) -> set[tuple[str, str]]:
    return {(dimension["Name"], dimension["Value"]) for dimension in source.get("Dimensions") or []}


async def set_state(call: Call) -> Response:
    """Set the state of an alarm, and process its change and the changes of its composites."""
    state = call.input["StateValue"]
    if state not in ACTIONS:
        message = (
            f"1 validation error detected: Value '{state}' at 'stateValue' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(sorted(ACTIONS))}]"
        )
        raise _invalid(message)
    async with alarm_actions.lock(call):
        response = await call.forward()
        await alarm_actions.process_changes(call)
    return response


async def translate(call: Call) -> Value:
    """Forward an operation to MiniStack in JSON and answer in the protocol of the request."""
    return await alarms.ask(call, call.operation.name, call.input)


def _check(call: Call) -> None:
    """Check that an alarm is valid on AWS. An alarm that is valid but cannot be evaluated here is accepted.

    The messages differ from AWS's, which are not documented.

    Raises:
        AwsError: ValidationError.
    """
    try:
        if call.operation.name == "PutMetricAlarm":
            problems = validation.metric_alarm(watching.read_metric_alarm(call.input))
        else:
            problems = validation.composite_alarm(api.composite_alarm(Record("alarm", call.input)))
    except UnsupportedRecordError:
        return
    except RecordError as error:
        raise _invalid(error.text) from error
    messages = [str(problem) for problem in problems if not problem.is_unsupported]
    if messages:
        raise _invalid("; ".join(messages))


async def _check_suppressor(call: Call) -> None:
    """Check that the suppressor is the name or ARN of an existing alarm (PutCompositeAlarm).

    The message differs from AWS's, which is not documented.

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
    # MiniStack does not escape `<` in a dashboard body in XML.
    "GetDashboard": translate,
    "PutMetricData": reporting.put,
    "ListMetrics": reporting.list_metrics,
    "GetMetricStatistics": datapoints.get_statistics,
    "GetMetricData": datapoints.get_data,
    "SetAlarmState": set_state,
}

SERVICE = Service("cloudwatch", _ANSWERS)
