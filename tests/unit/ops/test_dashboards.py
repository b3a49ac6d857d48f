"""A dashboard of the same name that is not ours is not overwritten: dashboards are global."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws import clients
from catalog import environment
from config.errors import CommandError
from ops import dashboards, state, synthesis
from terraform.configuration import Stack

ENV = environment.read("prod", variables={})[0]
OURS, PAGE = "reveille-prod", "reveille-prod-5"


def refusal(code: str, operation: str) -> ClientError:
    """Return the error with which AWS refuses a call."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


class Cloudwatch:
    """Stands for the CloudWatch client: dashboards by name."""

    def __init__(self, bodies: dict[str, Any], code: str = "ResourceNotFound") -> None:
        """Have dashboards with these bodies; say `code` for others."""
        self.bodies, self.code = bodies, code
        self.asked: list[str] = []

    def get_dashboard(self, **arguments: str) -> dict[str, str]:
        """Return a dashboard, or refuse."""
        (name,) = arguments.values()
        self.asked.append(name)
        if name not in self.bodies:
            raise refusal(self.code, "GetDashboard")
        return {"DashboardName": name, "DashboardBody": json.dumps(self.bodies[name])}


class S3:
    """Stands for the S3 client: the state of the dashboard stack."""

    code = "NoSuchKey"

    def __init__(self, names: list[str] | None) -> None:
        """Have a state with dashboards of these names, or none at all."""
        self.names = names

    def get_object(self, **arguments: str) -> dict[str, Any]:
        """Return the state object, or refuse."""
        assert arguments == {"Bucket": ENV.state.bucket, "Key": "reveille/prod/dashboard.tfstate"}
        if self.names is None:
            raise refusal(self.code, "GetObject")
        resources = [
            {
                "mode": "data",
                "type": "aws_cloudwatch_dashboard",
                "name": "other",
                "provider": PROVIDER,
                "instances": [{"attributes": {"dashboard_name": OURS}}],
            },
            {
                "mode": "managed",
                "type": "aws_other",
                "name": "other",
                "provider": PROVIDER,
                "instances": [{"attributes": {"dashboard_name": OURS}}],
            },
            *(
                {
                    "mode": "managed",
                    "type": "aws_cloudwatch_dashboard",
                    "name": name,
                    "provider": PROVIDER,
                    "instances": [{"attributes": {"dashboard_name": name}}],
                }
                for name in self.names
            ),
        ]
        head = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}}
        return {"Body": io.BytesIO(json.dumps({**head, "resources": resources}).encode())}

    def list_object_versions(self, **_: str) -> dict[str, Any]:
        """Return no version: the state was never there."""
        return {}


def body(*regions: str) -> dict[str, Any]:
    """Return a dashboard's body with a widget of each region, and one of none."""
    texts: list[dict[str, Any]] = [{"type": "text", "properties": {"markdown": "x"}}]
    return {"widgets": texts + [{"type": "metric", "properties": {"region": region}} for region in regions]}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that sets what is there: in the state, in CloudWatch; two dashboards are wanted."""
    wanted = {"main": {"dashboard_name": OURS}, "page-5": {"dashboard_name": PAGE}}
    content = Stack("dashboard", {"resource": {"aws_cloudwatch_dashboard": wanted}})
    monkeypatch.setattr(synthesis, "configuration", lambda *_: content)

    def there(names: list[str] | None, bodies: dict[str, Any], code: str = "ResourceNotFound") -> Cloudwatch:
        cloudwatch = Cloudwatch(bodies, code)
        made: dict[str, Any] = {"s3": S3(names), "cloudwatch": cloudwatch}
        for module in (clients, state, dashboards):
            monkeypatch.setattr(module, "client", lambda _, service: made[service])
        return cloudwatch

    return there


@pytest.mark.parametrize("names", [None, []])
@pytest.mark.parametrize("code", ["ResourceNotFound", "DashboardNotFoundError"])
def test_a_name_that_is_free_is_taken(world: Any, names: list[str] | None, code: str) -> None:
    """On the first deployment: each name is asked for, and none is there."""
    cloudwatch = world(names, {}, code)
    dashboards.refuse_to_overwrite(ENV)
    assert cloudwatch.asked == [OURS, PAGE]


def test_what_the_state_has_is_ours_and_not_asked_about(world: Any) -> None:
    """A second deployment changes its own dashboards; only a new page is looked for."""
    cloudwatch = world([OURS], {OURS: body("eu-west-1")})
    dashboards.refuse_to_overwrite(ENV)
    assert cloudwatch.asked == [PAGE]


@pytest.mark.parametrize(
    ("regions", "described"),
    [
        (["us-east-1"], "its widgets are in us-east-1; this environment is in eu-west-1"),
        (
            ["us-east-1", "eu-west-1"],
            "its widgets are in eu-west-1 and us-east-1; this environment is in eu-west-1",
        ),
        (["eu-west-1"], "its widgets are in eu-west-1, the region of this environment"),
        ([], "its widgets name no region, so its owner is unknown"),
    ],
)
def test_a_name_that_is_taken_is_refused(world: Any, regions: list[str], described: str) -> None:
    """With whose it seems to be, and what to do."""
    world([], {OURS: body(*regions)})
    with pytest.raises(CommandError) as refused:
        dashboards.refuse_to_overwrite(ENV)
    assert str(refused.value).splitlines() == [
        f"dashboard {OURS} already exists: {described}.",
        (
            "Dashboards are global: a deployment would replace it. Choose another `environment` or "
            "`project` in config/prod.yaml. If the dashboard belongs to this environment and is missing from "
            "its state, delete it or run `terraform import aws_cloudwatch_dashboard.main reveille-prod`. "
            "Nothing was changed in this stack."
        ),
    ]


def test_all_that_are_taken_are_named_at_once(world: Any) -> None:
    """The advice is about the first."""
    world([], {OURS: body("us-east-1"), PAGE: body("us-east-1")})
    with pytest.raises(CommandError) as refused:
        dashboards.refuse_to_overwrite(ENV)
    first, second, advice = str(refused.value).splitlines()
    assert first.startswith(f"dashboard {OURS} already exists")
    assert second.startswith(f"dashboard {PAGE} already exists")
    assert "aws_cloudwatch_dashboard.main" in advice


@pytest.mark.parametrize("odd", [[], {"widgets": ["x", {}, {"properties": "x"}]}, {"start": "-PT1H"}])
def test_bodies_that_others_wrote_may_be_anything(world: Any, odd: Any) -> None:
    """They name no region, and are refused like others."""
    world([], {OURS: odd})
    with pytest.raises(CommandError, match="its widgets name no region"):
        dashboards.refuse_to_overwrite(ENV)


def test_an_answer_that_is_neither_is_not_taken_for_free(world: Any) -> None:
    """Such as no permission to ask."""
    world([], {}, "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        dashboards.refuse_to_overwrite(ENV)
