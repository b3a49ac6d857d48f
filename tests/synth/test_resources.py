"""What every environment's resources have in common, checked over all of them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from catalog.naming import Names
from catalog.owned import queues, roles
from config.limits import COLLECTOR_IMAGE, RETENTION_DAYS
from stacks.compute.containers import COLLECTOR_CONFIG
from tests.synth.everything import NAMES, made, of
from tests.synth.synthesized import ENVIRONMENTS, STACKS, Resource, every_resource, synthesized, texts


@pytest.mark.parametrize("group", every_resource("aws_cloudwatch_log_group"), ids=str)
def test_every_log_group_is_encrypted_and_forgets(group: Resource) -> None:
    """With our key, by its ARN, and for the configured days."""
    env = synthesized(group.environment).env
    assert group.body["kms_key_id"] == "${data.terraform_remote_state.security.outputs.kms_key_arn}"
    assert group.body["retention_in_days"] == env.logs.retention_days
    assert env.logs.retention_days in RETENTION_DAYS


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_log_group_but_the_archives_own_is_archived(name: str) -> None:
    """One subscription per group, to the delivery stream."""
    one = synthesized(name)
    subscribed = {resource.key for resource in one.resources("aws_cloudwatch_log_subscription_filter")}
    assert subscribed == {group.key for group in one.catalog.log_groups} - {"log-archive"}


@pytest.mark.parametrize("function", every_resource("aws_lambda_function"), ids=str)
def test_every_function_is_traced_watched_and_logs_where_it_should(function: Resource) -> None:
    """Active tracing, the Insights layer of its region and processor, its own log group, made before it."""
    body = function.body
    env = synthesized(function.environment).env
    assert body["tracing_config"] == {"mode": "Active"}
    assert body["kms_key_arn"]
    if function.stack == "monitoring":  # the platform's own: its log group is made with all others
        group = f"${{data.terraform_remote_state.compute.outputs.log_group_names.{function.key}}}"
        assert body["logging_config"] == {"log_group": group, "log_format": "JSON"}
        assert f"aws_iam_role_policy.{function.key}" in body["depends_on"]
        return
    layer = "LambdaInsightsExtension" + ("-Arm64" if body["architectures"] == ["arm64"] else "")
    assert re.fullmatch(rf"arn:aws:lambda:{env.region}:\d{{12}}:layer:{layer}:\d+", body["layers"][0])
    group = f"aws_cloudwatch_log_group.{function.key}"
    assert body["logging_config"]["log_group"] == f"${{{group}.name}}"
    assert {group, f"aws_iam_role_policy.{function.key}"} <= set(body["depends_on"])


@pytest.mark.parametrize("function", every_resource("aws_lambda_function"), ids=str)
def test_a_function_may_fail_on_request_only_where_config_allows_drills(function: Resource) -> None:
    """Elsewhere the variable is absent; the platform's own function never does."""
    allowed = synthesized(function.environment).env.drills.allowed and function.stack == "compute"
    assert function.body["environment"]["variables"].get("DRILLS") == ("allowed" if allowed else None)


def test_drills_are_allowed_where_nobody_depends_on_it() -> None:
    """In the files as they are shipped."""
    assert {name for name in ENVIRONMENTS if synthesized(name).env.drills.allowed} == {"local", "dev"}


@pytest.mark.parametrize("task", every_resource("aws_ecs_task_definition"), ids=str)
def test_every_task_has_a_pinned_collector_and_logs_where_it_should(task: Resource) -> None:
    """The service is essential and its collector is not; each logs to its own group."""
    main, collector = json.loads(task.body["container_definitions"])
    assert (main["essential"], collector["essential"]) == (True, False)
    assert collector["image"] == COLLECTOR_IMAGE
    assert not main["image"].endswith(":latest")
    for container, group in ((main, task.key), (collector, f"{task.key}_collector")):
        options = container["logConfiguration"]["options"]
        assert container["logConfiguration"]["logDriver"] == "awslogs"
        assert options["awslogs-group"] == f"${{aws_cloudwatch_log_group.{group}.name}}"
    assert main["memory"] + collector["memory"] <= int(task.body["memory"])
    config = {entry["name"]: entry["value"] for entry in collector["environment"]}["AOT_CONFIG_CONTENT"]
    assert json.loads(config) == COLLECTOR_CONFIG


@pytest.mark.parametrize("name", NAMES)
def test_every_container_sets_the_mode_of_its_log_driver(name: str) -> None:
    """As configured for the service, whatever the account's default is; a collector never blocks."""
    env = made(name).env
    for key, task in of(name, "aws_ecs_task_definition").items():
        expected = env.containers[key].awslogs.over(env.logs.awslogs)
        buffer = {"mode": "non-blocking", "max-buffer-size": f"{expected.max_buffer_size_mib}m"}
        containers = json.loads(task.body["container_definitions"])
        found = [container["logConfiguration"]["options"] for container in containers]
        modes = [{key: item[key] for key in item.keys() & {"mode", "max-buffer-size"}} for item in found]
        own = buffer if expected.mode == "non-blocking" else {"mode": "blocking"}
        assert modes == [own, *([buffer] * (len(containers) - 1))]


def test_the_collectors_pipelines_use_what_is_defined() -> None:
    """A name in a pipeline without a definition keeps the collector from starting."""
    config: dict[str, Any] = json.loads(json.dumps(COLLECTOR_CONFIG))
    service = config["service"]
    for pipeline in service["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(config[kind])
    assert set(service["extensions"]) == set(config["extensions"])


@pytest.mark.parametrize("service", every_resource("aws_ecs_service"), ids=str)
def test_every_service_rolls_a_failed_deployment_back(service: Resource) -> None:
    """The circuit breaker is on."""
    assert service.body["deployment_circuit_breaker"] == {"enable": True, "rollback": True}
    assert service.body["network_configuration"]["assign_public_ip"] is False


@pytest.mark.parametrize("service", every_resource("aws_ecs_service"), ids=str)
def test_no_task_starts_before_it_can_reach_anything(service: Resource) -> None:
    """Nothing refers to routes, associations and rules, so the service waits for all of them by name."""
    one = synthesized(service.environment)
    types = ("aws_route", "aws_route_table_association", "aws_vpc_security_group_egress_rule")
    assert {resource.address for resource in one.resources(*types)} <= set(service.body["depends_on"])


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_ecs_can_go_back_to_every_task_definition(name: str) -> None:
    """None is deregistered by Terraform, and each service has the one of its key (ops/containers.py)."""
    one = synthesized(name)
    assert all(task.body["skip_destroy"] is True for task in one.resources("aws_ecs_task_definition"))
    for service in one.resources("aws_ecs_service"):
        assert service.body["task_definition"] == f"${{aws_ecs_task_definition.{service.key}.arn}}"
        assert "wait_for_steady_state" not in service.body


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_tracing_is_sampled_grouped_and_encrypted(name: str) -> None:
    """A rule for our services alone, a group that names each of them, and our key."""
    one = synthesized(name)
    (rule,) = one.resources("aws_xray_sampling_rule")
    assert rule.body["fixed_rate"] == one.env.tracing.sampling_rate
    assert rule.body["service_name"] == f"{one.env.project}-*-{name}"
    (group,) = one.resources("aws_xray_group")
    for service in one.catalog.services:
        assert f'service("{service.resource}")' in group.body["filter_expression"]
    (encryption,) = one.resources("aws_xray_encryption_config")
    assert encryption.body["type"] == "KMS"


@pytest.mark.parametrize("subscription", every_resource("aws_sns_topic_subscription"), ids=str)
def test_every_subscription_has_somewhere_for_what_it_cannot_deliver(subscription: Resource) -> None:
    """The redrive policy names the dead-letter queue."""
    assert "aws_sqs_queue.dead-letters.arn" in subscription.body["redrive_policy"]


ENCRYPTED = {
    "aws_sqs_queue": "kms_master_key_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_lambda_function": "kms_key_arn",
}
"""Type -> the argument that names our key."""


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_holds_messages_is_encrypted_with_our_key(name: str) -> None:
    """The AWS-managed keys let neither CloudWatch nor SNS in."""
    for kind, argument in ENCRYPTED.items():
        resources = of(name, kind)
        assert resources
        for resource in resources.values():
            assert resource.body[argument] == "${data.terraform_remote_state.security.outputs.kms_key_arn}", (
                resource
            )


@pytest.mark.parametrize("name", NAMES)
def test_queues_keep_what_they_promise(name: str) -> None:
    """The tries and the days that config says; the notifier's dead letters for fourteen."""
    config = made(name).env.notifications
    queues = {key: queue.body for key, queue in of(name, "aws_sqs_queue", stack="monitoring").items()}
    assert {key: body["message_retention_seconds"] for key, body in queues.items()} == {
        "alarms": config.queue_retention_days * 86_400,
        "dead-letters": config.dead_letter_retention_days * 86_400,
        "notifier": 14 * 86_400,
        **({"events": config.dead_letter_retention_days * 86_400} if made(name).catalog.rules else {}),
    }
    redrive = queues["alarms"]["redrive_policy"].replace('"maxReceiveCount", ', "")
    assert f'"maxReceiveCount" = {config.queue_max_receives}' in redrive
    assert "aws_sqs_queue.dead-letters.arn" in redrive
    (invoke,) = of(name, "aws_lambda_function_event_invoke_config", stack="monitoring").values()
    assert invoke.body["function_name"] == "${aws_lambda_function.notifier.function_name}"
    assert invoke.body["destination_config"] == {
        "on_failure": {"destination": "${aws_sqs_queue.notifier.arn}"}
    }
    assert invoke.body["maximum_retry_attempts"] == 2


@pytest.mark.parametrize("name", NAMES)
def test_every_recipient_is_subscribed_once_and_where_it_should_be(name: str) -> None:
    """The queue to all topics; the notifier to both severities; mail after it, webhooks beside it.

    When notifications fail, people of `critical` are told without the notifier between.
    """
    told = made(name).env.notifications
    found = sorted(
        (resource.body["topic_arn"].split(".")[1], resource.body["protocol"], resource.body["endpoint"])
        for resource in of(name, "aws_sns_topic_subscription").values()
    )
    queue, notifier = "${aws_sqs_queue.alarms.arn}", "${aws_lambda_function.notifier.arn}"
    assert found == sorted(
        [
            *((topic, "sqs", queue) for topic in ("critical", "warning", "fallback")),
            *((topic, "lambda", notifier) for topic in ("critical", "warning")),
            *(
                (f"{key}-mail", "email", email)
                for key in ("critical", "warning")
                for email in getattr(told, key).emails
            ),
            *(
                (key, webhook.partition(":")[0], webhook)
                for key in ("critical", "warning")
                for webhook in getattr(told, key).webhooks
            ),
            *(("fallback", "email", email) for email in told.critical.emails),
            *(("fallback", webhook.partition(":")[0], webhook) for webhook in told.critical.webhooks),
        ]
    )
    assert of(name, "aws_sns_topic").keys() == {
        "critical", "warning", "fallback",
        *(f"{key}-mail" for key in ("critical", "warning") if getattr(told, key).emails),
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_notifier_is_told_whom_to_tell(name: str) -> None:
    """Topics by severity, recipients by severity, references and never secrets, where runbooks are."""
    one = made(name)
    told = one.env.notifications
    variables = of(name, "aws_lambda_function", stack="monitoring")["notifier"].body["environment"][
        "variables"
    ]
    assert json.loads(variables["TOPICS"]) == {
        f"${{aws_sns_topic.{severity}.arn}}": severity for severity in ("critical", "warning")
    }
    assert json.loads(variables["RECIPIENTS"]) == {
        severity: {
            "mail_topic_arn": f"${{aws_sns_topic.{severity}-mail.arn}}"
            if getattr(told, severity).emails
            else "",
            "slack": list(getattr(told, severity).slack),
            "pagerduty": list(getattr(told, severity).pagerduty),
        }
        for severity in ("critical", "warning")
    }
    runbooks = told.runbooks_url.rstrip("/") if told.runbooks_url else "docs/runbooks"
    assert variables["RUNBOOKS"] == runbooks
    assert (variables["ENVIRONMENT"], variables["PROJECT"]) == (one.env.environment, one.env.project)
    region = ".eu" if told.pagerduty_region == "eu" else ""
    assert variables["PAGERDUTY_EVENTS_URL"] == f"https://events{region}.pagerduty.com/v2/enqueue"
    assert sum(len(key + value) for key, value in variables.items()) < 4096


def test_a_load_balancer_sends_to_the_service_s_port_alone() -> None:
    """Its target group gets the tasks, its security group gets in, and that on the port only."""
    one = made("everything")
    balancer = one.env.containers["checkout-api"].load_balancer
    assert balancer
    service = of("everything", "aws_ecs_service")["checkout-api"].body
    assert service["load_balancer"] == [
        {
            "target_group_arn": balancer.target_group_arn,
            "container_name": "checkout-api",
            "container_port": 80,
        }
    ]
    rules = of("everything", "aws_vpc_security_group_ingress_rule")
    from_balancer = [
        rule.body
        for rule in rules.values()
        if rule.body.get("referenced_security_group_id") == balancer.security_group_id
    ]
    assert [(rule["from_port"], rule["to_port"]) for rule in from_balancer] == [(80, 80)]
    assert "load_balancer" not in of("everything", "aws_ecs_service")["inventory-worker"].body


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_stack_is_bound_to_its_account_and_its_state(name: str, stack: str) -> None:
    """Provider and backend refuse other accounts; the state is encrypted, locked and has a key of its own."""
    one = synthesized(name)
    content = one.stacks[stack]
    (provider,) = content["provider"]["aws"]
    assert provider["allowed_account_ids"] == [one.env.account_id]
    tags = provider["default_tags"][0]["tags"]
    assert tags.items() >= {"Project": one.env.project, "Environment": name, **one.env.tags}.items()
    backend = content["terraform"]["backend"]["s3"]
    assert backend["key"] == f"{one.env.project}/{name}/{stack}.tfstate"
    assert backend["bucket"] == one.env.state.bucket
    assert (backend["encrypt"], backend["use_lockfile"]) == (True, True)
    assert set(content["terraform"]["backend"]) == {"s3"}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_only_a_local_aws_has_credentials_and_endpoints(name: str, stack: str) -> None:
    """Nothing of the laptop reaches an account's configuration, and no credentials are in any."""
    one = synthesized(name)
    content = one.stacks[stack]
    (provider,) = content["provider"]["aws"]
    local = one.env.is_local
    assert ("access_key" in provider) == local
    assert ("endpoints" in provider) == local
    assert ("access_key" in content["terraform"]["backend"]["s3"]) == local
    if not local:
        assert not [text for text in texts(content) if "127.0.0.1:4566" in text]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_nothing_synthesized_names_this_machine(name: str) -> None:
    """The same configuration gives the same files in every checkout."""
    one = synthesized(name)
    absolute = [text for content in one.stacks.values() for text in texts(content) if text.startswith("/")]
    assert all(text.startswith(("/aws/", "/ecs/")) for text in absolute), absolute


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_roles_and_queues_have_the_names_that_are_checked_for_clashes(name: str) -> None:
    """catalog.naming lists every name of a kind that services could make twice."""
    one = synthesized(name)
    names = Names.of(one.env)
    for kind, expected in (
        ("aws_iam_role", roles(one.env, names)),
        ("aws_sqs_queue", queues(one.env, names)),
    ):
        assert sorted(resource.body["name"] for resource in one.resources(kind)) == sorted(
            role for role, _ in expected
        )


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_protection_from_deletion_follows_the_config(name: str) -> None:
    """Key, log groups and archive refuse to be destroyed where it is set, and nowhere else."""
    one = synthesized(name)
    for resource in one.resources("aws_kms_key", "aws_cloudwatch_log_group", "aws_s3_bucket"):
        protected = resource.body.get("lifecycle", {}).get("prevent_destroy", False)
        assert protected == one.env.deletion_protection, str(resource)


@pytest.mark.parametrize("bucket", every_resource("aws_s3_bucket"), ids=str)
def test_the_archive_is_private_encrypted_versioned_and_moves_to_glacier(bucket: Resource) -> None:
    """Each by a resource of its own, for the configured days."""
    one = synthesized(bucket.environment)
    by_type = {resource.type: resource.body for resource in one.resources() if resource.key == bucket.key}
    block = by_type["aws_s3_bucket_public_access_block"]
    closed = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert all(block[text] for text in closed)
    lifecycle = by_type["aws_s3_bucket_lifecycle_configuration"]
    assert lifecycle["transition_default_minimum_object_size"] == "varies_by_storage_class"
    rule, markers = lifecycle["rule"]
    assert markers["expiration"] == [{"expired_object_delete_marker": True}]
    days = one.env.logs.archive
    assert rule["transition"] == [{"days": days.glacier_after_days, "storage_class": "GLACIER"}]
    assert rule["expiration"] == [{"days": days.expire_after_days}]
    assert by_type["aws_s3_bucket_versioning"]["versioning_configuration"] == {"status": "Enabled"}
    (encryption,) = by_type["aws_s3_bucket_server_side_encryption_configuration"]["rule"]
    assert encryption["apply_server_side_encryption_by_default"]["sse_algorithm"] == "aws:kms"
