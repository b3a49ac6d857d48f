"""Entries for existing resources: their names, their text, and what is left to decide."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from config.services import ExistingEcsService
from config.types import ServiceName
from ops import log_formats
from ops.existing import proposal
from ops.existing.account import Resource
from tests.unit.ops.existing.world import BALANCER, WEB_GROUP

FACTS: dict[str, Any] = {
    "log_group": "/aws/lambda/orders",
    "timeout_s": 10,
    "reserved_concurrency": None,
    "insights": False,
    "sqs_trigger": None,
}


def function(name: str = "orders", **more: Any) -> Resource:
    """Return a function of which every fact could be read."""
    return Resource(**{"kind": "lambda", "names": {"function": name}, "facts": FACTS, **more})


def service(cluster: str, name: str, **facts: Any) -> Resource:
    """Return an ECS service."""
    return Resource(kind="ecs", names={"cluster": cluster, "ecs_service": name}, facts=facts)


def text(resource: Resource, *, tags: dict[str, str] | None = None, log: Any = None) -> str:
    """Return the entry of a resource."""
    (entry,) = proposal.entries(
        [resource], environment="prod", taken=(), tags=lambda _: tags or {}, log_keys=lambda _: log
    )
    return entry.text()


def test_a_log_group_is_proposed_for_one_service() -> None:
    """For the first, or for that of the file: the others state whose it is."""
    found = [
        Resource("ecs", {"cluster": "shop", "ecs_service": name}, {"log_groups": groups}, log_groups=groups)
        for name, groups in (("a", ("/all",)), ("b", ("/all", "/b")), ("c", ("/file",)))
    ]
    facts = {**FACTS, "log_group": "/functions"}
    found += [function(name, facts=facts, log_groups=("/functions",)) for name in ("d", "e")]
    made = proposal.entries(
        found,
        environment="prod",
        taken=(),
        tags=lambda _: {},
        log_keys=lambda _: None,
        groups={"/file": "web"},
    )
    assert [entry.data.get("log_groups") for entry in made] == [["/all"], ["/b"], None, None, None]
    assert [entry.data.get("watch_log") for entry in made[3:]] == [None, False]
    assert [entry.data.get("log_group") for entry in made[3:]] == ["/functions", None]
    assert "# log_group: /functions is that of d: its log is not watched for this service" in made[4].text()
    assert "# log_groups: /all is that of a: its log is not watched for this service" in made[1].text()
    assert "# log_groups: /file is that of web: its log is not watched for this service" in made[2].text()


def test_container_insights_is_written_where_the_cluster_has_it() -> None:
    """By default AWS does not have it, nor has a service of the configuration that does not state it."""
    assert "    container_insights: true\n" in text(service("shop", "web", container_insights=True))
    assert (
        "container_insights" not in text(service("shop", "web", container_insights=False)).partition("#")[0]
    )
    assert ExistingEcsService.model_fields["container_insights"].default is False


def test_an_entry_has_the_facts_and_what_is_to_be_decided() -> None:
    """Defaults and what is not set are left out."""
    assert text(function(description="Takes orders"), tags={"Team": "shop"}, log={}) == (
        "  orders:\n"
        "    kind: lambda\n"
        "    function: orders\n"
        "    description: Takes orders\n"
        "    owner: shop\n"
        "    timeout_s: 10\n"
    )
    assert text(function()) == (
        "  orders:\n"
        "    kind: lambda\n"
        "    function: orders\n"
        "    description: Lambda function orders # to be decided: what it does, in one line\n"
        "    timeout_s: 10\n"
        "    # to be decided: owner, the team that owns it; now platform\n"
    )


def test_what_could_not_be_read_is_a_comment() -> None:
    """With the key, unless a remark says more about it."""
    facts = {key: value for key, value in FACTS.items() if key not in {"insights", "sqs_trigger"}}
    written = text(function(facts=facts, remarks=("insights: an image",)))
    assert "    # sqs_trigger: could not be read\n" in written
    assert "    # insights: an image\n" in written
    assert "insights: could not be read" not in written


def test_a_log_of_which_no_lines_were_read_is_to_be_decided() -> None:
    """Not if the resource has no log group."""
    point = "# to be decided: the format of its log, of which no lines could be read"
    assert point in text(function(log_groups=("/x",)))
    assert point not in text(function(log_groups=("/x",)), log={})
    assert point not in text(function())


def test_a_reserved_concurrency_of_0_is_remarked() -> None:
    """It switches a function off; as a value it is not valid."""
    written = text(function(facts={**FACTS, "reserved_concurrency": 0}))
    assert "    reserved_concurrency:" not in written
    assert "# reserved_concurrency: it is 0, so Lambda throttles every invocation" in written


@pytest.mark.parametrize("value", ["Ünï", "two\nlines", "x" * 300, "日本"])
def test_a_description_that_is_not_valid_is_replaced(value: str) -> None:
    """AWS takes more than the configuration does."""
    is_valid = value == "Ünï"
    assert ("to be decided: what it does" in text(function(description=value))) is not is_valid


@pytest.mark.parametrize(
    "value", ["yes", "1:30", "0x1", "a: b", "# c", "null", "'", "{x}", "[", "*a", "1e3", "é"]
)
def test_every_text_is_read_as_it_was(value: str) -> None:
    """Whatever YAML takes it for without quotes."""
    written = text(function(description=value), tags={"owner": value}, log={})
    entry = yaml.safe_load(f"services:\n{written}")["services"]["orders"]
    assert entry["description"] == value
    assert entry.get("owner", value) == value


def test_no_line_is_longer_than_in_the_files_of_the_project() -> None:
    """Long lists and mappings become blocks; an ARN cannot be broken."""
    targets = ({"load_balancer_arn": BALANCER, "target_group_arn": WEB_GROUP},) * 2
    trigger = {"queue": "q" * 60, "dead_letter_queue": "d" * 60, "visibility_timeout_s": 30}
    groups = tuple(f"/shop/{number}/{'g' * 20}" for number in range(6))
    written = text(service("shop", "web", target_groups=targets, log_groups=groups))
    written += text(function(facts={**FACTS, "sqs_trigger": trigger})).replace("  orders:", "  o:")
    read = yaml.safe_load(f"services:\n{written}")["services"]
    assert read["web"]["target_groups"] == list(targets)
    assert read["web"]["log_groups"] == list(groups)
    assert read["o"]["sqs_trigger"] == trigger
    assert max(len(line) for line in written.splitlines() if ": arn:" not in line) <= proposal.LINE
    assert "    log_groups: [/shop/web]\n" in text(service("shop", "web", log_groups=("/shop/web",)))


PINO = '{"level":30,"time":1733000000000,"pid":1,"hostname":"a","msg":"started"}'
NAMES = {
    "orders": "orders",
    "Shop_Orders": "shop-orders",
    "orderPlaced": "order-placed",
    "orders-prod": "orders",
    "prod": "prod",
    "1st": "service-1st",
    "__": "service",
    "a--b": "a-b",
    "OrdersAPI": "orders-api",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_that_of_the_resource_as_a_service_can_have_it(name: str) -> None:
    """Without the environment at its end."""
    assert proposal.names([function(name)], "prod", ()) == [NAMES[name]]


def test_names_are_valid_and_differ() -> None:
    """From each other and from those in the file, however long or alike."""
    names = [
        "a" * 64,
        "a" * 63 + "b",
        "x-y",
        "x_y",
        "X-Y",
        "xY",
        "x.y",
        "orders",
        "-",
        "--",
        "9",
        f"{'b-' * 31}b",
    ]
    resources = [*map(function, names), *(service(f"c{n}", "orders") for n in range(3))]
    found = proposal.names([*resources, *resources], "prod", {"orders", "x-y-2"})
    assert len(set(found)) == len(found) == 2 * len(resources)
    assert not {"orders", "x-y-2"} & set(found)
    for name in found:
        TypeAdapter(ServiceName).validate_python(name)


def test_of_two_ecs_services_with_one_name_the_second_has_its_clusters() -> None:
    """A number says less."""
    assert proposal.names([service("a", "web"), service("b", "web")], "prod", ()) == ["web", "b-web"]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([], None),
        (["START RequestId: 1 Version: $LATEST", "END RequestId: 1", "REPORT RequestId: 1\tDuration"], None),
        ([PINO, "START RequestId: 1", " "], "pino"),
        (["panic: x", PINO, PINO], "pino"),
        ([PINO, '{"a": 1}', '{"b": 2}'], None),
    ],
)
def test_the_format_of_a_log_is_that_of_most_lines(lines: list[str], name: str | None) -> None:
    """Lambda's own lines show nothing of it."""
    assert log_formats.format_of(lines) == name
