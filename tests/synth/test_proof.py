"""Every environment's alarms reach people; and each link of the way, broken on purpose, is found."""

# ruff: noqa: E501  # a fault and what is said of it read best on one line

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.proof_support import Broken, Edited, Stacks, check
from tests.synth.synthesized import ENVIRONMENTS, synthesized
from verify import ConfigurationError, prove

PROD: Stacks = synthesized("prod").stacks
PUBLISHED = synthesized("prod").catalog.published
ALARM_TYPES = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")


def notifier(stacks: Edited, kind: str = "") -> tuple[str, dict[str, Any]]:
    """Return the first alarm that has actions, its address and its body."""
    return next(
        (f"{text}.{key}", body)
        for text in ALARM_TYPES
        if kind in text
        for key, body in stacks.of_type(text)
        if body.get("alarm_actions") and body.get("actions_enabled") is not False
    )


ALARM = notifier(Edited(PROD))[1]["alarm_name"]
TOPIC = notifier(Edited(PROD))[1]["alarm_actions"][0][2:].rpartition(".")[0]
TOPIC_NAME = Edited(PROD).body(TOPIC)["name"]
POLICY = next(
    f"aws_sns_topic_policy.{key}"
    for key, body in Edited(PROD).of_type("aws_sns_topic_policy")
    if body["arn"] == f"${{{TOPIC}.arn}}"
)
SUBSCRIPTIONS = [
    f"aws_sns_topic_subscription.{key}"
    for key, body in Edited(PROD).of_type("aws_sns_topic_subscription")
    if body["topic_arn"] == f"${{{TOPIC}.arn}}"
]
TO_QUEUE = next(
    subscription for subscription in SUBSCRIPTIONS if Edited(PROD).body(subscription)["protocol"] == "sqs"
)
QUEUE = Edited(PROD).body(TO_QUEUE)["endpoint"][2:].rpartition(".")[0]
LETTERS = "aws_sqs_queue.dead-letters"
KEY = "aws_kms_key.main"
COMPOSITE = next(
    f"aws_cloudwatch_composite_alarm.{key}"
    for key, body in Edited(PROD).of_type("aws_cloudwatch_composite_alarm")
)
COMPOSITE_NAME = Edited(PROD).body(COMPOSITE)["alarm_name"]
PLAIN, PLAIN_NAME = next(
    (f"aws_cloudwatch_metric_alarm.{key}", body["alarm_name"])
    for key, body in Edited(PROD).of_type("aws_cloudwatch_metric_alarm")
    if body.get("namespace") == "AWS/Lambda" and body.get("statistic") == "Sum"
)
FILTERED = next(
    body["alarm_name"]
    for _, body in Edited(PROD).of_type("aws_cloudwatch_metric_alarm")
    if body.get("metric_name") == "Errors" and body["namespace"].startswith("reveille/")
)
FILTER_NAMESPACE = next(
    body["namespace"]
    for _, body in Edited(PROD).of_type("aws_cloudwatch_metric_alarm")
    if body["alarm_name"] == FILTERED
)
OTHER_ACCOUNT = "999999999999"
LONELY, PARENT = "reveille-lonely-prod", "reveille-parent-prod"
ELSEWHERE = frozenset(
    {
        "topic policy", "topic key", "key policy", "subscription", "endpoint", "redrive policy",
        "function role", "queue policy", "queue key", "dead-letter queue", "dead-letter queue policy", "dead-letter queue key",
    }
)  # fmt: skip


def set_(address: str, **arguments: Any) -> Any:
    """Return the change that sets arguments of a resource; None takes one away."""

    def change(stacks: Edited) -> None:
        body = stacks.body(address)
        for name, value in arguments.items():
            if value is None:
                del body[name]
            else:
                body[name] = value

    return change


def act(**arguments: Any) -> Any:
    """Return the change that sets arguments of the alarm that is walked."""
    return lambda stacks: notifier(stacks)[1].update(arguments)


def lonely(**arguments: Any) -> Any:
    """Return the change that adds an alarm which no composite names."""

    def change(stacks: Edited) -> None:
        body = {
            **stacks.body(PLAIN),
            "alarm_name": LONELY,
            "alarm_actions": [f"${{{TOPIC}.arn}}"],
            **arguments,
        }
        stacks.add("monitoring", "aws_cloudwatch_metric_alarm.lonely", **body)

    return change


def condition(address: str, service: str, operator: str, key: str, value: Any) -> Any:
    """Return the change that sets the one condition of a service's statements."""

    def change(statement: dict[str, Any]) -> None:
        statement["Condition"] = {operator: {key: value}}

    return lambda stacks: stacks.statement(address, change, of=service)


def statement(address: str, service: str, **elements: Any) -> Any:
    """Return the change that sets elements of a service's statements."""
    return lambda stacks: stacks.statement(address, lambda entry: entry.update(elements), of=service)


def without(address: str, service: str) -> Any:
    """Return the change that takes a service's statements away."""
    return lambda stacks: stacks.statement(address, lambda entry: entry.clear(), of=service)


def added(address: str, **elements: Any) -> Any:
    """Return the change that adds a statement."""
    return lambda stacks: stacks.add_statement(address, **elements)


def without_topic(address: str) -> Any:
    """Return the change that takes the topic out of a queue's policy."""

    def change(entry: dict[str, Any]) -> None:
        tests = entry["Condition"]["ArnEquals"]
        arns = tests["aws:SourceArn"]
        tests["aws:SourceArn"] = [arn for arn in arns if arn != f"${{{TOPIC}.arn}}"] or "arn:aws:sns:a:b:c:d"

    return lambda stacks: stacks.statement(address, change)


def remove(*addresses: str) -> Any:
    """Return the change that removes resources."""

    def change(stacks: Edited) -> None:
        for address in addresses:
            stacks.remove(address)

    return change


def filters_gone(stacks: Edited) -> None:
    """Remove the filters whose metric an alarm is on."""
    for key, body in stacks.of_type("aws_cloudwatch_log_metric_filter"):
        made = body["metric_transformation"]
        if (made["namespace"], made["name"]) == (FILTER_NAMESPACE, "Errors"):
            stacks.remove(f"aws_cloudwatch_log_metric_filter.{key}")


def children(number: int, name: str = "reveille-child-{}-prod") -> Any:
    """Return the change that adds alarms, and a composite that names all of them."""

    def change(stacks: Edited) -> None:
        actions = stacks.body(PLAIN)
        for each in range(number):
            body = {**actions, "alarm_name": name.format(each)}
            stacks.add("monitoring", f"aws_cloudwatch_metric_alarm.child-{each}", **body)
        rule = " OR ".join(f'ALARM("{name.format(each)}")' for each in range(number))
        body = {**stacks.body(COMPOSITE), "alarm_name": PARENT, "alarm_rule": rule}
        stacks.add("monitoring", "aws_cloudwatch_composite_alarm.parent", **body)

    return change


def math(**arguments: Any) -> Any:
    """Return the change that puts two metrics and an expression in place of the alarm's metric."""

    def change(stacks: Edited) -> None:
        body = stacks.body(PLAIN)
        metric = {
            "namespace": body.pop("namespace"),
            "metric_name": body.pop("metric_name"),
            "dimensions": body.pop("dimensions"),
            "period": body.pop("period"),
            "stat": body.pop("statistic"),
        }
        queries: list[dict[str, Any]] = [
            {"id": "errors", "metric": [metric]},
            {"id": "calls", "metric": [{**metric, "metric_name": "Invocations"}]},
            {"id": "rate", "expression": "IF(calls > 10, 100 * errors / calls, 0)", "return_data": True},
        ]
        body["metric_query"] = queries
        for name, value in arguments.items():
            number, _, argument = name.partition("_")
            if argument.startswith("metric_"):
                queries[int(number[1:])]["metric"][0][argument.removeprefix("metric_")] = value
            else:
                queries[int(number[1:])][argument] = value

    return change


def dashboard(old: str, new: str) -> Any:
    """Return the change that replaces a text in the body of a dashboard."""

    def change(stacks: Edited) -> None:
        for _, body in stacks.of_type("aws_cloudwatch_dashboard"):
            body["dashboard_body"] = body["dashboard_body"].replace(old, new, 1)

    return change


def output(stack: str, name: str) -> Any:
    """Return the change that takes an output of a stack away."""
    return lambda stacks: stacks.stacks[stack]["output"].pop(name)


CLOUDWATCH, SNS = "cloudwatch.amazonaws.com", "sns.amazonaws.com"
DENY = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Resource": "*"}

WAY = [
    Broken("no action", lonely(alarm_actions=[]), "action", "does not notify", "lonely"),
    Broken("actions switched off", lonely(actions_enabled=False), "action", "does not notify", "lonely"),
    Broken(
        "named only in a negation",
        lambda stacks: (
            lonely(alarm_actions=[])(stacks),
            stacks.body(COMPOSITE).update(
                alarm_rule=f'({stacks.body(COMPOSITE)["alarm_rule"]} AND NOT ALARM("{LONELY}"))'
            ),
        ),
        "action", "does not notify", "lonely",
    ),
    Broken(
        "topic of another account",
        act(alarm_actions=[f"arn:aws:sns:eu-west-1:{OTHER_ACCOUNT}:x"]), "action", "another account or region",
    ),
    Broken(
        "topic of another region",
        act(alarm_actions=["arn:aws:sns:us-east-1:333333333333:x"]), "action", "another account or region",
    ),
    Broken(
        "topic that is not there",
        act(alarm_actions=["arn:aws:sns:eu-west-1:333333333333:x"]), "action", "is not a topic of these stacks",
    ),
    Broken(
        "action that is no topic",
        act(alarm_actions=["arn:aws:lambda:eu-west-1:333333333333:function:x"]), "action", "is not an SNS topic",
    ),
    Broken("action misspelt", act(alarm_actions=["${aws_sns_topic.x.arn}"]), "action", "${aws_sns_topic.x.arn}"),
    Broken("OK action misspelt", act(ok_actions=["${aws_sns_topic.x.arn}"]), "action", "${aws_sns_topic.x.arn}"),
    Broken("no topic policy", remove(POLICY), "topic policy", "it has no aws_sns_topic_policy"),
    Broken("topic policy of nothing", set_(POLICY, policy="{}"), "topic policy", "is not JSON with statements"),
    Broken("topic policy cut off", set_(POLICY, policy='{"Statement": ['), "topic policy", "is not JSON"),
    Broken(
        "topic policy for another service",
        statement(POLICY, CLOUDWATCH, Principal={"Service": "s3.amazonaws.com"}),
        "topic policy", "no statement allows sns:Publish for cloudwatch.amazonaws.com",
    ),
    Broken(
        "topic policy for another action",
        statement(POLICY, CLOUDWATCH, Action="sns:Subscribe"), "topic policy", "Action does not cover sns:Publish",
    ),
    Broken(
        "topic policy of another topic",
        statement(POLICY, CLOUDWATCH, Resource="arn:aws:sns:eu-west-1:333333333333:x"),
        "topic policy", "Resource does not cover",
    ),
    Broken(
        "topic policy that only denies", statement(POLICY, CLOUDWATCH, Effect="Deny"), "topic policy", "denies",
    ),
    Broken(
        "wrong account in the condition",
        condition(POLICY, CLOUDWATCH, "StringEquals", "aws:SourceAccount", OTHER_ACCOUNT),
        "topic policy", f"aws:SourceAccount must be {OTHER_ACCOUNT}",
    ),
    Broken(
        "source ARN of another environment",
        condition(POLICY, CLOUDWATCH, "ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:*:*:alarm:reveille-*-dev"),
        "topic policy", "reveille-*-dev",
    ),
    Broken(
        "source ARN that is no ARN",
        condition(POLICY, CLOUDWATCH, "ArnLike", "aws:SourceArn", "reveille-*"),
        "topic policy", "not an ARN of six parts",
    ),
    Broken(
        "source ARN compared as text",
        condition(POLICY, CLOUDWATCH, "StringEquals", "aws:SourceArn", "arn:aws:cloudwatch:*:*:alarm:*"),
        "topic policy", "aws:SourceArn must be",
    ),
    Broken(
        "operator that is not read",
        condition(POLICY, CLOUDWATCH, "NumericEquals", "aws:SourceAccount", "333333333333"),
        "topic policy", "the operator NumericEquals is not supported",
    ),
    Broken(
        "condition that CloudWatch does not meet",
        condition(POLICY, CLOUDWATCH, "StringEquals", "aws:PrincipalOrgID", "o-1"),
        "topic policy", "not documented to send aws:PrincipalOrgID",
    ),
    Broken(
        "publishing denied to all", added(POLICY, **DENY, Action="sns:*"), "topic policy", "statement No denies",
    ),
    Broken(
        "publishing perhaps denied",
        added(POLICY, **DENY, Action="sns:Publish", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
        "topic policy", "may deny",
    ),
    Broken("topic without a key", set_(TOPIC, kms_master_key_id=None), "topic key", "has no kms_master_key_id"),
    Broken("topic under aws/sns", set_(TOPIC, kms_master_key_id="alias/aws/sns"), "topic key", "AWS managed key"),
    Broken(
        "topic under a foreign key",
        set_(TOPIC, kms_master_key_id=f"arn:aws:kms:eu-west-1:{OTHER_ACCOUNT}:key/1"),
        "topic key", "is not a key of these stacks",
    ),
    Broken(
        "key no longer published", output("security", "kms_key_arn"), "topic key", "${data.terraform_remote_state",
        others=ELSEWHERE,
    ),
    Broken("key disabled", set_(KEY, is_enabled=False), "topic key", "is disabled", others=ELSEWHERE),
    Broken("key without a policy", set_(KEY, policy=None), "key policy", "it has no policy", others=ELSEWHERE),
    Broken("key closed to CloudWatch", without(KEY, CLOUDWATCH), "key policy", f"allows kms:Decrypt for {CLOUDWATCH}"),
    Broken(
        "key only for Decrypt",
        statement(KEY, CLOUDWATCH, Action="kms:Decrypt"), "key policy", "does not cover kms:GenerateDataKey",
    ),
    Broken(
        "key only for data keys",
        statement(KEY, CLOUDWATCH, Action="kms:GenerateDataKey*"), "key policy", "does not cover kms:Decrypt",
    ),
    Broken(
        "key for alarms of another environment",
        condition(KEY, CLOUDWATCH, "ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:*:*:alarm:reveille-*-dev"),
        "key policy", "reveille-*-dev",
    ),
    Broken("use of the key denied", added(KEY, **DENY, Action="kms:Decrypt"), "key policy", "statement No denies", others=ELSEWHERE),
    Broken("no subscription", remove(*SUBSCRIPTIONS), "subscription", "has no subscriptions"),
    Broken(
        "subscription that filters",
        set_(TO_QUEUE, filter_policy='{"x": ["y"]}'), "subscription", "has a filter_policy",
    ),
    Broken(
        "only what is not read behind the topic",
        lambda stacks: [stacks.body(subscription).update(protocol="firehose") for subscription in SUBSCRIPTIONS],
        "endpoint", "no subscription of topic",
    ),
    Broken("subscription of nobody", set_(TO_QUEUE, endpoint=""), "endpoint", "set an endpoint"),
    Broken(
        "subscription without dead letters", set_(TO_QUEUE, redrive_policy=None), "redrive policy", "no redrive policy",
    ),
    Broken("no dead-letter queue", remove(LETTERS), "dead-letter queue", "${aws_sqs_queue.dead-letters.arn}", others=frozenset({"function dead letters", "dimension"})),
    Broken(
        "dead letters in another account",
        set_(
            TO_QUEUE,
            redrive_policy=json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:eu-west-1:{OTHER_ACCOUNT}:x"}),
        ),
        "dead-letter queue", "another account or region",
    ),
    Broken(
        "dead letters closed to the topic", without_topic(LETTERS), "dead-letter queue policy", "aws:SourceArn must be",
    ),
    Broken(
        "dead letters closed to all", set_(LETTERS, policy=None), "dead-letter queue policy", "it has no policy",
    ),
    Broken(
        "dead letters under aws/sqs",
        set_(LETTERS, kms_master_key_id="alias/aws/sqs"), "dead-letter queue key", "AWS managed key",
    ),
    Broken(
        "dead letters without a key",
        set_(LETTERS, kms_master_key_id=None), "dead-letter queue key", "no kms_master_key_id",
    ),
    Broken("key closed to SNS", without(KEY, SNS), "key policy", f"of dead-letter queue {'reveille'}"),
    Broken("key closed to SNS, at the queue", without(KEY, SNS), "key policy", "of queue reveille"),
    Broken("no queue", remove(QUEUE), "endpoint", "is not a queue of these stacks"),
    Broken("queue closed to the topic", without_topic(QUEUE), "queue policy", "aws:SourceArn must be"),
    Broken("queue closed to all", set_(QUEUE, policy=None), "queue policy", "it has no policy"),
    Broken(
        "queue for another action", statement(QUEUE, SNS, Action="sqs:ReceiveMessage"), "queue policy", "SendMessage",
    ),
    Broken("queue under aws/sqs", set_(QUEUE, kms_master_key_id="alias/aws/sqs"), "queue key", "AWS managed key"),
    Broken("queue that loses", set_(QUEUE, redrive_policy=None), "redrive policy", "queue reveille-alarms-prod has no"),
    Broken(
        "queue with dead letters nowhere",
        set_(QUEUE, redrive_policy='{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:333333333333:x"}'),
        "dead-letter queue", "is not a queue of these stacks",
    ),
    Broken(
        "dead letters that refuse the queue",
        set_(LETTERS, redrive_allow_policy='{"redrivePermission": "denyAll"}'),
        "dead-letter queue", "redrive_allow_policy",
    ),
]  # fmt: skip

DATA = [
    Broken("metric misspelt", set_(PLAIN, metric_name="Eror"), "metric", "no metric Eror in AWS/Lambda"),
    Broken("namespace misspelt", set_(PLAIN, namespace="AWS/Lamda"), "metric", "did you mean AWS/Lambda?"),
    Broken(
        "metric in another namespace",
        set_(PLAIN, namespace="AWS/ECS", metric_name="RunningTaskCount"), "metric", "it is in ECS/ContainerInsights",
    ),
    Broken(
        "dimension missing", set_(PLAIN, metric_name="IteratorAge", dimensions={}), "metric", "not by no dimensions",
    ),
    Broken("dimension misspelt", set_(PLAIN, dimensions={"Function": "x"}), "metric", "did you mean FunctionName?"),
    Broken(
        "function that is not there",
        set_(PLAIN, dimensions={"FunctionName": "x"}), "dimension", "FunctionName x is not an aws_lambda_function",
    ),
    Broken(
        "function that is gone",
        set_(PLAIN, dimensions={"FunctionName": '${data.terraform_remote_state.compute.outputs.x["y"]}'}),
        "dimension", "is not an aws_lambda_function of these stacks: the metric never has data",
    ),
    Broken("filter removed", filters_gone, "metric", "no metric Errors in", FILTERED),
    Broken(
        "filter on a log group that is not there",
        lambda stacks: next(stacks.of_type("aws_cloudwatch_log_metric_filter"))[1].update(log_group_name="/x"),
        "metric filter", "reads log group /x", "metric filter reveille-", others=frozenset({"metric"}),
    ),
    Broken("statistic misspelt", set_(PLAIN, statistic=None, extended_statistic="p101"), "statistic", "between 0 and 100"),
    Broken("period of 90 s", set_(PLAIN, period=90), "period", "90 is not valid"),
    Broken("operator misspelt", set_(PLAIN, comparison_operator="Greater"), "arguments", "comparison_operator 'Greater' is not valid"),
    Broken("expression on an unknown id", math(q2_expression="errs / calls"), "expression", "has the id errs"),
    Broken("two return data", math(q1_return_data=True), "arguments", "must have return_data for exactly one query (found: calls, rate)"),
    Broken("metric of a query misspelt", math(q0_metric_metric_name="Eror"), "metric", "no metric Eror"),
    Broken("statistic of a query misspelt", math(q0_metric_stat="Sums"), "statistic", '"Sums" is not a valid statistic'),
]  # fmt: skip

LIMITS = [
    Broken(
        "child that is not there",
        set_(COMPOSITE, alarm_rule='ALARM("x")'), "rule", "alarm x does not exist", COMPOSITE_NAME, others=frozenset({"action"})),
    Broken("rule misspelt", set_(COMPOSITE, alarm_rule="ALARMS(x)"), "rule", "ALARMS is not", COMPOSITE_NAME, others=frozenset({"action"})),
    Broken("rule cut off", set_(COMPOSITE, alarm_rule='ALARM("x"'), "rule", "unexpected end of the rule", COMPOSITE_NAME, others=frozenset({"action"})),
    Broken(
        "composite of itself",
        set_(COMPOSITE, alarm_rule=f'ALARM("{COMPOSITE_NAME}")'), "rule", "form a cycle", COMPOSITE_NAME, others=frozenset({"action"})),
    Broken("101 children", children(101), "rule", "at most 100 alarms (found: 101)", "parent"),
    Broken("long rule", children(90, "reveille-c{}" + "x" * 100 + "-prod"), "rule", "at most 10240 characters", "parent"),
    Broken(
        "500 elements",
        set_(COMPOSITE, alarm_rule=" OR ".join([f'ALARM("{PLAIN_NAME}")'] * 167)),
        "rule", "found: 501", COMPOSITE_NAME, others=frozenset({"action"})),
    Broken(
        "151 composites over one alarm",
        lambda stacks: [
            stacks.add(
                "monitoring",
                f"aws_cloudwatch_composite_alarm.p{each}",
                **{**stacks.body(COMPOSITE), "alarm_name": f"p{each}", "alarm_rule": f'ALARM("{PLAIN_NAME}")'},
            )
            for each in range(151)
        ],
        "name", "must be in the rules of at most 150 composite alarms", PLAIN_NAME,
        others=frozenset({"rule", "topic policy", "key policy"}),
    ),
    Broken("six actions", lonely(alarm_actions=[f"${{{TOPIC}.arn}}"] * 6), "actions", "must be at most 5", "lonely"),
    Broken("long name", lonely(alarm_name="reveille-" + "x" * 242 + "-prod"), "name", "found: 256", "xxx"),
    Broken("long description", lonely(alarm_description="x" * 1025), "description", "found: 1025", "lonely"),
    Broken("name used twice", lonely(alarm_name=PLAIN_NAME), "name", "2 alarms have this name", PLAIN_NAME),
    Broken(
        "suppressor that is not there",
        set_(COMPOSITE, actions_suppressor={"alarm": "x", "wait_period": 60, "extension_period": 60}),
        "suppressor", "alarm x does not exist", COMPOSITE_NAME,
    ),
    Broken(
        "suppressor without periods",
        set_(COMPOSITE, actions_suppressor=[{"alarm": PLAIN_NAME}]), "arguments", "wait_period", COMPOSITE_NAME,
    ),
]  # fmt: skip

GRAPHS = [
    Broken("metric of a graph misspelt", dashboard('"Duration"', '"Duratoin"'), "metric", "no metric Duratoin"),
    Broken("dimension of a graph missing", dashboard('"FunctionName",', ""), "metric", "must be a namespace, a name and pairs of dimension and value"),
    Broken(
        "function of a graph that is not there",
        dashboard('"FunctionName","reveille-', '"FunctionName","reveile-'), "dimension", "FunctionName reveile-",
    ),
    Broken("statistic of a graph misspelt", dashboard('"stat":"p99"', '"stat":"99"'), "statistic", '"99" is not'),
    Broken("period of a graph", dashboard('"stat":"p99","period":60', '"stat":"p99","period":61'), "period", "61"),
    Broken("expression of a graph", dashboard("100 * s0_errors", "100 * s9_errors"), "expression", "has the id s9_errors"),
    Broken(
        "alarm of a dashboard that is not there",
        dashboard("monitoring.outputs.alarm_arns", "monitoring.outputs.alarms"), "dashboard body", "refers to ${data.terraform_remote_state.monitoring.outputs.alarms[",
    ),
    Broken(
        "alarm of a dashboard that is another",
        lambda stacks: stacks.body("aws_cloudwatch_dashboard.main").update(
            dashboard_body=re.sub(
                r"\$\{data\.terraform_remote_state\.monitoring[^}]*\}", "arn:aws:x", stacks.body("aws_cloudwatch_dashboard.main")["dashboard_body"], count=1
            )
        ),
        "alarm", "shows arn:aws:x, which is not an alarm of these stacks",
    ),
    Broken("log group of a query that is not there", dashboard("SOURCE '", "SOURCE '/x"), "log group", "queries /x"),
    Broken("graph of another region", dashboard('"region":"eu-west-1"', '"region":"us-east-1"'), "metric", "us-east-1"),
    Broken("body cut off", dashboard('{"start"', '{"start'), "dashboard body", "no list of widgets"),
]  # fmt: skip


def first(kind: str, **arguments: str) -> str:
    """Return the address of the first resource of a type with these arguments, or parts of them."""
    return next(
        f"{kind}.{key}"
        for key, body in Edited(PROD).of_type(kind)
        if all(part in str(body.get(name)) for name, part in arguments.items())
    )


NOTIFIER = (
    Edited(PROD)
    .body(first("aws_sns_topic_subscription", protocol="lambda"))["endpoint"][2:]
    .rpartition(".")[0]
)
PERMISSION = first("aws_lambda_permission", function_name=NOTIFIER, source_arn=TOPIC)
ROLE = first("aws_iam_role_policy", role=Edited(PROD).body(NOTIFIER)["role"][2:].rpartition(".")[0])
MAIL = first("aws_sns_topic_subscription", protocol="email", topic_arn=f"{TOPIC}-mail")
RULE = first("aws_cloudwatch_event_rule")
RULE_NAME = f"event rule {Edited(PROD).body(RULE)['name']}"
TO_TOPIC = first("aws_cloudwatch_event_target", rule=RULE, arn="aws_sns_topic")
TOLD_BY_RULE = Edited(PROD).body(TO_TOPIC)["arn"][2:].rpartition(".")[0]
TOLD_POLICY = first("aws_sns_topic_policy", arn=TOLD_BY_RULE)
EVENTS = "events.amazonaws.com"
EVENT_LETTERS = Edited(PROD).body(TO_TOPIC)["dead_letter_config"]["arn"][2:].rpartition(".")[0]

NOTIFIED = [
    Broken("notifier gone", remove(NOTIFIER), "endpoint", "is not a function of these stacks", others=frozenset({"dimension"})),
    Broken("notifier that the topic may not invoke", remove(PERMISSION), "function permission", "for sns.amazonaws.com"),
    Broken("notifier that another topic may invoke", set_(PERMISSION, source_arn="arn:aws:sns:eu-west-1:333333333333:x"), "function permission", "no statement allows lambda:InvokeFunction for sns.amazonaws.com"),
    Broken("notifier that loses", remove(first("aws_lambda_function_event_invoke_config", function_name=NOTIFIER)), "function dead letters", "neither an on-failure"),
    Broken("notifier that may do nothing", remove(ROLE), "function role", "allow sns:Publish"),
    Broken("notifier without the key", without(KEY, "root"), "function role", "allow kms:Decrypt and kms:GenerateDataKey"),
    Broken("mail that nobody gets", remove(MAIL), "subscription", "-mail"),
    Broken("mail without dead letters", set_(MAIL, redrive_policy=None), "redrive policy", "no redrive policy"),
]  # fmt: skip

OF_RULES = [
    Broken("rule disabled", set_(RULE, state="DISABLED"), "event rule", "is disabled"),
    Broken("target of another rule", set_(TO_TOPIC, rule="x"), "event rule", "rule x is not in these stacks", "event target", frozenset({"event target"})),
    Broken("target without dead letters", set_(TO_TOPIC, dead_letter_config=None), "dead_letter_config", "has no dead_letter_config"),
    Broken("dead letters closed to the rules", without(EVENT_LETTERS, EVENTS), "dead-letter queue policy", "for events.amazonaws.com"),
    Broken("topic closed to events", without(TOLD_POLICY, EVENTS), "topic policy", "no statement allows sns:Publish for events.amazonaws.com"),
    Broken("topic open to one rule only", condition(TOLD_POLICY, EVENTS, "ArnEquals", "aws:SourceArn", "arn:aws:events:*:*:rule/*"), "topic policy", "without conditions"),
    Broken("key closed to events", without(KEY, EVENTS), "key policy", "no statement allows kms:Decrypt for events.amazonaws.com"),
    Broken("key open to one account's rules", condition(KEY, EVENTS, "StringEquals", "aws:SourceAccount", "333333333333"), "key policy", "it sends no aws:SourceArn here"),
]  # fmt: skip


@pytest.mark.parametrize("broken", NOTIFIED, ids=str)
def test_a_broken_link_through_the_notifier_is_found(broken: Broken) -> None:
    """For the alarms whose topic invokes it."""
    check(PROD, broken, ALARM, PUBLISHED)


@pytest.mark.parametrize("broken", OF_RULES, ids=str)
def test_a_broken_link_behind_a_rule_of_events_is_found(broken: Broken) -> None:
    """By the rule's name."""
    check(PROD, broken, RULE_NAME, PUBLISHED)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_alarm_reaches_people_and_has_data(name: str) -> None:
    """Nothing is broken, nobody is left out, and every metric is looked up."""
    one = synthesized(name)
    proof = prove(one.stacks, published=one.catalog.published)
    assert proof.faults == ()
    alarms = {resource.body["alarm_name"] for resource in one.resources(*ALARM_TYPES)}
    assert {route.name for route in proof.routes if not route.is_event} | set(proof.suppressors) == alarms
    assert all(route.through and route.topics and route.endpoints for route in proof.routes)
    assert proof.metrics >= len(
        {resource.body.get("metric_name") for resource in one.resources(ALARM_TYPES[0])}
    )


@pytest.mark.parametrize("broken", WAY, ids=str)
def test_a_broken_link_to_people_is_found(broken: Broken) -> None:
    """At its link, with the alarm's name, and nothing else is said to be broken."""
    check(PROD, broken, ALARM, PUBLISHED)


@pytest.mark.parametrize("broken", DATA, ids=str)
def test_an_alarm_without_data_is_found(broken: Broken) -> None:
    """Names, dimensions, statistics, periods and expressions that CloudWatch does not have."""
    check(PROD, broken, PLAIN_NAME, PUBLISHED)


@pytest.mark.parametrize("broken", LIMITS, ids=str)
def test_what_cloudwatch_would_refuse_or_never_evaluate_is_found(broken: Broken) -> None:
    """Composites, names, texts and actions."""
    check(PROD, broken, COMPOSITE_NAME, PUBLISHED)


@pytest.mark.parametrize("broken", GRAPHS, ids=str)
def test_a_graph_of_what_does_not_exist_is_found(broken: Broken) -> None:
    """By the dashboard's name and the widget's title."""
    check(PROD, broken, "dashboard reveille-prod", PUBLISHED)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (set_(PLAIN, count=2), "`count` is not supported"),
        (set_(TOPIC, for_each=["x"]), "`for_each` is not supported"),
        (lambda stacks: stacks.stacks["monitoring"]["provider"]["aws"][0].pop("region"), "same region"),
        (
            lambda stacks: stacks.stacks["compute"]["provider"]["aws"][0].update(allowed_account_ids=["1"]),
            "same account",
        ),
        (
            lambda stacks: stacks.stacks["compute"]["provider"]["aws"].append({}),
            "must have one configuration of the AWS provider",
        ),
    ],
)
def test_what_is_not_read_is_refused(change: Any, says: str) -> None:
    """Rather than taken for proved."""
    edited = Edited(PROD)
    change(edited)
    with pytest.raises(ConfigurationError, match=says):
        prove(edited.stacks)
