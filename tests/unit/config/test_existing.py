"""Services that exist already: their key chooses the model, and each mistake is one message with its place."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import json
from typing import Any

import pytest

from config.models import Environment
from config.services import (
    SERVICE_MODELS,
    EcsService,
    ExistingEcsService,
    ExistingFunction,
    ExistingService,
    LambdaService,
    Service,
)
from tests.support.tables import each
from tests.unit.config.configs import NEXT_LINE, Folder

FUNCTION: dict[str, Any] = {
    "kind": "lambda",
    "description": "Takes orders",
    "function": "shop-orders",
    "timeout_s": 10,
}
ECS: dict[str, Any] = {"kind": "ecs", "description": "Shows", "cluster": "shop", "ecs_service": "web"}
MINIMAL: dict[type[ExistingService], dict[str, Any]] = {ExistingFunction: FUNCTION, ExistingEcsService: ECS}
HERE = f"config/prod.yaml:{NEXT_LINE}"
ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
TARGET = {
    "load_balancer_arn": f"{ARN}:loadbalancer/app/shop/0123456789abcdef",
    "target_group_arn": f"{ARN}:targetgroup/web/fedcba9876543210",
}
EXISTING = [
    model for models in SERVICE_MODELS.values() for model in models if issubclass(model, ExistingService)
]


def without(service: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the keys of a service without one of them."""
    return {name: value for name, value in service.items() if name != key}


def added(folder: Folder, **service: Any) -> list[str]:
    """Return what is said about a service `new` in prod.yaml."""
    folder.renew()
    folder.append("prod", json.dumps({"services": {"new": service}})[1:-1] + "\n")
    return folder.refusal()


def test_the_key_chooses_the_model(folder: Folder) -> None:
    """Both of a kind are in one environment; `functions` and `containers` are those that are created."""
    folder.append("prod", json.dumps({"services": {"orders": FUNCTION, "shop": ECS}})[1:-1] + "\n")
    env = folder.load()
    assert {name: type(service) for name, service in env.services.items()} == {
        "api": LambdaService, "web-site": EcsService, "orders": ExistingFunction, "shop": ExistingEcsService,
    }  # fmt: skip
    assert (set(env.functions), set(env.containers)) == ({"api"}, {"web-site"})
    again = Environment.model_validate(dict(env))
    assert again.services == env.services, "a validated service keeps its model"


@pytest.mark.parametrize("model", EXISTING)
def test_a_minimal_entry_is_enough(model: type[ExistingService], folder: Folder) -> None:
    """Every fact is optional."""
    assert added(folder, **MINIMAL[model]) == []


@each(
    ("model", "key"),
    [(model, key) for model in EXISTING for key in sorted(model.created.model_fields.keys() - model.model_fields)],
    ids=lambda case: f"{case[0].__name__}-{case[1]}",
)  # fmt: skip
def test_a_key_of_created_services_says_why_it_is_not_allowed(
    model: type[ExistingService], key: str, folder: Folder
) -> None:
    """Whatever its value; nothing else is said."""
    named = next(name for name in model.names_it if name in MINIMAL[model])
    assert added(folder, **MINIMAL[model], **{key: None}) == [
        f"{HERE}: services.new.{key}: is only for a service that is created here, but {named} names one that exists already and is never changed: remove {key}, or {named} (found: nothing)"
    ]


@each(
    ("model", "key"),
    [(model, key) for model in EXISTING for key in model.model_fields if key not in {"kind", *model.names_it}],
    ids=lambda case: f"{case[0].__name__}-{case[1]}",
)  # fmt: skip
def test_a_wrong_value_is_said_at_its_key(model: type[ExistingService], key: str, folder: Folder) -> None:
    """Without the name of the model in its place."""
    said = added(folder, **{**MINIMAL[model], key: 0.5})
    assert len(said) == 1
    assert said[0].startswith(f"{HERE}: services.new.{key}: must ")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"kind": "lambda", "description": "x"}, "source: is missing; a service that exists already has function instead"),
    ({"kind": "ecs", "description": "x"}, "image: is missing; a service that exists already has cluster and ecs_service instead"),
    ({"kind": "ecs", "description": "x", "cluster": "shop"}, "ecs_service: is missing"),
    ({"kind": "ecs", "description": "x", "ecs_service": "web"}, "cluster: is missing"),
    (without(FUNCTION, "description"), "description: is missing"),
    (without(FUNCTION, "timeout_s"), "timeout_s: is missing"),
    ({**FUNCTION, "function": "orders:live"}, "function: must be the name or the ARN of a function, without a version or an alias: at most 64 letters, digits, - and _ (found: orders:live)"),
    ({**FUNCTION, "function": "arn:aws:lambda:eu-central-1:111122223333:function:orders"}, "function: must be in eu-west-1 and account 111122223333 (found: arn:aws:lambda:eu-central-1:111122223333:function:orders)"),
    ({**FUNCTION, "function": "arn:aws:lambda:eu-west-1:999922223333:function:orders"}, "function: must be in eu-west-1 and account 111122223333 (found: arn:aws:lambda:eu-west-1:999922223333:function:orders)"),
    ({**FUNCTION, "alias": "7"}, "alias: must be the name of an alias: letters, digits, - and _, not only digits, which are a version (found: 7)"),
    ({**FUNCTION, "log_group": "arn:aws:logs:x"}, "log_group: must be the name of a log group, not its ARN: letters, digits, _ - / . and # (found: arn:aws:logs:x)"),
    ({**FUNCTION, "log_group": "/a", "watch_log": False}, "log_group: is not valid with watch_log: false (found: /a)"),
    ({**FUNCTION, "logs": {"format": "pino"}, "watch_log": False}, "logs: is not valid with watch_log: false (found: a mapping of format)"),
    ({**FUNCTION, "sqs_trigger": {"queue": "a", "dead_letter_queue": "a"}}, "sqs_trigger.dead_letter_queue: must be another queue than queue (found: a)"),
    ({**FUNCTION, "sqs_trigger": {"queue": "a.fifo", "dead_letter_queue": "b"}}, "sqs_trigger.dead_letter_queue: must be a FIFO queue, of the type of queue: a FIFO queue has a name that ends with .fifo (found: b)"),
    ({**FUNCTION, "sqs_trigger": {"queue": "a", "dead_letter_queue": "b.fifo"}}, "sqs_trigger.dead_letter_queue: must be a standard queue, of the type of queue: a FIFO queue has a name that ends with .fifo (found: b.fifo)"),
    ({**FUNCTION, "sqs_trigger": {"queue": "a.fifo", "batching_window_s": 5}}, "sqs_trigger.batching_window_s: must be 0: FIFO queues have no batching window (found: 5)"),
    ({**FUNCTION, "sqs_trigger": {"queue": "https://sqs/a"}}, "sqs_trigger.queue: must be the name of a queue, not its ARN or URL: at most 80 letters, digits, - and _, or .fifo at the end (found: https://sqs/a)"),
    ({**FUNCTION, "sqs_trigger": {"queue": "a", "max_receives": 3}}, "sqs_trigger.max_receives: is not a valid key; known: batching_window_s, dead_letter_queue, queue, visibility_timeout_s"),
    ({**ECS, "cluster": "arn:aws:ecs:x"}, "cluster: must be the name of a cluster, not its ARN: at most 255 letters, digits, - and _ (found: arn:aws:ecs:x)"),
    ({**ECS, "autoscaling": {"min_tasks": 3, "max_tasks": 2}}, "autoscaling.max_tasks: must be at least 3 (min_tasks) (found: 2)"),
    ({**ECS, "log_groups": ["/a", "/b", "/a"]}, "log_groups.2: is in the list twice: /a (found: /a)"),
    ({**ECS, "target_groups": [TARGET, TARGET]}, f"target_groups.1: is in the list twice: {TARGET['target_group_arn']} (found: a mapping of load_balancer_arn, target_group_arn)"),
    ({**ECS, "target_groups": [{**TARGET, "target_group_arn": TARGET["target_group_arn"].replace("eu-west-1", "eu-west-2")}]}, f"target_groups.0.target_group_arn: must be in eu-west-1 and account 111122223333 (found: {TARGET['target_group_arn'].replace('eu-west-1', 'eu-west-2')})"),
    ({**ECS, "launch_type": "external"}, "launch_type: must be one of: fargate, ec2 (found: external)"),
]  # fmt: skip


@each(("service", "said"), REFUSED, ids=lambda case: case[1][:60])
def test_a_mistake_is_one_message(service: dict[str, Any], said: str, folder: Folder) -> None:
    """With what is allowed, and what was found."""
    assert added(folder, **service) == [f"{HERE}: services.new.{said}"]


def test_what_base_creates_and_an_environment_names_is_a_conflict_of_both_places(folder: Folder) -> None:
    """Files are merged: the message has the place of the one and of the other."""
    folder.append("prod", "services: {api: {function: shop-api}}\n")
    (said,) = folder.refusal()
    base = next(
        number
        for number, line in enumerate((folder.path / "base.yaml").read_text("utf-8").splitlines(), 1)
        if "source:" in line
    )
    assert said == (
        f"config/base.yaml:{base}: services.api.source: is only for a service that is created here, but function names one that exists already and is never changed: remove source, or function (found: functions/api); function: {HERE}"
    )  # fmt: skip


def test_a_service_that_is_no_mapping_and_a_kind_that_is_none_are_said_as_before(folder: Folder) -> None:
    """The choice of the model changes no message."""
    for entry, said in (
        ("5", "services.new: must be a mapping of keys to values (found: 5)"),
        ("{kind: lamda, function: x}", "services.new.kind: must be one of: lambda, ecs, state-machine (found: lamda)   did you mean lambda?"),
        ("{kind: [a]}", "services.new.kind: must be one of: lambda, ecs, state-machine (found: a list of 1)"),
    ):  # fmt: skip
        folder.renew()
        folder.append("prod", f"services: {{new: {entry}}}\n")
        assert folder.refusal() == [f"{HERE}: {said}"]


@each(
    ("model", "with_description"),
    [(model, is_new) for models in SERVICE_MODELS.values() for model in models for is_new in (True, False)],
    ids=lambda case: f"{case[0].__name__}-{case[1]}",
)  # fmt: skip
def test_a_service_without_a_kind_is_asked_for_it(
    model: type[Service], folder: Folder, *, with_description: bool
) -> None:
    """Whatever names it; without a description, it may be an override of a misspelled service as well."""
    entry: dict[str, Any] = {key: "x" for key, field in model.model_fields.items() if field.is_required()}
    del entry["kind"]
    if not with_description:
        del entry["description"]
    or_override = (
        "" if with_description else "; only an entry that overrides a service of base.yaml has no kind"
    )
    assert added(folder, **entry) == [
        f"{HERE}: services.new.kind: is missing; allowed: lambda, ecs, state-machine{or_override}"
    ]


def test_the_queues_of_a_trigger_can_both_be_fifo_queues(folder: Folder) -> None:
    """Or both standard queues."""
    for end in ("", ".fifo"):
        trigger = {"queue": f"a{end}", "dead_letter_queue": f"b{end}"}
        assert added(folder, **FUNCTION, sqs_trigger=trigger) == []


def test_an_override_of_a_service_of_base_needs_no_kind(folder: Folder) -> None:
    """It is that of base.yaml."""
    folder.append("prod", "services: {api: {timeout_s: 7}}\n")
    assert folder.load().functions["api"].timeout_s == 7
