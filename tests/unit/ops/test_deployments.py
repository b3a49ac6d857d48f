"""What CloudWatch is told when a deployment begins, with a client in its place that keeps what it gets."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

import catalog
from aws import clients
from catalog import Catalog
from config.errors import CommandError
from config.models import Environment
from config.paths import ROOT
from ops import deployments
from tests.unit.catalog.catalogs import ALL, EVERY, many, plain

PROD, MADE = EVERY["prod"]
ADDRESSES = ROOT / "tests" / "synth" / "addresses"
TYPES = {"lambda": "aws_lambda_function", "ecs": "aws_ecs_service"}


@dataclass
class Fake:
    """CloudWatch's client."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    error: Exception | None = None

    def put_metric_data(self, **sent: Any) -> None:
        """Keep what is sent, or fail."""
        if self.error:
            raise self.error
        self.calls.append(sent)

    @property
    def samples(self) -> list[tuple[str, str, dict[str, str], float, str]]:
        """What was sent: namespace, metric, dimensions, value and unit."""
        return [
            (
                call["Namespace"],
                entry["MetricName"],
                {each["Name"]: each["Value"] for each in entry["Dimensions"]},
                entry["Value"],
                entry["Unit"],
            )
            for call in self.calls
            for entry in call["MetricData"]
        ]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return the client that `begin` gets."""
    made = Fake()

    def client(env: Environment, service: str) -> Fake:
        made.asked.append((env.environment, service))
        return made

    monkeypatch.setattr(clients, "client", client)
    return made


def expected(made: Catalog, *services: str) -> list[tuple[str, str, dict[str, str], float, str]]:
    """Return one sample over all and one for each of these services."""
    own = [
        service.deployments for service in made.services if service.name in services and service.deployments
    ]
    return [
        (metric.namespace, metric.name, metric.dimensions, 1, "Count") for metric in (made.deployments, *own)
    ]


def address(made: Catalog, service: str) -> str:
    """Return the address of a service."""
    return next(
        f"{TYPES[service_view.kind]}.{service}"
        for service_view in made.services
        if service_view.name == service
    )


@pytest.mark.parametrize("name", EVERY)
def test_a_deployment_is_one_sample_over_all_and_one_for_each_service_that_changes(
    name: str, fake: Fake
) -> None:
    """Of the metrics that its graphs and its alarm look at, now: without a time of its own."""
    env, made = EVERY[name]
    deployed = [service.name for service in made.services if service.deployments]
    for changed in (*((text,) for text in deployed), tuple(deployed)):
        fake.calls.clear()
        deployments.begin(env, made, [address(made, text) for text in changed])
        assert fake.samples == expected(made, *changed)
        assert all("Timestamp" not in entry for call in fake.calls for entry in call["MetricData"])
    assert set(fake.asked) == {(env.environment, "cloudwatch")}
    watched = [alarm.metrics for alarm in made.alarms if alarm.key.endswith("_deploying")]
    if env.deployments.suppression_s:
        own = [sample[:3] for sample in fake.samples[1:]]
        assert own == [(metric.namespace, metric.name, metric.dimensions) for (metric,) in watched]


def test_several_things_of_a_service_are_one_deployment_of_it(fake: Fake) -> None:
    """A task definition and the service that runs it; a code change and its queue's mapping."""
    changed = [
        "aws_ecs_task_definition.checkout-api",
        "aws_ecs_service.checkout-api",
        "aws_lambda_event_source_mapping.order-processor",
        "aws_vpc.tasks",
    ]
    deployments.begin(PROD, MADE, changed)
    assert fake.samples == expected(MADE, "checkout-api", "order-processor")


@pytest.mark.parametrize("name", ALL)
def test_each_service_is_found_by_the_addresses_that_terraform_has(name: str, fake: Fake) -> None:
    """Those that are listed for the environment: a renamed construct would make every deployment silent."""
    env, made = ALL[name]
    listed = (ADDRESSES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    in_compute = [line.partition(" ")[2] for line in listed if line.startswith("compute ")]
    for service in env.services:
        fake.calls.clear()
        runs = address(made, service)
        assert runs in in_compute
        deployments.begin(env, made, [runs])
        assert fake.samples == expected(made, service)
    fake.calls.clear()
    deployments.begin(env, made, in_compute)
    assert fake.samples == expected(made, *env.services)


@pytest.mark.parametrize(
    "changed",
    [
        [],
        ["aws_vpc.tasks", "aws_s3_bucket.log-archive", "aws_ecs_cluster.main"],
        ["aws_sqs_queue.order-processor_dead-letters", "aws_cloudwatch_log_group.checkout-api_collector"],
        ["aws_ecs_service.checkout", "aws_ecs_service.checkout-api-2", "checkout-api"],
    ],
    ids=["nothing", "what is shared", "what is beside a service", "what only sounds like one"],
)
def test_where_no_service_changes_nothing_is_said(fake: Fake, changed: list[str]) -> None:
    """Nobody is silenced by a bucket's new rule, and no mark is drawn."""
    deployments.begin(PROD, MADE, changed)
    assert (fake.calls, fake.asked) == ([], [])


@pytest.mark.slow
def test_more_than_a_thousand_samples_are_more_than_one_call(fake: Fake) -> None:
    """A thousand at once is the most (CloudWatch API Reference, PutMetricData); none twice, none lost."""
    env = many(1000, lean=True)
    made = catalog.build(env)
    deployments.begin(env, made, [address(made, service) for service in env.services])
    assert [len(call["MetricData"]) for call in fake.calls] == [1000, 1]
    assert fake.samples == expected(made, *env.services)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutMetricData"),
        NoCredentialsError(),
    ],
    ids=["refused", "no credentials"],
)
def test_a_deployment_that_cannot_be_said_does_not_begin(fake: Fake, error: Exception) -> None:
    """With what is needed: else its own alarms would wake somebody."""
    fake.error = error
    with pytest.raises(CommandError) as failed:
        deployments.begin(PROD, MADE, ["aws_ecs_service.checkout-api"])
    assert str(failed.value) == (
        f"cannot record the start of the deployment in CloudWatch ({error}). It requires "
        f"cloudwatch:PutMetricData in the namespace {MADE.deployments.namespace}. Nothing was changed."
    )


EXISTING_ENV, EXISTING_MADE = EVERY["existing services"]


def record(env: Environment, made: catalog.Catalog, name: str) -> str:
    """Record a deployment, as the command does."""
    return deployments.record(env, made, deployments.recorded(env, made, name))


@pytest.mark.parametrize(
    ("service", "resource"), [("orders", "shop-orders:live"), ("invoices", "shop-invoices")]
)
def test_a_deployment_of_an_existing_function_is_recorded_as_that_of_a_created_one(
    fake: Fake, service: str, resource: str
) -> None:
    """One sample over all and one of the service, which its alarm and its graphs look at."""
    said = record(EXISTING_ENV, EXISTING_MADE, service)
    assert (
        said
        == f"Recorded a deployment of {service} in prod: its notifications are suppressed for 10 minutes."
    )
    assert fake.samples == expected(EXISTING_MADE, service)
    assert fake.samples[1][2] == {"Resource": resource}
    (metric,) = EXISTING_MADE.alarm(f"{service}_deploying").metrics
    assert fake.samples[1][:3] == (metric.namespace, metric.name, metric.dimensions)
    assert set(fake.asked) == {("prod", "cloudwatch")}, "no other permission is needed"


def test_without_suppression_a_recorded_deployment_is_only_a_mark(fake: Fake) -> None:
    """And says so."""
    env = EXISTING_ENV.model_validate({**plain(EXISTING_ENV), "deployments": {"suppression_s": 0}})
    said = record(env, catalog.build(env), "orders")
    assert said.endswith("in prod: nothing is suppressed (deployments.suppression_s: 0).")
    assert len(fake.samples) == 2


KNOWN = "services whose deployments are recorded: orders, canary, invoices"


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("ordes", f"service 'ordes' does not exist in prod; {KNOWN}   did you mean orders?"),
        ("storefront", f"deployments of storefront need no command: the events of ECS count them. Nothing was recorded; {KNOWN}"),
        ("checkout-api", f"deployments of checkout-api need no command: the events of ECS count them. Nothing was recorded; {KNOWN}"),
        ("payment-handler", f"deployments of payment-handler need no command: `make deploy` records them. Nothing was recorded; {KNOWN}"),
    ],
)  # fmt: skip
def test_a_deployment_that_is_counted_otherwise_is_not_recorded(fake: Fake, service: str, said: str) -> None:
    """With the reason, and the services that the command is for."""
    with pytest.raises(CommandError) as refused:
        record(EXISTING_ENV, EXISTING_MADE, service)
    assert (str(refused.value), fake.calls) == (said, [])


def test_deployments_that_nothing_counts_are_refused(fake: Fake) -> None:
    """Those of a state machine; and where there is no function to record, none is listed."""
    env, made = EVERY["state machines"]
    with pytest.raises(
        CommandError,
        match=r"^deployments of refunds are not counted, as all of the kind state-machine.*: none$",
    ):
        record(env, made, "refunds")
    assert fake.calls == []


def test_a_pipeline_without_the_permission_is_told_which_one(fake: Fake) -> None:
    """With the namespace, as the policy in docs/existing.md has it."""
    fake.error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutMetricData")
    with pytest.raises(
        CommandError, match="requires cloudwatch:PutMetricData in the namespace reveille/prod"
    ):
        record(EXISTING_ENV, EXISTING_MADE, "orders")
