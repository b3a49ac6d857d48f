"""Alarms in files: AWS's and Terraform's words for one alarm are one value, and what is wrong is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloudwatch.alarms import Actions, CompositeAlarm, Metric, MetricAlarm, Query, Statistic
from cloudwatch.errors import InputError
from cloudwatch.suppression import Suppressor
from config.errors import CommandError, ConfigError
from drill import actions, checking
from drill.model import System
from drill.sources import alarm_file, synthesized
from drill.sources.errors import SourceError
from terraform import alarms
from tests.support.tables import each

PLAIN: dict[str, Any] = {
    "AlarmName": "pay-errors",
    "AlarmDescription": "It fails",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "Resource", "Value": "pay:live"}, {"Name": "FunctionName", "Value": "pay"}],
    "Statistic": "Sum",
    "Period": 60,
    "Unit": "Count",
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "Threshold": 2.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["arn:aws:sns:eu-west-1:1:page"],
    "OKActions": ["arn:aws:sns:eu-west-1:1:ok"],
    "InsufficientDataActions": ["arn:aws:sns:eu-west-1:1:gone"],
}
PERCENTILE: dict[str, Any] = {
    "AlarmName": "pay-slow",
    "Namespace": "AWS/Lambda",
    "MetricName": "Duration",
    "ExtendedStatistic": "p99.9",
    "EvaluateLowSampleCountPercentile": "ignore",
    "Period": 300,
    "EvaluationPeriods": 3,
    "Threshold": 8000,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
MATH: dict[str, Any] = {
    "AlarmName": "pay-rate",
    "EvaluationPeriods": 2,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
    "ActionsEnabled": False,
    "AlarmActions": ["arn:aws:sns:eu-west-1:1:page"],
    "Metrics": [
        {"Id": "rate", "Expression": "100 * e / i", "Label": "rate", "ReturnData": True},
        {
            "Id": "i",
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "I"}, "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        },
        {
            "Id": "e",
            "MetricStat": {
                "Metric": {"Namespace": "N", "MetricName": "E", "Dimensions": [{"Name": "a", "Value": "b"}]},
                "Period": 60,
                "Stat": "tm90",
                "Unit": "Count",
            },
            "ReturnData": False,
        },
    ],
}
BAND: dict[str, Any] = {
    "AlarmName": "pay-odd",
    "EvaluationPeriods": 2,
    "ThresholdMetricId": "band",
    "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
    "Metrics": [
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True},
        {
            "Id": "m",
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "E"}, "Period": 10, "Stat": "Sum"},
            "ReturnData": True,
        },
    ],
}
COMPOSITE: dict[str, Any] = {
    "AlarmName": "pay",
    "AlarmDescription": "All at once",
    "AlarmRule": 'ALARM("pay-errors") AND NOT OK(pay-slow)',
    "AlarmActions": ["arn:aws:sns:eu-west-1:1:page"],
    "ActionsSuppressor": "arn:aws:cloudwatch:eu-west-1:1:alarm:deploying",
    "ActionsSuppressorWaitPeriod": 120,
    "ActionsSuppressorExtensionPeriod": 0,
}

TERRAFORM: Mapping[str, dict[str, Any]] = {
    "pay-errors": {
        "alarm_name": "pay-errors",
        "alarm_description": "It fails",
        "namespace": "AWS/Lambda",
        "metric_name": "Errors",
        "dimensions": {"FunctionName": "pay", "Resource": "pay:live"},
        "statistic": "Sum",
        "period": "60",
        "unit": "Count",
        "evaluation_periods": 5,
        "datapoints_to_alarm": 3,
        "threshold": "2.5",
        "comparison_operator": "GreaterThanThreshold",
        "treat_missing_data": "notBreaching",
        "alarm_actions": ["arn:aws:sns:eu-west-1:1:page"],
        "ok_actions": ["arn:aws:sns:eu-west-1:1:ok"],
        "insufficient_data_actions": ["arn:aws:sns:eu-west-1:1:gone"],
        "tags": {"a": "b"},
        "lifecycle": {"create_before_destroy": True},
        "arn": "arn:aws:cloudwatch:eu-west-1:1:alarm:pay-errors",
        "id": "pay-errors",
        "extended_statistic": "",
        "metric_query": [],
        "threshold_metric_id": None,
    },
    "pay-slow": {
        "alarm_name": "pay-slow",
        "namespace": "AWS/Lambda",
        "metric_name": "Duration",
        "extended_statistic": "p99.9",
        "evaluate_low_sample_count_percentiles": "ignore",
        "period": 300,
        "evaluation_periods": 3,
        "threshold": 8000,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
    },
    "pay-rate": {
        "alarm_name": "pay-rate",
        "evaluation_periods": 2,
        "threshold": 5,
        "comparison_operator": "GreaterThanThreshold",
        "actions_enabled": "false",
        "alarm_actions": ["arn:aws:sns:eu-west-1:1:page"],
        "metric_query": [
            {
                "id": "e",
                "metric": [
                    {
                        "namespace": "N", "metric_name": "E", "dimensions": {"a": "b"},
                        "period": 60, "stat": "tm90", "unit": "Count",
                    }
                ],
            },
            {"id": "i", "metric": {"namespace": "N", "metric_name": "I", "period": 60, "stat": "Sum"}},
            {"id": "rate", "expression": "100 * e / i", "label": "rate", "return_data": "true"},
        ],
    },
    "pay-odd": {
        "alarm_name": "pay-odd",
        "evaluation_periods": 2,
        "threshold_metric_id": "band",
        "comparison_operator": "LessThanLowerOrGreaterThanUpperThreshold",
        "metric_query": [
            {"id": "band", "expression": "ANOMALY_DETECTION_BAND(m, 2)", "return_data": True},
            {
                "id": "m",
                "metric": {"namespace": "N", "metric_name": "E", "period": 10, "stat": "Sum"},
                "return_data": True,
            },
        ],
    },
    "pay": {
        "alarm_name": "pay",
        "alarm_description": "All at once",
        "alarm_rule": 'ALARM("pay-errors") AND NOT OK(pay-slow)',
        "alarm_actions": ["arn:aws:sns:eu-west-1:1:page"],
        "actions_suppressor": [{"alarm": "deploying", "wait_period": 120, "extension_period": 0}],
    },
}  # fmt: skip
AWS = {entry["AlarmName"]: entry for entry in (PLAIN, PERCENTILE, MATH, BAND, COMPOSITE)}
PAGE = ("arn:aws:sns:eu-west-1:1:page",)

READ = {
    "pay-errors": MetricAlarm(
        name="pay-errors",
        queries=(
            Query(
                "metric",
                Statistic(
                    Metric("AWS/Lambda", "Errors", (("FunctionName", "pay"), ("Resource", "pay:live"))),
                    "Sum",
                    60,
                    "Count",
                ),
            ),
        ),
        returned="metric",
        comparison="GreaterThanThreshold",
        threshold=2.5,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        treat_missing_data="notBreaching",
        actions=Actions(PAGE, ("arn:aws:sns:eu-west-1:1:ok",), ("arn:aws:sns:eu-west-1:1:gone",)),
        description="It fails",
    ),
    "pay-slow": MetricAlarm(
        name="pay-slow",
        queries=(Query("metric", Statistic(Metric("AWS/Lambda", "Duration"), "p99.9", 300)),),
        returned="metric",
        comparison="GreaterThanOrEqualToThreshold",
        threshold=8000,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        low_samples="ignore",
    ),
    "pay-rate": MetricAlarm(
        name="pay-rate",
        queries=(
            Query("e", Statistic(Metric("N", "E", (("a", "b"),)), "tm90", 60, "Count")),
            Query("i", Statistic(Metric("N", "I"), "Sum", 60)),
            Query("rate", "100 * e / i"),
        ),
        returned="rate",
        comparison="GreaterThanThreshold",
        threshold=5,
        evaluation_periods=2,
        datapoints_to_alarm=2,
    ),
    "pay-odd": MetricAlarm(
        name="pay-odd",
        queries=(
            Query("m", Statistic(Metric("N", "E"), "Sum", 10)),
            Query("band", "ANOMALY_DETECTION_BAND(m, 2)"),
        ),
        returned="m",
        comparison="LessThanLowerOrGreaterThanUpperThreshold",
        threshold=None,
        band="band",
        evaluation_periods=2,
        datapoints_to_alarm=2,
    ),
    "pay": CompositeAlarm(
        name="pay",
        rule='ALARM("pay-errors") AND NOT OK(pay-slow)',
        actions=Actions(PAGE),
        suppressor=Suppressor("deploying", 120, 0),
        description="All at once",
    ),
}


def read(folder: Path, content: object) -> tuple[MetricAlarm | CompositeAlarm, ...]:
    """Return the alarms of a file with this content."""
    path = folder / "alarm.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return alarm_file.read(path).alarms


def refused(folder: Path, content: object) -> str:
    """Return why a file is refused when it is replayed, without its folder."""
    try:
        found = read(folder, content)
        checking.check(
            System(
                "x", tuple(metric_alarm for metric_alarm in found if isinstance(metric_alarm, MetricAlarm))
            )
        )
    except (InputError, ConfigError) as error:
        return str(error).replace(f"{folder}/", "")
    return ""


@pytest.mark.parametrize("name", READ)
def test_the_words_of_aws_and_of_terraform_are_one_alarm(name: str, tmp_path: Path) -> None:
    """One object each, as PutMetricAlarm takes it and as a resource's body."""
    assert read(tmp_path, AWS[name]) == (READ[name],)
    assert read(tmp_path, TERRAFORM[name]) == (READ[name],)


def test_what_describe_alarms_prints_is_read_whole(tmp_path: Path) -> None:
    """With what is said of states and times, and both kinds of alarm."""
    noted = {
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:x",
        "StateValue": "OK",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateReasonData": "{}",
        "StateUpdatedTimestamp": "2026-03-01T12:00:00Z",
        "StateTransitionedTimestamp": "2026-03-01T12:00:00Z",
        "AlarmConfigurationUpdatedTimestamp": "2026-03-01T12:00:00Z",
        "EvaluationState": "PARTIAL_DATA",
    }
    metric = [{**AWS[name], **noted} for name in ("pay-errors", "pay-slow", "pay-rate", "pay-odd")]
    composite = {**COMPOSITE, **noted, "ActionsSuppressedBy": "Alarm", "ActionsSuppressedReason": "…"}
    del composite["EvaluationState"]
    found = read(tmp_path, {"MetricAlarms": metric, "CompositeAlarms": [composite]})
    assert found == tuple(READ.values())


def test_a_configuration_and_a_list_are_read_whole(tmp_path: Path) -> None:
    """Terraform JSON by its types; a list of whatever it may be otherwise."""
    by_type = {
        "aws_cloudwatch_metric_alarm": {name: TERRAFORM[name] for name in READ if name != "pay"},
        "aws_cloudwatch_composite_alarm": {"pay": TERRAFORM["pay"]},
        "aws_sns_topic": {"page": {"name": "page"}},
    }
    assert read(tmp_path, {"resource": by_type}) == tuple(READ.values())
    assert read(tmp_path, [PLAIN, TERRAFORM["pay"]]) == (READ["pay-errors"], READ["pay"])


def test_cloudformation_is_read_with_its_references(tmp_path: Path) -> None:
    """Numbers may be texts, a reference has the type of its resource, and an alarm without a name its own."""
    properties = {key: value for key, value in PLAIN.items() if key != "AlarmName"}
    properties |= {
        "Period": "60",
        "Threshold": "2.5",
        "AlarmActions": [{"Ref": "Page"}, {"Fn::GetAtt": ["Function", "Arn"]}, {"Fn::GetAtt": "Other.Arn"}],
        "OKActions": [],
        "InsufficientDataActions": [],
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
    types = {"Page": "AWS::SNS::Topic", "Function": "AWS::Lambda::Function"}
    template = {"Resources": {"PayErrors": alarm, **{key: {"Type": kind} for key, kind in types.items()}}}
    (found,) = read(tmp_path, template)
    assert isinstance(found, MetricAlarm)
    assert (found.name, found.threshold, found.period_s) == ("PayErrors", 2.5, 60)
    assert found.actions == Actions(("Page", "<AWS::Lambda::Function.Function.Arn>", "${Other}"))
    assert [actions.read(action) for action in found.actions.alarm] == [
        ("topic", "Page"),
        ("other", "performs AWS::Lambda::Function.Function"),
        ("unknown", "performs the unknown action ${Other}"),
    ]
    (alone,) = read(tmp_path, alarm)
    assert (alone.name, alone.actions.alarm[0]) == ("alarm", "${Page}")
    (bare,) = read(tmp_path, properties)
    assert bare.name == "alarm"


def test_datapoints_are_all_periods_unless_said(tmp_path: Path) -> None:
    """As PutMetricAlarm has it; and missing data is missing, low samples count."""
    (found,) = read(tmp_path, {**PERCENTILE, "EvaluateLowSampleCountPercentile": None})
    assert isinstance(found, MetricAlarm)
    assert (found.datapoints_to_alarm, found.treat_missing_data, found.low_samples) == (
        3,
        "missing",
        "evaluate",
    )


def without(alarm: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an alarm without a key."""
    return {name: value for name, value in alarm.items() if name != key}


def queries(**changes: Any) -> dict[str, Any]:
    """Return the alarm on metric math with its last query changed."""
    *others, last = MATH["Metrics"]
    return {**MATH, "Metrics": [*others, {**last, **changes}]}


def stat(**changes: Any) -> dict[str, Any]:
    """Return the alarm on metric math with the statistic of its last query changed."""
    return queries(MetricStat={**MATH["Metrics"][2]["MetricStat"], **changes})


REFUSED: Mapping[str, tuple[object, str]] = {
    "no JSON": ("{", "alarm.json: is not JSON: Expecting property name"),
    "deep": ("[" * 100_000, "alarm.json: is not JSON: "),
    "number": (1, "alarm.json: must be an object; allowed: the output of `aws cloudwatch"),
    "nothing": ({"MetricAlarms": []}, "alarm.json: contains no alarm; allowed: "),
    "empty list": ([], "alarm.json: contains no alarm"),
    "something": ({"a": 1}, "alarm.json: is not an alarm: it has neither ComparisonOperator nor AlarmRule"),
    "in a list": ([PLAIN, 3], "alarm.json: 2: must be an object"),
    "typo": (
        {**PLAIN, "TreatMissing": "x"},
        "alarm.json: TreatMissing is not a valid key; did you mean TreatMissingData?",
    ),
    "unknown": (
        {**PLAIN, "Zzz": 1},
        "alarm.json: Zzz is not a valid key; allowed: ActionsEnabled, AlarmActions, ",
    ),
    "threshold": ({**PLAIN, "Threshold": "many"}, "alarm.json: Threshold must be a number (found: 'many')"),
    "truth": ({**PLAIN, "Threshold": True}, "alarm.json: Threshold must be a number (found: True)"),
    "infinite": ({**PLAIN, "Threshold": "inf"}, "alarm.json: Threshold must be a number (found: 'inf')"),
    "not a number": ({**PLAIN, "Threshold": "nan"}, "alarm.json: Threshold must be a number (found: 'nan')"),
    "huge": ({**PLAIN, "Threshold": 10**400}, "alarm.json: Threshold must be a number (found: 1000"),
    "no periods": (without(PLAIN, "EvaluationPeriods"), "alarm.json: EvaluationPeriods is missing"),
    "half": (
        {**PLAIN, "EvaluationPeriods": 1.5},
        "EvaluationPeriods must be an integer of at least 1 (found: 1.5)",
    ),
    "comparison": (
        {**PLAIN, "ComparisonOperator": "Greater"},
        "'Greater' is not valid; allowed: GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThr",
    ),
    "missing data": (
        {**PLAIN, "TreatMissingData": "ok"},
        "TreatMissingData 'ok' is not valid; allowed: missing, ignore, breaching, notBreaching",
    ),
    "low samples": (
        {**PERCENTILE, "EvaluateLowSampleCountPercentile": "no"},
        "EvaluateLowSampleCountPercentile 'no' is not valid; allowed: evaluate, ignore",
    ),
    "dimension twice": (
        {**PLAIN, "Dimensions": [{"Name": "a", "Value": "b"}, {"Name": "a", "Value": "c"}]},
        "alarm.json: Dimensions has a twice",
    ),
    "dimension": ({**PLAIN, "Dimensions": [{"Name": "a"}]}, "alarm.json: Dimensions 1: Value is missing"),
    "dimensions": (
        {**PLAIN, "Dimensions": {"a": "b"}},
        "alarm.json: Dimensions must be a list (found: {'a': 'b'})",
    ),
    "name": ({**PLAIN, "AlarmName": 7}, "alarm.json: AlarmName must be a string (found: 7)"),
    "action": ({**PLAIN, "AlarmActions": "arn"}, "AlarmActions must be a list of strings (found: 'arn')"),
    "enabled": ({**PLAIN, "ActionsEnabled": "yes"}, "ActionsEnabled must be true or false (found: 'yes')"),
    "unknown in stat": (stat(Foo=1), "alarm.json: Metrics 3: MetricStat: Foo is not a valid key"),
    "query": ({**MATH, "Metrics": ["x"]}, "alarm.json: Metrics must contain objects (found: 'x')"),
    "PromQL": (
        {**PLAIN, "EvaluationCriteria": {}},
        "EvaluationCriteria is not supported: it is a PromQL alarm",
    ),
    "window": ({**PLAIN, "EvaluationWindow": {}}, "EvaluationWindow is not supported: it aligns periods"),
    "warm-up": ({**PLAIN, "WarmUpConfiguration": {}}, "WarmUpConfiguration is not supported: it delays"),
    "interval": (
        {**PLAIN, "EvaluationInterval": 60},
        "EvaluationInterval is not supported: it changes how often",
    ),
    "wait": (
        without(COMPOSITE, "ActionsSuppressorWaitPeriod"),
        "alarm.json: ActionsSuppressorWaitPeriod is missing",
    ),
    "extension": (
        {**COMPOSITE, "ActionsSuppressorExtensionPeriod": -1},
        "ActionsSuppressorExtensionPeriod must be an integer of at least 0 (found: -1)",
    ),
    "rule": ({**COMPOSITE, "AlarmRule": ["x"]}, "alarm.json: AlarmRule must be a string (found: ['x'])"),
    "in terraform's words": (
        {**TERRAFORM["pay-errors"], "treat_missing_dat": "x"},
        "alarm.json: treat_missing_dat is not a valid key; did you mean treat_missing_data?",
    ),
    "terraform's ok": (
        {**TERRAFORM["pay-errors"], "ok_actions": "x"},
        "alarm.json: ok_actions must be a list",
    ),
    "terraform's percentiles": (
        {**TERRAFORM["pay-slow"], "evaluate_low_sample_count_percentiles": "x"},
        "alarm.json: evaluate_low_sample_count_percentiles 'x' is not valid",
    ),
    "terraform's both": (
        {**TERRAFORM["pay-slow"], "statistic": "Sum"},
        "alarm.json: statistic or extended_statistic is required, but not both",
    ),
    "terraform unknown": (
        {**TERRAFORM["pay-errors"], "threshold": "${var.many}"},
        "alarm.json: threshold must be a number (found: '${var.many}')",
    ),
    "terraform's suppressor": (
        {**TERRAFORM["pay"], "actions_suppressor": {"alarm": "x"}},
        "alarm.json: actions_suppressor.wait_period is missing",
    ),
    "terraform's resource": (
        {
            "resource": {
                "aws_cloudwatch_metric_alarm": {"pay": {**TERRAFORM["pay-slow"], "comparison_operator": "x"}}
            }
        },
        "alarm.json: aws_cloudwatch_metric_alarm.pay: comparison_operator 'x' is not valid",
    ),
}


@each("case", REFUSED)
def test_what_is_wrong_is_said_with_file_key_and_what_is_allowed(case: str, tmp_path: Path) -> None:
    """In the words of the file's author."""
    content, says = REFUSED[case]
    assert says in refused(tmp_path, content)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(SourceError, match=r"none\.json: cannot be read: No such file or directory"):
        alarm_file.read(tmp_path / "none.json")


def test_every_statistic_of_cloudwatch_is_taken(tmp_path: Path) -> None:
    """CloudWatch User Guide, "CloudWatch statistics definitions"."""
    for name in (
        "p50", "p99.9", "p0", "p100", "tm99", "tc90", "ts90", "wm98", "IQM", "PR(:300)", "PR(100:2000)",
        "TC(0.005:0.030)", "TM(10%:90%)", "TM(:90%)", "TS(80%:)", "WM(15%:85%)",
    ):  # fmt: skip
        (found,) = read(tmp_path, {**PERCENTILE, "ExtendedStatistic": name})
        assert isinstance(found, MetricAlarm)
        assert found.statistics[0].stat == name


def test_a_configuration_in_a_file_is_evaluated_as_in_a_folder(tmp_path: Path) -> None:
    """Locals, defaults and references have their values; an alarm that is not known is listed."""
    body = TERRAFORM["pay-errors"]
    (tmp_path / "main.tf.json").write_text(
        json.dumps(
            {
                "locals": {"threshold": 7},
                "variable": {"name": {"default": "named"}},
                "resource": {
                    "aws_sns_topic": {"page": {"name": "shop-page"}},
                    alarms.METRIC_ALARM: {
                        "known": {
                            **body,
                            "alarm_name": "${var.name}",
                            "threshold": "${local.threshold}",
                            "alarm_actions": ["${aws_sns_topic.page.arn}"],
                        },
                        "unknown": {**body, "alarm_name": "unknown", "threshold": "${var.many}"},
                        "many": {**body, "count": 2},
                    },
                    alarms.COMPOSITE_ALARM: {
                        "any": {
                            "alarm_name": "any",
                            "alarm_rule": "ALARM(${aws_cloudwatch_metric_alarm.known.alarm_name})",
                        },
                        "odd": {"alarm_name": "odd", "alarm_rule": "${var.rule}"},
                    },
                },
            }
        )
    )
    found = alarm_file.read(tmp_path / "main.tf.json")
    folder = synthesized.system(tmp_path)
    assert [replace(alarm, place="") for alarm in found.alarms] == [
        replace(alarm, place="") for alarm in folder.all_alarms
    ]
    metric_alarm, composite = found.alarms
    assert isinstance(metric_alarm, MetricAlarm)
    assert isinstance(composite, CompositeAlarm)
    assert (metric_alarm.name, metric_alarm.threshold, composite.rule) == ("named", 7, "ALARM(named)")
    assert actions.read(metric_alarm.actions.alarm[0]) == ("topic", "shop-page")
    reasons = {entry.name: entry.reason for entry in found.left_out}
    assert set(reasons) == {"unknown", "many", "odd"}
    assert reasons["odd"].endswith("alarm_rule is not known before an apply (found: ${var.rule})")


TARGETS: Mapping[str, tuple[Any, str]] = {
    "topic": ({"Ref": "Page"}, "topic"),
    "attribute of a topic": ({"Fn::GetAtt": "Page.TopicArn"}, "topic"),
    "function": ({"Fn::GetAtt": "Function.Arn"}, "other"),
    "output of a stack": ({"Fn::GetAtt": ["Stack", "Outputs.TopicArn"]}, "unknown"),
    "output of a stack as text": ({"Fn::GetAtt": "Stack.Outputs.TopicArn"}, "unknown"),
    "custom resource": ({"Fn::GetAtt": ["Custom", "Arn"]}, "unknown"),
    "attribute that is a parameter": ({"Fn::GetAtt": ["Function", {"Ref": "Name"}]}, "unknown"),
    "parameter": ({"Ref": "Name"}, "unknown"),
    "ARN": ("arn:aws:sns:eu-west-1:1:page", "topic"),
}


@each("case", TARGETS)
def test_an_action_of_a_template_is_what_it_refers_to(case: str, tmp_path: Path) -> None:
    """An attribute that is not the ARN of its resource can be that of a topic: it is unknown."""
    action, kind = TARGETS[case]
    types = {
        "Page": "AWS::SNS::Topic",
        "Function": "AWS::Lambda::Function",
        "Stack": "AWS::CloudFormation::Stack",
        "Custom": "Custom::Topic",
    }
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {**PLAIN, "AlarmActions": [action]}}
    (found,) = read(
        tmp_path, {"Resources": {"A": alarm, **{key: {"Type": kind} for key, kind in types.items()}}}
    )
    assert [actions.read(action).kind for action in found.actions.alarm] == [kind]


DAMAGED: dict[str, tuple[Any, str]] = {
    "log alarm": ({"LogAlarms": ["x"]}, "alarm.json: LogAlarms must be a list of objects"),
    "log alarms": ({"LogAlarms": {"x": 1}}, "alarm.json: LogAlarms must be a list of objects"),
    "alarm": ({"MetricAlarms": ["x"]}, "alarm.json: MetricAlarms: 1: must be an object"),
    "alarms": ({"CompositeAlarms": 3}, "alarm.json: CompositeAlarms: must be an object"),
    **{
        f"plan {json.dumps(content)}": (
            {"format_version": "1.2", **content},
            "alarm.json: is not a plan or state that can be read",
        )
        for content in (
            {"planned_values": "x"},
            {"planned_values": {"root_module": {"resources": ["x"]}}},
            {"planned_values": {"root_module": {"resources": [{"type": "x"}]}}},
            {
                "planned_values": {
                    "root_module": {
                        "resources": [{"address": "x.y", "type": "x", "name": "y", "values": ["abc"]}]
                    }
                }
            },
            {"resource_changes": ["x"]},
            {"deferred_changes": 3},
            {"configuration": ["x"]},
            {"errored": True},
        )
    },
    "resources": ({"resource": {"aws_cloudwatch_metric_alarm": "x"}}, "must be an object (found: 'x')"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_rejected_with_its_place(case: str, tmp_path: Path) -> None:
    """Also a plan, as in a folder."""
    content, says = DAMAGED[case]
    with pytest.raises((CommandError, SourceError)) as caught:
        read(tmp_path, content)
    assert says in str(caught.value)
