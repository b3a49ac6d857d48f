"""Dashboards in the local AWS, and dashboards that belong to another owner."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws import clients
from catalog import environment
from config.errors import CommandError
from config.models import Environment
from ops import dashboards, state, synthesis
from terraform.configuration import Stack
from tests.local_aws.support import QueryClient

HEAD = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}}
"""The head of a state object."""


@pytest.fixture
def env(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """Return the environment `local` in this local AWS, with a state bucket and one dashboard."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    config = environment.read("local", variables={})[0].model_dump(by_alias=True)
    new_env = Environment.model_validate({**config, "endpoint": endpoint})
    resources = {"aws_cloudwatch_dashboard": {"main": {"dashboard_name": "reveille-local"}}}
    monkeypatch.setattr(synthesis, "configuration", lambda *_: Stack("dashboard", {"resource": resources}))
    state.create_bucket(new_env)
    yield new_env
    state.delete(new_env)


def test_a_dashboard_that_is_there_and_not_in_the_state_is_rejected(env: Environment) -> None:
    """Until it is deleted or in the state."""
    cloudwatch, s3 = clients.client(env, "cloudwatch"), clients.client(env, "s3")
    dashboards.refuse_to_overwrite(env)
    widget = {"type": "metric", "properties": {"region": "us-east-1", "metrics": [["N", "M"]]}}
    cloudwatch.put_dashboard(DashboardName="reveille-local", DashboardBody=json.dumps({"widgets": [widget]}))
    with pytest.raises(
        CommandError, match="reveille-local already exists: its widgets are in us-east-1; this"
    ):
        dashboards.refuse_to_overwrite(env)
    resource = {
        "mode": "managed",
        "type": "aws_cloudwatch_dashboard",
        "name": "main",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"attributes": {"dashboard_name": "reveille-local"}}],
    }
    s3.put_object(
        Bucket=env.state.bucket,
        Key="reveille/local/dashboard.tfstate",
        Body=json.dumps({**HEAD, "resources": [resource]}),
    )
    dashboards.refuse_to_overwrite(env)
    s3.put_object(
        Bucket=env.state.bucket,
        Key="reveille/local/dashboard.tfstate",
        Body=json.dumps({**HEAD, "resources": []}),
    )
    cloudwatch.delete_dashboards(DashboardNames=["reveille-local"])
    dashboards.refuse_to_overwrite(env)


def test_a_dashboard_is_read_as_it_was_put_in_both_protocols(
    client: Callable[[str], Any], query: Callable[[str], QueryClient]
) -> None:
    """Including characters that are escaped in XML."""
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "a & b < c > 'd' · \"e\""}}]})
    json_client = client("cloudwatch")
    json_client.put_dashboard(DashboardName="signs", DashboardBody=body)
    assert json_client.get_dashboard(DashboardName="signs")["DashboardBody"] == body
    assert query("cloudwatch").call("GetDashboard", DashboardName="signs")["DashboardBody"] == body
    json_client.delete_dashboards(DashboardNames=["signs"])
    with pytest.raises(ClientError) as refused:
        query("cloudwatch").call("GetDashboard", DashboardName="signs")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"
