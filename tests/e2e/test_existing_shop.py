"""A shop that this platform did not create is watched, and is the same before, during and after that.

It is `examples/shop`, deployed by its own Terraform to a local AWS of its own.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import catalog
from catalog.naming import Names
from config.loader import load
from config.paths import ROOT
from terraform import binary
from tests.e2e.conftest import Platform, local_aws, variables
from tests.e2e.test_platform import pages
from tests.local_aws.support import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("shop")]

EXAMPLE = ROOT / "examples" / "shop"
PAGE = "shop-watch-payments-impact-local"
REQUESTS = EXAMPLE / "requests"
PAID, UNAVAILABLE = ((REQUESTS / f"{name}.json").read_bytes() for name in ("paid", "unavailable"))
CHANGING = (
    "ApproximateNumberOf", "LastProcessingResult", "Location", "ResponseMetadata", "events",
    "metricFilterCount", "storedBytes",
)  # fmt: skip
"""Beginnings of members that change without a change of the resource: numbers, signed URLs, events."""

Key = tuple[str, str]
"""Kind and name of a resource."""


class Shop:
    """The shop, and the commands of its team.

    Args:
        platform: what watches it.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        # Terraform writes its lock file beside the configuration.
        self._folder = platform.folder / "shop"
        shutil.copytree(EXAMPLE, self._folder)

    def make(self, target: str) -> None:
        """Run a command of the shop; if it fails, fail the test with its output."""
        state = f"STATE={self._platform.folder / 'shop-state'}"
        done = self._platform.run(
            "make", "-C", str(self._folder), target, state, f"TERRAFORM={binary.executable()}",
            **binary.plugin_environment(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def pay(self, request: bytes) -> None:
        """Invoke the function of the payments through its alias."""
        self._platform.client("lambda").invoke(FunctionName="shop-payments:live", Payload=request)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A local AWS with nothing in it, and the environment that watches the shop."""
    with local_aws(tmp_path) as endpoint:
        overrides = {"REVEILLE_ENDPOINT": endpoint}
        env = load("local", folder=EXAMPLE / "config", variables=overrides)
        own = {**variables(tmp_path, overrides), "PROJECT_DIR": str(EXAMPLE)}
        yield Platform(endpoint, tmp_path, env, catalog.build(env), own)


def test_an_existing_shop_is_watched_and_stays_as_it_is(platform: Platform) -> None:
    """Only metric filters are added to it, and removed again; a fault in it pages."""
    shop = Shop(platform)
    shop.make("deploy")
    before = everything(platform)
    assert len(before) > 15
    assert filters(platform) == {}

    done = platform.make("deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {key: value for key, value in everything(platform).items() if key in before} == before
    added = {group: names for group, names in filters(platform).items() if ("log group", group) in before}
    assert {group.rpartition("/")[2] for group in added} == {
        "shop-payments", "shop-orders", "receipts", "web",
    }  # fmt: skip

    def has_paged() -> bool:
        for request in (PAID, PAID, PAID, UNAVAILABLE):
            shop.pay(request)
        return PAGE in alarms(platform, queue)

    queue = platform.client("sqs").get_queue_url(QueueName=Names.of(platform.env).alarm_queue)["QueueUrl"]
    eventually(has_paged, within_s=60)

    done = platform.make("destroy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert everything(platform) == before
    assert filters(platform) == {}
    shop.make("plan")  # fails if the plan has a change


def alarms(platform: Platform, queue: str) -> set[str]:
    """Take messages out of the alarm queue, and return the names of the alarms that are in ALARM."""
    answer = platform.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    notices = [json.loads(json.loads(message["Body"])["Message"]) for message in answer.get("Messages", ())]
    return {notice["AlarmName"] for notice in notices if notice["NewStateValue"] == "ALARM"}


def filters(platform: Platform) -> dict[str, set[str]]:
    """Return log group -> the names of its metric filters."""
    logs = platform.client("logs")
    found: dict[str, set[str]] = {}
    for entry in pages(logs, "describe_metric_filters", "metricFilters"):
        found.setdefault(entry["logGroupName"], set()).add(entry["filterName"])
    return found


def everything(platform: Platform) -> dict[Key, Any]:
    """Return the descriptions of everything in the account that a shop consists of."""
    parts = (of_functions, of_containers, of_logs_queues_and_roles)
    return {key: stable(value) for part in parts for key, value in part(platform.client)}


def of_functions(client: Callable[[str], Any]) -> Iterator[tuple[Key, Any]]:
    """Yield functions with their aliases and settings, and event source mappings."""
    functions = client("lambda")
    for function in pages(functions, "list_functions", "Functions"):
        name = function["FunctionName"]
        configs = pages(
            functions, "list_function_event_invoke_configs", "FunctionEventInvokeConfigs", FunctionName=name
        )
        aliases = pages(functions, "list_aliases", "Aliases", FunctionName=name)
        yield ("function", name), [functions.get_function(FunctionName=name), aliases, configs]
    for mapping in pages(functions, "list_event_source_mappings", "EventSourceMappings"):
        yield ("mapping", mapping["UUID"]), mapping


def of_containers(client: Callable[[str], Any]) -> Iterator[tuple[Key, Any]]:
    """Yield clusters, services, and the bounds and policies of autoscaling."""
    ecs, scaling = client("ecs"), client("application-autoscaling")
    for arn in pages(ecs, "list_clusters", "clusterArns"):
        (cluster,) = ecs.describe_clusters(clusters=[arn], include=["SETTINGS", "TAGS"])["clusters"]
        if cluster["status"] == "ACTIVE":
            yield ("cluster", arn), cluster
            for service in pages(ecs, "list_services", "serviceArns", cluster=arn):
                described = ecs.describe_services(cluster=arn, services=[service], include=["TAGS"])
                yield ("service", service), described["services"]
    targets = pages(scaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs")
    policies = pages(scaling, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs")
    for target in targets:
        of_target = [policy for policy in policies if policy["ResourceId"] == target["ResourceId"]]
        yield ("scalable target", target["ResourceId"]), [target, of_target]


def of_logs_queues_and_roles(client: Callable[[str], Any]) -> Iterator[tuple[Key, Any]]:
    """Yield log groups with subscription filters, queues, and roles with their policies."""
    logs, sqs, iam = client("logs"), client("sqs"), client("iam")
    for group in pages(logs, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        subscriptions = logs.describe_subscription_filters(logGroupName=name)["subscriptionFilters"]
        yield ("log group", name), [group, logs.list_tags_log_group(logGroupName=name), subscriptions]
    for url in sqs.list_queues().get("QueueUrls", ()):
        yield ("queue", url), sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    for role in pages(iam, "list_roles", "Roles"):
        name = role["RoleName"]
        attached = pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        inline = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)
            for policy in pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
        ]
        yield ("role", name), [role, attached, inline]


def stable(value: Any) -> Any:
    """Return a description without members that change by themselves."""
    if isinstance(value, dict):
        return {key: stable(entry) for key, entry in value.items() if not key.startswith(CHANGING)}
    return [stable(entry) for entry in value] if isinstance(value, list) else value
