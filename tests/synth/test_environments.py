"""Synthesis follows the configuration, whatever it says, and `app.py` runs it as a user would."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from catalog import build, check, environment
from config.loader import environments
from config.paths import ROOT
from tests.synth.processes import python
from tests.synth.synthesized import STACKS, read_back
from tests.unit.catalog.catalogs import plain


def test_app_writes_the_same_bytes_with_the_slim_and_the_full_bindings(tmp_path: Path) -> None:
    """The real environment with the most in it, by the command that users type."""
    python("app.py", full=True, ENV="prod", CDKTF_OUTDIR=str(tmp_path / "full"))
    python("app.py", ENV="prod", CDKTF_OUTDIR=str(tmp_path / "slim"))
    for stack in STACKS:
        full, slim = (
            (tmp_path / kind / "stacks" / stack / "cdk.tf.json").read_bytes() for kind in ("full", "slim")
        )
        assert full.replace(b"/full/", b"/slim/") == slim


@pytest.mark.parametrize(
    ("variable", "value", "stack", "expected"),
    [
        ("REVEILLE_LOGS__RETENTION_DAYS", "14", "compute", '"retention_in_days": 14'),
        ("REVEILLE_TRACING__SAMPLING_RATE", "0.25", "compute", '"fixed_rate": 0.25'),
        ("REVEILLE_KMS__DELETION_WINDOW_DAYS", "21", "security", '"deletion_window_in_days": 21'),
        ("REVEILLE_ALARMS__LAMBDA__LATENCY__THRESHOLD", "1234", "monitoring", '"threshold": 1234'),
        ("REVEILLE_SERVICES__PAYMENT_HANDLER__ALARMS", '{"errors": {"threshold": 77}}', "monitoring",
         '"threshold": 77'),
        ("REVEILLE_NOTIFICATIONS__QUEUE_MAX_RECEIVES", "9", "monitoring", "9"),
        ("REVEILLE_INSIGHTS__CONTAINERS", "disabled", "compute", '"value": "disabled"'),
        ("REVEILLE_DASHBOARD__START", "-PT3H", "dashboard", "-PT3H"),
        ("REVEILLE_REGION", "eu-north-1", "monitoring", "arn:aws:cloudwatch:eu-north-1:"),
        ("REVEILLE_NETWORK__CIDR", "10.99.0.0/16", "compute", '"cidr_block": "10.99.0.0/16"'),
    ],
)  # fmt: skip
def test_a_value_of_the_config_arrives(
    variable: str, value: str, stack: str, expected: str, tmp_path: Path
) -> None:
    """Nothing of these is hard-coded."""
    env, catalog = environment.read("prod", variables={variable: value})
    one = read_back(env, catalog, tmp_path)
    assert expected in json.dumps(one.stacks[stack])


def test_a_given_network_is_used_and_none_is_created(tmp_path: Path) -> None:
    """Tasks run in the given subnets; there is no VPC, gateway or route."""
    given = {
        "REVEILLE_NETWORK__VPC_ID": "vpc-0123456789abcdef0",
        "REVEILLE_NETWORK__SUBNET_IDS": '["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]',
    }
    env, catalog = environment.read("prod", variables=given)
    one = read_back(env, catalog, tmp_path)
    assert not one.resources("aws_vpc", "aws_subnet", "aws_nat_gateway", "aws_route", "aws_eip")
    for service in one.resources("aws_ecs_service"):
        assert service.body["network_configuration"]["subnets"] == list(env.network.subnet_ids)


@pytest.mark.parametrize("kind", ["lambda", "ecs"])
def test_an_environment_may_have_services_of_one_kind_only(kind: str, tmp_path: Path) -> None:
    """Functions alone need no network or cluster; containers alone need no zips."""
    env, _ = environment.read("prod", variables={})
    only = {name: service for name, service in env.services.items() if service.kind == kind}
    slim = env.model_validate(
        {**plain(env), "services": {name: plain(env)["services"][name] for name in only}}
    )
    one = read_back(slim, build(slim), tmp_path)
    assert bool(one.resources("aws_lambda_function", stack="compute")) == (kind == "lambda")
    assert [function.key for function in one.resources("aws_lambda_function", stack="monitoring")] == [
        "notifier"
    ]
    assert bool(one.resources("aws_cloudwatch_event_rule")) == (kind == "ecs")
    assert bool(one.resources("aws_ecs_cluster", "aws_vpc")) == (kind == "ecs")
    assert not [c for c in one.catalog.composites if c.key == "system-critical"]


def test_sixty_services_deploy_as_four_do(tmp_path: Path) -> None:
    """Adding a service is adding an entry: saved queries are split, nothing exceeds a limit."""
    env, _ = environment.read("prod", variables={})
    one_of = {service["kind"]: service for service in plain(env)["services"].values()}
    many = {f"{kind}-{number}": one_of[kind] for number in range(30) for kind in ("lambda", "ecs")}
    large = env.model_validate({**plain(env), "services": many})
    assert not list(check(large))
    one = read_back(large, build(large), tmp_path)
    queries = one.resources("aws_cloudwatch_query_definition")
    assert [len(query.body["log_group_names"]) for query in queries] == [50, 10] * len(one.catalog.queries)
    names = [query.body["name"] for query in queries]
    assert len(names) == len(set(names))


def test_services_on_one_port_share_one_rule(tmp_path: Path) -> None:
    """EC2 refuses the same rule a second time."""
    env, catalog = environment.read("prod", variables={"REVEILLE_SERVICES__INVENTORY_WORKER__PORT": "80"})
    assert [service.port for service in env.containers.values()] == [80, 80]
    (rule,) = read_back(env, catalog, tmp_path).resources("aws_vpc_security_group_ingress_rule")
    assert (rule.key, rule.body["from_port"], rule.body["to_port"]) == ("port-80", 80, 80)


def test_no_stack_knows_an_environment_by_name() -> None:
    """What differs between environments is a value of the configuration, never an `if env == …`."""
    names = set(environments())
    for path in (ROOT / "stacks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in names, f"{path.name}:{node.lineno}"
