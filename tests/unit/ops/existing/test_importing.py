"""`make import`: what patterns find, what is left out, and that the proposal is valid in the file."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import catalog
from catalog import environment
from config import loader, source
from config.errors import CommandError
from config.models import Environment
from ops import cli
from ops.commands import common
from ops.existing import importing
from ops.existing.account import Account
from ops.existing.importing import Patterns, Proposal
from tests.unit.ops.existing.test_proposal import PINO
from tests.unit.ops.existing.world import HERE, World, function, service

PROD = environment.read("prod", variables={})[0]
CREATED = "reveille-payment-handler-prod"


def propose(env: Environment = PROD, /, **patterns: str) -> Proposal:
    """Return the proposal for patterns that are separated by spaces."""
    split = {kind: tuple(texts.split()) for kind, texts in patterns.items()}
    return importing.propose(Account(env), Patterns(**split))


@pytest.fixture
def shop(world: World) -> World:
    """An account with several resources of each kind."""
    world.functions |= {"order-mail": function("order-mail"), "stock": function("stock")}
    world.services["shop"]["api"] = service("api")
    world.services["other"] = {"web": service()}
    world.machines = {"refund": {"TimeoutSeconds": 300}, "restock": {}}
    return world


@pytest.mark.usefixtures("shop")
def test_a_proposal_is_valid_in_the_file() -> None:
    """Together with what the file has: it can be copied as it is."""
    proposed = propose(functions="order*", ecs="shop/*", state_machines="*")
    more = source.parsed(proposed.text, "more.yaml")
    env = loader.load("prod", rules=[catalog.check], over=more, variables={})
    new = {name: type(env.services[name]).__name__ for name in env.services if name not in PROD.services}
    assert new == {
        "order-mail": "ExistingFunction",
        "orders": "ExistingFunction",
        "api": "ExistingEcsService",
        "web": "ExistingEcsService",
        "refund": "StateMachine",
        "restock": "StateMachine",
    }
    assert proposed.notes == ()


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ({"functions": "stock"}, ["stock"]),
        ({"functions": "order* orders stock"}, ["order-mail", "orders", "stock"]),
        ({"functions": "?tock [o]rders"}, ["stock", "orders"]),
        ({"ecs": "*/web"}, ["web", "shop-web"]),
        ({"ecs": "shop/a*"}, ["api"]),
        ({"state_machines": "re*d"}, ["refund"]),
    ],
)
@pytest.mark.usefixtures("shop")
def test_patterns_find_what_they_match(patterns: dict[str, str], found: list[str]) -> None:
    """Each once; of a cluster and a service, both must match."""
    lines = propose(**patterns).text.splitlines()
    assert [line.strip()[:-1] for line in lines if line.startswith("  ") and line[2] != " "] == found


@pytest.mark.usefixtures("shop")
def test_a_pattern_that_matches_nothing_is_an_error_with_what_exists() -> None:
    """For all patterns together, also beside one that matches."""
    with pytest.raises(CommandError) as refused:
        propose(functions="stocks", ecs="shop/wep shopp/*", state_machines="z*")
    proposed = propose(functions="stocks stock", ecs="shop/wep shopp/*", state_machines="z*")
    assert proposed.text.count("function: ") == 1
    expected = [
        "no function matches stocks in eu-west-1; existing: order-mail, orders, stock   did you mean stock?",
        "no ECS service matches shop/wep in eu-west-1; existing: shop/api, shop/web   did you mean shop/web?",
        "no ECS service matches shopp/* in eu-west-1; existing: other/…, shop/…   did you mean shop/…?",
        "no state machine matches z* in eu-west-1; existing: refund, restock",
    ]
    assert str(refused.value).splitlines() == list(proposed.unmatched) == expected


@pytest.mark.parametrize(
    ("operation", "patterns"),
    [
        ("ListFunctions", {"functions": "*"}),
        ("ListClusters", {"ecs": "*/*"}),
        ("ListServices", {"ecs": "*/*"}),
        ("ListStateMachines", {"state_machines": "*"}),
    ],
)
def test_a_list_that_cannot_be_read_is_an_error(
    world: World, operation: str, patterns: dict[str, str]
) -> None:
    """Nothing can be found without it."""
    world.denied = {operation}
    with pytest.raises(CommandError, match=r"the list of .* could not be read. The credentials do not allow"):
        propose(**patterns)


@pytest.mark.parametrize("operation", ["GetResources", "DescribeLogStreams", "GetFunctionConcurrency"])
def test_another_missing_permission_is_a_note(world: World, operation: str) -> None:
    """What can be read is proposed."""
    world.denied = {operation}
    proposed = propose(functions="orders")
    assert "timeout_s: 10" in proposed.text
    (note,) = proposed.notes
    assert " could not be read. The credentials do not allow this" in note


def test_resources_that_the_file_has_are_left_out(world: World) -> None:
    """Created or existing, of each kind, and the platform's own function."""
    world.functions |= {name: function(name) for name in (CREATED, "reveille-notifier-prod")}
    world.services = {"reveille-prod": {"reveille-checkout-api-prod": service()}, "shop": {"web": service()}}
    world.machines = {"refund": {}}
    own: dict[str, dict[str, Any]] = {
        "orders": {
            "kind": "lambda",
            "function": f"arn:aws:lambda:{HERE}:function:orders",
            "timeout_s": 10,
        },
        "shop-web": {"kind": "ecs", "cluster": "shop", "ecs_service": "web"},
        "refunds": {"kind": "state-machine", "state_machine": "refund"},
    }
    data = PROD.model_dump(by_alias=True, exclude_unset=True)
    data["services"] |= {name: {"description": "x", **entry} for name, entry in own.items()}
    proposed = propose(Environment.model_validate(data), functions="*", ecs="*/*", state_machines="*")
    assert proposed.text == ""
    assert set(proposed.notes) == {
        "function orders is left out: it is services.orders",
        f"function {CREATED} is left out: it is services.payment-handler",
        "function reveille-notifier-prod is left out: the platform creates it",
        "ECS service reveille-prod/reveille-checkout-api-prod is left out: it is services.checkout-api",
        "ECS service shop/web is left out: it is services.shop-web",
        "state machine refund is left out: it is services.refunds",
    }


def test_what_another_environment_of_the_project_creates_is_left_out(world: World) -> None:
    """By its tags and its name; tags alone may be those of another project with the same habits."""
    tags = {"Project": "reveille", "Environment": "dev", "Service": "orders"}
    names = ("reveille-orders-dev", "reveille-notifier-dev", "orders")
    world.functions = {name: function(name) for name in names}
    world.tags = {f"arn:aws:lambda:{HERE}:function:{name}": tags for name in names}
    proposed = propose(functions="*")
    assert proposed.text.count("kind: lambda") == 1
    assert proposed.notes == (
        "function reveille-notifier-dev is left out: the environment dev creates it",
        "function reveille-orders-dev is left out: the environment dev creates it",
    )


def test_a_name_that_the_file_has_is_not_taken_again(world: World) -> None:
    """It would change the other service."""
    world.functions = {"payment-handler": function("payment-handler")}
    assert "  payment-handler-2:\n" in propose(functions="*").text


def test_tags_give_the_owner(world: World) -> None:
    """Of functions and ECS services."""
    world.tags = {
        f"arn:aws:lambda:{HERE}:function:orders": {"Owner": "shop"},
        f"arn:aws:ecs:{HERE}:service/shop/web": {"team": "front"},
    }
    written = propose(functions="orders", ecs="shop/web").text
    assert "owner: shop" in written
    assert "owner: front" in written


def test_an_entry_that_is_not_valid_is_left_out(world: World) -> None:
    """With the reason; the others are proposed."""
    world.functions["huge"] = function("huge", Timeout=99_999)
    proposed = propose(functions="*")
    assert "  orders:\n" in proposed.text
    assert "huge" not in proposed.text
    (note,) = proposed.notes
    assert note.startswith("huge is left out: services.huge.timeout_s: must be at most")


def test_a_key_of_the_environment_that_does_not_fit_is_a_note(world: World) -> None:
    """The threshold of all functions is beyond what this one can reach; the entry itself is valid."""
    world.functions["orders"]["Timeout"] = 2
    proposed = propose(functions="orders")
    assert "timeout_s: 2" in proposed.text
    (note,) = proposed.notes
    assert note.startswith("to be set as well: ")
    assert "alarms.lambda.latency.threshold: must be less than" in note
    assert "services.orders.timeout_s in the proposal:" in note


def test_the_newest_lines_show_the_format(world: World) -> None:
    """Of all log groups of a resource."""
    world.lines = {"/aws/lambda/orders": [PINO]}
    written: Any = propose(functions="orders").text
    assert "    logs: {format: pino}\n" in written
    assert "the format of its log" not in written


def test_the_command_prints_entries_and_notes_apart(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output can be appended to a file."""
    monkeypatch.setattr(common, "require_aws", lambda _: None)
    world.functions |= {name: function(name) for name in ("order-mail", CREATED)}
    arguments = ["--functions", "orders order-*", "--functions", CREATED, "--ecs", "shop/*"]
    assert cli.main(["import", "--env", "prod", *arguments]) == 0
    printed = capsys.readouterr()
    assert set(yaml.safe_load(printed.out)["services"]) == {"orders", "order-mail", "web"}
    assert printed.err == f"Note: function {CREATED} is left out: it is services.payment-handler\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "at least one of --functions, --ecs and --state-machines is required"),
        (["--functions", " "], "at least one of --functions, --ecs and --state-machines is required"),
        (["--ecs", "web"], "web must be a cluster and a service, such as shop/*"),
        (["--ecs", "a/b c/d/e"], "c/d/e must be a cluster and a service, such as shop/*"),
    ],
)
def test_the_command_line_is_checked_before_anything_is_read(
    world: World, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """With the status of a wrong command line."""
    assert cli.main(["import", *arguments]) == cli.INVALID
    assert message in " ".join(capsys.readouterr().err.split())
    assert world.calls == []
