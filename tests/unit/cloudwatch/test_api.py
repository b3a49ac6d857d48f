"""What an alarm says that it watches: statistics, other accounts, searches, and what missing data are."""

from __future__ import annotations

from typing import Any

import pytest

from cloudwatch import api, validation
from cloudwatch.errors import RecordError, UnsupportedRecordError
from cloudwatch.records import Record
from cloudwatch.statistic import SIMPLE
from terraform.alarms import metric_alarm_record
from tests.support.tables import each

ALARM: dict[str, Any] = {
    "AlarmName": "a",
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1,
    "EvaluationPeriods": 1,
    "Namespace": "AWS/DynamoDB",
    "MetricName": "ThrottledRequests",
    "Period": 60,
    "Statistic": "Sum",
}
MATH = {key: ALARM[key] for key in ("AlarmName", "ComparisonOperator", "Threshold", "EvaluationPeriods")}


def on(*queries: dict[str, Any]) -> Record:
    """Return an alarm on metric math."""
    return Record("here", {**MATH, "Metrics": list(queries)})


def query(id_: str = "m", stat: str = "Sum", **changed: Any) -> dict[str, Any]:
    """Return the query of a metric."""
    metric = {"Namespace": "N", "MetricName": "M"}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **changed}


def test_missing_data_of_dynamodb_are_ignored_unless_something_is_chosen() -> None:
    """Also in metric math; and of nothing else."""
    of_dynamodb = query()
    of_dynamodb["MetricStat"]["Metric"]["Namespace"] = "AWS/DynamoDB"
    for given, treated in (
        (Record("", ALARM), "ignore"),
        (on(of_dynamodb), "ignore"),
        (on(query()), "missing"),
        (Record("", {**ALARM, "Namespace": "AWS/SQS"}), "missing"),
        *(
            (Record("", {**ALARM, "TreatMissingData": text}), text)
            for text in ("missing", "notBreaching", "breaching", "ignore")
        ),
    ):
        assert api.metric_alarm(given).treat_missing_data == treated


def test_terraform_always_chooses_what_missing_data_are() -> None:
    """Its default is `missing`, and it sends it."""
    body = {
        "alarm_name": "a",
        "comparison_operator": "GreaterThanThreshold",
        "threshold": 1,
        "evaluation_periods": 1,
        "namespace": "AWS/DynamoDB",
        "metric_name": "ThrottledRequests",
        "period": 60,
        "statistic": "Sum",
    }
    assert api.metric_alarm(metric_alarm_record("", body)).treat_missing_data == "missing"
    body["treat_missing_data"] = "ignore"
    assert api.metric_alarm(metric_alarm_record("", body)).treat_missing_data == "ignore"


def test_metrics_of_another_account_are_refused() -> None:
    """Nobody knows here what happens there; null is no account."""
    api.metric_alarm(on(query(AccountId=None)))
    with pytest.raises(
        UnsupportedRecordError,
        match=r"^here: Metrics 1: AccountId is not supported: it reads a metric of another acc",
    ):
        api.metric_alarm(on(query(AccountId="111122223333")))


@each("stat", [*SIMPLE, "p99", "p100", "tm0", "IQM", "TM(10%:90%)", "PR(:300)", "wm99.9"])
def test_statistics_that_there_are_are_read(stat: str) -> None:
    """In a query; and as ExtendedStatistic all but those that are a Statistic."""
    assert api.metric_alarm(on(query(stat=stat))).statistics[0].stat == stat
    extended = Record("here", {**ALARM, "Statistic": None, "ExtendedStatistic": stat})
    if stat in SIMPLE:
        with pytest.raises(RecordError, match=f"ExtendedStatistic must not be {stat}: use Statistic"):
            api.metric_alarm(extended)
    else:
        assert api.metric_alarm(extended).statistics[0].stat == stat


@each("stat", ["P99", "p101", "TM(:)", "TM(90%:10%)", "PR(10%:20%)", "tm", "median", ""])
def test_other_statistics_are_not_valid(stat: str) -> None:
    """In a query and by themselves."""
    for given in (on(query(stat=stat)), Record("", {**ALARM, "Statistic": None, "ExtendedStatistic": stat})):
        (problem,) = validation.metric_alarm(api.metric_alarm(given))
        assert problem.key == "statistic"
