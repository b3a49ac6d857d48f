"""Names within the limits of AWS: for projects of every length, different, and always the same."""

from __future__ import annotations

import dataclasses
import functools
from fnmatch import fnmatchcase
from typing import Any

import botocore.session
import pytest

import catalog
from catalog import owned
from catalog.naming import LIMITS, Names, shortened
from config.models import Environment
from tests.support.tables import each
from tests.unit.catalog.catalogs import ALL, CHANGES, EVERY, plain

LENGTHS = range(1, 41)
LIMIT_OF = {
    "role": LIMITS["aws_iam_role"]["name"],
    "function": LIMITS["aws_lambda_function"]["function_name"],
    "queue": LIMITS["aws_sqs_queue"]["name"],
    "ECS service": LIMITS["aws_ecs_service"]["name"],
    "rule": LIMITS["aws_cloudwatch_event_rule"]["name"],
    "schedule": LIMITS["aws_scheduler_schedule"]["name"],
    "delivery stream": LIMITS["aws_kinesis_firehose_delivery_stream"]["name"],
    "bucket": LIMITS["aws_s3_bucket"]["bucket"],
    "X-Ray group and sampling rule": LIMITS["aws_xray_group"]["group_name"],
}
MODELS = {
    ("aws_cloudwatch_metric_alarm", "alarm_name"): ("cloudwatch", "PutMetricAlarmInput", "AlarmName"),
    ("aws_cloudwatch_composite_alarm", "alarm_name"): ("cloudwatch", "PutCompositeAlarmInput", "AlarmName"),
    ("aws_cloudwatch_log_group", "name"): ("logs", "CreateLogGroupRequest", "logGroupName"),
    ("aws_cloudwatch_log_stream", "name"): ("logs", "CreateLogStreamRequest", "logStreamName"),
    ("aws_cloudwatch_log_metric_filter", "name"): ("logs", "PutMetricFilterRequest", "filterName"),
    ("aws_cloudwatch_log_subscription_filter", "name"): (
        "logs",
        "PutSubscriptionFilterRequest",
        "filterName",
    ),
    ("aws_cloudwatch_query_definition", "name"): ("logs", "PutQueryDefinitionRequest", "name"),
    ("aws_cloudwatch_event_rule", "name"): ("events", "PutRuleRequest", "Name"),
    ("aws_cloudwatch_event_target", "target_id"): ("events", "Target", "Id"),
    ("aws_scheduler_schedule", "name"): ("scheduler", "CreateScheduleInput", "Name"),
    ("aws_iam_role", "name"): ("iam", "CreateRoleRequest", "RoleName"),
    ("aws_iam_role_policy", "name"): ("iam", "PutRolePolicyRequest", "PolicyName"),
    ("aws_lambda_permission", "statement_id"): ("lambda", "AddPermissionRequest", "StatementId"),
    ("aws_kms_alias", "name"): ("kms", "CreateAliasRequest", "AliasName"),
    ("aws_kinesis_firehose_delivery_stream", "name"): (
        "firehose",
        "CreateDeliveryStreamInput",
        "DeliveryStreamName",
    ),
    ("aws_xray_group", "group_name"): ("xray", "CreateGroupRequest", "GroupName"),
    ("aws_xray_sampling_rule", "rule_name"): ("xray", "SamplingRule", "RuleName"),
    ("aws_xray_sampling_rule", "service_name"): ("xray", "SamplingRule", "ServiceName"),
}
"""Limits that AWS's own description of its API states."""


@functools.cache
def longest(length: int) -> Environment:
    """Return the environment with the longest names and a project name of this length."""
    return Environment.model_validate({**plain(EVERY["longest names"][0]), "project": "p" * length})


def every_name(env: Environment, names: Names) -> list[tuple[str, str]]:
    """Return type and name of every resource whose name may be shortened."""
    return list(owned._all(env, names))  # noqa: SLF001 - the list that documents show


@each(("argument", "model"), MODELS.items())
def test_a_limit_is_that_of_the_api(argument: tuple[str, str], model: tuple[str, str, str]) -> None:
    """Where botocore's models state one."""
    service, shape, member = model
    members: Any = botocore.session.get_session().get_service_model(service).shape_for(shape)
    assert LIMITS[argument[0]][argument[1]] == members.members[member].metadata["max"]


def test_names_are_within_the_limits_different_and_stable_for_every_length() -> None:
    """They keep the environment; a name that fits is not changed."""
    for length in LENGTHS:
        env = longest(length)
        names = Names.of(env)
        full = dataclasses.replace(names, is_limited=False)
        made = every_name(env, names)
        of_services = {full.of_service(service) for service in env.services}
        assert made == every_name(env, Names.of(env))
        assert len({*made}) == len({*every_name(env, full)})
        for (type_, name), (_, whole) in zip(made, every_name(env, full), strict=True):
            assert len(name) <= LIMIT_OF[type_], (length, type_, name)
            assert env.environment in name
            assert "--" not in name
            # A service has one name, for its role, function or ECS service, and queue.
            most = LIMIT_OF["role"] if whole in of_services else LIMIT_OF[type_]
            assert (name == whole) == (len(whole) <= most), (length, type_, name)


def test_a_shortened_name_matches_the_patterns_of_policies() -> None:
    """And of the sampling rule; the bucket and X-Ray's own names are in no pattern."""
    for length in LENGTHS:
        env = longest(length)
        names = Names.of(env)
        for type_, name in every_name(env, names):
            if type_ not in {"bucket", "X-Ray group and sampling rule"}:
                assert fnmatchcase(name, names.resource("*")), name
        for group in catalog.build(env).log_groups:
            assert any(fnmatchcase(group.name, pattern) for pattern in names.log_group_patterns), group.name


def test_the_log_group_of_a_container_has_the_name_of_its_service() -> None:
    """The notifier links to it by the name in an event of ECS."""
    for length in LENGTHS:
        names = Names.of(longest(length))
        for service in ("a", "a-service-with-a-long-name-of-40-characters"):
            assert names.container_log_group(service) == f"/ecs/{names.of_service(service)}"


def test_projects_of_sixteen_characters_have_the_names_that_they_had() -> None:
    """Every name that was possible with the former limit is the full name."""
    for length in range(1, 17):
        assert list(owned.shortened(longest(length))) == []


@each(("length", "words"), [(22, 4), (40, 30)])
def test_the_alarms_of_a_long_project_are_valid(length: int, words: int) -> None:
    """The catalog refuses names and rules that CloudWatch refuses; full names are in the alarm list."""
    env = longest(length)
    assert len(catalog.build(env).all_alarms) > words


@each(
    ("most", "short"),
    [
        (100, "observability-platform-payment-handler-prod"),
        (43, "observability-platform-payment-handler-prod"),
        (42, "observability-platform-payme-026c5fea-prod"),
        (36, "observability-platform-026c5fea-prod"),
    ],
)
def test_a_shortened_name_is_always_the_same(most: int, short: str) -> None:
    """A change of it would create resources again."""
    name = "observability-platform-payment-handler-prod"
    assert shortened(name, most, before="observability-platform-", after="-prod") == short


@pytest.mark.parametrize("name", [*ALL, *(change for change in CHANGES if change != "longest names")])
def test_no_environment_has_a_name_shortened_that_fits(name: str) -> None:
    """Of the shop's, and of the synthetic ones with its project."""
    assert list(owned.shortened(EVERY[name][0])) == []
