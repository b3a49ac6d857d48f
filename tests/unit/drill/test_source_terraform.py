"""Anybody's Terraform JSON: whatever its files, blocks and references look like, its alarms are read."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cloudwatch.alarms import Actions
from cloudwatch.errors import InputError
from cloudwatch.publishing import MetricFilter
from cloudwatch.suppression import Suppressor
from drill.model import Queue, Subscription, System
from drill.sources import synthesized
from drill.sources.errors import SourceError
from terraform.configuration import ConfigurationError
from tests.support.tables import each
from tests.unit.terraform.creators import CREATORS, TEMPLATES

_ARN = "arn:aws:{0}:eu-west-1:111122223333:{1}"
PROVIDER = {"aws": {"region": "eu-west-1", "allowed_account_ids": ["111122223333"]}}

SHOP: dict[str, Any] = {
    "locals": {"prefix": "shop", "name": "${local.prefix}-errors", "periods": 4},
    "variable": {"threshold": {"default": 7}, "secret": {"type": "string"}},
    "resource": {
        "aws_cloudwatch_metric_alarm": {
            "errors": {
                "alarm_name": "${local.name}",
                "namespace": "Shop",
                "metric_name": "Errors",
                "statistic": "Sum",
                "period": 60,
                "evaluation_periods": "${local.periods}",
                "threshold": "${var.threshold}",
                "comparison_operator": "GreaterThanThreshold",
                "alarm_description": "of ${var.secret}",
                "alarm_actions": [
                    "${aws_sns_topic.page.arn}",
                    "arn:aws:sns:eu-west-1:999999999999:theirs",
                    "arn:aws:automate:eu-west-1:ec2:stop",
                ],
                "tags": {"Service": "cart"},
            },
            "deploying": {
                "alarm_name": "${local.prefix}-deploying",
                "namespace": "Shop",
                "metric_name": "Deployments",
                "extended_statistic": "p90",
                "period": 60,
                "evaluation_periods": 1,
                "threshold": 0,
                "comparison_operator": "GreaterThanThreshold",
                "actions_enabled": False,
                "alarm_actions": ["${aws_sns_topic.page.arn}"],
            },
        },
        "aws_cloudwatch_composite_alarm": {
            "all": {
                "alarm_name": "shop",
                "alarm_rule": "ALARM(${aws_cloudwatch_metric_alarm.errors.alarm_name})",
                "actions_suppressor": [
                    {
                        "alarm": "${aws_cloudwatch_metric_alarm.deploying.arn}",
                        "wait_period": 60,
                        "extension_period": "120",
                    }
                ],
            }
        },
        "aws_cloudwatch_log_group": {
            "own": {"name": "/shop/cart", "tags": {"Service": "cart"}},
            "other": {"name": "/shop/other"},
        },
        "aws_cloudwatch_log_metric_filter": {
            "errors": {
                "name": "errors",
                "log_group_name": "${aws_cloudwatch_log_group.own.name}",
                "apply_on_transformed_logs": False,
                "pattern": "",
                "metric_transformation": [
                    {"name": "Errors", "namespace": "Shop", "value": "1", "default_value": 0}
                ],
            }
        },
        "aws_sns_topic": {"page": {"name": "shop-page", "tags": {"Severity": "critical"}}},
        "aws_sns_topic_subscription": {
            "queue": {
                "topic_arn": "${aws_sns_topic.page.arn}",
                "protocol": "sqs",
                "endpoint": "${aws_sqs_queue.alarms.arn}",
            },
            "function": {
                "topic_arn": "${aws_sns_topic.page.id}",
                "protocol": "lambda",
                "endpoint": "arn:aws:lambda:eu-west-1:111122223333:function:pager:live",
            },
        },
        "aws_sqs_queue": {
            "alarms": {"name": "shop-alarms", "visibility_timeout_seconds": "45"},
            "dead": {"name": "shop-dead"},
            "unrelated": {"name": "shop-orders"},
        },
        "aws_sqs_queue_redrive_policy": {
            "alarms": {
                "queue_url": "${aws_sqs_queue.alarms.id}",
                "redrive_policy": (
                    "${jsonencode({deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 4})}"
                ),
            }
        },
    },
    "provider": PROVIDER,
}


def written(folder: Path, files: Mapping[str, Any]) -> Path:
    """Write files by their paths below a folder, and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def in_lists(resources: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return resources in as many arrays as the syntax allows."""
    return [{kind: [{key: [body]}]} for kind, of_kind in resources.items() for key, body in of_kind.items()]


DIVISIONS: Mapping[str, dict[str, Any]] = {
    "one file": {"main.tf.json": SHOP},
    "a file each": {f"{kind}.tf.json": {kind: content} for kind, content in SHOP.items()},
    "arrays": {
        "main.tf.json": {
            **SHOP,
            "resource": in_lists(SHOP["resource"]),
            "provider": [PROVIDER],
            "//": "written by a machine",
            "terraform": {"required_version": ">= 1.10"},
            "output": {"//": "what others read"},
        }
    },
    "as cdktf has it": {"stacks/shop/cdk.tf.json": SHOP, "manifest.json": "{}", "stacks/shop/notes.txt": "x"},
    "in a folder": {"shop/main.tf.json": SHOP, ".terraform/x.json": "{", "docs/readme.md": "x"},
}


@pytest.fixture(params=DIVISIONS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    """Return what is read of the same configuration, however it is divided."""
    return synthesized.system(written(tmp_path, DIVISIONS[request.param]))


def test_references_locals_and_defaults_are_resolved(shop: System) -> None:
    """What is not known before an apply stays as it is written."""
    errors, deploying = shop.alarms
    assert (errors.name, errors.threshold, errors.evaluation_periods) == ("shop-errors", 7, 4)
    assert errors.description == "of ${var.secret}"
    assert (errors.service, deploying.service) == ("cart", None)
    assert deploying.statistics[0].stat == "p90"
    assert shop.composites[0].rule == "ALARM(shop-errors)"
    assert shop.composites[0].suppressor == Suppressor("shop-deploying", 60, 120)


def test_actions_that_are_switched_off_are_none(shop: System) -> None:
    """Whatever they would be."""
    errors, deploying = shop.alarms
    assert len(errors.actions.alarm) == 3
    assert deploying.actions == Actions()


def test_topics_reach_what_is_subscribed(shop: System) -> None:
    """Those of others are there by name, and nobody is known to hear of them; other actions are no topics."""
    own, theirs = shop.topics
    assert (own.arn, own.name, own.severity) == (_ARN.format("sns", "shop-page"), "shop-page", "page")
    assert own.subscriptions == (
        Subscription("lambda", _ARN.format("lambda", "function:pager:live"), "pager"),
        Subscription("sqs", _ARN.format("sqs", "shop-alarms"), "shop-alarms"),
    )
    assert (theirs.name, theirs.severity, theirs.subscriptions) == ("theirs", None, ())


def test_queues_are_those_of_notifications(shop: System) -> None:
    """With a redrive policy that is a resource of its own; and no queue that is about something else."""
    assert shop.queues == (
        Queue("shop-alarms", "shop-alarms", 45, 4, "shop-dead"),
        Queue("shop-dead", "shop-dead"),
    )


def test_filters_are_read(shop: System) -> None:
    """The empty pattern matches all; a number may be a number or a text."""
    assert shop.filters == (MetricFilter("errors", "/shop/cart", "", "Shop", "Errors", "1", 0, (), "None"),)


def test_alarms_are_called_by_their_terraform_names_too(shop: System) -> None:
    """Unless two of them have the same."""
    assert shop.short_names == {"errors": "shop-errors", "deploying": "shop-deploying", "all": "shop"}
    assert shop.log_groups == {"cart": "/shop/cart"}


def changed(change: Mapping[str, Any], **sections: Any) -> dict[str, Any]:
    """Return the configuration with resources of it changed, by their addresses, or whole sections."""
    content = copy.deepcopy(SHOP)
    for address, arguments in change.items():
        kind, _, key = address.partition(".")
        content["resource"].setdefault(kind, {}).setdefault(key, {}).update(arguments)
    return {**content, **sections}


def system(folder: Path, content: object, environment: str | None = None) -> System:
    """Return what is read of one file."""
    return synthesized.system(written(folder, {"shop/main.tf.json": content}), environment)


def test_without_a_provider_arns_have_words_in_place_of_what_is_not_known(tmp_path: Path) -> None:
    """And everything is found all the same; so it is with providers of several regions."""
    found = system(tmp_path, changed({}, provider={}))
    assert found.topics[0].arn == "arn:aws:sns:<region>:<account>:shop-page"
    assert found.alarms[0].actions.alarm[0] == found.topics[0].arn
    assert [queue.name for queue in found.queues] == ["shop-alarms", "shop-dead"]
    aliases = [{"region": "a"}, {"region": "b", "alias": "b"}]
    assert system(tmp_path, changed({}, provider={"aws": aliases})).topics == found.topics


def test_names_are_shortened_by_the_default_tags(tmp_path: Path) -> None:
    """Where every provider names the same project and environment, and a name has both."""
    tags = {"Project": "shop", "Environment": "prod"}
    providers = [{**PROVIDER["aws"], "default_tags": [{"tags": tags}]}]
    content = changed(
        {
            "aws_cloudwatch_metric_alarm.errors": {"alarm_name": "shop-cart-errors-prod"},
            "aws_sns_topic.page": {"name": "shop-warning-prod", "tags": None},
            "aws_sqs_queue.alarms": {"name": "shop-prod"},
        },
        provider={"aws": providers},
    )
    found = system(tmp_path, content)
    assert found.short_names["cart-errors"] == "shop-cart-errors-prod"
    assert (found.topics[0].name, found.topics[0].severity) == ("warning", "ticket")
    assert found.queues[0].name == "shop-prod"
    assert found.title == "prod, as synthesized"
    with pytest.raises(SourceError, match="contains prod, not dev: run `make synth ENV=dev`"):
        system(tmp_path, content, "dev")
    other = [*providers, {**PROVIDER["aws"], "default_tags": [{"tags": {**tags, "Environment": "dev"}}]}]
    both = system(tmp_path, {**content, "provider": {"aws": other}})
    assert "cart-errors" not in both.short_names
    assert both.title == "x, as synthesized".replace("x", tmp_path.name)


def test_without_services_log_groups_go_by_their_terraform_names(tmp_path: Path) -> None:
    """So that lines can be written to them."""
    content = changed(
        {"aws_cloudwatch_metric_alarm.errors": {"tags": {}}, "aws_cloudwatch_log_group.own": {"tags": {}}}
    )
    assert system(tmp_path, content).log_groups == {"own": "/shop/cart", "other": "/shop/other"}


def test_a_short_name_of_two_alarms_is_neithers(tmp_path: Path) -> None:
    """A scenario that uses it must not be about whichever came first."""
    other = {
        **SHOP["resource"]["aws_cloudwatch_metric_alarm"]["errors"],
        "alarm_name": "theirs",
        "evaluation_periods": 1,
    }
    theirs = {**SHOP, "resource": {"aws_cloudwatch_metric_alarm": {"errors": other}}}
    folder = written(tmp_path, {"stacks/a/x.tf.json": SHOP, "stacks/b/x.tf.json": theirs})
    found = synthesized.system(folder)
    assert {"shop-errors", "theirs"} <= {alarm.name for alarm in found.alarms}
    assert "errors" not in found.short_names


ALARM, FILTER = "aws_cloudwatch_metric_alarm.errors", "aws_cloudwatch_log_metric_filter.errors"
REFUSED: Mapping[str, tuple[object, str]] = {
    "no JSON": ("{", "main.tf.json: is not JSON"),
    "list": ([], "main.tf.json: must be a JSON object"),
    "text": ({"resource": "x"}, "main.tf.json: resource must be an object (found: 'x')"),
    "body": ({"resource": {"a": {"b": 1}}}, "main.tf.json: resource.a.b must be an object (found: 1)"),
    "twice": (
        {"resource": [{"a": {"b": {}}}, {"a": {"b": {}}}]},
        "main.tf.json: resource.a.b is defined twice",
    ),
    "bodies": (
        {"resource": {"a": {"b": [{}, {}]}}},
        "main.tf.json: resource.a.b must be defined once (found: 2 times)",
    ),
    "unknown argument": (
        changed({ALARM: {"foo": 1}}),
        "shop: aws_cloudwatch_metric_alarm.errors: foo is not a valid key",
    ),
    "name": (changed({ALARM: {"alarm_name": None}}), "errors: alarm_name is missing"),
    "two transformations": (
        changed({FILTER: {"metric_transformation": [{}, {}]}}),
        "aws_cloudwatch_log_metric_filter.errors: metric_transformation must have one element (found: 2)",
    ),
    "no transformation": (
        changed({FILTER: {"metric_transformation": None}}),
        "metric_transformation must have one element (found: 0)",
    ),
    "value": (
        changed({FILTER: {"metric_transformation": {"name": "x", "namespace": "y"}}}),
        "errors: metric_transformation 1: value is missing",
    ),
    "default value": (
        changed(
            {
                FILTER: {
                    "metric_transformation": {
                        "name": "x",
                        "namespace": "y",
                        "value": "1",
                        "default_value": "x",
                    }
                }
            }
        ),
        "metric_transformation 1: default_value must be a number (found: 'x')",
    ),
    "dimensions": (
        changed({FILTER: {"metric_transformation": {"dimensions": {"a": 1}}}}),
        "metric_transformation 1: dimensions must be an object of strings",
    ),
    "receives": (
        changed({"aws_sqs_queue_redrive_policy.alarms": {"redrive_policy": '{"deadLetterTargetArn": "x"}'}}),
        "aws_sqs_queue.alarms: redrive_policy: maxReceiveCount is missing",
    ),
    "hidden": (
        changed({"aws_sqs_queue.alarms": {"visibility_timeout_seconds": "x"}}),
        "aws_sqs_queue.alarms: visibility_timeout_seconds must be a number (found: 'x')",
    ),
    "endpoint": (
        changed({"aws_sns_topic_subscription.queue": {"endpoint": None}}),
        "shop: aws_sns_topic_subscription.queue: endpoint is missing",
    ),
    "list for a text": (
        changed({ALARM: {"namespace": ["${var.secret}"]}}),
        "shop: aws_cloudwatch_metric_alarm.errors: namespace must be a string (found: ['${var.secret}'])",
    ),
    "unknown key": (
        changed({ALARM: {"colour": "${var.secret}"}}),
        "shop: aws_cloudwatch_metric_alarm.errors: colour is not a valid key",
    ),
    "service": (
        changed({ALARM: {"tags": {"Service": 3}}}),
        "shop: aws_cloudwatch_metric_alarm.errors: Service must be a string (found: 3)",
    ),
}


LEFT_OUT: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "unknown number": (
        changed({ALARM: {"threshold": "${var.secret}"}}),
        "shop-errors",
        "shop: aws_cloudwatch_metric_alarm.errors: threshold must be a number (found: '${var.secret}')",
    ),
    "unknown choice": (
        changed({ALARM: {"comparison_operator": f"{'x' * 80}${{var.secret}}"}}),
        "shop-errors",
        "is not valid; allowed: ",
    ),
    "unknown list": (
        changed({ALARM: {"alarm_actions": "${var.secret}"}}),
        "shop-errors",
        "alarm_actions must be a list of strings (found: '${var.secret}')",
    ),
    "unknown dimensions": (
        changed({ALARM: {"dimensions": "${var.secret}"}}),
        "shop-errors",
        "dimensions must be a list (found: '${var.secret}')",
    ),
    "unknown dimensions of a filter": (
        changed(
            {
                FILTER: {
                    "metric_transformation": {
                        "name": "Errors", "namespace": "Shop", "value": "1", "dimensions": "${var.secret}",
                    }
                }
            }
        ),
        "shop-errors",
        "dimensions must be an object of strings",
    ),
    "count": (
        changed({ALARM: {"count": 2}}),
        "shop-errors",
        "aws_cloudwatch_metric_alarm.errors: `count` is not supported",
    ),
    "for_each of a plain name": (
        changed({ALARM: {"for_each": ["x"], "alarm_name": "errors-of-all"}}),
        "errors-of-all",
        "aws_cloudwatch_metric_alarm.errors: `for_each` is not supported",
    ),
    "count of unknown names": (
        changed({ALARM: {"count": 2, "alarm_name": "errors-${count.index}"}}),
        "aws_cloudwatch_metric_alarm.errors",
        "`count` is not supported",
    ),
    "dynamic": (
        changed({ALARM: {"dynamic": {"metric_query": {"for_each": [1]}}}}),
        "shop-errors",
        "`dynamic` is not supported",
    ),
    "another provider": (
        changed({ALARM: {"provider": "aws.virginia"}}),
        "shop-errors",
        "`provider` is not supported",
    ),
    "PromQL": (
        changed({ALARM: {"evaluation_criteria": {"prom_ql_criteria": {"query": "up"}}}}),
        "shop-errors",
        "it is a PromQL alarm",
    ),
    "Metrics Insights": (
        changed(
            {
                ALARM: {
                    "metric_query": {
                        "id": "q", "expression": "SELECT MAX(x) FROM N", "period": 60, "return_data": True,
                    },
                    **dict.fromkeys(("namespace", "metric_name", "statistic", "period")),
                }
            }
        ),
        "shop-errors",
        "Metrics Insights",
    ),
    "transformed": (
        changed({FILTER: {"apply_on_transformed_logs": True}}),
        "shop-errors",
        "apply_on_transformed_logs is not supported: it applies to transformed log events",
    ),
    "filter with count": (
        changed({FILTER: {"count": 2}}),
        "shop-errors",
        "aws_cloudwatch_log_metric_filter.errors: `count` is not supported",
    ),
    "redrive": (
        changed({"aws_sqs_queue_redrive_policy.alarms": {"redrive_policy": "${var.secret}"}}),
        "dead letters of shop-alarms",
        "redrive_policy is not known before an apply",
    ),
    **{
        kind: (
            changed({f"{kind}.other": {"name": "x"}}),
            f"{kind}.other",
            "resources of this type are not read",
        )
        for kind in (*CREATORS, "awscc_logs_metric_filter")
        if "::" not in kind and kind not in TEMPLATES
    },
}  # fmt: skip


@each("case", LEFT_OUT)
def test_what_is_not_supported_is_left_out_with_its_reason(case: str, tmp_path: Path) -> None:
    """And with it the composite that depends on it; the other alarms are rehearsed."""
    content, name, reason = LEFT_OUT[case]
    found = system(tmp_path, content)
    reasons = {entry.name: entry.reason for entry in found.left_out}
    assert reason in reasons[name]
    names = {alarm.name for alarm in found.all_alarms}
    assert "shop-deploying" in names
    assert names.isdisjoint(reasons)
    assert ("shop" in names) == (name not in {"shop-errors", "errors-of-all", ALARM})


HCL = """
# resource "aws_cloudwatch_metric_alarm" "commented" {}
resource "aws_cloudwatch_metric_alarm" "other" {
  alarm_name = "other"
}
  module "inner" { source = "./x" }
"""
UNREAD: Mapping[str, tuple[dict[str, Any], str]] = {
    "module": (
        {"main.tf.json": {**SHOP, "module": {"shop": {"source": "./x"}, "cart": [{"source": "./y"}]}}},
        "module.shop, module.cart: is not read, and may contain alarms: `terraform show -json PLAN`",
    ),
    "unknown block": (
        {"main.tf.json": {**SHOP, "stack": {"x": {}}}},
        "main.tf.json: stack: is not read",
    ),
    "HCL": (
        {"main.tf.json": SHOP, "more.tf": HCL},
        "more.tf: aws_cloudwatch_metric_alarm.other, module.inner: HCL is not read",
    ),
    "HCL in another folder": (
        {"a/main.tf.json": SHOP, "b/more.tf": HCL},
        "more.tf: aws_cloudwatch_metric_alarm.other, module.inner: HCL is not read",
    ),
    "OpenTofu": ({"main.tf.json": SHOP, "more.tofu.json": SHOP}, "more.tofu.json: is not read"),
    "values": ({"main.tf.json": SHOP, "terraform.tfvars": "threshold = 9"}, "terraform.tfvars: is not read"),
    "filter of an unknown metric": (
        {
            "main.tf.json": changed(
                {FILTER: {"for_each": [1], "metric_transformation": {"name": "${each.key}"}}}
            )
        },
        "it is not known which metric this filter publishes",
    ),
    "template": (
        {
            "main.tf.json": changed(
                {"aws_cloudformation_stack.x": {"template_body": "AWS::CloudWatch::Alarm"}}
            )
        },
        "aws_cloudformation_stack.x: a template that may contain alarms is not read",
    ),
    **{
        text: (
            {"main.tf.json": changed({"aws_cloudformation_stack.x": {"template_body": text}})},
            "aws_cloudformation_stack.x: a template that may contain alarms is not read",
        )
        for text in (
            *(kind for kind in CREATORS if "::" in kind),
            "AWS::Logs::MetricFilter",
            '{"Transform": "MyMacro", "Resources": {}}',
            "Transform: [MyMacro]\nResources: {}",
            "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: !Transform {Name: MyMacro}",
            '{"Resources": {"Fn::Transform": {"Name": "MyMacro"}}}',
        )
    },
    **{
        kind: ({"main.tf.json": changed({f"{kind}.x": {}})}, f"{kind}.x: a template that may contain alarms")
        for kind in TEMPLATES
    },
    "stack of the Cloud Control API": (
        {
            "main.tf.json": changed(
                {"aws_cloudcontrolapi_resource.x": {"type_name": "AWS::CloudFormation::Stack"}}
            )
        },
        "aws_cloudcontrolapi_resource.x: a template that may contain alarms is not read",
    ),
    "template elsewhere": (
        {"main.tf.json": changed({"aws_cloudformation_stack.x": {"template_url": "https://x"}})},
        "aws_cloudformation_stack.x: a template that may contain alarms is not read",
    ),
}


@each("case", UNREAD)
def test_what_may_contain_any_number_of_alarms_is_rejected_by_name(case: str, tmp_path: Path) -> None:
    """An expectation about all alarms would pass without them."""
    contents, says = UNREAD[case]
    with pytest.raises((ConfigurationError, InputError)) as caught:
        synthesized.system(written(tmp_path, contents))
    assert says in str(caught.value)


@each(
    "kind",
    [
        "aws_cloudformation_stack",
        "aws_wafv2_rule_group",
        "aws_cloudwatch_dashboard",
        "aws_sns_topic_policy",
        "random_id",
    ],
)
def test_resources_that_are_no_alarms_are_no_obstacle(kind: str, tmp_path: Path) -> None:
    """Nor are data sources, outputs, checks and comments."""
    content = changed({f"{kind}.x": {"template_body": '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}'}})
    more = {"data": {"aws_region": {"x": {}}}, "output": {"x": {"value": 1}}, "check": {"x": {}}, "//": "x"}
    assert system(tmp_path, {**content, **more}).left_out == ()


@each("case", REFUSED)
def test_what_cannot_be_read_is_said_with_its_address(case: str, tmp_path: Path) -> None:
    """In Terraform's words."""
    content, says = REFUSED[case]
    with pytest.raises((ConfigurationError, InputError)) as caught:
        system(tmp_path, content)
    assert says in str(caught.value)


def test_a_folder_without_configuration_is_said(tmp_path: Path) -> None:
    """It is not there, or holds none."""
    with pytest.raises(ConfigurationError, match="none: the folder does not exist"):
        synthesized.system(tmp_path / "none")
    with pytest.raises(ConfigurationError, match=r"contains no Terraform JSON \(\*\.tf\.json\): run"):
        synthesized.system(tmp_path)


def test_locals_that_name_each_other_end(tmp_path: Path) -> None:
    """What is not known stays as it is written."""
    content = changed(
        {ALARM: {"alarm_name": "x${local.a}"}}, locals={"a": "${local.b}", "b": "${local.a}", "periods": 1}
    )
    assert system(tmp_path, content).alarms[0].name.startswith("x${local.")
