"""Policies of every environment: nobody may do more than is said and reasoned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from catalog.naming import Names
from tests.synth.everything import NAMES, made, of
from tests.synth.synthesized import Resource, every_resource, listed, synthesized

ALARM_TYPES = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
POLICY_ARGUMENTS = ("policy", "assume_role_policy", "policy_document")

ANY_RESOURCE = {
    "ReadAlarms": "CloudWatch: DescribeAlarms has no resources",
    "SendTraces": "X-Ray has no resources for these actions",
    "AskForSampling": "X-Ray has no resources for these actions",
    "LogInToRegistry": "the registry's token is the account's",
    "BeginWindows": "PutMetricData has no resources; the namespace is its condition",
}
"""Statements whose resource is `*`, with the reason; in a key's policy `*` is the key itself."""

ACTION_FAMILIES = {
    "AccountAdministersTheKey": "the account must be able to administer its own key",
    "LogGroupsOfThisEnvironment": "the list of CloudWatch Logs' documentation",
    "AlarmsPublishToEncryptedTopics": "GenerateDataKey and GenerateDataKeyWithoutPlaintext",
    "EventsSendToEncryptedQueues": "GenerateDataKey and GenerateDataKeyWithoutPlaintext",
    "EventsPublishToEncryptedTopics": "GenerateDataKey and GenerateDataKeyWithoutPlaintext",
    "TopicsDeliverToEncryptedQueues": "GenerateDataKey and GenerateDataKeyWithoutPlaintext",
    "TlsOnly": "a denial of everything",
}
"""Statements whose actions end in `*`, with the reason."""


UNCONDITIONED = {
    "EventsPublish": "EventBridge User Guide, Amazon SNS permissions: EventBridge meets no condition there",
    "EventsAreLogged": "EventBridge User Guide, CloudWatch Logs permissions: one log group, of events alone",
}
"""Statements for an AWS service without a condition, with the reason."""


def statements() -> Iterator[tuple[str, Resource, dict[str, Any]]]:
    """Yield every statement of every policy."""
    for resource in (*every_resource(), *made("everything").resources()):
        for argument in POLICY_ARGUMENTS:
            if argument in resource.body:  # also a queue's own
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
        assert bool(statement.get("Condition")) != (statement.get("Sid") in UNCONDITIONED), f"{resource}"


@pytest.mark.parametrize(("resource", "statement"), ALL)
def test_everybody_is_only_ever_denied(resource: Resource, statement: dict[str, Any]) -> None:
    """`*` as a principal occurs in denials alone."""
    del resource
    principal = statement.get("Principal", {})
    if principal == "*" or "*" in [entry for value in principal.values() for entry in listed(value)]:
        assert statement["Effect"] == "Deny"


@pytest.mark.parametrize("role", every_resource("aws_iam_role"), ids=str)
def test_every_role_has_one_inline_policy_and_nothing_attached(role: Resource) -> None:
    """What a role may do is in one place, in this repository."""
    inline = [
        resource
        for resource in every_resource("aws_iam_role_policy")
        if resource.environment == role.environment and resource.body["role"] == f"${{{role.address}.id}}"
    ]
    assert len(inline) == 1
    assert not every_resource("aws_iam_role_policy_attachment")


@pytest.mark.parametrize("key", every_resource("aws_kms_key"), ids=str)
def test_the_key_lets_in_each_caller_by_its_own_statement(key: Resource) -> None:
    """Logs, alarms and topics each have a statement; the key rotates."""
    policy = json.loads(key.body["policy"])["Statement"]
    services = [entry["Principal"]["Service"] for entry in policy if "Service" in entry["Principal"]]
    region = services[0].split(".")[1]
    assert services == [
        f"logs.{region}.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
        "events.amazonaws.com",
        "sns.amazonaws.com",
    ]
    assert key.body["enable_key_rotation"] is True


@pytest.mark.parametrize("key", every_resource("aws_kms_key"), ids=str)
def test_the_keys_conditions_fit_what_is_made_and_nothing_else(key: Resource) -> None:
    """Every log group, alarm and topic passes its condition; another project's does not."""
    one = synthesized(key.environment)
    names = Names.of(one.env)
    allowed = {
        statement["Principal"]["Service"].split(".")[0]: statement["Condition"]["ArnLike"]
        for statement in json.loads(key.body["policy"])["Statement"]
        if "Service" in statement["Principal"] and "Condition" in statement
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
        resource
        for resource in every_resource("aws_iam_role_policy")
        if resource.environment == function.environment and resource.key == function.key
    )
    granted = json.loads(role.body["policy"])["Statement"]
    logs = [
        entry for entry in granted if any(action.startswith("logs:") for action in listed(entry["Action"]))
    ]
    own = f"${{aws_cloudwatch_log_group.{function.key}.arn}}:log-stream:*"
    if function.stack == "monitoring":
        env = synthesized(function.environment).env
        group = f"${{data.terraform_remote_state.compute.outputs.log_group_names.{function.key}}}"
        own = f"arn:aws:logs:{env.region}:{env.account_id}:log-group:{group}:log-stream:*"
    assert logs[0]["Resource"] == own
    assert all("lambda-insights" in log["Resource"] for log in logs[1:])
    assert all("logs:CreateLogGroup" not in listed(log["Action"]) for log in logs)


def granted(policy: Resource, argument: str = "policy") -> dict[str, dict[str, Any]]:
    """Return the statements of a policy by their Sid."""
    return {load["Sid"]: load for load in json.loads(policy.body[argument])["Statement"]}


KEY = "${data.terraform_remote_state.security.outputs.kms_key_arn}"


@pytest.mark.parametrize("name", NAMES)
def test_the_notifier_may_do_what_it_needs_and_no_more(name: str) -> None:
    """Its log, its dead letters, the topics of mail, the secrets of config, the key through services."""
    env = made(name).env
    here = f"{env.region}:{env.account_id}"
    its = granted(of(name, "aws_iam_role_policy", stack="monitoring")["notifier"])
    told = [getattr(env.notifications, severity) for severity in ("critical", "warning")]
    secrets = sorted({reference for entry in told for reference in (*entry.slack, *entry.pagerduty)})
    kept = [secret.partition(":")[::2] for secret in secrets]
    mailed = [text for text in ("critical", "warning") if getattr(env.notifications, text).emails]
    group = "${data.terraform_remote_state.compute.outputs.log_group_names.notifier}"
    resources = {
        "WriteLogs": [f"arn:aws:logs:{here}:log-group:{group}:log-stream:*"],
        "SendTraces": ["*"],
        "DecryptOwnEnvironment": [KEY],
        "ReadAlarms": ["*"],
        "RepeatDeliveries": [f"arn:aws:lambda:{here}:function:{env.project}-notifier-{env.environment}"],
        "KeepWhatFailed": ["${aws_sqs_queue.notifier.arn}"],
        "EncryptMessages": [KEY],
        "SendMail": [f"${{aws_sns_topic.{severity}-mail.arn}}" for severity in mailed],
        "ReadParameters": [f"arn:aws:ssm:{here}:parameter{entry}" for where, entry in kept if where == "ssm"],
        "ReadSecrets": [
            f"arn:aws:secretsmanager:{here}:secret:{entry}-??????" for where, entry in kept if where != "ssm"
        ],
        "DecryptSecrets": [KEY] if kept else [],
    }  # fmt: skip
    assert {sid: listed(entry["Resource"]) for sid, entry in its.items()} == {
        sid: arns for sid, arns in resources.items() if arns
    }
    actions = {sid: listed(entry["Action"]) for sid, entry in its.items()}
    expected = {
        "KeepWhatFailed": ["sqs:SendMessage"], "SendMail": ["sns:Publish"],
        "ReadAlarms": ["cloudwatch:DescribeAlarms"],
        "RepeatDeliveries": ["lambda:InvokeFunction"],
        "ReadParameters": ["ssm:GetParameter"],
        "ReadSecrets": ["secretsmanager:GetSecretValue"], "DecryptSecrets": ["kms:Decrypt"],
        "EncryptMessages": ["kms:Decrypt", "kms:GenerateDataKey"], "DecryptOwnEnvironment": ["kms:Decrypt"],
    }  # fmt: skip
    assert all(actions[sid] == expected[sid] for sid in its.keys() & expected.keys())
    via = {
        sid: its[sid]["Condition"]["StringEquals"]["kms:ViaService"]
        for sid in its
        if sid in {"EncryptMessages", "DecryptSecrets"}
    }
    assert via["EncryptMessages"] == [f"sns.{env.region}.amazonaws.com", f"sqs.{env.region}.amazonaws.com"]
    assert via.get("DecryptSecrets", []) == (
        [f"ssm.{env.region}.amazonaws.com", f"secretsmanager.{env.region}.amazonaws.com"] if kept else []
    )


@pytest.mark.parametrize("name", NAMES)
def test_only_the_topics_of_severities_invoke_the_notifier(name: str) -> None:
    """By their ARN; SNS asks for nobody else."""
    permissions = of(name, "aws_lambda_permission", stack="monitoring")
    assert {
        key: (permission.body["principal"], permission.body["source_arn"])
        for key, permission in permissions.items()
    } == {
        f"notifier_{severity}": ("sns.amazonaws.com", f"${{aws_sns_topic.{severity}.arn}}")
        for severity in ("critical", "warning")
    }


@pytest.mark.parametrize("name", NAMES)
def test_topics_take_from_our_alarms_and_rules_and_queues_from_our_topics(name: str) -> None:
    """Our alarms may publish to every topic, EventBridge to those that our events name."""
    one = made(name)
    env, names = one.env, Names.of(one.env)
    here = f"{env.region}:{env.account_id}"
    policies = of(name, "aws_sns_topic_policy")
    assert policies.keys() == {"critical", "warning", "fallback"}
    for key, policy in policies.items():
        assert policy.body["arn"] == f"${{aws_sns_topic.{key}.arn}}"
        its = granted(policy)
        alarms = its.pop("AlarmsOfThisEnvironmentPublish")
        assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert alarms["Condition"]["StringEquals"] == {"aws:SourceAccount": env.account_id}
        pattern = alarms["Condition"]["ArnLike"]["aws:SourceArn"]
        assert all(
            fnmatchcase(f"arn:aws:cloudwatch:{here}:alarm:{alarm.name}", pattern)
            for alarm in one.catalog.all_alarms
        )
        assert not fnmatchcase(f"arn:aws:cloudwatch:{here}:alarm:theirs-errors-{names.environment}", pattern)
        events = its.pop("EventsPublish", None)
        assert (events is not None) == any(event.topic == key for event in one.catalog.events)
        assert events is None or events["Principal"] == {"Service": "events.amazonaws.com"}
        assert its == {}
        for statement in (alarms, *([events] if events else [])):
            assert (statement["Action"], statement["Resource"]) == (
                "sns:Publish",
                f"${{aws_sns_topic.{key}.arn}}",
            )
    topics = {f"${{aws_sns_topic.{key}.arn}}" for key in of(name, "aws_sns_topic")}
    for key in ("alarms", "dead-letters"):
        queue = of(name, "aws_sqs_queue", stack="monitoring")[key]
        (statement,) = json.loads(queue.body["policy"])["Statement"]
        assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
        assert set(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == topics
        assert statement["Resource"] == f"arn:aws:sqs:{here}:{queue.body['name']}"
        assert statement["Action"] == "sqs:SendMessage"


@pytest.mark.parametrize("name", NAMES)
def test_every_target_of_a_rule_has_a_dead_letter_queue_that_its_rule_may_send_to(name: str) -> None:
    """Encrypted, open to these rules only, and watched; the attempts end within an hour."""
    one = made(name)
    queues, watched = of(name, "aws_sqs_queue"), set()
    for alarm in one.catalog.alarms:
        watched |= {metric.dimensions.get("QueueName") for metric in alarm.metrics if alarm.service is None}
    targets = of(name, "aws_cloudwatch_event_target")
    assert bool(targets) == bool(one.catalog.rules)
    for target in targets.values():
        queue = queues[target.body["dead_letter_config"]["arn"].split(".")[1]]
        assert queue.body["kms_master_key_id"].endswith(".outputs.kms_key_arn}")
        assert queue.body["name"] in watched
        assert target.body["retry_policy"]["maximum_event_age_in_seconds"] <= 3600
        (statement,) = json.loads(queue.body["policy"])["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert statement["Resource"].endswith(f":{queue.body['name']}")
        rules = {f"${{aws_cloudwatch_event_rule.{key}.arn}}" for key in of(name, "aws_cloudwatch_event_rule")}
        sources = statement["Condition"].pop("ArnEquals")["aws:SourceArn"]
        assert set(sources if isinstance(sources, list) else [sources]) == rules
        assert statement["Condition"] == {}
        assert target.body["rule"].replace(".name}", ".arn}") in rules


@pytest.mark.parametrize("name", NAMES)
def test_a_schedule_may_begin_windows_and_nothing_else(name: str) -> None:
    """One action, in the environment's own namespace; no window, no role."""
    env = made(name).env
    roles = of(name, "aws_iam_role", stack="monitoring")
    assert ("maintenance" in roles) == bool(env.maintenance)
    if env.maintenance:
        (only,) = granted(of(name, "aws_iam_role_policy", stack="monitoring")["maintenance"]).values()
        assert only["Action"] == "cloudwatch:PutMetricData"
        assert only["Condition"] == {
            "StringEquals": {"cloudwatch:namespace": f"{env.project}/{env.environment}"}
        }
        (trust,) = json.loads(roles["maintenance"].body["assume_role_policy"])["Statement"]
        assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": env.account_id}}
