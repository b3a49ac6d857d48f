"""Facts of existing resources: what of AWS's answers becomes which key of the configuration."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import catalog
from config.services import SERVICE_MODELS
from ops.existing import ecs, functions, proposal, state_machines
from ops.existing.account import UNREAD, Account, Resource
from tests.support.tables import each
from tests.unit.ops.existing.world import (
    BALANCER,
    HERE,
    WEB_GROUP,
    World,
    container,
    environment,
    function,
    mapping,
    service,
)

LAYER = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension"
STREAM = f"arn:aws:kinesis:{HERE}:stream/clicks"


def account() -> Account:
    """Return the account of the tests."""
    return Account(environment())


def read(alias: str | None = None) -> Resource:
    """Return the function `orders`."""
    resource = functions.read(account(), "orders", alias)
    assert isinstance(resource, Resource)
    return resource


def read_service() -> Resource:
    """Return the ECS service `web`."""
    resource = ecs.read(account(), "shop", "web")
    assert isinstance(resource, Resource)
    return resource


@pytest.mark.usefixtures("world")
def test_every_fact_is_a_key_of_the_model() -> None:
    """Whatever is read can be written into the file, and be compared with it."""
    for resource in (read(), read_service()):
        models = SERVICE_MODELS[resource.kind]
        assert any({*resource.facts, *resource.names} <= set(model.model_fields) for model in models)


def test_a_function_without_extras(world: World) -> None:
    """What is not set is a fact too."""
    resource = read()
    assert resource.facts == {
        "log_group": "/aws/lambda/orders",
        "timeout_s": 10,
        "reserved_concurrency": None,
        "insights": False,
        "sqs_trigger": None,
    }
    assert resource.remarks == ()
    del world.functions["orders"]["LoggingConfig"]
    assert read().log_groups == ("/aws/lambda/orders",)


@pytest.mark.parametrize(
    "layer", [f"{LAYER}:60", f"{LAYER}-Arm64:25", f"arn:aws:lambda:{HERE}:layer:other:1"]
)
def test_lambda_insights_is_its_layer(world: World, layer: str) -> None:
    """Of any version and processor, beside other layers."""
    world.functions["orders"]["Layers"] = [{"Arn": f"arn:aws:lambda:{HERE}:layer:first:1"}, {"Arn": layer}]
    assert read().facts["insights"] is ("LambdaInsights" in layer)


def test_of_an_image_it_is_not_known_whether_it_has_lambda_insights(world: World) -> None:
    """Images have no layers; it is no fact, and is remarked."""
    world.functions["orders"]["PackageType"] = "Image"
    resource = read()
    assert "insights" not in resource.facts
    assert resource.remarks[0].startswith("insights: the package is a container image")


def test_the_facts_of_an_alias_are_those_of_its_version(world: World) -> None:
    """Its queue is that which invokes the alias; concurrency is reserved for the function as a whole."""
    world.functions["orders:live"] = function(Timeout=60)
    world.reserved["orders"] = 20
    world.mappings = [mapping("1", "a-of-function"), mapping("2", "of-alias", "orders:live")]
    world.queues = {"a-of-function": {"VisibilityTimeout": "30"}, "of-alias": {"VisibilityTimeout": "300"}}
    facts = read("live").facts
    assert (facts["timeout_s"], facts["reserved_concurrency"]) == (60, 20)
    assert facts["sqs_trigger"]["queue"] == "of-alias"


@pytest.mark.parametrize("target", ["orders", "orders:live"])
def test_the_queue_that_invokes_a_function(world: World, target: str) -> None:
    """Also through an alias, with its dead-letter queue and the times that alarms depend on."""
    world.functions["orders:live"] = function()
    world.mappings = [mapping("1", "orders-in", target, MaximumBatchingWindowInSeconds=5)]
    redrive = f'{{"deadLetterTargetArn": "arn:aws:sqs:{HERE}:orders-dlq", "maxReceiveCount": 4}}'
    world.queues = {"orders-in": {"VisibilityTimeout": "60", "RedrivePolicy": redrive}}
    assert read().facts["sqs_trigger"] == {
        "queue": "orders-in",
        "dead_letter_queue": "orders-dlq",
        "visibility_timeout_s": 60,
        "batching_window_s": 5,
    }


def test_other_event_sources_are_remarked(world: World) -> None:
    """A second queue, a stream, and a queue of another account, each once."""
    elsewhere = "arn:aws:sqs:eu-west-1:999999999999:x"
    world.functions["orders:live"] = function()
    world.mappings = [
        mapping("1", "a"),
        mapping("2", "b"),
        mapping("3", STREAM),
        mapping("4", elsewhere),
        mapping("5", "a", "orders:live"),
    ]
    world.queues = {"a": {"VisibilityTimeout": "30"}}
    resource = read()
    assert resource.facts["sqs_trigger"]["queue"] == "a"
    assert resource.remarks == (
        "aliases: live; with the key alias, one of them is watched",
        "the queue b invokes it as well, and is not watched",
        f"the event source {STREAM}: if it is a stream, enable the alarm iterator-age",
        f"the queue {elsewhere} is not in this account and Region: it is not watched",
    )


def test_a_service_on_fargate(world: World) -> None:
    """With autoscaling, log group, target group and Container Insights."""
    world.bounds = {"service/shop/web": (2, 9)}
    resource = read_service()
    assert resource.facts == {
        "launch_type": "fargate",
        "desired_count": 3,
        "autoscaling": {"min_tasks": 2, "max_tasks": 9},
        "log_groups": ("/shop/web",),
        "target_groups": ({"load_balancer_arn": BALANCER, "target_group_arn": WEB_GROUP},),
        "container_insights": False,
    }
    assert resource.remarks == ()


@pytest.mark.parametrize(
    ("capacity", "launch_type"),
    [
        ({"launchType": "EC2"}, "ec2"),
        ({"launchType": "EXTERNAL"}, "ec2"),
        ({"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]}, "fargate"),
        ({"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "own"}]}, "ec2"),
        ({"launchType": None}, None),
    ],
)
def test_the_launch_type_is_that_of_the_capacity(
    world: World, capacity: dict[str, Any], launch_type: str | None
) -> None:
    """Capacity providers have no launch type; nothing stated is no fact."""
    world.services["shop"]["web"] |= capacity
    assert read_service().facts.get("launch_type") == launch_type


@pytest.mark.parametrize(("value", "enabled"), [("enabled", True), ("enhanced", True), ("disabled", False)])
def test_container_insights_is_the_setting_of_the_cluster(world: World, value: str, *, enabled: bool) -> None:
    """Of either level."""
    world.insights = value
    assert read_service().facts["container_insights"] is enabled


def test_containers_that_log_elsewhere_are_remarked(world: World) -> None:
    """Only log groups of this Region are facts, each once."""
    far = container("far")
    far["logConfiguration"]["options"]["awslogs-region"] = "us-east-1"
    world.containers = [
        container("web"),
        container("envoy", "/shop/envoy"),
        container("init", "/shop/web"),
        {"name": "fluent", "logConfiguration": {"logDriver": "awsfirelens"}},
        {"name": "quiet"},
        far,
    ]
    resource = read_service()
    assert resource.facts["log_groups"] == ("/shop/web", "/shop/envoy")
    assert resource.remarks == (
        "the container fluent logs with the driver awsfirelens: its log is not watched",
        "the container quiet logs without a log driver: its log is not watched",
        "the container far logs to us-east-1: its log is not watched",
    )


def test_load_balancers_that_are_not_watched_are_remarked(world: World) -> None:
    """Network and Classic Load Balancers, and target groups without one."""
    alone, network = f"{WEB_GROUP[:-1]}1", f"{WEB_GROUP[:-1]}2"
    world.target_groups |= {alone: [], network: [BALANCER.replace("/app/", "/net/")]}
    world.services["shop"]["web"]["loadBalancers"] = [
        {"targetGroupArn": alone},
        {"targetGroupArn": network},
        {"loadBalancerName": "classic"},
        {"targetGroupArn": WEB_GROUP},
    ]
    resource = read_service()
    assert [target["target_group_arn"] for target in resource.facts["target_groups"]] == [WEB_GROUP]
    assert resource.remarks == (
        "the Classic Load Balancer classic is not watched",
        f"the target group {alone} has no Application Load Balancer: it is not watched",
        f"the target group {network} has no Application Load Balancer: it is not watched",
    )


def test_both_target_groups_of_a_blue_green_deployment_are_facts(world: World) -> None:
    """ECS alternates between them: the absence of targets in one of them is no failure."""
    green = f"{WEB_GROUP[:-1]}0"
    world.target_groups[green] = [BALANCER]
    world.services["shop"]["web"]["loadBalancers"][0]["advancedConfiguration"] = {
        "alternateTargetGroupArn": green
    }
    world.insights = "enabled"
    resource = read_service()
    found = resource.facts["target_groups"]
    assert [target["target_group_arn"] for target in found] == [WEB_GROUP, green]
    assert resource.alarms["no-healthy-target"]["enabled"] is False
    written = proposal.entries(
        [resource], environment="prod", taken=(), tags=lambda _: {}, log_keys=lambda _: {}
    )
    data = yaml.safe_load(written[0].text())["web"]
    data["alarms"] |= {"cpu": {"threshold": 80}, "memory": {"threshold": 80}, "errors": {"threshold": 5}}
    env = environment(web=data)
    keys = {alarm.kind_key for alarm in catalog.build(env).alarms if alarm.service == "web"}
    assert "no-healthy-target" not in keys
    assert {"too-few-tasks", "unhealthy-targets", "target-error-rate"} <= keys


def test_with_codedeploy_the_facts_are_those_of_the_primary_task_set(world: World) -> None:
    """The service itself states neither capacity nor load balancers."""
    balancers = [{"targetGroupArn": WEB_GROUP}]
    task_set = {"status": "PRIMARY", "launchType": "EC2", "taskDefinition": "x", "loadBalancers": balancers}
    controller = {"type": "CODE_DEPLOY"}
    world.services["shop"]["web"] = service(
        launchType=None, loadBalancers=[], taskSets=[task_set], deploymentController=controller
    )
    resource = read_service()
    facts = resource.facts
    assert resource.alarms["no-healthy-target"]["enabled"] is False
    assert any(remark.startswith("target_groups: the one in use") for remark in resource.remarks)
    assert facts["launch_type"] == "ec2"
    assert [target["target_group_arn"] for target in facts["target_groups"]] == [WEB_GROUP]


@each("breaker", [None, {}, {"enable": False, "rollback": False}, {"enable": True, "rollback": False}])
def test_without_circuit_breaker_a_failed_deployment_is_not_noticed(
    world: World, breaker: dict[str, bool] | None
) -> None:
    """ECS sends the event of a failed deployment for services with one only."""
    configuration = {} if breaker is None else {"deploymentCircuitBreaker": breaker}
    world.services["shop"]["web"]["deploymentConfiguration"] = configuration
    is_off = not (breaker or {}).get("enable")
    assert any("circuit breaker is off" in remark for remark in read_service().remarks) is is_off


def test_a_daemon_has_no_desired_count(world: World) -> None:
    """It follows the instances of the cluster."""
    world.services["shop"]["web"]["schedulingStrategy"] = "DAEMON"
    resource = read_service()
    assert "desired_count" not in resource.facts
    assert resource.remarks[0].startswith("desired_count: one task on each instance")


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_a_deleted_service_does_not_exist(world: World, status: str) -> None:
    """ECS describes it for some time."""
    world.services["shop"]["web"]["status"] = status
    assert ecs.read(account(), "shop", "web") is None


def test_the_timeout_of_a_state_machine_is_in_its_definition(world: World) -> None:
    """It may have none."""
    world.machines = {"refund": {"TimeoutSeconds": 300, "States": {}}, "endless": {"States": {}}}
    timeouts = {}
    for name in world.machines:
        resource = state_machines.read(account(), name)
        assert isinstance(resource, Resource)
        timeouts[name] = resource.facts["timeout_s"]
    assert timeouts == {"refund": 300, "endless": None}


def test_what_does_not_exist_is_none(world: World) -> None:
    """That is no failure to read."""
    here = account()
    assert functions.read(here, "x") is None
    assert functions.read(here, "orders", "x") is None
    assert ecs.read(here, "shop", "x") is None
    assert ecs.read(here, "x", "web") is None
    assert state_machines.read(here, "x") is None
    assert here.unread == {}
    assert "GetFunctionConcurrency" not in world.calls


DENIED = {
    "GetFunctionConcurrency": {"reserved_concurrency"},
    "ListEventSourceMappings": {"sqs_trigger"},
    "GetQueueUrl": {"sqs_trigger"},
    "GetQueueAttributes": {"sqs_trigger"},
    "DescribeScalableTargets": {"autoscaling"},
    "DescribeTaskDefinition": {"log_groups"},
    "DescribeTargetGroups": {"target_groups"},
    "DescribeClusters": {"container_insights"},
}


@pytest.mark.parametrize("operation", DENIED)
def test_what_cannot_be_read_is_no_fact(world: World, operation: str) -> None:
    """Everything else is; the reason is kept once, and the call is not repeated."""
    world.mappings, world.queues = [mapping("1", "a")], {"a": {"VisibilityTimeout": "30"}}
    everything = {*read().facts, *read_service().facts}
    world.denied, here = {operation}, account()
    found = [functions.read(here, "orders"), ecs.read(here, "shop", "web")]
    facts = {key for resource in found if isinstance(resource, Resource) for key in resource.facts}
    assert everything - facts == DENIED[operation]
    assert [why.partition(":")[0] for why in here.unread.values()] == ["The credentials do not allow this"]
    world.calls.clear()
    functions.read(here, "orders")
    ecs.read(here, "shop", "web")
    assert operation not in world.calls


@pytest.mark.parametrize(
    "operation", ["GetFunctionConfiguration", "DescribeServices", "DescribeStateMachine"]
)
def test_a_resource_that_cannot_be_read_is_not_missing(world: World, operation: str) -> None:
    """It may exist."""
    world.denied, here = {operation}, account()
    found = (
        functions.read(here, "orders"),
        ecs.read(here, "shop", "web"),
        state_machines.read(here, "refund"),
    )
    assert found.count(UNREAD) == 1


def test_one_resource_that_cannot_be_read_hides_no_other(world: World) -> None:
    """Only a failure that every call would have ends the calls of its kind, such as a missing permission."""
    world.functions["broken"] = function("broken")
    world.services["shop"]["broken"] = service("broken")
    world.machines = {"refund": {}, "broken": {}}
    world.refused, here = {"broken"}, account()
    assert functions.read(here, "broken") is UNREAD
    assert ecs.read(here, "shop", "broken") is UNREAD
    assert state_machines.read(here, "broken") is UNREAD
    assert isinstance(functions.read(here, "orders"), Resource)
    assert isinstance(ecs.read(here, "shop", "web"), Resource)
    assert isinstance(state_machines.read(here, "refund"), Resource)
    assert {why.partition(":")[0] for why in here.unread.values()} == {"AWS refuses the request"}


def test_a_service_without_a_task_definition_is_read(world: World) -> None:
    """With the deployment controller EXTERNAL, before its first task set: its log groups are not known."""
    world.services["shop"]["web"] = service(taskDefinition=None, taskSets=[])
    here = account()
    resource = ecs.read(here, "shop", "web")
    assert isinstance(resource, Resource)
    assert "log_groups" not in resource.facts
    assert "log_groups: it has no task definition yet" in resource.remarks
    assert here.unread == {}
    assert "DescribeTaskDefinition" not in world.calls
