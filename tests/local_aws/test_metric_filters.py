"""Metric filters and filter patterns: rejected as on AWS, matched as in the drill."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_GROUP = "/filters"


@pytest.fixture
def logs(client: Callable[[str], Any]) -> Iterator[Any]:
    """Yield a client and a log group with two streams."""
    new_client = client("logs")
    new_client.create_log_group(logGroupName=_GROUP)
    for stream in ("a", "b"):
        new_client.create_log_stream(logGroupName=_GROUP, logStreamName=stream)
    yield new_client
    new_client.delete_log_group(logGroupName=_GROUP)


def put(logs: Any, pattern: str = "ERROR", name: str = "f", **changes: Any) -> None:
    """Create a metric filter."""
    transformation = {"metricName": "M", "metricNamespace": "N", "metricValue": "1", **changes}
    logs.put_metric_filter(
        logGroupName=_GROUP, filterName=name, filterPattern=pattern, metricTransformations=[transformation]
    )


def filters(logs: Any) -> list[str]:
    """Return the names of the group's filters."""
    return [row["filterName"] for row in logs.describe_metric_filters(logGroupName=_GROUP)["metricFilters"]]


@pytest.mark.parametrize(
    ("pattern", "changes", "message"),
    [
        ("{ $.level = }", {}, "."),
        ("{ $.level", {}, "."),
        ("ERROR", {"metricValue": "$.ms"}, "pattern of terms"),
        ("ERROR", {"dimensions": {"Zone": "$.zone"}}, "dimensions require a JSON"),
        (
            "{ $.a = 1 }",
            {"dimensions": {"Zone": "$.zone"}, "defaultValue": 0},
            "not allowed with dim",
        ),
        ("{ $.a = 1 }", {"dimensions": {f"d{n}": "$.a" for n in range(4)}}, "at most 3"),
        ("ERROR", {"unit": "Parsecs"}, "is not valid; allowed"),
        ("ERROR", {"metricValue": "many"}, "must be a number"),
        ("ERROR", {"metricName": "a*b"}, "metric name"),
    ],
)
def test_a_filter_that_aws_would_reject_is_rejected(
    logs: Any, pattern: str, changes: dict[str, Any], message: str
) -> None:
    """With a reason, and it is not created."""
    with pytest.raises(logs.exceptions.InvalidParameterException, match=message):
        put(logs, pattern, **changes)
    assert filters(logs) == []


def test_a_log_group_has_only_so_many_filters_with_regular_expressions(logs: Any) -> None:
    """Five; one of them can be replaced, and filters without one can be added."""
    for number in range(5):
        put(logs, "%ERR.R%", f"f{number}")
    put(logs, "%WARN.*%", "f0")
    put(logs, "plain", "g")
    with pytest.raises(logs.exceptions.InvalidParameterException, match="at most 5"):
        put(logs, "%ERR.R%", "f5")
    assert filters(logs) == ["f0", "f1", "f2", "f3", "f4", "g"]


def test_a_filter_has_one_transformation_and_a_log_group(logs: Any) -> None:
    """As on AWS."""
    transformation = {"metricName": "M", "metricNamespace": "N", "metricValue": "1"}
    with pytest.raises(ClientError, match=r"must have one element .found: 2."):
        logs.put_metric_filter(
            logGroupName=_GROUP, filterName="f", filterPattern="", metricTransformations=[transformation] * 2
        )
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_metric_filter(
            logGroupName="/nowhere", filterName="f", filterPattern="",
            metricTransformations=[transformation],
        )  # fmt: skip


def test_a_pattern_is_tried_on_messages(logs: Any) -> None:
    """The matching messages, counted from 0, and the values of a space-delimited pattern."""
    messages = ["10.0.0.1 500 12", "10.0.0.2 200 7", "nothing"]
    matches = logs.test_metric_filter(filterPattern="[ip, status=5*, size > 10]", logEventMessages=messages)[
        "matches"
    ]
    assert matches == [
        {
            "eventNumber": 0,
            "eventMessage": messages[0],
            "extractedValues": {"$ip": "10.0.0.1", "$status": "500", "$size": "12"},
        }
    ]
    json_found = logs.test_metric_filter(
        filterPattern='{ $.level = "ERROR" && $.ms > 5 }',
        logEventMessages=['{"level": "INFO", "ms": 9}', '{"level": "ERROR", "ms": 9}'],
    )["matches"]
    assert [(row["eventNumber"], row["extractedValues"]) for row in json_found] == [(1, {})]
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Invalid filter pattern"):
        logs.test_metric_filter(filterPattern="{", logEventMessages=["a"])
    with pytest.raises(logs.exceptions.InvalidParameterException, match="1 to 50 messages"):
        logs.test_metric_filter(filterPattern="a", logEventMessages=["a"] * 51)


def test_events_are_filtered_by_pattern(logs: Any) -> None:
    """Oldest first, from all or some streams, in a time range, in pages."""
    now_ms = int(time.time() * 1000)
    for stream, offset in (("a", 0), ("b", 1)):
        events = [
            {
                "timestamp": now_ms - 1000 + 2 * number + offset,
                "message": json.dumps({"n": 2 * number + offset, "level": "ERROR" if number % 2 else "INFO"}),
            }
            for number in range(6)
        ]
        logs.put_log_events(logGroupName=_GROUP, logStreamName=stream, logEvents=events)

    def numbers(**parameters: Any) -> list[int]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=_GROUP, **parameters)
        return [json.loads(event["message"])["n"] for page in pages for event in page["events"]]

    assert numbers() == list(range(12))
    assert numbers(filterPattern='{ $.level = "ERROR" && $.n > 3 }') == [6, 7, 10, 11]
    assert numbers(filterPattern='{ $.level = "ERROR" }', logStreamNames=["b"]) == [3, 7, 11]
    assert numbers(filterPattern="-ERROR", startTime=now_ms - 1000 + 4) == [4, 5, 8, 9]
    assert numbers(filterPattern="ERROR", PaginationConfig={"PageSize": 4}) == [2, 3, 6, 7, 10, 11]
    page = logs.filter_log_events(logGroupName=_GROUP, filterPattern="ERROR", limit=4)
    assert (len(page["events"]), page["events"][0]["logStreamName"]) == (4, "a")
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Invalid filter pattern"):
        numbers(filterPattern="{ $.a")


def test_more_events_than_an_answer_holds_are_all_looked_through(logs: Any) -> None:
    """MiniStack returns at most 10,000 at a time; several have the same millisecond."""
    now_ms = int(time.time() * 1000)
    for first in range(0, 11_000, 5500):
        events = [
            {"timestamp": now_ms - 20_000 + number // 7, "message": f"line {number}"}
            for number in range(first, first + 5500)
        ]
        logs.put_log_events(logGroupName=_GROUP, logStreamName="a", logEvents=events)
    messages = [
        event["message"]
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=_GROUP, filterPattern="line"
        )
        for event in page["events"]
    ]
    assert sorted(messages) == sorted(f"line {number}" for number in range(11_000))
