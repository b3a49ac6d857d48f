"""Existing services are watched, and nothing of theirs is created, changed or destroyed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from catalog.specs import ExistingResource
from config.paths import ROOT
from tests.proof_support import Edited
from tests.support.tables import each
from tests.synth.everything import made
from tests.synth.synthesized import STACKS, Resource, texts
from tests.unit.catalog.catalogs import EXISTING, THEIR_DIMENSIONS
from verify import prove

ALONE, BESIDE = "existing services only", "existing services"
NAMES = {
    value.removeprefix("service:")
    for dimensions in THEIR_DIMENSIONS.values()
    for dimension, values in dimensions.items()
    if dimension not in {"ServiceName", "TaskGroup", "ClusterName"}  # words that others may be called too
    for value in values
}
"""What is called nothing else than a resource of theirs."""

READS = {
    "aws_cloudwatch_metric_alarm",  # dimensions
    "aws_cloudwatch_composite_alarm",  # the description has the name of the log group
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_event_rule",  # the event pattern
    "aws_cloudwatch_query_definition",
    "aws_xray_group",  # the filter expression
}
"""Types that name resources of theirs, and only read them."""
ADDED = {"aws_cloudwatch_log_metric_filter"}
"""Types that are added to a resource of theirs."""
OWN = {
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_log_resource_policy",
    "aws_cloudwatch_log_stream",
    "aws_cloudwatch_log_subscription_filter",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_kinesis_firehose_delivery_stream",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_lambda_function",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_permission",
    "aws_s3_bucket",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_scheduler_schedule",
    "aws_sns_topic",
    "aws_sns_topic_policy",
    "aws_sns_topic_subscription",
    "aws_sqs_queue",
}
"""Types of the platform itself: key, archive, topics, queues, notifier. They name nothing of theirs."""


def addresses(name: str, *, of: set[str]) -> set[str]:
    """Return the addresses of an environment without those of some types."""
    return {f"{one.stack} {one.address}" for one in made(name).resources() if one.type not in of}


def test_an_environment_of_existing_services_has_resources_of_these_types_only() -> None:
    """No cluster, network, role or function for them, no X-Ray rule, no setting of the account."""
    types = {resource.type for resource in made(ALONE).resources()}
    assert types == READS | ADDED | OWN
    functions = made(ALONE).resources("aws_lambda_function")
    assert [function.address for function in functions] == ["aws_lambda_function.notifier"]


def test_the_document_names_what_compute_has_for_them() -> None:
    """Without created services: the log groups of the platform, and the X-Ray group."""
    one = made(ALONE)
    found = {
        str(resource.body.get("name") or resource.body.get("group_name"))
        for resource in one.resources("aws_cloudwatch_log_group", "aws_xray_group")
        if resource.stack == "compute"
    }
    text = (ROOT / "docs" / "existing.md").read_text(encoding="utf-8")
    row = text.partition("| `compute` | ")[2].partition("\n")[0]
    names = re.findall(r"`([^`]*<project>[^`]*)`", row)
    values = {"<project>": one.env.project, "<env>": one.env.environment}
    assert {re.sub("<[a-z]+>", lambda word: values[word[0]], name) for name in names} == found


@pytest.mark.parametrize("name", [ALONE, BESIDE])
def test_saved_queries_search_all_log_groups_of_services(name: str) -> None:
    """Those of existing services by their names, and all of created ones."""
    one = made(name)
    groups = [group for group in one.catalog.log_groups if group.writer == "service"]
    theirs = {group.name for group in groups if not group.owned}
    for query in one.resources("aws_cloudwatch_query_definition"):
        searched = query.body["log_group_names"]
        assert theirs <= set(searched)
        assert len(searched) == len(groups)


@pytest.mark.parametrize("name", [ALONE, BESIDE])
def test_only_what_reads_names_what_is_theirs(name: str) -> None:
    """And metric filters, the only thing that is added to it: to their log groups, under our names."""
    one = made(name)
    for resource in one.resources():
        if resource.type not in READS | ADDED:
            assert not {text for text in texts(resource.body) if NAMES & {text, *text.split("/")}}, resource
    logs = {value for dimensions in THEIR_DIMENSIONS.values() for value in dimensions.get("LogGroupName", ())}
    filters = [log_filter.body for log_filter in one.resources(*ADDED)]
    on_theirs = [body for body in filters if body["log_group_name"] in logs]
    assert {body["log_group_name"] for body in on_theirs} == logs
    prefix, suffix = f"{one.env.project}-", f"-{one.env.environment}"
    assert all(body["name"].startswith(prefix) and body["name"].endswith(suffix) for body in on_theirs)
    for body in filters:
        assert body in on_theirs or "data.terraform_remote_state" in body["log_group_name"]


def test_beside_created_services_nothing_else_is_added() -> None:
    """Neither to the archive nor to the key, the network or the roles of what is created."""
    targets = {"aws_cloudwatch_event_target", *READS, *ADDED}
    assert addresses(BESIDE, of=targets) == addresses("prod", of=targets)


@pytest.mark.parametrize("name", [ALONE, BESIDE])
def test_no_stack_imports_moves_or_reads_what_is_theirs(name: str) -> None:
    """The only data sources are the outputs of other stacks, and the zones of a network that is created."""
    for stack in STACKS:
        content = made(name).stacks[stack]
        assert content.get("data", {}).keys() <= {"terraform_remote_state", "aws_availability_zones"}
        assert not content.keys() & {"import", "removed", "moved"}


@pytest.mark.parametrize("name", [ALONE, BESIDE])
def test_what_the_configuration_declares_is_accepted_by_the_proof(name: str) -> None:
    """Every metric of theirs is verified, although no resource has it."""
    one = made(name)
    published, existing = one.catalog.published, one.catalog.existing
    assert prove(one.stacks, published=published, existing=existing).faults == ()


@each("missing", made(ALONE).catalog.existing, ids=str)
def test_each_declaration_is_needed(missing: ExistingResource) -> None:
    """Without it, the proof says that its metrics never have data."""
    one = made(ALONE)
    existing = [resource for resource in one.catalog.existing if resource != missing]
    faults = prove(one.stacks, published=one.catalog.published, existing=existing).faults
    assert any(missing.name in fault.message for fault in faults)


def _typo(body: dict[str, Any]) -> None:
    body["dimensions"] = {key: f"{value}x" for key, value in body["dimensions"].items()}


@each(
    "alarm",
    [
        resource
        for resource in made(ALONE).resources("aws_cloudwatch_metric_alarm")
        if str(resource.body.get("namespace")).startswith("AWS/")
        and resource.body["namespace"] != "AWS/ApplicationELB"  # of which only the form is verified
        and resource.key.partition("_")[0] in EXISTING
    ],
    ids=str,
)
def test_a_wrong_name_in_our_own_plan_is_still_found(alarm: Resource) -> None:
    """A dimension with another value than the configuration declares."""
    one = made(ALONE)
    edited = Edited(one.stacks)
    _typo(edited.body(alarm.address))
    faults = prove(edited.stacks, published=one.catalog.published, existing=one.catalog.existing).faults
    assert [fault for fault in faults if alarm.body["alarm_name"] in fault.subject], json.dumps(alarm.body)
