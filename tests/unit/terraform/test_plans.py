"""Plans as `terraform show -json` writes them: every module and instance, and references for unknown values.

`plan.json` is a shortened plan of the AWS provider 5.100.0 for a root module with a topic, queues and a
composite alarm, and a module with `for_each` whose alarms have `for_each` as well.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cloudwatch.errors import InputError
from drill.sources import alarm_file, synthesized
from terraform import plans
from terraform.configuration import ConfigurationError
from tests.support.tables import each

PLAN: dict[str, Any] = json.loads((Path(__file__).parent / "plan.json").read_text(encoding="utf-8"))
TOPIC = "arn:aws:sns:eu-west-1:<account>:shop-page"


def written(folder: Path, content: dict[str, Any]) -> Path:
    """Write a plan; return its path."""
    path = folder / "shop.plan.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_alarms_of_every_module_and_instance_are_read(tmp_path: Path) -> None:
    """With their topic, which is an argument of the module and gets its ARN when the plan is applied."""
    system = synthesized.system(written(tmp_path, PLAN))
    assert {alarm.name: (alarm.threshold, alarm.service) for alarm in system.alarms} == {
        f"shop-{service}-errors-{level}": (threshold, service)
        for service in ("cart", "pay")
        for level, threshold in (("low", 0), ("high", 10))
    }
    assert [composite.name for composite in system.composites] == ["shop-any"]
    assert {alarm.actions.alarm for alarm in system.all_alarms} == {(TOPIC,)}
    assert [metric_filter.metric for metric_filter in system.filters] == ["Errors-cart", "Errors-pay"]
    (topic,) = system.topics
    assert (topic.arn, topic.severity) == (TOPIC, "page")
    assert [subscription.name for subscription in topic.subscriptions] == ["shop-alarms"]
    assert system.alarms[0].place == "shop: module.shop['cart'].aws_cloudwatch_metric_alarm.errors['high']"


def test_a_redrive_policy_that_is_not_known_is_listed(tmp_path: Path) -> None:
    """The number of receives is in no part of a plan."""
    (entry,) = synthesized.system(written(tmp_path, PLAN)).left_out
    assert entry.name == "dead letters of shop-alarms"
    assert "redrive_policy is not known before an apply" in entry.reason


def test_an_alarm_with_an_unknown_threshold_is_left_out_with_its_composite(tmp_path: Path) -> None:
    """The others are rehearsed."""
    plan = copy.deepcopy(PLAN)
    change = next(change for change in plan["resource_changes"] if '["low"]' in change["address"])
    change["change"]["after_unknown"]["threshold"] = True
    system = synthesized.system(written(tmp_path, plan))
    assert "shop-cart-errors-low" not in {alarm.name for alarm in system.all_alarms}
    reasons = {entry.name: entry.reason for entry in system.left_out}
    assert "threshold must be a number" in reasons["shop-cart-errors-low"]
    assert "depends on shop-cart-errors-low" in reasons["shop-any"]


def test_a_state_is_read_as_a_plan(tmp_path: Path) -> None:
    """Its ARNs are those that AWS assigned."""
    values = copy.deepcopy(PLAN["planned_values"])
    arn = "arn:aws:sns:eu-west-1:111122223333:shop-page"
    for resource in values["root_module"]["resources"]:
        if resource["type"] == "aws_sns_topic":
            resource["values"]["arn"] = arn
        if resource["type"] == "aws_cloudwatch_composite_alarm":
            resource["values"]["alarm_actions"] = [arn]
        if resource["type"] == "aws_sns_topic_subscription":
            resource["values"] |= {"topic_arn": arn, "endpoint": arn.replace("sns", "sqs")}
    system = synthesized.system(written(tmp_path, {"format_version": "1.0", "values": values}))
    assert system.composites[0].actions.alarm == (arn,)
    assert [topic.arn for topic in system.topics] == [arn]


def test_a_plan_is_a_file_with_alarms(tmp_path: Path) -> None:
    """`replay` takes one alarm of it, by its name or its address without the type."""
    path = written(tmp_path, PLAN)
    for name in ("shop-pay-errors-high", "module.shop['pay'].errors['high']"):
        (alarm,) = alarm_file.read(path, name).alarms
        assert alarm.name == "shop-pay-errors-high"
    assert len(alarm_file.read(path).alarms) == 5


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"format_version": "2.0"}, "format_version must be 0 or 1 (found: 2.0)"),
        ({"errored": True}, "the plan is not complete"),
        ({"deferred_changes": [{"resource_change": {"address": "aws_x.y"}}]}, "not complete: aws_x.y"),
        ({"planned_values": {"root_module": {"resources": [{"type": "aws_x"}]}}}, "is not a plan"),
    ],
)
def test_a_plan_that_cannot_be_read_completely_is_rejected(
    changed: dict[str, Any], says: str, tmp_path: Path
) -> None:
    """A rehearsal of a part of it would pass without a meaning."""
    with pytest.raises((ConfigurationError, InputError)) as caught:
        synthesized.system(written(tmp_path, {**PLAN, **changed}))
    assert says in str(caught.value)
    assert "shop.plan.json" in str(caught.value)


def test_an_instance_is_only_chosen_if_it_is_the_only_one() -> None:
    """A reference to one of several topics without its key stays without a value."""
    plan = copy.deepcopy(PLAN)
    resources = plan["planned_values"]["root_module"]["resources"]
    topic = next(resource for resource in resources if resource["type"] == "aws_sns_topic")
    for key in ("a", "b"):
        resources.append({**topic, "address": f'aws_sns_topic.page["{key}"]', "index": key})
    resources.remove(topic)
    body = plans.configuration(plan)["resource"]["aws_cloudwatch_composite_alarm"]["any"]
    assert body["alarm_actions"] == ["${unknown(aws_cloudwatch_composite_alarm.any.alarm_actions)}"]


@each(
    ("reference", "template"),
    [
        ("data.aws_sns_topic.page.arn", "${data.aws_sns_topic.page.arn}"),
        ("data.aws_sns_topic.page[0].arn", "${data.aws_sns_topic.page[0].arn}"),
        ("aws_sns_topic.page.arn", '${aws_sns_topic["page"].arn}'),
    ],
)
def test_an_action_of_a_plan_keeps_the_type_of_its_resource(reference: str, template: str) -> None:
    """A data source that is read when the plan is applied has no value in it."""
    plan = copy.deepcopy(PLAN)
    configured = plan["configuration"]["root_module"]["resources"]
    (composite,) = [entry for entry in configured if entry["type"] == "aws_cloudwatch_composite_alarm"]
    composite["expressions"]["alarm_actions"] = {"references": [reference, reference.rpartition(".")[0]]}
    body = plans.configuration(plan)["resource"]["aws_cloudwatch_composite_alarm"]["any"]
    assert body["alarm_actions"] == [template]
