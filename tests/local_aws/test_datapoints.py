"""PutMetricData, ListMetrics, GetMetricStatistics and GetMetricData."""

from __future__ import annotations

import math
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local_aws.support import QueryClient

_NOW_S = int(time.time()) // 300 * 300


@pytest.fixture
def cloudwatch(client: Callable[[str], Any]) -> Any:
    """Return a client of CloudWatch."""
    return client("cloudwatch")


@pytest.fixture
def namespace() -> str:
    """Return a unique namespace."""
    return f"n{uuid.uuid4().hex[:8]}"


def put(cloudwatch: Any, namespace: str, *data: dict[str, Any]) -> None:
    """Put data of the metric M, 30 s after the start of the first of five minutes."""
    metric_data = [{"MetricName": "M", "Timestamp": _NOW_S - 270, **datum} for datum in data]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=metric_data)


def statistics(cloudwatch: Any, namespace: str, **changes: Any) -> list[dict[str, Any]]:
    """Return the datapoints of M, oldest first."""
    parameters = {
        "Namespace": namespace, "MetricName": "M", "Period": 60, "Statistics": ["Sum"],
        "StartTime": _NOW_S - 300, "EndTime": _NOW_S, **changes,
    }  # fmt: skip
    parameters = {name: value for name, value in parameters.items() if value}
    rows = cloudwatch.get_metric_statistics(**parameters)["Datapoints"]
    return sorted(rows, key=lambda row: (row["Timestamp"], row["Unit"]))


def data(cloudwatch: Any, *queries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return id -> the result of each query."""
    parameters = {"StartTime": _NOW_S - 300, "EndTime": _NOW_S, "ScanBy": "TimestampAscending", **changes}
    answer = cloudwatch.get_metric_data(MetricDataQueries=[*queries], **parameters)
    return {row["Id"]: row for row in answer["MetricDataResults"]}


def _query(
    namespace: str, key: str = "m", stat: str = "Sum", period_s: int = 60, **changes: Any
) -> dict[str, Any]:
    """Return a query for a statistic of M."""
    metric = {"Namespace": namespace, "MetricName": "M"}
    return {"Id": key, "MetricStat": {"Metric": metric, "Period": period_s, "Stat": stat}, **changes}


def test_every_kind_of_datum_counts(cloudwatch: Any, namespace: str) -> None:
    """Values, values with counts and statistic sets; all statistics, percentiles if values are known."""
    late = _NOW_S - 30
    put(
        cloudwatch, namespace,
        {"Value": 4},
        {"Values": [1, 2], "Counts": [3, 1]},
        {"StatisticValues": {"SampleCount": 2, "Sum": 20, "Minimum": 10, "Maximum": 10}},
        {"Value": 7, "Timestamp": late},
        {"StatisticValues": {"SampleCount": 2, "Sum": 9, "Minimum": 1, "Maximum": 8}, "Timestamp": late},
    )  # fmt: skip
    stats = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    first, last = statistics(
        cloudwatch, namespace, Statistics=stats, ExtendedStatistics=["p100", "p0", "TC(:2)"]
    )
    assert [first[name] for name in stats] == [7, 29, pytest.approx(29 / 7), 1, 10]
    assert first["ExtendedStatistics"] == {"p100": 10, "p0": 1, "TC(:2)": 4}
    assert [last[name] for name in stats] == [3, 16, pytest.approx(16 / 3), 1, 8]
    assert "ExtendedStatistics" not in last
    assert (first["Timestamp"].timestamp(), last["Timestamp"].timestamp()) == (_NOW_S - 300, _NOW_S - 60)


def test_each_unit_has_datapoints_of_its_own(cloudwatch: Any, namespace: str) -> None:
    """All units, or the unit in the request."""
    put(cloudwatch, namespace, {"Value": 4, "Unit": "Seconds"}, {"Value": 1, "Unit": "Count"}, {"Value": 9})
    sums = [(datapoint["Unit"], datapoint["Sum"]) for datapoint in statistics(cloudwatch, namespace)]
    assert sums == [("Count", 1), ("None", 9), ("Seconds", 4)]
    (datapoint,) = statistics(cloudwatch, namespace, Unit="Seconds")
    assert datapoint["Sum"] == 4
    assert statistics(cloudwatch, namespace, Unit="Bytes") == []


def test_both_protocols_say_the_same(
    cloudwatch: Any, query: Callable[[str], QueryClient], namespace: str
) -> None:
    """JSON and Query (XML), input and output."""
    over_xml = query("cloudwatch").call
    datum = {"MetricName": "M", "Timestamp": _NOW_S - 30, "Values": [1.5, 2], "Counts": [2, 1]}
    over_xml("PutMetricData", Namespace=namespace, MetricData=[datum])
    metric = {"Namespace": namespace, "MetricName": "M", "Dimensions": []}
    assert over_xml("ListMetrics", Namespace=namespace)["Metrics"] == [metric]
    parameters = {
        "Namespace": namespace, "MetricName": "M", "Period": 60, "Statistics": ["Sum"],
        "ExtendedStatistics": ["p50"], "StartTime": _NOW_S - 300, "EndTime": _NOW_S,
    }  # fmt: skip
    answer = over_xml("GetMetricStatistics", **parameters)
    assert answer["Datapoints"] == cloudwatch.get_metric_statistics(**parameters)["Datapoints"]
    assert (answer["Label"], answer["Datapoints"][0]["Sum"]) == ("M", 5)


def test_datapoints_lie_at_multiples_of_their_period(cloudwatch: Any, namespace: str) -> None:
    """For any start and end; the end is exclusive."""
    put(cloudwatch, namespace, {"Value": 1}, {"Value": 2, "Timestamp": _NOW_S})
    for start_s, end_s, period_s, sums in (
        (_NOW_S - 299, _NOW_S - 1, 300, [1]),
        (_NOW_S - 299, _NOW_S - 269, 60, [1]),
        (_NOW_S - 240, _NOW_S, 60, []),
        (_NOW_S - 240, _NOW_S + 1, 60, [2]),
        (_NOW_S - 300, _NOW_S + 60, 1, [1, 2]),
    ):
        results = data(cloudwatch, _query(namespace, period_s=period_s), StartTime=start_s, EndTime=end_s)
        assert results["m"]["Values"] == sums
        assert all(at.timestamp() % period_s == 0 for at in results["m"]["Timestamps"])


def test_expressions_are_computed(cloudwatch: Any, namespace: str) -> None:
    """Over metrics and other expressions; queries with ReturnData false are not returned."""
    put(cloudwatch, namespace, {"Values": [6, 4]}, {"Value": 2, "Timestamp": _NOW_S - 30})
    results = data(
        cloudwatch,
        _query(namespace, ReturnData=False),
        _query(namespace, "n", "SampleCount"),
        {"Id": "mean", "Expression": "m / n", "Label": "the mean", "ReturnData": True},
        {"Id": "all", "Expression": "SUM(FILL([mean, n], 0))"},
    )
    assert set(results) == {"n", "mean", "all"}
    assert results["mean"]["Values"] == [5, 2]
    assert results["mean"]["Label"] == "the mean"
    assert results["all"]["Values"] == [7, 0, 0, 0, 3]
    all_of_them = cloudwatch.get_metric_data(
        MetricDataQueries=[_query(namespace), {"Id": "e", "Expression": "METRICS() * 2"}],
        StartTime=_NOW_S - 300, EndTime=_NOW_S,
    )["MetricDataResults"]  # fmt: skip
    assert [(row["Id"], row["Values"]) for row in all_of_them] == [("m", [2, 10]), ("e", [4, 20])]
    newest_first = data(cloudwatch, _query(namespace), ScanBy="TimestampDescending")
    assert newest_first["m"]["Values"] == [2, 10]


def test_metrics_are_listed_by_what_they_are(cloudwatch: Any) -> None:
    """By namespace, name and dimensions, with one value or any value."""
    namespace = f"n{uuid.uuid4().hex[:8]}"
    for name, dimensions in (("A", {}), ("B", {"x": "1"}), ("B", {"x": "2", "y": "1"}), ("C", {"y": "1"})):
        rows = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        cloudwatch.put_metric_data(
            Namespace=namespace, MetricData=[{"MetricName": name, "Dimensions": rows, "Value": 1}]
        )

    def listed(**parameters: Any) -> list[tuple[str, int]]:
        rows = cloudwatch.list_metrics(Namespace=namespace, **parameters)["Metrics"]
        return [(row["MetricName"], len(row["Dimensions"])) for row in rows]

    assert listed() == [("A", 0), ("B", 1), ("B", 2), ("C", 1)]
    assert listed(MetricName="B") == [("B", 1), ("B", 2)]
    assert listed(Dimensions=[{"Name": "x"}]) == [("B", 1), ("B", 2)]
    assert listed(Dimensions=[{"Name": "x", "Value": "1"}]) == [("B", 1)]
    assert listed(Dimensions=[{"Name": "y"}, {"Name": "x"}]) == [("B", 2)]
    assert not cloudwatch.list_metrics(Namespace="nowhere")["Metrics"]


@pytest.mark.parametrize(
    ("datum", "message"),
    [
        ({"Value": 1, "Timestamp": _NOW_S - 15 * 86_400}, "two weeks"),
        ({"Value": 1, "Timestamp": _NOW_S + 3 * 3600}, "two hours"),
        ({"Value": 1, "Unit": "Parsecs"}, "is not valid; allowed: Bits"),
        ({}, "must have exactly one of"),
        ({"Value": 1, "Values": [2]}, "must have exactly one of"),
        ({"Values": [1, 2], "Counts": [1]}, "1 Counts"),
        ({"Values": [1] * 151}, "at most 150"),
        ({"Value": 2.0**361}, "must be a number between"),
        ({"Value": math.nan}, "must be a number between"),
        ({"Value": 1, "Dimensions": [{"Name": f"d{n}", "Value": "v"} for n in range(31)]}, "at most 30"),
    ],
)
def test_a_datum_that_cloudwatch_would_reject_is_rejected_with_all_others(
    cloudwatch: Any, namespace: str, datum: dict[str, Any], message: str
) -> None:
    """The message has the allowed values."""
    with pytest.raises(ClientError, match=message):
        put(cloudwatch, namespace, {"Value": 1}, datum)
    assert cloudwatch.list_metrics(Namespace=namespace)["Metrics"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Period": 45}, "1, 5, 10, 20, 30 or a multiple of 60"),
        ({"Period": 90}, "1, 5, 10, 20, 30 or a multiple of 60"),
        ({"StartTime": _NOW_S}, "must be less than"),
        ({"Statistics": []}, "Statistics or ExtendedStatistics"),
        ({"Period": 1, "StartTime": _NOW_S - 1441}, "exceeds the limit of 1440"),
        ({"Statistics": [], "ExtendedStatistics": ["p101"]}, "p101"),
    ],
)
def test_what_cannot_be_answered_is_rejected(
    cloudwatch: Any, namespace: str, changes: dict[str, Any], message: str
) -> None:
    """The message has the reason."""
    with pytest.raises(ClientError, match=message):
        statistics(cloudwatch, namespace, **changes)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (["m", "m"], "must be unique"),
        (["m", {"Id": "e", "Expression": "m +"}], "Error in expression"),
        (["m", {"Id": "e", "Expression": "nowhere * 2"}], "Error in expression"),
        (["m", "long", {"Id": "e", "Expression": "m + long"}], "with the same period"),
    ],
)
def test_queries_that_cannot_be_answered_are_rejected(
    cloudwatch: Any, namespace: str, queries: list[Any], message: str
) -> None:
    """One query that is not valid rejects the whole request."""
    known = {"m": _query(namespace), "long": _query(namespace, "long", period_s=300)}
    with pytest.raises(ClientError, match=message):
        data(cloudwatch, *(known[query] if isinstance(query, str) else query for query in queries))


def test_alarms_over_a_metric_are_found(cloudwatch: Any, namespace: str) -> None:
    """By exactly these dimensions, and by statistic, period and unit if they are in the request."""
    plain = {
        "Namespace": namespace, "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    dimensions = [{"Name": "a", "Value": "1"}]
    alarms = {
        "plain": plain,
        "unit": {**plain, "Unit": "Count", "Period": 300},
        "dimensions": {**plain, "Dimensions": dimensions},
        "other": {**plain, "MetricName": "N"},
    }
    for name, alarm in alarms.items():
        cloudwatch.put_metric_alarm(AlarmName=f"{namespace}-{name}", **alarm)

    def names(**parameters: Any) -> list[str]:
        rows = cloudwatch.describe_alarms_for_metric(Namespace=namespace, MetricName="M", **parameters)
        return [row["AlarmName"].partition("-")[2] for row in rows["MetricAlarms"]]

    assert names() == ["plain", "unit"]
    assert names(Period=300) == ["unit"]
    assert names(Unit="Count") == ["unit"]
    assert names(Statistic="Average") == []
    assert names(Dimensions=dimensions) == ["dimensions"]
    cloudwatch.delete_alarms(AlarmNames=[f"{namespace}-{name}" for name in alarms])
