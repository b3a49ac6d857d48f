"""A command that is killed takes nothing along: Terraform completes, and the next command continues.

The tests run in the order of this file, on one environment: each attempt comes further than the one before.
While all is deployed, ECS rolls a deployment back: a success that Terraform reports is none, and the next
command continues from there too.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.machine import PROJECT, Machine, local_aws, wait_for
from tests.faults.proxy import Asked, Proxy, proxied

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("killed")]

STACKS = ("security", "compute", "monitoring", "dashboard")


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Proxy]]:
    """The small environment, of which nothing is deployed yet, and the proxy before its local AWS."""
    folder = tmp_path_factory.mktemp("killed")
    with local_aws(folder / "local-aws") as upstream, proxied(upstream) as proxy:
        yield Machine(proxy.url, upstream, folder), proxy


@pytest.fixture
def machine(behind: tuple[Machine, Proxy]) -> Machine:
    """The small environment."""
    return behind[0]


def events(machine: Machine, stack: str, kind: str) -> int:
    """Return how many events of a kind the Terraform of a stack has printed."""
    return len(re.findall(rf'"type":"{kind}"', machine.log(stack)))


def total(machine: Machine, stack: str) -> int:
    """Return how many changes Terraform has planned, once it has; else more than there can be."""
    found = re.search(
        r'"changes":{"add":(\d+),"change":(\d+),"import":\d+,"remove":(\d+)', machine.log(stack)
    )
    return sum(map(int, found.groups())) if found else 10_000


def builds(machine: Machine) -> bool:
    """Return whether a function's zip is being made."""
    return any((machine.build / "functions").glob(".package-*"))


def late(stack: str) -> Callable[[Machine], bool]:
    """Return whether most of the changes of a stack are made."""
    return lambda machine: events(machine, stack, "apply_complete") > 0.8 * total(machine, stack)


POINTS: dict[str, tuple[str, str, Callable[[Machine], object]]] = {
    "package": ("deploy", "", builds),
    "init": ("deploy", "security", lambda machine: machine.log("security", "init")),
    "plan": ("deploy", "security", lambda machine: events(machine, "security", "version")),
    "early in an apply": ("deploy", "compute", lambda machine: events(machine, "compute", "apply_start")),
    "late in an apply": ("deploy", "monitoring", late("monitoring")),
    "in the last stack": ("deploy", "dashboard", lambda machine: events(machine, "dashboard", "apply_start")),
    "plan to destroy": ("destroy", "dashboard", lambda machine: events(machine, "dashboard", "version")),
    "early in destroying": (
        "destroy",
        "monitoring",
        lambda machine: events(machine, "monitoring", "apply_start"),
    ),
    "late in destroying": ("destroy", "compute", late("compute")),
}
"""Where a command on a stack is killed, in the order in which a deployment, and then its end, passes by. A
Terraform that goes on completes its stack, so each point is in another one. Setup is in test_setup.py."""


def kill(machine: Machine, name: str) -> str:
    """Kill a command at a point and wait for its Terraform; return what a second command said meanwhile."""
    command, stack, reached = POINTS[name]
    with machine.started(command, *([f"STACK={stack}"] if stack else [])) as running:
        wait_for(lambda: reached(machine) or running.poll() is not None, name)
        assert running.poll() is None, f"it ended before {name}: {running.stdout and running.stdout.read()}"
        os.kill(machine.holder()["pid"], signal.SIGKILL)
        wait_for(lambda: running.poll() is not None, "make ends")
    said = machine.make("diff").stdout if name == "early in an apply" else ""
    machine.wait_until_unlocked()
    return said


def resources(machine: Machine, stack: str) -> set[str]:
    """Return the addresses in the state of a stack."""
    return {
        f"{each['type']}.{each['name']}"
        for each in machine.state(stack)["resources"]
        if each["mode"] == "managed"
    }


def written(machine: Machine, stack: str) -> set[str]:
    """Return the addresses that were synthesized."""
    path = machine.build / "synth" / machine.env / "stacks" / stack / "cdk.tf.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    return {f"{kind}.{key}" for kind, of_kind in content["resource"].items() for key in of_kind}


@pytest.mark.parametrize("name", [name for name, (command, *_) in POINTS.items() if command == "deploy"])
def test_a_deployment_that_is_killed_leaves_nothing_behind(machine: Machine, name: str) -> None:
    """Terraform saves what it creates and releases its lock; a second command meanwhile says who works."""
    said = kill(machine, name)
    if name == "early in an apply":
        assert "small is locked: terraform apply of compute (process " in said
        assert "which was killed" in said
        assert resources(machine, "compute") == written(machine, "compute")
    keys = machine.client("s3").list_objects_v2(Bucket="reveille-state-faults").get("Contents", [])
    assert not [each["Key"] for each in keys if each["Key"].endswith(".tflock")]


def test_the_next_deployment_continues_and_creates_nothing_twice(machine: Machine) -> None:
    """Every resource is in a state, and in AWS once."""
    done = machine.make("deploy")
    assert done.returncode == 0, done.stdout
    for stack in STACKS:
        assert resources(machine, stack) == written(machine, stack)
    kms = machine.client("kms")
    keys = [kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in kms.list_keys()["Keys"]]
    assert len([key for key in keys if key["KeyState"] == "Enabled" and key["KeyManager"] == "CUSTOMER"]) == 1
    assert re.findall(r"^(\w+) +No changes$", done.stdout, re.MULTILINE) == list(STACKS)
    assert not list((machine.build / "functions").glob(".package-*"))


def described(machine: Machine) -> dict[str, Any]:
    """Return texts that AWS has, by what they are."""
    lambda_, ecs = machine.client("lambda"), machine.client("ecs")
    function = lambda_.get_function_configuration(FunctionName="reveille-payment-handler-small")
    task = ecs.describe_task_definition(taskDefinition="reveille-shop-api-small")["taskDefinition"]
    main = next(
        each for each in task["containerDefinitions"] if "command" in each and each["name"] != "collector"
    )
    alarms = machine.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    topics = machine.client("sns").get_paginator("list_subscriptions").paginate()
    role = machine.client("iam").get_role(RoleName=function["Role"].rpartition("/")[2])["Role"]
    iam = machine.client("iam")
    policies = [
        iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    ]
    dashboard = machine.client("cloudwatch").get_dashboard(DashboardName="reveille-small")["DashboardBody"]
    schedules = machine.client("scheduler")
    schedule = schedules.list_schedules()["Schedules"][0]
    return {
        "function": function["Description"],
        "role": role["Description"],
        "variables": function["Environment"]["Variables"],
        "command": main["command"],
        "container variables": {each["name"]: each["value"] for each in main["environment"]},
        "alarms": "\n".join(alarm["AlarmDescription"] for alarm in alarms),
        "addresses": {each["Endpoint"] for page in topics for each in page["Subscriptions"]},
        "grants": json.dumps(policies),
        "dashboard": json.loads(dashboard),
        "schedule": schedules.get_schedule(Name=schedule["Name"])["Description"],
        "tags": lambda_.list_tags(Resource=function["FunctionArn"])["Tags"],
    }


def test_text_arrives_as_it_was_written(machine: Machine) -> None:
    """Whatever Terraform, JSON, XML or a shell would read in it."""
    # Read by another parser of the same file, so that nothing of ours is between.
    import yaml  # noqa: PLC0415

    text = (PROJECT / "config" / "small.yaml").read_text(encoding="utf-8")
    given = yaml.safe_load(text)
    function, container = given["services"]["payment-handler"], given["services"]["shop-api"]
    found = described(machine)
    assert found["function"] == found["role"] == function["description"]
    assert function["environment"].items() <= found["variables"].items()
    assert found["command"] == container["command"]
    assert container["environment"].items() <= found["container variables"].items()
    assert given["notifications"]["runbooks_url"] in found["alarms"]
    assert function["grants"][0]["resources"][0] in json.loads(json.dumps(found["grants"]))
    assert found["schedule"] == given["maintenance"]["patching"]["reason"]
    assert given["tags"].items() <= found["tags"].items()
    markdown = "\n".join(
        each["properties"]["markdown"] for each in found["dashboard"]["widgets"] if each["type"] == "text"
    )
    assert function["description"] in markdown
    assert container["description"] in markdown


SERVICE = "reveille-shop-api-small"
REASON = "ECS deployment circuit breaker: tasks failed to start."
CHANGED = {"REVEILLE_SERVICES__SHOP_API__IMAGE": "public.ecr.aws/docker/library/busybox:0.0.0"}


def task_definition(machine: Machine) -> str:
    """Return what the service runs, as family and revision."""
    ecs = machine.client("ecs")
    (service,) = ecs.describe_services(cluster="reveille-small", services=[SERVICE])["services"]
    return str(service["taskDefinition"]).rpartition("/")[2]


def active(machine: Machine) -> list[str]:
    """Return the task definitions that are not deregistered."""
    arns = machine.client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    return [arn.rpartition("/")[2] for arn in arns]


def roll_back(machine: Machine, proxy: Proxy) -> None:
    """Let ECS go back from each update to what it ran before, and say why, as its circuit breaker does."""
    before = task_definition(machine)

    def changed(asked: Asked, content: bytes) -> bytes:
        if asked.service != "ecs" or asked.operation not in {"UpdateService", "DescribeServices"}:
            return content
        answer: dict[str, Any] = json.loads(content)
        if asked.operation == "UpdateService":
            ecs = machine.client("ecs")
            ecs.update_service(cluster="reveille-small", service=SERVICE, taskDefinition=before)
        for service in answer.get("services", []):
            failed = {**service["deployments"][0], "id": "ecs-svc/1", "status": "ACTIVE"}
            service["deployments"].append(failed | {"rolloutState": "FAILED", "rolloutStateReason": REASON})
            service["events"] = [{"id": "1", "createdAt": 0, "message": f"(service {SERVICE}) rolled back."}]
        return json.dumps(answer).encode()

    proxy.changes = changed


def test_a_deployment_that_ecs_rolls_back_is_a_failure(behind: tuple[Machine, Proxy]) -> None:
    """One message: what was planned, what runs, why, where to look; what runs stays registered."""
    machine, proxy = behind
    assert task_definition(machine) == f"{SERVICE}:1"
    roll_back(machine, proxy)
    done = machine.make("deploy", "STACK=compute", **CHANGED)
    proxy.changes = Proxy.changes
    assert done.returncode != 0, done.stdout
    assert done.stdout.count("deploy: ") == 1
    assert f"shop-api: planned {SERVICE}:2, ECS runs {SERVICE}:1: ECS has rolled it back." in done.stdout
    for said in (REASON, f"(service {SERVICE}) rolled back.", "describe-services", "make deploy ENV=small"):
        assert said in done.stdout
    assert task_definition(machine) == f"{SERVICE}:1"
    assert active(machine) == [f"{SERVICE}:1", f"{SERVICE}:2"]


def test_the_deployment_after_a_rollback_deploys_what_was_planned(machine: Machine) -> None:
    """Its plan has the service alone, and then the planned revision runs."""
    done = machine.make("deploy", "STACK=compute", **CHANGED)
    assert done.returncode == 0, done.stdout
    assert "compute     1 changed" in done.stdout
    assert task_definition(machine) == f"{SERVICE}:2"


@pytest.mark.parametrize("name", [name for name, (command, *_) in POINTS.items() if command == "destroy"])
def test_destroying_that_is_killed_can_be_repeated(machine: Machine, name: str) -> None:
    """Terraform destroys what it began with, and says so in the state."""
    kill(machine, name)


def test_the_next_destroy_leaves_nothing(machine: Machine) -> None:
    """No state, no bucket and no task definition that ECS can run, and X-Ray does not use the deleted key.

    Task definitions of an environment whose names begin or end alike stay.
    """
    others = {f"{SERVICE}-2": ("reveille", "small-2"), f"other-{SERVICE}": ("other", "small")}
    for family, (project, environment) in others.items():
        machine.client("ecs").register_task_definition(
            family=family,
            containerDefinitions=[{"name": "a", "image": "a"}],
            tags=[{"key": "Project", "value": project}, {"key": "Environment", "value": environment}],
        )
    done = machine.make("destroy", "KEEP_LOCAL_AWS=1")
    assert done.returncode == 0, done.stdout
    assert "compute     2 task definitions deregistered" in done.stdout
    assert active(machine) == [f"{family}:1" for family in others]
    assert not machine.client("s3").list_buckets()["Buckets"]
    assert machine.client("xray").get_encryption_config()["EncryptionConfig"]["Type"] == "NONE"
    assert not machine.client("lambda").list_functions()["Functions"]
