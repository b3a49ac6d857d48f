"""Actions of alarms: notifications, and what is none."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cloudwatch import api, validation
from cloudwatch.alarms import Actions, Query, Statistic
from cloudwatch.errors import UnsupportedRecordError
from cloudwatch.records import Record
from drill import actions
from drill.explanation import explain
from drill.report import table
from drill.report.words import Names
from drill.selection import Selection
from drill.sources import alarm_file, synthesized
from drill.sources.errors import SourceError
from tests.support.tables import each
from tests.unit.drill.rehearsing import alarm, composite, metric, run, system

FAILS = {"metric": "Errors", "value": 5, "from": "5m", "to": "10m"}
DOES = {
    "arn:aws:lambda:eu-west-1:111122223333:function:pager": "invokes the Lambda function pager",
    "arn:aws:lambda:eu-west-1:111122223333:function:pager:live": "invokes the Lambda function pager:live",
    "arn:aws:automate:eu-west-1:ec2:stop": "stops the EC2 instance",
    "arn:aws:automate:eu-west-1:ec2:terminate": "terminates the EC2 instance",
    "arn:aws:automate:eu-west-1:ec2:reboot": "reboots the EC2 instance",
    "arn:aws:automate:eu-west-1:ec2:recover": "recovers the EC2 instance",
    "arn:aws:swf:eu-west-1:111122223333:action/actions/AWS_EC2.InstanceId.Stop/1.0": "stops the EC2 instance",
    "arn:aws:ssm:eu-west-1:111122223333:opsitem:2": "creates a Systems Manager OpsItem of severity 2",
    "arn:aws:ssm:eu-west-1:111122223333:opsitem:1#CATEGORY=Security": (
        "creates a Systems Manager OpsItem of severity 1 in the category Security"
    ),
    "arn:aws:ssm-incidents::111122223333:response-plan/shop": (
        "starts a Systems Manager incident with the response plan shop"
    ),
    "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:1:autoScalingGroupName/web:policyName/out": (
        "executes the Auto Scaling policy out"
    ),
    "arn:aws:aiops:eu-west-1:111122223333:investigation-group/shop#DEDUPE_STRING=x": (
        "starts an investigation in shop"
    ),
    "arn:aws:new:eu-west-1:111122223333:x": "performs the action arn:aws:new:eu-west-1:111122223333:x",
    "arn:aws:automate:eu-west-1:ec2:dance": "performs the action arn:aws:automate:eu-west-1:ec2:dance",
}


@each("arn", DOES)
def test_an_action_is_described_as_what_it_is(arn: str) -> None:
    """From its ARN; `explain` shows it."""
    assert actions.read(arn) == ("other", DOES[arn])
    watched = system(alarm(actions=Actions(alarm=(arn,), ok=(arn,))))
    facts = {fact.label: fact.text for fact in explain(watched, "errors", extra=2)}
    assert facts["Action"] == f"{DOES[arn]}, when it enters ALARM or OK"
    assert facts["Notifies"].startswith("no topic")


TOPICS = {
    "arn:aws:sns:eu-west-1:1:page": "page",
    "arn:aws:sns:${var.region}:${var.account}:page": "page",
    "arn:page": "arn:page",
    "warning": "warning",
    "${aws_sns_topic.page.arn}": "page",
    '${aws_sns_topic["module.shop.page"].arn}': "module.shop.page",
    "${aws_sns_topic.page[0].arn}": "page",
    '${aws_sns_topic.page["eu"].id}': "page",
    "${aws_sns_topic.page[each.key].arn}": "page",
    "${awscc_sns_topic.page.topic_arn}": "page",
    "${data.aws_sns_topic.page.arn}": "page",
    "${data.aws_sns_topic.page[0].arn}": "page",
    "<shop.aws_sns_topic.page.arn>": "page",
}
OTHERS = {
    "${aws_appautoscaling_policy.up.arn}": "performs aws_appautoscaling_policy.up",
    '${aws_appautoscaling_policy["module.a.up[0]"].arn}': "performs module.a.aws_appautoscaling_policy.up[0]",
    "${aws_autoscaling_policy.up[count.index].arn}": "performs aws_autoscaling_policy.up",
    "${aws_lambda_alias.live.arn}": "performs aws_lambda_alias.live",
    "${aws_lambda_function.heal.qualified_arn}": "performs aws_lambda_function.heal",
    "${aws_ssmincidents_response_plan.shop.id}": "performs aws_ssmincidents_response_plan.shop",
    "${data.aws_ssmincidents_response_plan.shop.arn}": "performs aws_ssmincidents_response_plan.shop",
    "<a.my_shop.aws_appautoscaling_policy.up.arn>": "performs aws_appautoscaling_policy.up",
    "<my_shop.aws_appautoscaling_policy.up.arn>": "performs aws_appautoscaling_policy.up",
    "<AWS::AutoScaling::ScalingPolicy.Up.Ref>": "performs AWS::AutoScaling::ScalingPolicy.Up",
    "<AWS::Lambda::Function.Heal.Arn>": "performs AWS::Lambda::Function.Heal",
}
UNKNOWN = [
    "${local.topic}",
    "${var.topics.arn}",
    "${module.page.arn}",
    "${each.value.arn}",
    "${Page}",
    "${unknown(aws_cloudwatch_metric_alarm.errors.alarm_actions)}",
    "${coalesce(var.topic, aws_sns_topic.page.arn)}",
    "${data.terraform_remote_state.shop.outputs.arn}",
    "${data.aws_ssm_parameter.topic.value}",
    "${aws_cloudformation_stack.shop.outputs.TopicArn}",
    "<shop.aws_cloudformation_stack.shop.outputs>",
    "${aws_cloudcontrolapi_resource.topic.id}",
    "${random_id.topic.id}",
    "<AWS::CloudFormation::Stack.Shop.Outputs.TopicArn>",
    "<AWS::CloudFormation::CustomResource.Shop.Arn>",
    "<Custom::Topic.Shop.Arn>",
    "<My::Company::Topic::MODULE.Shop.Arn>",
    "<AWS::SSM::Parameter.Topic.Value>",
    "arn:aws:${var.service}:eu-west-1:1:page",
    "${var.prefix}-page",
]


@each("topic", TOPICS)
def test_a_topic_is_a_notification(topic: str) -> None:
    """Its ARN, its name, or a reference to a resource or data source of this type."""
    assert actions.read(topic) == ("topic", TOPICS[topic])


@each("action", OTHERS)
def test_a_reference_to_another_resource_is_another_action(action: str) -> None:
    """Whatever the syntax of the reference."""
    assert actions.read(action) == ("other", OTHERS[action])
    _notifies_nobody(action, OTHERS[action])


@pytest.mark.parametrize("action", UNKNOWN)
def test_an_unknown_action_is_no_notification(action: str) -> None:
    """It is shown as unknown, in every output."""
    text = f"performs the unknown action {action}"
    assert actions.read(action) == ("unknown", text)
    _notifies_nobody(action, text, "no known topic")


def _notifies_nobody(action: str, text: str, topic: str = "no topic") -> None:
    """Check that an action is none in expectations and `explain`, which show its text."""
    watched = system(alarm(actions=Actions(alarm=(action,))))
    facts = {fact.label: fact.text for fact in explain(watched, "errors", extra=2)}
    assert facts["Action"] == f"{text}, when it enters ALARM"
    assert facts["Notifies"].startswith(f"{topic}, and")
    expect = [{"notification": "errors", "times": 1}, {"no_notifications": "errors"}]
    outcome = run(watched, FAILS, expect=expect)
    assert [verdict.passed for verdict in outcome.verdicts] == [False, True]
    assert outcome.verdicts[0].actual.endswith(f"notifies {topic}: it only {text}")
    assert [performed.does for performed in outcome.actions] == [text]


def test_topics_and_other_actions_of_terraform_are_told_apart(tmp_path: Path) -> None:
    """In a configuration with references; the topic of a data source has its key as its name."""
    body = {
        "alarm_name": "errors",
        "namespace": "Shop",
        "metric_name": "Errors",
        "statistic": "Sum",
        "period": 60,
        "evaluation_periods": 1,
        "threshold": 1,
        "comparison_operator": "GreaterThanThreshold",
        "alarm_actions": ["${aws_appautoscaling_policy.up.arn}", "${data.aws_sns_topic.warning.arn}"],
    }
    (tmp_path / "main.tf.json").write_text(
        json.dumps(
            {
                "resource": {
                    "aws_cloudwatch_metric_alarm": {"errors": body},
                    "aws_appautoscaling_policy": {"up": {"name": "up"}},
                },
                "data": {"aws_sns_topic": {"warning": {"name": "theirs"}}},
            }
        )
    )
    read = synthesized.system(tmp_path)
    assert [(topic.name, topic.severity) for topic in read.topics] == [("warning", "ticket")]
    facts = [fact for fact in explain(read, "errors", extra=2) if fact.label in {"Action", "Notifies"}]
    assert [fact.text.partition(",")[0] for fact in facts] == [
        "performs aws_appautoscaling_policy.up",
        "warning (no subscriptions)",
    ]


def test_times_counts_notifications_and_not_actions() -> None:
    """Two topics and an EC2 action of one change of the state are one notification."""
    several = Actions(alarm=("arn:page", "warning", "arn:aws:automate:eu-west-1:ec2:stop"))
    watched = system(alarm(actions=several))
    expect = [
        {"notification": "errors", "times": 1},
        {"notification": "errors", "topic": "warning", "times": 1},
        {"notification": "errors", "times": 2},
        {"pages": 1},
        {"tickets": 1},
    ]
    outcome = run(watched, FAILS, expect=expect)
    assert [verdict.passed for verdict in outcome.verdicts] == [True, True, False, True, True]
    assert outcome.verdicts[2].actual == "sent at +6m"
    again = run(watched, FAILS, {**FAILS, "from": "15m", "to": "20m"}, expect=expect, duration="30m")
    assert [verdict.passed for verdict in again.verdicts] == [False, False, True, False, False]
    assert [(action.alarm, action.does) for action in outcome.actions] == [
        ("errors", "stops the EC2 instance")
    ]


def test_the_times_of_unexpected_notifications_are_those_of_the_changes() -> None:
    """A change that notifies two topics is one, changes of two alarms at the same time are two."""
    several = Actions(alarm=("arn:page", "warning"), ok=("warning",))
    watched = system(alarm("a", actions=several), alarm("b", actions=several))
    expect = [
        {"no_notifications": "a"},
        {"no_notifications": "b", "state": "OK"},
        {"no_notifications": "a", "state": None},
        {"no_notifications": "*"},
    ]
    again = {**FAILS, "from": "15m", "to": "20m"}
    outcome = run(watched, FAILS, again, expect=expect, duration="30m")
    assert [verdict.actual for verdict in outcome.verdicts] == [
        "sent at +6m, +16m, first by a",
        "sent at +13m, +23m, first by b",
        "sent at +6m, +13m, +16m and 1 more, first by a",
        "sent at +6m, +6m, +16m and 1 more, first by a",
    ]


def test_an_alarm_with_other_actions_only_notifies_nobody() -> None:
    """The verdict and the list of actions say what it does instead."""
    watched = system(alarm(actions=Actions(alarm=("arn:aws:ssm:eu-west-1:1:opsitem:2",))))
    outcome = run(watched, FAILS, expect=[{"notification": "errors"}, {"no_notifications": "errors"}])
    missing, quiet = outcome.verdicts
    assert not missing.passed
    assert missing.actual.endswith(
        "notifies no topic: it only creates a Systems Manager OpsItem of severity 2"
    )
    assert quiet.passed
    console = Console(file=io.StringIO(), width=200)
    table.show([outcome], console, verbose=True)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "ALARM errors creates a Systems Manager OpsItem of severity 2" in said


PROM_QL: dict[str, Any] = {
    "AlarmName": "prom",
    "EvaluationInterval": 60,
    "EvaluationCriteria": {"PromQLCriteria": {"Query": "up == 0"}},
    "EvaluationPeriods": 1,
}


def test_a_promql_alarm_is_named_as_such(tmp_path: Path) -> None:
    """Whatever else it has, in the format of AWS and of Terraform."""
    with pytest.raises(
        UnsupportedRecordError, match="EvaluationCriteria is not supported: it is a PromQL alarm"
    ):
        api.metric_alarm(Record("x", PROM_QL))
    terraform = {"alarm_name": "prom", "evaluation_interval": 60, "evaluation_criteria": [{"x": 1}]}
    for content in (PROM_QL, terraform):
        (tmp_path / "alarm.json").write_text(json.dumps(content))
        with pytest.raises(SourceError, match="it is a PromQL alarm"):
            alarm_file.read(tmp_path / "alarm.json")


@each(
    ("expression", "says"),
    [
        (
            "DB_PERF_INSIGHTS('RDS', 'db-1', 'os.cpuUtilization.user.avg')",
            "a counter of Performance Insights",
        ),
        ('INSIGHT_RULE_METRIC("rule", "UniqueContributors")', "a Contributor Insights rule"),
        ('SELECT MAX(CPUUtilization) FROM "AWS/EC2"', "Metrics Insights queries are not supported"),
    ],
)
def test_a_function_that_reads_something_else_is_named(expression: str, says: str) -> None:
    """With what it reads, also if the alarm has no other query."""
    for queries in (
        (Query("e", expression, 60),),
        (Query("m", Statistic(metric(), "Sum", 60)), Query("e", expression, 60)),
    ):
        (problem,) = validation.metric_alarm(alarm(queries=queries, returned="e"))
        assert problem.is_unsupported
        assert says in problem.text
        assert ("Metrics Insights" in problem.text) == expression.startswith("SELECT")


def test_alarms_whose_names_share_a_prefix_are_not_mixed_up() -> None:
    """In expectations, patterns, rules, and the names that reports show."""
    watched = system(
        alarm("pay"),
        alarm("pay-errors", of=metric("Other")),
        alarm("pay-errors-high", of=metric("High")),
        alarm("errors", of=metric("More"), service=None),
        composite("any", "ALARM(pay-errors)"),
        short_names={"errors": "pay-errors", "high": "pay-errors-high"},
    )
    outcome = run(
        watched,
        {**FAILS, "metric": "Other"},
        expect=[
            {"alarm": "pay-errors", "state": "ALARM", "by": "6m"},
            {"never": ["pay", "pay-errors-*", "errors", "high"]},
            {"alarm": "any", "state": "ALARM", "by": "6m"},
        ],
    )
    assert [verdict.passed for verdict in outcome.verdicts] == [True, True, True]
    selection = Selection(watched)
    assert selection.full_name("errors") == "errors"
    shown = [selection.short(one.name) for one in watched.all_alarms]
    assert shown == ["pay", "pay-errors", "high", "errors", "any"]
    names = Names.of(watched)
    assert [names.within(one.name, "pay", "pay") for one in watched.all_alarms] == shown
    assert names.within("pay-errors", None, "pay") == "pay-errors"


def test_a_name_within_its_service_is_still_short() -> None:
    """If no other alarm has the rest of it as a name."""
    watched = system(alarm("pay-slow"), alarm("cart"))
    assert Names.of(watched).within("pay-slow", "pay") == "slow"
    assert Names.of(replace(watched, short_names={"slow": "cart"})).within("pay-slow", "pay") == "pay-slow"
