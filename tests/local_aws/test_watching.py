"""A parsed alarm: its datapoints, when it is evaluated, and whether it can be evaluated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import aws_alarms
from cloudwatch.errors import InputError
from local_aws.clock import Clock
from local_aws.metrics import Metric, Metrics, Sample
from local_aws.watching import Watch
from tests.local_aws.putting import alarm_request
from tests.support.invalid_alarms import VALID
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY

_METRIC = Metric("n", "m")


class Seconds:
    """A monotonic clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def config(**changes: Any) -> dict[str, Any]:
    """Return an input of PutMetricAlarm."""
    members = {
        "AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", **changes,
    }  # fmt: skip
    return {name: value for name, value in members.items() if value is not None}


def watch(**changes: Any) -> Watch:
    """Return a parsed alarm."""
    alarm = Watch.of(config(**changes))
    assert alarm
    return alarm


@given(
    samples=st.lists(st.tuples(st.integers(0, 1799), st.integers(0, 9)), max_size=40),
    speeds=st.lists(st.sampled_from([0.5, 1, 7, 60, 600]), min_size=1, max_size=4),
    period_min=st.sampled_from([1, 2, 5]),
    periods=st.integers(1, 3),
)
def test_datapoints_are_of_the_periods_before_an_evaluation(
    samples: list[tuple[int, int]], speeds: list[float], period_min: int, periods: int
) -> None:
    """In simulated time at any speed, compared with sums computed here."""
    seconds = Seconds()
    clock = Clock(speeds[0], seconds)
    for speed in speeds[1:]:
        seconds.now_s += 3
        clock.set_speed(speed)
    first_s = math.ceil(clock.now_s() / 60) * 60
    end_s, period_s = first_s + 1800, period_min * 60
    metrics = Metrics()
    for after_s, value in samples:
        metrics.add(_METRIC, Sample.of(clock.real_s(first_s + after_s + 0.5), value))
    alarm = watch(Period=period_s, EvaluationPeriods=periods)
    datapoints = alarm.datapoints(metrics, clock, end_s)
    assert len(datapoints.values) == periods + 2
    assert datapoints.counts is not None
    for start_s, value, count in zip(datapoints.starts_s, datapoints.values, datapoints.counts, strict=True):
        values = [sample for after_s, sample in samples if 0 <= first_s + after_s - start_s < period_s]
        assert [*datapoints.starts_s][-1] + period_s == end_s
        assert (value, count) == (
            (sum(values), len(values)) if values else pytest.approx((math.nan,) * 2, nan_ok=True)
        )


def test_expressions_see_what_metrics_see() -> None:
    """Each metric with its own statistic."""

    def query(key: str, stat: str, **changes: Any) -> dict[str, Any]:
        metric = {"Namespace": "n", "MetricName": "m"}
        return {
            "Id": key,
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat},
            "ReturnData": False,
            **changes,
        }

    clock, metrics = Clock(1, Seconds()), Metrics()
    end_s = int(clock.now_s()) // 60 * 60
    for value in (2, 4):
        metrics.add(_METRIC, Sample.of(end_s - 30, value))
    without_metric = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    queries = [query("a", "Sum"), query("b", "Maximum"), {"Id": "c", "Expression": "a * 10 + FILL(b, 1)"}]
    datapoints = watch(**without_metric, Metrics=queries).datapoints(metrics, clock, end_s)
    assert datapoints.values[-1] == 64
    assert datapoints.counts is None
    single = watch(**without_metric, Metrics=[query("a", "Maximum", ReturnData=True)]).datapoints(
        metrics, clock, end_s
    )
    assert (single.values[-1], np.asarray(single.counts)[-1]) == (4, 2)
    constant = watch(**without_metric, Metrics=[{"Id": "t", "Expression": "TIME_SERIES(3)", "Period": 300}])
    assert constant.period_s == 300
    assert [*constant.datapoints(metrics, clock, end_s).values] == [3, 3, 3]


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, {0, 60, 3600}),
        ({"Period": 10}, {0, 10, 60, 3600}),
        ({"Period": 3600, "EvaluationPeriods": 24}, {0, 60, 3600}),
        ({"Period": 3600, "EvaluationPeriods": 25}, {0, 3600}),
    ],
)
def test_an_alarm_is_evaluated_as_often_as_aws_does(changes: dict[str, Any], due: set[int]) -> None:
    """Every 10 seconds, every minute, or every hour."""
    alarm = watch(**changes)
    assert {at_s for at_s in (0, 10, 60, 3600) if alarm.is_due(at_s)} == due


@each(
    ("namespace", "name", "known"),
    [
        ("AWS/Lambda", "Errors", True),
        ("AWS/Lambda", "DeadLetterErrors", False),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", True),
        ("AWS/Logs", "IncomingBytes", False),
        ("AWS/ECS", "CPUUtilization", False),
        ("ECS/ContainerInsights", "RunningTaskCount", False),
        ("LambdaInsights", "memory_utilization", False),
        ("reveille/local", "Errors", True),
    ],
)
def test_missing_data_counts_only_for_metrics_that_are_emitted(
    namespace: str, name: str, *, known: bool
) -> None:
    """Few metrics of AWS, and all others that have samples."""
    alarm, metrics = watch(Namespace=namespace, MetricName=name), Metrics()
    assert alarm.is_evaluable(metrics) is known
    metrics.add(Metric(namespace, name), Sample.of(0, 1))
    assert alarm.is_evaluable(metrics)


def test_missing_data_of_a_log_group_counts_once_it_has_entries() -> None:
    """The log group may belong to a container, and no containers run here."""
    metrics, group = Metrics(), [{"Name": "LogGroupName", "Value": "/g"}]
    alarm = watch(Namespace="AWS/Logs", MetricName="EMFParsingErrors", Dimensions=group)
    metrics.add(Metric.of("AWS/Logs", "IncomingLogEvents", {"LogGroupName": "/other"}), Sample.of(0, 1))
    assert not alarm.is_evaluable(metrics)
    metrics.add(Metric.of("AWS/Logs", "IncomingLogEvents", {"LogGroupName": "/g"}), Sample.of(0, 1))
    assert alarm.is_evaluable(metrics)


def test_one_metric_that_is_reported_is_enough() -> None:
    """Missing values of other metrics are filled by the expression, as on AWS."""

    def query(namespace: str) -> dict[str, Any]:
        metric = {"Namespace": namespace, "MetricName": "m"}
        return {
            "Id": namespace[-1].lower(),
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        }

    without_metric = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    for namespaces, known in ((("AWS/A", "AWS/B"), False), (("AWS/A", "b"), True)):
        expression = {"Id": "e", "Expression": "a + b"}
        alarm = watch(**without_metric, Metrics=[*map(query, namespaces), expression])
        assert alarm.is_evaluable(Metrics()) is known


def test_a_band_is_not_watched_and_what_aws_rejects_is_an_error() -> None:
    """There is no model of the band here."""
    assert Watch.of(dict(VALID["band"])) is None
    for wrong in ({"Statistic": None, "ExtendedStatistic": "p101"}, {"DatapointsToAlarm": 2}):
        with pytest.raises(InputError):
            watch(**wrong)


@each("name", sorted(EVERY))
def test_every_alarm_of_every_catalog_can_be_watched(name: str) -> None:
    """Except alarms with an anomaly band."""
    _, catalog = EVERY[name]
    for alarm in catalog.alarms:
        parsed = Watch.of(alarm_request(aws_alarms.metric_alarm(alarm)))
        assert (parsed is None) == (alarm.anomaly_band is not None)


@each(
    ("unit", "sampled", "expected"),
    [
        ("Seconds", "Milliseconds", []),
        ("Seconds", "Seconds", [7]),
        (None, "Seconds", [7]),
        ("None", "Count", []),
    ],
)
def test_samples_in_another_unit_do_not_reach_an_alarm(
    unit: str | None, sampled: str, expected: list[float]
) -> None:
    """Of one metric, and of a query of metric math."""
    clock, metrics = Clock(1, Seconds()), Metrics()
    end_s = int(clock.now_s()) // 60 * 60
    metrics.add(_METRIC, Sample.of(end_s - 30, 7, sampled))
    stat = {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "m1", "MetricStat": {**stat, **({"Unit": unit} if unit else {})}, "ReturnData": False},
        {"Id": "e", "Expression": "m1 * 1"},
    ]
    single = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    for alarm in (watch(Unit=unit), watch(**single, Metrics=queries)):
        values = alarm.datapoints(metrics, clock, end_s).values
        assert [value for value in values if not math.isnan(value)] == expected
