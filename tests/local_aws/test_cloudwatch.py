"""Alarms are described as they were created, in JSON (boto3) and in Query XML (the provider)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.local_aws.support import QueryClient

_ACTION = "arn:aws:sns:eu-west-1:111122223333:alarms"

PLAIN: dict[str, Any] = {
    "AlarmName": "plain",
    "AlarmDescription": 'Says <what> & "why"',
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "f"}, {"Name": "Resource", "Value": "f:live"}],
    "Statistic": "Sum",
    "Period": 60,
    "Unit": "Count",
    "EvaluationPeriods": 10,
    "DatapointsToAlarm": 3,
    "Threshold": 5.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "ActionsEnabled": False,
    "AlarmActions": [_ACTION],
    "OKActions": [_ACTION],
    "InsufficientDataActions": [_ACTION],
}
PERCENTILE: dict[str, Any] = {
    "AlarmName": "percentile",
    "Namespace": "AWS/Lambda",
    "MetricName": "Duration",
    "ExtendedStatistic": "p99",
    "EvaluateLowSampleCountPercentile": "ignore",
    "Period": 300,
    "EvaluationPeriods": 3,
    "Threshold": 0.0001,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
MATH: dict[str, Any] = {
    "AlarmName": "math",
    "EvaluationPeriods": 2,
    "Threshold": 1e9,
    "ComparisonOperator": "GreaterThanThreshold",
    "Metrics": [
        {"Id": "rate", "Expression": "100 * e / i", "Label": "rate <%>", "ReturnData": True},
        {
            "Id": "e",
            "MetricStat": {
                "Metric": {
                    "Namespace": "N",
                    "MetricName": "E",
                    "Dimensions": [{"Name": "a", "Value": "b"}],
                },
                "Period": 60,
                "Stat": "Sum",
                "Unit": "Count",
            },
            "ReturnData": False,
        },
        {
            "Id": "i",
            "AccountId": "111122223333",
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "I"}, "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        },
    ],
}
BAND: dict[str, Any] = {
    "AlarmName": "band",
    "EvaluationPeriods": 2,
    "ThresholdMetricId": "band",
    "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
    "Metrics": [
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True},
        {
            "Id": "m",
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "E"}, "Period": 60, "Stat": "Sum"},
            "ReturnData": True,
        },
    ],
}
COMPOSITE: dict[str, Any] = {
    "AlarmName": "both",
    "AlarmDescription": "All at once",
    "AlarmRule": 'ALARM(plain) AND NOT OK("percentile")',
    "ActionsEnabled": True,
    "AlarmActions": [_ACTION],
    "OKActions": [_ACTION],
    "InsufficientDataActions": [_ACTION],
    "ActionsSuppressor": "math",
    "ActionsSuppressorWaitPeriod": 120,
    "ActionsSuppressorExtensionPeriod": 60,
}
METRIC = (PLAIN, PERCENTILE, MATH, BAND)
_TAGS = [{"Key": "team", "Value": "a: b + c"}]


@pytest.fixture(params=["json", "query"])
def call(
    request: pytest.FixtureRequest,
    client: Callable[[str], Any],
    query: Callable[[str], QueryClient],
) -> Iterator[Callable[..., dict[str, Any]]]:
    """Yield a function that calls CloudWatch in one protocol; delete its alarms after the test."""
    cloudwatch = client("cloudwatch")

    def over_json(name: str, **parameters: object) -> dict[str, Any]:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
        answer: dict[str, Any] = getattr(cloudwatch, snake)(**parameters)
        return answer

    yield query("cloudwatch").call if request.param == "query" else over_json
    both = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    # A child cannot be deleted while a composite alarm names it, so the composite is deleted first.
    for kind in ("CompositeAlarms", "MetricAlarms"):
        cloudwatch.delete_alarms(AlarmNames=[row["AlarmName"] for row in both[kind]])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def _described(alarm: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in alarm}


@pytest.mark.parametrize("alarm", METRIC, ids=lambda alarm: alarm["AlarmName"])
def test_a_metric_alarm_is_described_as_it_was_put(
    call: Callable[..., dict[str, Any]], alarm: dict[str, Any]
) -> None:
    """It has exactly the members that were set; otherwise a plan would have changes."""
    call("PutMetricAlarm", **alarm, Tags=_TAGS)
    (row,) = call("DescribeAlarms", AlarmNames=[alarm["AlarmName"]])["MetricAlarms"]
    if "Metrics" in alarm:
        without_lists = [_without_empty(metric) for metric in row["Metrics"]]
        row = {**row, "Metrics": without_lists}
    assert _described(alarm, row) == alarm
    expected = {
        "AlarmArn", "ActionsEnabled", "AlarmActions", "OKActions", "InsufficientDataActions", "Dimensions",
        "AlarmConfigurationUpdatedTimestamp", "StateValue", "StateReason", "StateUpdatedTimestamp",
        "StateTransitionedTimestamp",
    }  # fmt: skip
    assert set(row) == set(alarm) | expected
    assert call("ListTagsForResource", ResourceARN=row["AlarmArn"])["Tags"] == _TAGS


def _without_empty(metric: dict[str, Any]) -> dict[str, Any]:
    stat = metric.get("MetricStat")
    if stat and not stat["Metric"].get("Dimensions", True):
        del stat["Metric"]["Dimensions"]
    return metric


def test_a_composite_alarm_is_described_as_it_was_put(call: Callable[..., dict[str, Any]]) -> None:
    """With rule, suppressor and both periods."""
    for alarm in METRIC:
        call("PutMetricAlarm", **alarm)
    call("PutCompositeAlarm", **COMPOSITE, Tags=_TAGS)
    answer = call("DescribeAlarms", AlarmTypes=["CompositeAlarm"])
    (row,) = answer["CompositeAlarms"]
    assert answer.get("MetricAlarms", []) == []
    assert _described(COMPOSITE, row) == COMPOSITE
    assert call("ListTagsForResource", ResourceARN=row["AlarmArn"])["Tags"] == _TAGS


def test_an_alarm_that_is_put_again_is_replaced_whole(call: Callable[..., dict[str, Any]]) -> None:
    """Members that are not in the second call are removed (PutMetricAlarm: "completely overwrites")."""
    call("PutMetricAlarm", **PLAIN)
    call("PutMetricAlarm", **{**PERCENTILE, "AlarmName": "plain"})
    (row,) = call("DescribeAlarms", AlarmNames=["plain"])["MetricAlarms"]
    assert row["ExtendedStatistic"] == "p99"
    assert not {"Statistic", "Unit", "DatapointsToAlarm", "AlarmDescription", "TreatMissingData"} & set(row)


def test_alarms_are_listed_a_page_at_a_time_in_the_order_of_their_names(
    call: Callable[..., dict[str, Any]],
) -> None:
    """MaxRecords and NextToken page the list; the prefix filters it."""
    for alarm in METRIC:
        call("PutMetricAlarm", **alarm)
    first = call("DescribeAlarms", MaxRecords=3)
    second = call("DescribeAlarms", MaxRecords=3, NextToken=first["NextToken"])
    names = [row["AlarmName"] for page in (first, second) for row in page["MetricAlarms"]]
    assert names == ["band", "math", "percentile", "plain"]
    assert "NextToken" not in second
    with_prefix = call("DescribeAlarms", AlarmNamePrefix="p")["MetricAlarms"]
    assert [row["AlarmName"] for row in with_prefix] == ["percentile", "plain"]


def test_state_and_switch_are_those_of_now(call: Callable[..., dict[str, Any]]) -> None:
    """SetAlarmState and EnableAlarmActions are in the description and the history."""
    call("PutMetricAlarm", **PLAIN)
    call("SetAlarmState", AlarmName="plain", StateValue="ALARM", StateReason="a test & more")
    call("EnableAlarmActions", AlarmNames=["plain"])
    (row,) = call("DescribeAlarms", StateValue="ALARM")["MetricAlarms"]
    assert (row["StateValue"], row["StateReason"]) == ("ALARM", "a test & more")
    assert row["ActionsEnabled"] is True
    history = call("DescribeAlarmHistory", AlarmName="plain", HistoryItemType="StateUpdate")
    assert history["AlarmHistoryItems"][0]["AlarmName"] == "plain"


def test_a_rejected_alarm_is_an_error_in_the_protocol_of_the_call(
    call: Callable[..., dict[str, Any]],
) -> None:
    """A composite alarm over an alarm that does not exist is a ValidationError and is not created."""
    with pytest.raises(ClientError, match="do not exist") as caught:
        call("PutCompositeAlarm", AlarmName="bad", AlarmRule="ALARM(nowhere)")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert call("DescribeAlarms", AlarmTypes=["CompositeAlarm"]).get("CompositeAlarms", []) == []


def test_dashboards_are_kept_listed_and_missed(client: Callable[[str], Any]) -> None:
    """A dashboard is returned as it was created; a missing one is AWS's error."""
    cloudwatch = client("cloudwatch")
    body = '{"widgets": [{"type": "text", "properties": {"markdown": "<b> & \\u20ac"}}]}'
    assert (
        cloudwatch.put_dashboard(DashboardName="a-1", DashboardBody=body)["DashboardValidationMessages"] == []
    )
    assert cloudwatch.get_dashboard(DashboardName="a-1")["DashboardBody"] == body
    for prefix, names in (("a-", ["a-1"]), ("b-", [])):
        dashboards = cloudwatch.list_dashboards(DashboardNamePrefix=prefix)["DashboardEntries"]
        assert [row["DashboardName"] for row in dashboards] == names
    cloudwatch.delete_dashboards(DashboardNames=["a-1"])
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_dashboard(DashboardName="a-1")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
