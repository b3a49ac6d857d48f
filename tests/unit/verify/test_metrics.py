"""Metrics of alarms and graphs that exist are accepted, in every way to write them; others are not."""

# ruff: noqa: E501  # a case reads best on one line

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from terraform.configuration import Stack
from tests.proof_support import Edited
from tests.support.tables import each
from tests.unit.verify.delivery import alarm, stacks
from verify import Proof, dashboards, prove

BALANCER, GROUP = "app/shop/50dc6c495c0c9188", "targetgroup/shop/73e2d6bc24d8a067"
FUNCTION = "${aws_lambda_function.notifier.function_name}"
ERRORS = ["AWS/Lambda", "Errors", "FunctionName", FUNCTION]


class Ours(NamedTuple):
    """A metric that something of ours publishes."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = MappingProxyType({})
    is_declared: bool = False


def metric(name: str, **more: Any) -> dict[str, Any]:
    """Return a metric of the notifier, as a query has it."""
    return {
        "namespace": "AWS/Lambda",
        "metric_name": name,
        "dimensions": {"FunctionName": FUNCTION},
        "period": 300,
        "stat": "Sum",
        **more,
    }


FILTER = {
    "name": "f",
    "log_group_name": "${aws_cloudwatch_log_group.tasks.name}",
    "pattern": "{ $.shop = * }",
    "metric_transformation": [{"namespace": "shop/prod", "name": "Orders", "value": "1"}],
}
"""A metric filter that AWS accepts."""


def with_alarm(**arguments: Any) -> Edited:
    """Return the stacks with the alarm's arguments set, or taken away where they are None."""
    edited = Edited(stacks())
    body = {**alarm("shop-x-prod", "critical"), **arguments}
    body = {name: value for name, value in body.items() if value is not None}
    edited.add("monitoring", "aws_cloudwatch_metric_alarm.x", **body)
    return edited


def with_queries(*queries: dict[str, Any], **arguments: Any) -> Edited:
    """Return the stacks with an alarm on queries."""
    plain = dict.fromkeys(("namespace", "metric_name", "dimensions", "statistic", "period"))
    return with_alarm(metric_query=list(queries), **plain, **arguments)


def with_widget(**properties: Any) -> Edited:
    """Return the stacks with a dashboard of one widget."""
    edited = Edited(stacks())
    body = json.dumps({"widgets": [{"type": "metric", "properties": {"title": "t", **properties}}]})
    edited.add("monitoring", "aws_cloudwatch_dashboard.x", dashboard_name="d", dashboard_body=body)
    return edited


def said(edited: Edited, *published: Ours) -> list[str]:
    """Return the links that are broken, each with what is said."""
    proof: Proof = prove(edited.stacks, published=published)
    return [f"{fault.link}: {fault.message}" for fault in proof.faults]


BAND = {"threshold": None, "threshold_metric_id": "band", "comparison_operator": "GreaterThanUpperThreshold"}


@each(
    "edited",
    [
        with_alarm(statistic=None, extended_statistic="p99.9"),
        with_alarm(period=10, evaluation_periods=3),
        with_alarm(period="60", evaluation_periods="5", datapoints_to_alarm="5", threshold="0"),
        with_alarm(period=3600, evaluation_periods=168),
        with_alarm(period=86_400, evaluation_periods=7),
        with_alarm(period=3540, evaluation_periods=24),
        with_alarm(treat_missing_data="ignore", datapoints_to_alarm=None),
        with_alarm(metric_name="ClaimedAccountConcurrency", dimensions=None, statistic="Maximum"),
        with_queries(
            {"id": "e", "metric": metric("Errors")},
            {"id": "n", "metric": [metric("Invocations")]},
            {"id": "rate", "expression": "IF(n > 10, 100 * e / n, 0)", "return_data": True},
        ),
        with_queries(
            {"id": "m", "metric": metric("Duration", stat="p99"), "return_data": True},
            {"id": "band", "expression": "ANOMALY_DETECTION_BAND(m, 3)", "return_data": "true"},
            **BAND,
        ),
        with_queries({"id": "m", "metric": metric("Errors", stat="TC(10%:90%)"), "return_data": True}),
        with_queries(
            *({"id": f"m{number}", "metric": metric("Errors")} for number in range(10)),
            {"id": "sum", "expression": "SUM(METRICS())", "return_data": True, "period": 300},
        ),
    ],
)  # fmt: skip
def test_an_alarm_that_cloudwatch_takes_is_accepted(edited: Edited) -> None:
    """Percentiles, long windows, expressions, bands, up to the limits."""
    assert said(edited) == []


def test_a_value_that_is_not_known_before_an_apply_is_refused() -> None:
    """Nothing would be proved of it. What AWS refuses: see `tests/unit/test_one_validator.py`."""
    for argument in ("period", "threshold", "evaluation_periods"):
        (found,) = said(with_alarm(**{argument: "${var.x}"}))
        assert found == f"arguments: {argument} must be a number (found: '${{var.x}}')"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"pattern": "{ $.a = }"}, "pattern: character 9: "),
        ({"metric_transformation": []}, "arguments: metric_transformation must have one element (found: 0)"),
    ],
)
def test_a_metric_filter_that_aws_refuses_is_not_proved(changed: dict[str, Any], says: str) -> None:
    """As the drill refuses it."""
    edited = Edited(stacks())
    edited.add("monitoring", "aws_cloudwatch_log_metric_filter.x", **{**FILTER, **changed})
    assert [text[: len(says)] for text in said(edited)] == [says]


def test_metrics_of_ours_count_with_the_dimensions_they_have() -> None:
    """Those of filters, and those that functions publish; a name alone is not enough."""
    edited = with_alarm(namespace="shop/prod", metric_name="Orders", dimensions=None)
    assert said(edited) == ["metric: no namespace shop/prod: the metric never has data"]
    assert said(edited, Ours("shop/prod", "Orders")) == []
    assert said(edited, Ours("shop/prod", "Order"))[0].startswith(
        "metric: no metric Orders in shop/prod; did you mean"
    )
    assert said(edited, Ours("shop/prod", "Orders", {"service": "x"}))[0].endswith(
        "by {service}, not by no dimensions: the metric never has data"
    )
    both = (Ours("shop/prod", "Orders", {"service": "x"}), Ours("shop/prod", "Orders"))
    assert said(edited, *both) == []
    for dimensions, faults in ((None, 0), ({"shop": "$.shop"}, 1)):
        made = {"namespace": "shop/prod", "name": "Orders", "value": "1", "dimensions": dimensions}
        filtered = Edited(edited.stacks)
        body = {**FILTER, "metric_transformation": [made]}
        filtered.add("monitoring", "aws_cloudwatch_log_metric_filter.x", **body)
        assert len(said(filtered)) == faults


BALANCED = {"namespace": "AWS/ApplicationELB", "metric_name": "RequestCount"}


def test_a_load_balancer_is_made_here_or_given() -> None:
    """By the end of its ARN; a given one has at least to look like one."""
    given = with_alarm(**BALANCED, dimensions={"LoadBalancer": BALANCER, "TargetGroup": GROUP})
    assert said(given) == []
    made = with_alarm(**BALANCED, dimensions={"LoadBalancer": "${aws_lb.main.arn_suffix}"})
    assert said(made)[0].startswith("dimension: AWS/ApplicationELB RequestCount: LoadBalancer ${aws_lb.main")
    made.add("monitoring", "aws_lb.main", name="shop")
    assert said(made) == []
    wrong = with_alarm(**BALANCED, dimensions={"LoadBalancer": "shop", "TargetGroup": BALANCER})
    assert [text.rpartition(": ")[0] for text in said(wrong)] == [
        "dimension: AWS/ApplicationELB RequestCount: LoadBalancer shop is not an aws_lb of these stacks",
        f"dimension: AWS/ApplicationELB RequestCount: TargetGroup {BALANCER} is not an aws_lb_target_group of these stacks",
    ]


@each(
    ("namespace", "name", "dimension", "there"),
    [
        ("AWS/SQS", "NumberOfMessagesSent", "QueueName", "shop-alarms-prod"),
        ("AWS/SNS", "PublishSize", "TopicName", "shop-mail-prod"),
        ("AWS/Logs", "IncomingBytes", "LogGroupName", "/aws/events/shop-tasks-prod"),
        ("AWS/ECS", "CPUUtilization", "ClusterName", "${data.terraform_remote_state.compute.outputs.cluster}"),
        ("ECS/ContainerInsights", "TaskCount", "ClusterName", "shop-prod"),
        ("AWS/Events", "FailedInvocations", "RuleName", "shop-tasks-prod"),
        ("AWS/Scheduler", "TargetErrorCount", "ScheduleGroup", "default"),
        ("LambdaInsights", "memory_utilization", "function_name", FUNCTION),
        ("AWS/Lambda", "Errors", "FunctionName", "shop-notifier-prod"),
    ],
)  # fmt: skip
def test_what_a_dimension_names_has_to_be_there(
    namespace: str, name: str, dimension: str, there: str
) -> None:
    """Whatever the service; metrics of what is not there have no data."""
    for value, faults in ((there, 0), ("shop-x-prod", 1)):
        edited = with_alarm(namespace=namespace, metric_name=name, dimensions={dimension: value})
        assert len(said(edited)) == faults
        graph = with_widget(metrics=[[namespace, name, dimension, value]])
        assert len(said(graph)) == faults


@each(
    "properties",
    [
        {"metrics": [ERRORS, [".", "Invocations", ".", "."], ["...", {"stat": "p99"}]]},
        {"metrics": [ERRORS, ["...", FUNCTION]], "stat": "Maximum", "period": 1},
        {"metrics": [[*ERRORS, {"id": "e", "visible": False}], [{"expression": "FILL(e, 0)", "id": "f"}], [{"expression": "f * 2"}]]},
        {"metrics": [[{"expression": "SEARCH('{AWS/Lambda,FunctionName} MetricName=\"Errors\"', 'Sum')"}]]},
        {"metrics": [[{"expression": "SUM(SEARCH('{AWS/Lambda,FunctionName}', 'Sum', 300))"}]]},
        {"alarms": ["${aws_cloudwatch_metric_alarm.errors.arn}"]},
        {"annotations": {"alarms": ["${aws_cloudwatch_composite_alarm.wide.arn}"]}},
        {"query": "SOURCE '/aws/events/shop-tasks-prod' | fields @message"},
        {"markdown": "# x"},
        {"metrics": [[*ERRORS, {"region": "eu-west-1"}]], "region": "eu-west-1"},
    ],
    ids=str,
)  # fmt: skip
def test_a_graph_of_what_exists_is_accepted(properties: dict[str, Any]) -> None:
    """Rows in short, expressions, searches, alarms, queries."""
    assert said(with_widget(**properties)) == []


def test_bodies_are_validated_where_the_platform_draws_them() -> None:
    """With the dashboard's name; those of another stack have to show what exists, and no more."""
    stacks = {name: Stack(name, content) for name, content in with_widget(metrics=[ERRORS]).stacks.items()}
    assert dashboards.invalid(stacks, "monitoring") == [
        'dashboard d: metric widget "t", widgets[0].properties.region: is missing'
    ]
    assert dashboards.invalid(stacks, "dashboard") == []


@each(
    ("properties", "says"),
    [
        ({"metrics": [ERRORS, [".", "Invocation", ".", "."]]}, "metric: no metric Invocation in AWS/Lambda"),
        ({"metrics": [ERRORS, ["...", "x"]]}, "dimension: AWS/Lambda Errors: FunctionName x is not"),
        ({"metrics": [["AWS/Lambda", "Errors", "FunctionName", "x"], ["...", {"stat": "p99"}]]}, "dimension: AWS/Lambda Errors"),
        ({"metrics": [["AWS/Lambda"]]}, "metric: ['AWS/Lambda'] must be a namespace"),
        ({"metrics": [ERRORS], "stat": "Total"}, 'statistic: "Total" is not a valid statistic'),
        ({"metrics": [ERRORS], "period": 61}, "period: 61 is not valid"),
        ({"metrics": [ERRORS], "region": "us-east-1"}, "metric: ['AWS/Lambda'"),
        ({"metrics": [[*ERRORS, {"region": "us-east-1"}]]}, "metric: ['AWS/Lambda'"),
        ({"metrics": [[{"expression": "m1 * 2"}]]}, "expression: m1 * 2: no metric or expression has the id m1"),
        ({"metrics": [[{"expression": "SEARCH('{AWS/Lambda,FunctionName} MetricName=\"Error\"', 'Sum')"}]]}, "metric: no metric Error in AWS/Lambda"),
        ({"metrics": [[{"expression": "SEARCH('{AWS/Lambda,Function}', 'Sum')"}]]}, "metric: no metric of AWS/Lambda has the dimensions Function"),
        ({"metrics": [[{"expression": "SEARCH('{AWS/Lamda}', 'Sum')"}]]}, "metric: no namespace AWS/Lamda"),
        ({"metrics": [[{"expression": "SEARCH('Errors', 'Sum')"}]]}, "expression: SEARCH('Errors', 'Sum'): a search without"),
        ({"alarms": ["${aws_cloudwatch_metric_alarm.x.arn}"]}, "alarm: shows ${aws_cloudwatch_metric_alarm.x.arn}"),
        ({"annotations": {"alarms": ["arn:x"]}}, "alarm: shows arn:x"),
        ({"query": "SOURCE '/x' | fields @message"}, "log group: queries /x"),
    ],
    ids=str,
)  # fmt: skip
def test_a_graph_of_what_does_not_exist_is_not(properties: dict[str, Any], says: str) -> None:
    """Once for each row, with the widget's title."""
    faults = prove(with_widget(**properties).stacks).faults
    assert {f"{fault.link}: {fault.message}"[: len(says)] for fault in faults} == {says}
    assert {fault.subject for fault in faults} == {"dashboard d, widget t"}
