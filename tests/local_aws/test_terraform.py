"""Apply, change, plan without changes and destroy with the Terraform provider."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_aws.support import ACCOUNT, confirming_webhook, packed
from tests.local_aws.terraform_cli import Terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.e2e

_ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


@pytest.fixture(scope="module")
def inputs(client: Callable[[str], Any]) -> Iterator[dict[str, str]]:
    """Create the inputs of the configuration: key, queue, cluster with a task definition, function."""
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    sqs, ecs, functions = client("sqs"), client("ecs"), client("lambda")
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cluster = ecs.create_cluster(clusterName="terraform")["cluster"]["clusterName"]
    task = ecs.register_task_definition(
        family="terraform",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": "web", "image": "web", "essential": True, "portMappings": [{"containerPort": 80}]}
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    arn = functions.create_function(
        FunctionName="terraform",
        Runtime="python3.12",
        Role=_ROLE,
        Handler="main.handler",
        Code={"ZipFile": packed("def handler(event, context):\n    return event\n")},
    )["FunctionArn"]
    with confirming_webhook() as webhook:
        yield {
            "cluster": cluster,
            "dead_letters": queue,
            "function": "terraform",
            "function_arn": arn,
            "key": key,
            "role": _ROLE,
            "task": task,
            "webhook": webhook,
        }
    functions.delete_function(FunctionName="terraform")
    ecs.delete_cluster(cluster=cluster)
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def applied(
    inputs: dict[str, str], endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terraform]:
    """Apply the configuration once for all tests; destroy it after the last one."""
    folder = tmp_path_factory.mktemp("terraform")
    shutil.copy(Path(__file__).parent / "terraform" / "main.tf", folder)
    terraform = Terraform(folder, inputs, endpoint)
    terraform.run("init")
    try:
        terraform.apply(later="false")
        yield terraform
    finally:
        terraform.run("destroy", "-auto-approve")


def test_what_was_applied_is_not_planned_again(applied: Terraform) -> None:
    """After the first apply, the plan has no changes."""
    assert applied.changes() == ""


def test_unconfirmed_subscriptions_are_pending(applied: Terraform) -> None:
    """A webhook that confirms is subscribed; e-mail and a webhook without an answer are pending."""
    state = json.loads(applied.run("show", "-json").stdout)
    pending = {
        resource["name"]: resource["values"]["pending_confirmation"]
        for resource in state["values"]["root_module"]["resources"]
        if resource["type"] == "aws_sns_topic_subscription"
    }
    assert pending == {
        "email": True,
        "https": True,
        "confirming": False,
        "queue": False,
        "function": False,
    }


def test_what_was_changed_is_not_planned_again(applied: Terraform, client: Callable[[str], Any]) -> None:
    """The second apply changes one argument of each resource in AWS."""
    applied.apply(later="true")
    assert applied.changes() == ""
    (rule,) = (
        record["SamplingRule"]
        for record in client("xray").get_sampling_rules()["SamplingRuleRecords"]
        if record["SamplingRule"]["RuleName"] == "tenth"
    )
    assert rule["FixedRate"] == 0.2
    composites = {
        row["AlarmName"]: row
        for row in client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    }
    assert composites["both"]["ActionsSuppressorExtensionPeriod"] == 90
    assert composites["system"]["AlarmRule"] == "ALARM(impact-first) AND ALARM(impact-second)"
    names = {row["name"] for row in client("logs").describe_query_definitions()["queryDefinitions"]}
    assert names == {"services/later", "everywhere"}


def test_nothing_is_left_after_destroy(applied: Terraform, client: Callable[[str], Any]) -> None:
    """Also no pending subscriptions.

    The encryption of X-Ray is a setting of the account, which the provider does not change.
    """
    applied.run("destroy", "-auto-approve")
    alarms = client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    xray, logs, scaling = client("xray"), client("logs"), client("application-autoscaling")
    left = {
        "alarms": [*alarms["MetricAlarms"], *alarms["CompositeAlarms"]],
        "groups": xray.get_groups()["Groups"],
        "rules": xray.get_sampling_rules()["SamplingRuleRecords"][1:],
        "queries": logs.describe_query_definitions()["queryDefinitions"],
        "log groups": logs.describe_log_groups(logGroupNamePrefix="/local-aws/")["logGroups"],
        "topics": client("sns").list_topics()["Topics"],
        "subscriptions": client("sns").list_subscriptions()["Subscriptions"],
        "targets": scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"],
        "policies": scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"],
        "rules of events": client("events").list_rules()["Rules"],
        "schedules": client("scheduler").list_schedules()["Schedules"],
        "dashboards": client("cloudwatch").list_dashboards()["DashboardEntries"],
        "policies of logs": logs.describe_resource_policies()["resourcePolicies"],
        "parameters": client("ssm").describe_parameters()["Parameters"],
        "secrets": client("secretsmanager").list_secrets()["SecretList"],
        "streams": client("firehose").list_delivery_streams()["DeliveryStreamNames"],
    }
    assert {name: rows for name, rows in left.items() if rows} == {}
