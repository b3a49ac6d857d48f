"""What the user has set for AWS, proxies and Terraform does not reach what is run."""

from __future__ import annotations

from typing import Any

import pytest

from aws import clients
from config.loader import load
from local_aws import process
from ops import local
from terraform import binary

ENV = load("local", variables={})


def test_a_local_aws_is_reached_whatever_the_user_has_set() -> None:
    """No profile, region or endpoint of theirs, and no proxy before the loopback interface."""
    variables = {
        "AWS_PROFILE": "x",
        "AWS_REGION": "x",
        "AWS_ENDPOINT_URL": "x",
        "NO_PROXY": "a.example",
        "HOME": "h",
    }
    clients.forget_the_users_aws(variables)
    ours = "127.0.0.1,localhost"
    assert variables == {"HOME": "h", "NO_PROXY": f"a.example,{ours}", "no_proxy": ours}


def test_terraform_gets_no_workspace_and_no_arguments_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another workspace is another state; `-destroy` in a variable would be a plan to destroy."""
    for name in ("TF_WORKSPACE", "TF_CLI_ARGS", "TF_CLI_ARGS_plan"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("TF_LOG", "debug")
    environment = binary.environment()
    assert not {"TF_WORKSPACE", "TF_CLI_ARGS", "TF_CLI_ARGS_plan"} & set(environment)
    assert environment["TF_LOG"] == "debug"


@pytest.mark.parametrize(
    ("buckets", "endpoint", "stopped"),
    [
        ([], ENV.endpoint, True),
        ([{"Name": "state-of-another-environment"}], ENV.endpoint, False),
        ([], "http://127.0.0.1:1", False),
    ],
)
def test_only_our_own_empty_local_aws_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
    buckets: list[dict[str, str]],
    endpoint: str,
    stopped: bool,  # noqa: FBT001
) -> None:
    """Another environment may be deployed there, and another folder may have started it."""

    class S3:
        def list_buckets(self) -> dict[str, Any]:
            return {"Buckets": buckets}

    port = int(endpoint.rpartition(":")[2])
    monkeypatch.setattr(local, "client", lambda *_: S3())
    monkeypatch.setattr(process, "status", lambda: process.Server(1, port, "token"))
    monkeypatch.setattr(process, "stop", lambda: True)
    assert local.stop(ENV) is stopped
