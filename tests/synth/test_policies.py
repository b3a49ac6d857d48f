"""Policies of every environment: nobody may do more than is said and reasoned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from catalog.naming import Names
from tests.synth.synthesized import Resource, every_resource, listed, synthesized

ALARM_TYPES = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
POLICY_ARGUMENTS = ("policy", "assume_role_policy")

ANY_RESOURCE = {
    "SendTraces": "X-Ray has no resources for these actions",
    "AskForSampling": "X-Ray has no resources for these actions",
    "LogInToRegistry": "the registry's token is the account's",
}
"""Statements whose resource is `*`, with the reason; in a key's policy `*` is the key itself."""

ACTION_FAMILIES = {
    "AccountAdministersTheKey": "the account must be able to administer its own key",
    "LogGroupsOfThisEnvironment": "the list of CloudWatch Logs' documentation",
    "AlarmsPublishToEncryptedTopics": "GenerateDataKey and GenerateDataKeyWithoutPlaintext",
    "TopicsDeliverToEncryptedQueues": "GenerateDataKey and GenerateDataKeyWithoutPlaintext",
    "TlsOnly": "a denial of everything",
}
"""Statements whose actions end in `*`, with the reason."""


def statements() -> Iterator[tuple[str, Resource, dict[str, Any]]]:
    """Yield every statement of every policy."""
    for resource in every_resource():
        for argument in POLICY_ARGUMENTS:
            if argument in resource.body:
                for statement in json.loads(resource.body[argument])["Statement"]:
                    yield f"{resource} {statement.get('Sid', argument)}", resource, statement


ALL = [pytest.param(resource, statement, id=label) for label, resource, statement in statements()]


@pytest.mark.parametrize(("resource", "statement"), ALL)
def test_a_wildcard_resource_has_a_reason(resource: Resource, statement: dict[str, Any]) -> None:
    """`*` stands only where AWS offers nothing narrower."""
    if resource.type == "aws_kms_key" or "Resource" not in statement:
        return
    if "*" in listed(statement["Resource"]):
        assert statement["Sid"] in ANY_RESOURCE


@pytest.mark.parametrize(("resource", "statement"), ALL)
def test_a_family_of_actions_has_a_reason(resource: Resource, statement: dict[str, Any]) -> None:
    """Actions are named one by one, or it is said why not."""
    del resource
    if any(action.endswith("*") for action in listed(statement["Action"])):
        assert statement["Sid"] in ACTION_FAMILIES


@pytest.mark.parametrize(("resource", "statement"), ALL)
def test_a_service_in_a_resource_policy_is_bound_by_a_condition(
    resource: Resource, statement: dict[str, Any]
) -> None:
    """An AWS service acts for whoever asks it: the condition makes that us (confused deputy)."""
    principal = statement.get("Principal", {})
    if "Service" in principal and principal["Service"] != "lambda.amazonaws.com":
        assert statement.get("Condition"), f"{resource}"


@pytest.mark.parametrize(("resource", "statement"), ALL)
def test_everybody_is_only_ever_denied(resource: Resource, statement: dict[str, Any]) -> None:
    """`*` as a principal occurs in denials alone."""
    del resource
    principal = statement.get("Principal", {})
    if principal == "*" or "*" in [one for value in principal.values() for one in listed(value)]:
        assert statement["Effect"] == "Deny"


@pytest.mark.parametrize("role", every_resource("aws_iam_role"), ids=str)
def test_every_role_has_one_inline_policy_and_nothing_attached(role: Resource) -> None:
    """What a role may do is in one place, in this repository."""
    inline = [
        one
        for one in every_resource("aws_iam_role_policy")
        if one.environment == role.environment and one.body["role"] == f"${{{role.address}.id}}"
    ]
    assert len(inline) == 1
    assert not every_resource("aws_iam_role_policy_attachment")


@pytest.mark.parametrize("key", every_resource("aws_kms_key"), ids=str)
def test_the_key_lets_in_each_caller_by_its_own_statement(key: Resource) -> None:
    """Logs, alarms and topics each have a statement; the key rotates."""
    policy = json.loads(key.body["policy"])["Statement"]
    services = [one["Principal"]["Service"] for one in policy if "Service" in one["Principal"]]
    region = services[0].split(".")[1]
    assert services == [f"logs.{region}.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"]
    assert key.body["enable_key_rotation"] is True


@pytest.mark.parametrize("key", every_resource("aws_kms_key"), ids=str)
def test_the_keys_conditions_fit_what_is_made_and_nothing_else(key: Resource) -> None:
    """Every log group, alarm and topic passes its condition; another project's does not."""
    one = synthesized(key.environment)
    names = Names.of(one.env)
    allowed = {
        statement["Principal"]["Service"].split(".")[0]: statement["Condition"]["ArnLike"]
        for statement in json.loads(key.body["policy"])["Statement"]
        if "Service" in statement["Principal"]
    }
    assert set(allowed["logs"]) == {"kms:EncryptionContext:aws:logs:arn"}
    assert set(allowed["cloudwatch"]) == set(allowed["sns"]) == {"aws:SourceArn"}
    here = f"{names.region}:{names.account_id}"
    alarms = [resource.body["alarm_name"] for resource in one.resources(*ALARM_TYPES)]
    made = {
        "logs": [f"arn:aws:logs:{here}:log-group:{group.name}" for group in one.catalog.log_groups],
        "cloudwatch": [f"arn:aws:cloudwatch:{here}:alarm:{name}" for name in alarms],
        "sns": [f"arn:aws:sns:{here}:{topic.body['name']}" for topic in one.resources("aws_sns_topic")],
    }
    for service, arns in made.items():
        (patterns,) = (listed(value) for value in allowed[service].values())
        assert arns
        assert all(any(fnmatchcase(arn, pattern) for pattern in patterns) for arn in arns)
        foreign = [arn.replace(names.project, "theirs") for arn in arns if names.project in arn]
        assert not any(fnmatchcase(arn, pattern) for pattern in patterns for arn in foreign)


@pytest.mark.parametrize("function", every_resource("aws_lambda_function"), ids=str)
def test_a_function_writes_only_its_own_log_group(function: Resource) -> None:
    """Its role names its group, the shared one of Lambda Insights, and no other; it cannot create groups."""
    role = next(
        one
        for one in every_resource("aws_iam_role_policy")
        if one.environment == function.environment and one.key == function.key
    )
    granted = json.loads(role.body["policy"])["Statement"]
    logs = [one for one in granted if any(action.startswith("logs:") for action in listed(one["Action"]))]
    own = f"${{aws_cloudwatch_log_group.{function.key}.arn}}:log-stream:*"
    assert logs[0]["Resource"] == own
    assert all("lambda-insights" in one["Resource"] for one in logs[1:])
    assert all("logs:CreateLogGroup" not in listed(one["Action"]) for one in logs)
