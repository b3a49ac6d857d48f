"""Preflight: what would stop a deployment in the middle is found before, and what is not checked is said."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console

from catalog import environment
from catalog.naming import Names
from config import loader
from config.errors import CommandError
from config.models import Environment
from config.services import ExistingFunction
from config.source import Document
from ops import functions, plans, preflight, state, synthesis
from terraform.configuration import Stack
from tests.unit.ops import configurations
from tests.unit.ops.existing import world as existing_world

PROD = environment.read("prod", variables={})[0]
LOCAL = environment.read("local", variables={})[0]
BUCKET = PROD.state.bucket
INSIGHTS = Names.of(PROD).lambda_insights_log_group
HANDLER = "/aws/lambda/reveille-payment-handler-prod"
PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
POLICY = "reveille-events-prod"
NOTHING = preflight.Report((), ())


def configured(**resources: dict[str, Any]) -> dict[str, Stack]:
    """Return the stack `compute` with these resources, type -> key -> arguments."""
    kinds = {f"aws_{kind}": of_kind for kind, of_kind in resources.items()}
    return {"compute": Stack("compute", {"resource": kinds})}


def log_groups(*names: str) -> dict[str, Stack]:
    """Return a stack with these log groups."""
    return configured(cloudwatch_log_group={f"g{at}": {"name": name} for at, name in enumerate(names)})


@dataclass
class World:
    """The account: what is in the states, and what AWS answers."""

    deployed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Address -> attributes, in the state of compute."""
    unsaved: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    """Key in the state bucket -> content."""
    unreserved: int = 1000
    addresses: int = 0
    policies: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    """Operations that are not permitted."""
    unreachable: bool = False
    calls: list[str] = field(default_factory=list)

    def examine(self, stacks: Mapping[str, Stack], env: Environment = PROD) -> preflight.Report:
        """Run the preflight."""
        return preflight.examine(env, stacks, Console(file=io.StringIO()))

    def answer(self, operation: str, parameters: dict[str, Any]) -> Any:
        """Answer as AWS does."""
        self.calls.append(operation)
        if self.unreachable:
            raise EndpointConnectionError(endpoint_url="https://example.com")
        if operation in self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, operation)
        answers: dict[str, Callable[[], Any]] = {
            "DescribeLogGroups": lambda: {
                "logGroups": [
                    {"logGroupName": name}
                    for name in self.groups
                    if name.startswith(parameters["logGroupNamePrefix"])
                ]
            },
            "ListObjectsV2": lambda: {"Contents": [{"Key": key} for key in sorted(self.states)]},
            "GetObject": lambda: {"Body": io.BytesIO(json.dumps(self.states[parameters["Key"]]).encode())},
            "GetAccountSettings": lambda: {
                "AccountLimit": {
                    "ConcurrentExecutions": 1000,
                    "UnreservedConcurrentExecutions": self.unreserved,
                }
            },
            "DescribeAccountAttributes": lambda: {
                "AccountAttributes": [{"AttributeValues": [{"AttributeValue": "5"}]}]
            },
            "DescribeAddresses": lambda: {
                "Addresses": [{"PublicIpv4Pool": "own"}, *[{"PublicIpv4Pool": "amazon"}] * self.addresses]
            },
            "DescribeResourcePolicies": lambda: {
                "resourcePolicies": [{"policyName": name} for name in self.policies]
            },
        }
        return answers[operation]()


@functools.cache
def aws_client(service: str, region: str) -> Any:
    """Return a client; creating one takes a third of a second."""
    make: Any = boto3.client
    return make(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Replace AWS and the states; the real clients check the calls' parameters and paginate."""
    made = World()

    def client(env: Environment, service: str, **_: int) -> Any:
        real = aws_client(service, env.region)

        def call(operation: str, parameters: dict[str, Any]) -> Any:
            model = real.meta.service_model.operation_model(operation)
            assert set(parameters) <= set(model.input_shape.members if model.input_shape else ())
            return made.answer(operation, parameters)

        real._make_api_call = call  # noqa: SLF001 - there is no public method
        return real

    monkeypatch.setattr(preflight, "client", client)
    monkeypatch.setattr(state, "resources", lambda _, name: made.deployed if name == "compute" else {})
    monkeypatch.setattr(
        plans.StackRun, "unsaved_resources", lambda run: made.unsaved if run.stack == "compute" else {}
    )
    monkeypatch.setattr(functions, "missing_sources", lambda *_: iter(()))
    return made


def holding(*names: str, account: str = PROD.account_id) -> dict[str, Any]:
    """Return a state with these log groups."""
    arn = f"arn:aws:logs:{PROD.region}:{account}:log-group:"
    instances = [{"attributes": {"name": name, "arn": f"{arn}{name}"}} for name in names]
    group = {"mode": "managed", "type": "aws_cloudwatch_log_group", "name": "x"}
    return {"resources": [{**group, "instances": instances}]}


def test_log_groups_that_do_not_exist_are_no_problem(world: World) -> None:
    """A name that begins as that of another group is not that group; a call per folder of names."""
    world.groups = [f"{HANDLER}-2", f"{INSIGHTS}-x", "/ecs/a"]
    groups = log_groups(HANDLER, f"{HANDLER}x", INSIGHTS, "/ecs/reveille-api-prod")
    assert world.examine(groups) == NOTHING
    assert world.calls.count("DescribeLogGroups") == 3


def test_every_log_group_that_exists_is_a_line_with_the_next_step(world: World) -> None:
    """In no state: what created it is not known."""
    world.groups = [HANDLER, INSIGHTS]
    insights, handler = world.examine(log_groups(HANDLER, INSIGHTS, "/ecs/new")).problems
    assert insights == (
        f"log group {INSIGHTS} exists, and is in no state in s3://{BUCKET}: set insights.manage_log_group: "
        "false in config/prod.yaml (an account has this group once per region)"
    )
    assert handler == (
        f"log group {HANDLER} exists, and is in no state in s3://{BUCKET}: if its logs are not needed, run "
        f"`aws logs delete-log-group --region eu-west-1 --log-group-name {HANDLER}`; else choose other names"
    )


def test_a_log_group_of_a_second_environment_is_told_with_its_state(world: World) -> None:
    """Both manage the group of Lambda Insights, of which there is one."""
    world.groups = [INSIGHTS]
    world.states = {f"reveille/{name}/compute.tfstate": holding(INSIGHTS) for name in ("prod", "dev")}
    (problem,) = world.examine(log_groups(INSIGHTS)).problems
    assert problem == (
        f"log group {INSIGHTS} exists, and is in s3://{BUCKET}/reveille/dev/compute.tfstate, the state of "
        "dev of project reveille: set insights.manage_log_group: false in config/prod.yaml (an account has "
        "this group once per region)"
    )


def test_a_deployment_under_the_former_project_name_is_told_with_its_state(world: World) -> None:
    """And how to go on: the old name again, or its destruction first."""
    key = "oldname/prod/compute.tfstate"
    world.groups, world.states = [INSIGHTS], {key: holding(INSIGHTS), "oldname/prod/x.tflock": {}}
    report = world.examine(log_groups(INSIGHTS))
    (problem,) = report.problems
    assert f"is in s3://{BUCKET}/{key}: prod is deployed under the project name oldname" in problem
    assert "set project: oldname again; to rename the project, first destroy that deployment" in problem
    (note,) = report.notes
    assert note.startswith(f"s3://{BUCKET}/{key} is a state of prod under the project name oldname.")


def test_a_former_project_without_a_log_group_in_common_is_noted(world: World) -> None:
    """Before the first deployment only: its resources would be forgotten."""
    world.states = {"oldname/prod/compute.tfstate": holding("/ecs/other"), "other/dev/compute.tfstate": {}}
    report = world.examine(log_groups("/ecs/new"))
    assert report.problems == ()
    assert ["oldname" in note for note in report.notes] == [True]
    world.deployed = {"aws_kms_key.main": {}}
    assert world.examine(log_groups("/ecs/new")).notes == ()


def test_a_state_of_another_account_holds_none_of_this_account_s_groups(world: World) -> None:
    """Accounts may share a state bucket."""
    world.groups = [INSIGHTS]
    world.states = {"reveille/dev/compute.tfstate": holding(INSIGHTS, account="999999999999")}
    (problem,) = world.examine(log_groups(INSIGHTS)).problems
    assert "is in no state in" in problem


@pytest.mark.parametrize("where", ["deployed", "unsaved"])
def test_a_second_deployment_is_not_refused_and_asks_nothing(world: World, where: str) -> None:
    """What is in the state, or in a state that could not be saved, exists rightly."""
    stacks = configured(
        cloudwatch_log_group={"a": {"name": HANDLER}},
        lambda_function={"f": {"function_name": "f", "reserved_concurrent_executions": 950}},
        eip={"nat-0": {}},
        cloudwatch_log_resource_policy={"events": {"policy_name": POLICY}},
    )
    setattr(
        world,
        where,
        {
            "aws_cloudwatch_log_group.a": {"name": HANDLER},
            "aws_lambda_function.f": {"reserved_concurrent_executions": 950},
            "aws_eip.nat-0": {"id": "eipalloc-0"},
            "aws_cloudwatch_log_resource_policy.events": {"policy_name": POLICY},
        },
    )
    world.groups, world.unreserved, world.addresses, world.policies = [HANDLER], 50, 5, list("0123456789")
    assert world.examine(stacks) == NOTHING
    assert world.calls == []


@pytest.mark.parametrize(
    ("reserved", "before", "unreserved", "problem"),
    [
        ([900], [], 1000, False),
        ([901], [], 1000, True),
        ([450, 451], [], 1000, True),
        ([901], [500], 500, True),
        ([600], [500], 200, False),
        ([601], [500], 200, True),
        ([-1, None], [], 10, False),
        ([5], [], 10, True),
        ([5], [50], 10, False),
    ],
)
def test_reserved_concurrency_leaves_what_lambda_demands(
    world: World, reserved: list[int | None], before: list[int], unreserved: int, *, problem: bool
) -> None:
    """Only what is added to today's reservations counts; -1 reserves nothing."""
    key = "reserved_concurrent_executions"
    world.unreserved = unreserved
    world.deployed = {f"aws_lambda_function.f{at}": {key: number} for at, number in enumerate(before)}
    stacks = configured(lambda_function={f"f{at}": {key: number} for at, number in enumerate(reserved)})
    problems = world.examine(stacks).problems
    assert len(problems) == problem
    assert all("100 must be: lower reserved_concurrency of services, or request" in line for line in problems)


@pytest.mark.parametrize(
    ("used", "new", "problem"), [(2, 3, False), (3, 3, True), (5, 0, False), (5, 1, True)]
)
def test_elastic_ips_fit_into_the_quota(world: World, used: int, new: int, *, problem: bool) -> None:
    """Addresses that the account has brought itself do not count."""
    world.addresses = used
    problems = world.examine(configured(eip={f"nat-{at}": {"domain": "vpc"} for at in range(new)})).problems
    assert len(problems) == problem
    assert all(
        f"eu-west-1 has {used} of 5: release some, lower network.nat_gateways" in line for line in problems
    )


@pytest.mark.parametrize(("existing", "problem"), [(9, False), (10, True), (11, True)])
def test_a_resource_policy_fits_into_the_quota(world: World, existing: int, *, problem: bool) -> None:
    """One that exists is updated."""
    world.policies = [f"p{at}" for at in range(existing)]
    stacks = configured(cloudwatch_log_resource_policy={"events": {"policy_name": POLICY}})
    problems = world.examine(stacks).problems
    assert len(problems) == problem
    assert all(f"has {existing} of 10: delete one that is not used" in line for line in problems)
    world.policies[-1] = POLICY
    assert world.examine(stacks).problems == ()


CHECKS = {
    "DescribeLogGroups": "log groups that exist",
    "ListObjectsV2": "states of other projects",
    "GetAccountSettings": "the Lambda concurrency",
    "DescribeAddresses": "the Elastic IP addresses",
    "DescribeAccountAttributes": "the Elastic IP addresses",
    "DescribeResourcePolicies": "the resource policies of CloudWatch Logs",
}
EVERYTHING = configured(
    cloudwatch_log_group={"a": {"name": HANDLER}},
    lambda_function={"f": {"reserved_concurrent_executions": 950}},
    eip={f"nat-{at}": {} for at in range(6)},
    cloudwatch_log_resource_policy={"events": {"policy_name": POLICY}},
)


@pytest.mark.parametrize("operation", CHECKS)
def test_a_missing_permission_is_reported_and_does_not_hide_other_problems(
    world: World, operation: str
) -> None:
    """The line names what is not checked; the deployment is not stopped by it."""
    world.policies, world.denied = [f"p{at}" for at in range(10)], {operation}
    world.groups = [HANDLER]
    report = world.examine(EVERYTHING)
    denied = [note for note in report.notes if CHECKS[operation] in note]
    assert len(denied) == 1
    assert "could not be checked. The credentials do not allow this" in denied[0]
    # Of a log group that exists, only the owner is then not known.
    assert len(report.problems) == (4 if operation == "ListObjectsV2" else 3)


def test_an_aws_that_does_not_answer_is_reported(world: World) -> None:
    """Once for each check."""
    world.unreachable = True
    report = world.examine(EVERYTHING)
    assert report.problems == ()
    assert len(report.notes) == 5
    assert all("could not be checked. AWS cannot be reached" in note for note in report.notes)


def test_all_problems_are_in_one_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line each, and that nothing was changed."""
    world.groups, world.policies = [HANDLER], [f"p{at}" for at in range(10)]
    monkeypatch.setattr(functions, "missing_sources", lambda *_: iter(["services.a.source: no folder"]))
    monkeypatch.setattr(synthesis, "configuration", lambda _, name: EVERYTHING[name])
    with pytest.raises(CommandError) as stopped:
        preflight.require(PROD, ["compute"], Console(file=io.StringIO()))
    head, *lines = str(stopped.value).splitlines()
    assert head == "5 problems would stop a deployment of prod. Nothing was changed."
    words = ("services.a.source", "log group", "Lambda:", "EC2:", "CloudWatch Logs:")
    assert all(line.startswith(word) for line, word in zip(lines, words, strict=True))


def test_a_local_aws_has_log_groups_and_no_quotas(world: World) -> None:
    """Nothing is asked that it does not have."""
    world.examine(configured(eip={"nat-0": {}}), LOCAL)
    assert world.calls == ["ListObjectsV2"]


def test_only_the_deployed_stacks_are_examined(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack without such resources asks nothing, and reads no other state."""
    read: list[str] = []

    def resources(_: Environment, name: str) -> dict[str, Any]:
        read.append(name)
        return {"aws_kms_key.main": {}}

    monkeypatch.setattr(state, "resources", resources)
    security = Stack("security", {"resource": {"aws_kms_key": {"main": {}}}})
    assert world.examine({"security": security}) == NOTHING
    assert (read, world.calls) == (["security"], [])


def test_a_function_without_its_folder_handler_or_lock_file_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the service and the path; only for the stack that has the functions."""
    monkeypatch.setattr(functions, "PROJECT", tmp_path)
    found = list(functions.missing_sources(PROD, ["compute"]))
    assert [line.partition(":")[0] for line in found] == [
        f"services.{name}.source" for name in PROD.functions
    ]
    assert f"{tmp_path}/functions/payment_handler: folder does not exist" in "\n".join(found)
    assert list(functions.missing_sources(PROD, ["security", "monitoring"])) == []


def test_a_state_that_could_not_be_saved_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its resources exist, and the deployment saves it first."""
    monkeypatch.setattr(plans, "BUILD", tmp_path)
    monkeypatch.setattr(synthesis, "folder", lambda _: tmp_path / "synth")
    configurations.write(tmp_path / "synth", PROD, "compute")
    run = plans.StackRun(PROD, "compute", Console(file=io.StringIO()))
    assert run.unsaved_resources() == {}
    unsaved = tmp_path / "terraform" / "prod" / "compute" / "errored.tfstate"
    unsaved.parent.mkdir(parents=True)
    unsaved.write_text("not JSON", encoding="utf-8")
    assert run.unsaved_resources() == {}
    group = {"mode": "managed", "type": "aws_cloudwatch_log_group", "name": "a", "provider": PROVIDER}
    content = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 1,
        "lineage": "x",
        "outputs": {},
        "resources": [{**group, "instances": [{"schema_version": 0, "attributes": {"name": HANDLER}}]}],
    }
    unsaved.write_text(json.dumps(content), encoding="utf-8")
    assert run.unsaved_resources() == {"aws_cloudwatch_log_group.a": {"name": HANDLER}}


EXISTING = PROD.model_copy(
    update={
        "services": {
            "orders": ExistingFunction(kind="lambda", description="x", function="orders", timeout_s=3),
            "gone": ExistingFunction(kind="lambda", description="x", function="gone", timeout_s=10),
        }
    }
)
DIFFERENCE = "services.orders.timeout_s: 3 in the file; in the account: 10"
ABSENT = "services.gone.function: there is no function gone; existing: orders"


@pytest.fixture
def existing(monkeypatch: pytest.MonkeyPatch, world: World) -> existing_world.World:
    """The function `orders`, which differs from the file, and not the other one; nothing to be created."""
    made = existing_world.World()
    existing_world.replace_aws(monkeypatch, made)
    monkeypatch.setattr(loader, "document_of", lambda _: (Document({}, {(): "config/prod.yaml:1"}), []))
    world.deployed = {"aws_kms_key.main": {}}
    return made


def test_an_existing_service_that_does_not_exist_is_a_problem(existing: existing_world.World) -> None:
    """A fact that differs is none; what cannot be read is a note."""
    monitoring = {"monitoring": Stack("monitoring", {})}
    world = World()
    report = world.examine(monitoring, EXISTING)
    assert report.problems == (f"config/prod.yaml:1: {ABSENT}",)
    assert report.differences == (f"config/prod.yaml:1: {DIFFERENCE}",)
    existing.denied = {"DescribeLogGroups"}
    (note,) = world.examine(monitoring, EXISTING).notes
    assert note.startswith("log groups could not be read. The credentials do not allow this")


@pytest.mark.parametrize("stack", ["security", "compute", "dashboard"])
def test_existing_services_concern_the_stack_of_their_alarms(
    existing: existing_world.World, stack: str
) -> None:
    """The others neither need nor read them."""
    report = World().examine({stack: Stack(stack, {})}, EXISTING)
    assert (report.problems, report.differences, existing.calls) == ((), (), [])


def test_differences_are_printed_before_a_deployment_and_returned_for_its_end(
    existing: existing_world.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do not stop it: it may be part of the repair of an incident."""
    existing.functions["gone"] = existing_world.function("gone")
    existing.log_groups["/aws/lambda/gone"] = "STANDARD"
    monkeypatch.setattr(synthesis, "configuration", lambda _, name: Stack(name, {}))
    screen = io.StringIO()
    warning = preflight.require(EXISTING, ["monitoring"], Console(file=screen, width=300))
    assert warning.startswith("Warning: 1 fact of existing services differs in the account")
    assert DIFFERENCE in warning
    assert screen.getvalue() == f"{warning}\n"
    existing.functions["orders"]["Timeout"] = 3
    assert preflight.require(EXISTING, ["monitoring"], Console(file=screen)) == ""


@pytest.mark.usefixtures("existing")
def test_the_doctor_fails_for_differences_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what would stop a deployment, in one message."""
    monkeypatch.setattr(synthesis, "stacks_of", lambda *_: {"monitoring": Stack("monitoring", {})})
    catalog: Any = None
    with pytest.raises(CommandError) as failed:
        preflight.check(EXISTING, catalog, Console(file=io.StringIO()))
    message = str(failed.value)
    assert message.startswith("1 problem would stop a deployment of prod. Nothing was changed.\n")
    assert ABSENT in message
    assert DIFFERENCE in message
