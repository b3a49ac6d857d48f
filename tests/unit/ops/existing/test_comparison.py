"""Existing services compared with the account: what does not exist or differs, and its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config import source
from config.models import Environment
from config.services import SERVICE_MODELS, ExistingService
from ops.existing import comparison
from ops.existing.account import Account
from ops.existing.comparison import Comparison
from tests.unit.ops.existing.world import BALANCER, SETTINGS, WEB_GROUP, World, environment, function, mapping

ORDERS = """\
services:
  orders:
    kind: lambda
    description: Takes orders
    function: orders
    timeout_s: 10
"""
WEB = """\
services:
  web:
    kind: ecs
    description: The shop
    cluster: shop
    ecs_service: web
"""
TARGETS = f"""\
    target_groups:
      - target_group_arn: {WEB_GROUP}
        load_balancer_arn: {BALANCER}
"""
REFUND = """\
services:
  refund:
    kind: state-machine
    description: Refunds
    state_machine: refund
    timeout_s: 300
"""


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Compare the services of a file with the account."""
    monkeypatch.chdir(tmp_path)

    def compared(text: str) -> Comparison:
        Path("prod.yaml").write_text(text, encoding="utf-8")
        document = source.read(Path("prod.yaml"))
        env = Environment.model_validate({**SETTINGS, **document.data})
        return comparison.compare(Account(env), document)

    return compared


def test_a_file_that_is_as_the_account_has_no_finding(world: World, compare: Any) -> None:
    """Of all three kinds, with every fact."""
    world.reserved, world.machines = {"orders": 20}, {"refund": {"TimeoutSeconds": 300}}
    world.mappings = [mapping("1", "in")]
    world.queues = {"in": {"VisibilityTimeout": "60"}}
    world.bounds = {"service/shop/web": (2, 9)}
    orders = (
        f"{ORDERS}    log_group: /aws/lambda/orders\n"
        "    reserved_concurrency: 20\n    sqs_trigger: {queue: in, visibility_timeout_s: 60}\n"
    )
    web = (
        f"{WEB}    desired_count: 1\n    autoscaling: {{min_tasks: 2, max_tasks: 9}}\n"
        f"    log_groups: [/shop/web]\n{TARGETS}"
    )
    for text in (orders, web, REFUND):
        assert compare(text) == Comparison()


MISSING: dict[str, tuple[str, dict[str, Any]]] = {
    "prod.yaml:5: services.orders.function: there is no function orders; existing: order, other   did you "
    "mean order?": (ORDERS, {"functions": {"order": function("order"), "other": function("other")}}),
    "prod.yaml:7: services.orders.alias: the function orders has no alias live; existing: liv   did you mean "
    "liv?": (f"{ORDERS}    alias: live\n", {"functions": {"orders": function(), "orders:liv": function()}}),
    "prod.yaml:2: services.orders.log_group: there is no log group /aws/lambda/orders, which Lambda creates "
    "with the first invocation; existing: /aws/lambda/order   did you mean /aws/lambda/order?": (
        ORDERS,
        {"log_groups": {"/aws/lambda/order": "STANDARD", "/aws/lambda-x": "STANDARD"}},
    ),
    "prod.yaml:7: services.orders.log_group: the log group /x has the class INFREQUENT_ACCESS, which has no "
    "metric filters: it must be STANDARD": (
        f"{ORDERS}    log_group: /x\n",
        {"log_groups": {"/x": "INFREQUENT_ACCESS"}},
    ),
    "prod.yaml:7: services.orders.sqs_trigger.dead_letter_queue: there is no queue dead": (
        f"{ORDERS}    sqs_trigger: {{queue: in, dead_letter_queue: dead}}\n",
        {"queues": {"in": {}}},
    ),
    "prod.yaml:5: services.web.cluster: there is no ECS cluster shop; existing: shops   did you mean "
    "shops?": (
        WEB,
        {"services": {"shops": {}}},
    ),
    "prod.yaml:6: services.web.ecs_service: the ECS cluster shop has no active service web; existing: none": (
        WEB,
        {"services": {"shop": {}}},
    ),
    "prod.yaml:7: services.web.log_groups.0: there is no log group /shop/api; existing: /shop/web   "
    "did you mean /shop/web?": (
        f"{WEB}    log_groups: [/shop/api]\n",
        {},
    ),
    f"prod.yaml:8: services.web.target_groups.0.target_group_arn: there is no target group {WEB_GROUP}": (
        f"{WEB}{TARGETS}",
        {"target_groups": {}},
    ),
    "prod.yaml:5: services.refund.state_machine: there is no state machine refund; existing: refunds   did "
    "you mean refunds?": (REFUND, {"machines": {"refunds": {}}}),
}


@pytest.mark.parametrize("line", MISSING)
def test_what_does_not_exist_is_a_line_with_its_place_and_what_exists(
    world: World, compare: Any, line: str
) -> None:
    """And the name that is meant, if there is a similar one."""
    text, changes = MISSING[line]
    for name, value in changes.items():
        setattr(world, name, value)
    assert compare(text).missing == (line,)


DIFFERENT = [
    (
        ORDERS.replace("    timeout_s: 10\n", ""),
        "timeout_s: 3",
        "timeout_s: 3 in the file; in the account: 10",
    ),
    (ORDERS, "reserved_concurrency: 5", "reserved_concurrency: 5 in the file; in the account: none"),
    (ORDERS, "insights: true", "insights: true in the file; in the account: false"),
    (ORDERS, "log_group: /shop/web", "log_group: /shop/web in the file; in the account: /aws/lambda/orders"),
    (
        ORDERS,
        "sqs_trigger: {queue: in}",
        "sqs_trigger: {queue: in, batching_window_s: 0} in the file; in the account: none",
    ),
    (WEB, "launch_type: ec2", "launch_type: ec2 in the file; in the account: fargate"),
    (WEB, "desired_count: 2", "desired_count: 2 in the file; in the account: 3"),
    (
        WEB,
        "autoscaling: {min_tasks: 2, max_tasks: 9}",
        "autoscaling: {min_tasks: 2, max_tasks: 9} in the file; in the account: none",
    ),
    (WEB, "container_insights: true", "container_insights: true in the file; in the account: false"),
    (
        WEB,
        "log_groups: [/aws/lambda/orders]",
        "log_groups.0: /aws/lambda/orders in the file; in the account: /shop/web",
    ),
    (REFUND, "", "timeout_s: 300 in the file; in the account: 60"),
]


@pytest.mark.parametrize(("text", "stated", "difference"), DIFFERENT)
def test_a_fact_that_differs_is_a_line_with_both_values(
    world: World, compare: Any, text: str, stated: str, difference: str
) -> None:
    """It does not stop a deployment."""
    world.machines, world.queues = {"refund": {"TimeoutSeconds": 60}}, {"in": {}}
    text = f"{text}    {stated}\n".rstrip(" \n") + "\n"
    name = text.splitlines()[1].strip()[:-1]
    compared = compare(text)
    assert compared.differences == (f"prod.yaml:{len(text.splitlines())}: services.{name}.{difference}",)
    assert compared.missing == ()


def test_every_fact_of_a_model_is_compared() -> None:
    """A key that is added to a model needs a row above."""
    general = {*ExistingService.model_fields, "kind", "watch_log"}  # the last is no fact of the account
    facts = {
        f".{key}: "
        for models in SERVICE_MODELS.values()
        for model in models
        if issubclass(model, ExistingService)
        for key, field in model.model_fields.items()
        if key not in general and not field.is_required()
    }
    differences = [f".{difference}" for _, _, difference in DIFFERENT]
    lines = "\n".join([*differences, *MISSING]).replace(".0", "").replace(".target_group_arn", "")
    assert {key for key in facts if key not in lines} == set()


@pytest.mark.parametrize(
    ("stated", "line"),
    [
        (
            "{queue: in, visibility_timeout_s: 30, batching_window_s: 5}",
            "visibility_timeout_s: 30 in the file; in the account: 60",
        ),
        ("{queue: in, batching_window_s: 0}", "batching_window_s: 0 in the file; in the account: 5"),
        (
            "{queue: in, dead_letter_queue: dead, batching_window_s: 5}",
            "dead_letter_queue: dead in the file; in the account: none",
        ),
        ("{queue: other, batching_window_s: 5}", "queue: other in the file; in the account: in"),
    ],
)
def test_a_fact_of_the_queue_that_differs_has_its_own_line(
    world: World, compare: Any, stated: str, line: str
) -> None:
    """What the file leaves out of it is not compared."""
    world.mappings = [mapping("1", "in", MaximumBatchingWindowInSeconds=5)]
    world.queues = {name: {"VisibilityTimeout": "60"} for name in ("in", "other", "dead")}
    compared = compare(f"{ORDERS}    sqs_trigger: {stated}\n")
    assert compared.differences == (f"prod.yaml:7: services.orders.sqs_trigger.{line}",)


def test_what_the_file_leaves_out_is_not_compared(world: World, compare: Any) -> None:
    """The alarms that need it do not exist; a log group may be left out because nobody reads it."""
    world.reserved = {"orders": 20}
    assert compare(ORDERS) == Comparison()
    assert compare(WEB) == Comparison()


def test_a_queue_and_autoscaling_that_the_file_leaves_out_are_compared(world: World, compare: Any) -> None:
    """Without them, alarms have another meaning: throttled batches of a queue are retried."""
    world.mappings, world.queues = [mapping("1", "in")], {"in": {"VisibilityTimeout": "60"}}
    world.bounds = {"service/shop/web": (2, 9)}
    (line,) = compare(ORDERS).differences
    assert line.startswith(
        "prod.yaml:2: services.orders.sqs_trigger: none in the file; in the account: {queue: in,"
    )
    (line,) = compare(f"{WEB}    desired_count: 3\n").differences
    assert line.endswith("autoscaling: none in the file; in the account: {min_tasks: 2, max_tasks: 9}")


def test_the_group_of_a_log_that_is_not_watched_is_not_compared(world: World, compare: Any) -> None:
    """It may be any, or not exist."""
    world.functions["orders"] = function(LoggingConfig={"LogGroup": "/elsewhere"})
    assert len(compare(ORDERS).differences) == 1
    assert compare(f"{ORDERS}    watch_log: false\n") == Comparison()


def test_a_default_that_alarms_use_is_compared_as_one(world: World, compare: Any) -> None:
    """The file does not have the value, and the place is that of the service."""
    layer = {"Arn": "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension:60"}
    world.functions["orders"] = function(Layers=[layer])
    assert compare(ORDERS).differences == (
        "prod.yaml:2: services.orders.insights: false by default; in the account: true",
    )
    world.services["shop"]["web"]["launchType"] = "EC2"
    assert compare(WEB).differences == (
        "prod.yaml:2: services.web.launch_type: fargate by default; in the account: ec2",
    )


@pytest.mark.parametrize(("value", "is_on"), [("enabled", True), ("enhanced", True), ("disabled", False)])
def test_container_insights_is_compared_where_the_file_leaves_it_out(
    world: World, compare: Any, value: str, *, is_on: bool
) -> None:
    """With either level of it, alarms are left out that could exist."""
    world.insights = value
    assert compare(WEB).differences == (
        ("prod.yaml:2: services.web.container_insights: false by default; in the account: true",)
        if is_on
        else ()
    )


def test_the_desired_count_may_be_anything_with_autoscaling(world: World, compare: Any) -> None:
    """It changes all the time; nor is it known whether there is autoscaling that cannot be read."""
    world.bounds = {"service/shop/web": (2, 9)}
    text = f"{WEB}    desired_count: 8\n    autoscaling: {{min_tasks: 2, max_tasks: 9}}\n"
    assert compare(text) == Comparison()
    world.denied = {"DescribeScalableTargets"}
    assert compare(text).differences == ()


def test_what_cannot_be_read_is_a_line_and_hides_nothing_else(world: World, compare: Any) -> None:
    """A missing permission is no difference, and no missing resource."""
    world.denied = {"DescribeLogGroups", "GetFunctionConcurrency"}
    compared = compare(f"{ORDERS.replace('10', '3')}    reserved_concurrency: 5\n")
    assert [line.partition(" in ")[0] for line in compared.differences] == [
        "prod.yaml:6: services.orders.timeout_s: 3"
    ]
    assert compared.missing == ()
    assert [line.partition(".")[0] for line in compared.unread] == [
        "log groups could not be read",
        "the reserved concurrency of functions could not be read",
    ]
    world.functions, world.denied = {}, {"ListFunctions"}
    assert compare(ORDERS).missing == ("prod.yaml:5: services.orders.function: there is no function orders",)


def test_only_existing_services_are_read(world: World) -> None:
    """What the platform creates is compared by Terraform."""
    created = environment(api={"kind": "lambda", "source": "functions/api"})
    assert comparison.existing(created) == {}
    assert comparison.compare(Account(created), source.Document({})) == Comparison()
    assert world.calls == []


def test_the_block_counts_and_advises() -> None:
    """Nothing without differences."""
    env = environment()
    assert comparison.block(env, ()) == ""
    assert comparison.block(env, ["a: b"]).splitlines() == [
        "1 fact of existing services differs in the account; alarms use the values of the file:",
        "  a: b",
        "Correct the file or the resource, then run `make deploy ENV=prod`.",
    ]
    assert "2 facts of existing services differ" in comparison.block(env, ["a", "b"])
