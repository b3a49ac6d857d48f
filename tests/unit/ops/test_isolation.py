"""What the user has set for AWS, proxies and Terraform does not reach what is run."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from aws import clients
from config.loader import load
from local_aws import process
from ops import local
from terraform import binary
from tests.support.tables import each

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


CLUSTERS = [{"clusterName": "shop", "status": "ACTIVE"}, {"clusterName": "deleted", "status": "INACTIVE"}]
EMPTY: Mapping[str, list[Any]] = {
    "list_buckets": [],
    "list_functions": [],
    "list_clusters": [],
    "list_state_machines": [],
}


@each(
    ("answers", "found"),
    [
        ({}, ()),
        ({"list_buckets": [{"Name": "state-of-another"}]}, ("bucket state-of-another",)),
        ({"list_functions": [{"FunctionName": "shop-orders"}]}, ("function shop-orders",)),
        ({"list_clusters": ["arn:1", "arn:2"]}, ("cluster shop",)),
        ({"list_state_machines": [{"name": "refunds"}]}, ("state machine refunds",)),
    ],
)
def test_only_an_empty_local_aws_is_stopped(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[Any]], found: tuple[str, ...]
) -> None:
    """Another environment may be deployed there, and services that exist already would be deleted."""
    lists = {**EMPTY, **answers}
    stopped = []

    class Client:
        def list_buckets(self) -> dict[str, Any]:
            return {"Buckets": lists["list_buckets"]}

        def get_paginator(self, operation: str) -> SimpleNamespace:
            member = {
                "list_functions": "Functions",
                "list_clusters": "clusterArns",
                "list_state_machines": "stateMachines",
            }[operation]
            pages = SimpleNamespace(
                search=lambda path: [
                    row[path.removeprefix(f"{member}[].")] if isinstance(row, dict) else row
                    for row in lists[operation]
                ]
            )
            return SimpleNamespace(paginate=lambda: pages)

        def describe_clusters(self, clusters: list[str]) -> dict[str, Any]:
            return {"clusters": CLUSTERS[: len(clusters)]}

    monkeypatch.setattr(local, "client", lambda *_: Client())
    monkeypatch.setattr(process, "stop", lambda: stopped.append(True))
    assert local.stop(ENV) == found
    assert bool(stopped) is not bool(found)


@each(
    ("endpoint", "ours"),
    [(ENV.endpoint, True), ("http://127.0.0.1:1", False)],
)
def test_a_local_aws_of_another_folder_is_not_ours(
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    ours: bool,  # noqa: FBT001
) -> None:
    """`make destroy` stops only the one that this folder started."""
    port = int(endpoint.rpartition(":")[2])
    monkeypatch.setattr(process, "status", lambda: process.Server(1, port, "token"))
    assert local.is_ours(ENV) is ours
