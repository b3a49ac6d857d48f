"""What would stop a deployment in the middle stops it before its first change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.faults.machine import Machine, local_aws
from tests.local_aws.support import packed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("preflight")]

GROUP = "/aws/lambda/reveille-payment-handler-small"
BUCKET = "reveille-state-faults"
FORMER = "former/small/compute.tfstate"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The small environment, not deployed, in an AWS that has one of its log groups."""
    folder = tmp_path_factory.mktemp("preflight")
    with local_aws(folder / "local-aws") as endpoint:
        made = Machine(endpoint, endpoint, folder)
        assert made.make("bootstrap").returncode == 0
        made.client("logs").create_log_group(logGroupName=GROUP)
        instance = {"attributes": {"name": GROUP}}
        group = {"mode": "managed", "type": "aws_cloudwatch_log_group", "name": "x", "instances": [instance]}
        body = json.dumps({"resources": [group]})
        made.client("s3").put_object(Bucket=BUCKET, Key=FORMER, Body=body)
        yield made


def test_a_log_group_that_exists_stops_a_deployment_before_its_first_change(machine: Machine) -> None:
    """With the state of the former project name; a stack without log groups is not concerned by it."""
    deployed = machine.make("deploy", APPROVE="auto")
    assert deployed.returncode != 0
    assert "1 problem would stop a deployment of small. Nothing was changed." in deployed.stdout
    assert f"log group {GROUP} exists, and is in s3://{BUCKET}/{FORMER}" in deployed.stdout
    assert "set project: former again" in deployed.stdout
    assert machine.client("kms").list_aliases()["Aliases"] == []
    assert not (machine.build / "terraform").exists()
    (key,) = machine.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert key["Key"] == FORMER


def test_the_doctor_reports_the_same(machine: Machine) -> None:
    """With its exit status; recipients, which are not deployed yet, are no failure."""
    doctor = machine.make("doctor")
    assert doctor.returncode != 0
    assert f"log group {GROUP} exists, and is in s3://{BUCKET}/{FORMER}" in doctor.stdout
    assert "recipients  not deployed" in doctor.stdout


@pytest.fixture(scope="module")
def existing(machine: Machine) -> Machine:
    """An environment with existing functions, and two functions in its AWS."""
    made = replace(machine, env="existing")
    archive = packed("def handle(event, context): return event")
    for name in ("shop-orders", "shop-stock"):
        made.client("lambda").create_function(
            FunctionName=name,
            Description="Of the shop",
            Runtime="python3.12",
            Role="arn:aws:iam::000000000000:role/shop",
            Handler="main.handle",
            Code={"ZipFile": archive},
            Timeout=30,
        )
        made.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    return made


def test_an_existing_service_that_is_missing_stops_a_deployment(existing: Machine) -> None:
    """With file, line and the similar name; another fact of one that exists is only listed."""
    deployed = existing.make("deploy", APPROVE="auto")
    assert deployed.returncode != 0
    file = "tests/faults/project/config/existing.yaml"
    assert (
        f"{file}:15: services.stock.function: there is no function shop-stok; existing: shop-orders, "
        "shop-stock   did you mean shop-stock?"
    ) in deployed.stdout
    assert f"{file}:11: services.orders.timeout_s: 10 in the file; in the account: 30" in deployed.stdout
    assert existing.client("kms").list_aliases()["Aliases"] == []
    assert not (existing.build / "terraform").exists()


def test_an_existing_service_is_proposed(existing: Machine) -> None:
    """If the file does not have it, and nothing else is printed to standard output."""
    imported = existing.make("import", FUNCTIONS="shop-*")
    assert imported.returncode == 0
    assert (
        "  shop-stock:\n    kind: lambda\n    function: shop-stock\n    description: Of the shop\n"
        in imported.stdout
    )
    assert "Note: function shop-orders is left out: it is services.orders\n" in imported.stdout
