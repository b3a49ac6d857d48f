"""The ways that lead through functions, rules of events, composites and suppressors, each link broken."""

# ruff: noqa: E501  # a fault and what is said of it read best on one line

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.proof_support import Broken, Edited, Stacks, check
from tests.support.tables import each
from tests.unit.verify.delivery import ACCOUNT, REGION, stacks
from verify import Route, lines, prove

FUNCTION = "aws_lambda_function.notifier"
PERMISSION = "aws_lambda_permission.notifier"
INVOKED = "aws_lambda_function_event_invoke_config.notifier"
ROLE = "aws_iam_role_policy.notifier"
MAIL = "aws_sns_topic.mail"
KEY = "aws_kms_key.main"
RULE = "aws_cloudwatch_event_rule.tasks"
TARGET = "aws_cloudwatch_event_target"
TOPIC_POLICY = "aws_sns_topic_policy.critical"
LOG_POLICY = "aws_cloudwatch_log_resource_policy.tasks"
COMPOSITE = "aws_cloudwatch_composite_alarm"
WIDE, IMPACT, QUIET = (f"{COMPOSITE}.{text}" for text in ("wide", "impact", "quiet"))
DEPLOYS = "aws_cloudwatch_metric_alarm.deploys"
HEARD = ("shop-direct-prod", "shop-wide-prod")


def set_(address: str, **arguments: Any) -> Any:
    """Return the change that sets arguments of a resource."""
    return lambda edited: edited.body(address).update(arguments)


def remove(*addresses: str) -> Any:
    """Return the change that removes resources."""

    def change(edited: Edited) -> None:
        for address in addresses:
            edited.remove(address)

    return change


def named(address: str, sid: str, **elements: Any) -> Any:
    """Return the change that sets elements of one statement, or takes it away if there are none."""

    def change(statement: dict[str, Any]) -> None:
        if statement.get("Sid") == sid:
            statement.update(elements) if elements else statement.clear()

    return lambda edited: edited.statement(address, change)


def logs(old: str, new: str) -> Any:
    """Return the change that replaces a text in the policy of the log group."""

    def change(edited: Edited) -> None:
        body = edited.body(LOG_POLICY)
        body["policy_document"] = body["policy_document"].replace(old, new)

    return change


def described(address: str, says: str) -> Any:
    """Return the change that gives an alarm a text."""
    return set_(address, alarm_description=says)


def ruled(address: str, rule: str, of_more: str = "", *, says: str = "", metric: Any = None) -> Any:
    """Return the change that sets a composite's rule, which may name one more alarm, on other errors."""

    def change(edited: Edited) -> None:
        edited.body(address).update(alarm_rule=rule, alarm_description=says)
        if "shop-more-prod" in rule:
            body = {**edited.body("aws_cloudwatch_metric_alarm.errors"), "alarm_description": of_more}
            body |= {"alarm_name": "shop-more-prod", **(metric or {"threshold": 1})}
            edited.add("monitoring", "aws_cloudwatch_metric_alarm.more", **body)

    return change


def suppressed(address: str, by: str) -> Any:
    """Return the change that lets another alarm suppress a composite."""
    return set_(address, actions_suppressor={"alarm": by, "wait_period": 60, "extension_period": 60})


def other(suppressor: str, *, rule: str = "ALARM(shop-direct-prod)") -> Callable[[Edited], None]:
    """Return the change that adds another composite that notifies, and that an alarm suppresses."""

    def change(edited: Edited) -> None:
        body = {**edited.body(WIDE), "alarm_name": "shop-other-prod", "alarm_rule": rule}
        edited.add("monitoring", f"{COMPOSITE}.other", **body)
        suppressed(f"{COMPOSITE}.other", suppressor)(edited)

    return change


def losing_target(edited: Edited) -> None:
    """Make the function a target of the rule, with a permission and without dead letters."""
    edited.body(f"{TARGET}.topic")["arn"] = "${aws_lambda_function.notifier.arn}"
    permission = {
        **edited.body(PERMISSION),
        "principal": "events.amazonaws.com",
        "source_arn": "${aws_cloudwatch_event_rule.tasks.arn}",
    }
    edited.add("monitoring", "aws_lambda_permission.events", **permission)
    edited.remove(INVOKED)


SOURCE = {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/shop-tasks-prod"}}

FUNCTIONS = [
    Broken("function gone", remove(FUNCTION), "endpoint", "is not a function of these stacks", others=frozenset({"metric", "dimension", "subscription"})),
    Broken("no permission", remove(PERMISSION), "function permission", "has no aws_lambda_permission"),
    Broken("permission of another topic", set_(PERMISSION, source_arn="${aws_sns_topic.mail.arn}"), "function permission", "aws:SourceArn must be arn:aws:sns:eu-west-1:111122223333:shop-mail-prod"),
    Broken("permission of another account", set_(PERMISSION, source_account="999999999999"), "function permission", "aws:SourceAccount must be"),
    Broken("permission of another service", set_(PERMISSION, principal="s3.amazonaws.com"), "function permission", "no statement allows"),
    Broken("permission of another function", set_(PERMISSION, function_name="x"), "function permission", "has no aws_lambda_permission"),
    Broken("permission of an alias", set_(PERMISSION, qualifier="live"), "function permission", "has no aws_lambda_permission"),
    Broken("permission for another action", set_(PERMISSION, action="lambda:GetFunction"), "function permission", "does not cover"),
    Broken("no dead letters", remove(INVOKED), "function dead letters", "neither an on-failure"),
    Broken("dead letters nowhere", set_(INVOKED, destination_config=[{"on_failure": [{"destination": "arn:aws:sqs:x"}]}]), "function dead letters", "arn:aws:sqs:x"),
    Broken("dead letters nowhere, the older way", lambda edited: (remove(INVOKED)(edited), set_(FUNCTION, dead_letter_config=[{"target_arn": "arn:aws:sqs:x"}])(edited)), "function dead letters", "arn:aws:sqs:x"),
    Broken("role may not send dead letters", named(ROLE, "Letters"), "function role", "allow sqs:SendMessage"),
    Broken("role may not use the key", named(ROLE, "Key"), "function role", "allow kms:Decrypt"),
    Broken("role may use the key for S3", named(ROLE, "Key", Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}), "function role", "kms:ViaService must be s3"),
    Broken("role may use the key for SNS alone", named(ROLE, "Key", Condition={"StringEquals": {"kms:ViaService": "sns.eu-west-1.amazonaws.com"}}), "function role", "key of dead-letter queue shop-letters-prod"),
    Broken("role may use the key for SQS alone", named(ROLE, "Key", Condition={"StringEquals": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}), "function role", "key of topic shop-mail-prod"),
    Broken("role may use another key", named(ROLE, "Key", Resource="arn:aws:kms:eu-west-1:111122223333:key/1"), "function role", "does not cover"),
    Broken("key closed to the account", named(KEY, "Account"), "function role", "allow kms:"),
    Broken("role may not publish", named(ROLE, "Mail"), "function role", "allow sns:Publish"),
    Broken("role may publish to another topic", named(ROLE, "Mail", Resource="${aws_sns_topic.critical.arn}"), "function role", "does not cover"),
    Broken("role denied", lambda edited: edited.add_statement(ROLE, Sid="No", Effect="Deny", Action="sns:*", Resource="*"), "function role", "statement No denies"),
    Broken("mail topic denies the role", lambda edited: edited.add("monitoring", "aws_sns_topic_policy.mail", arn="${aws_sns_topic.mail.arn}", policy='{"Statement": {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}'), "function role", "statement No denies"),
    Broken("policy of another role", set_(ROLE, role="x"), "function role", "no statement allows sns:Publish for role shop-notifier-prod"),
    Broken("role of another account", set_(FUNCTION, role="arn:aws:iam::999999999999:role/x"), "function role", "is not a role of these stacks"),
    Broken("mail topic gone", remove(MAIL), "function topic", "variable MAIL_TOPIC"),
    Broken("mail topic elsewhere", set_(FUNCTION, environment={"variables": {"MAIL_TOPIC": "arn:aws:sns:us-east-1:111122223333:x"}}), "function topic", "variable MAIL_TOPIC"),
    Broken("mail topic under aws/sns", set_(MAIL, kms_master_key_id="alias/aws/sns"), "topic key", "AWS managed key"),
    Broken("nobody gets the mail", remove("aws_sns_topic_subscription.mail"), "subscription", "topic shop-mail-prod has no subscriptions"),
    Broken("mail without dead letters", set_("aws_sns_topic_subscription.mail", redrive_policy=""), "redrive policy", "email subscription oncall@example.com"),
]  # fmt: skip

EVENTS = [
    Broken("rule disabled", set_(RULE, state="DISABLED"), "event rule", "is disabled"),
    Broken("rule disabled, the older way", set_(RULE, is_enabled=False), "event rule", "is disabled"),
    Broken("rule without a target", remove(*(f"{TARGET}.{text}" for text in ("topic", "queue", "log"))), "event target", "has no target"),
    Broken("target of a rule that is not there", set_(f"{TARGET}.topic", rule="x"), "event rule", "rule x is not in these stacks", "event target topic"),
    Broken("target of another bus", set_(f"{TARGET}.topic", event_bus_name="orders"), "event rule", "rule shop-tasks-prod is not in these stacks", "event target topic"),
    Broken("target that is not there", set_(f"{TARGET}.topic", arn="arn:aws:sns:eu-west-1:111122223333:x"), "event target", "is not supported"),
    Broken("target with a role", set_(f"{TARGET}.queue", role_arn="x"), "event target", "has a role_arn"),
    Broken("topic closed to events", named(TOPIC_POLICY, "Events"), "topic policy", "no statement allows sns:Publish for events.amazonaws.com"),
    Broken("topic open under a condition that EventBridge never meets", named(TOPIC_POLICY, "Events", Condition=SOURCE), "topic policy", "events.amazonaws.com is not documented to send aws:SourceArn"),
    Broken("key closed to events", named(KEY, "Events"), "key policy", "with a condition on kms:EncryptionContext:aws:sns:topicArn only"),
    Broken("key open under a condition that EventBridge never meets", named(KEY, "Events", Condition=SOURCE), "key policy", "is not documented to send aws:SourceArn"),
    Broken("queue closed to events", named("aws_sqs_queue.alarms", "EventsSend"), "queue policy", "for events.amazonaws.com"),
    Broken("queue open to another rule", named("aws_sqs_queue.alarms", "EventsSend", Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/x"}}), "queue policy", "rule/x"),
    Broken("queue's key closed to events", named(KEY, "EventsToQueues"), "key policy", "of queue shop-alarms-prod"),
    Broken("target's dead letters nowhere", set_(f"{TARGET}.queue", dead_letter_config=[{"arn": "arn:aws:sqs:eu-west-1:111122223333:x"}]), "dead-letter queue", "target queue: dead-letter queue"),
    Broken("target's dead letters closed", named("aws_sqs_queue.letters", "EventsSend"), "dead-letter queue policy", "for events"),
    Broken("no log policy", remove(LOG_POLICY), "log resource policy", "there is no aws_cloudwatch_log_resource_policy"),
    Broken("log policy without events", logs("events.amazonaws", "s3.amazonaws"), "log resource policy", "for events.amazonaws.com"),
    Broken("log policy without delivery", logs("delivery.logs", "x"), "log resource policy", "for delivery.logs.amazonaws.com"),
    Broken("log policy without events in it", logs("logs:PutLogEvents", "logs:GetLogEvents"), "log resource policy", "logs:PutLogEvents"),
    Broken("log policy without its streams' creation", logs("logs:CreateLogStream", "logs:DeleteLogStream"), "log resource policy", "allow logs:CreateLogStream on"),
    Broken("log policy of another group", logs("tasks.arn}:*", "tasks.arn}-x:*"), "log resource policy", "Resource does not cover"),
    Broken("log policy without its streams", logs("tasks.arn}:*", "tasks.arn}"), "log resource policy", "Resource does not cover"),
    Broken("function as a target, without a permission", set_(f"{TARGET}.topic", arn="${aws_lambda_function.notifier.arn}"), "function permission", "events.amazonaws.com"),
    Broken("function as a target, without dead letters", losing_target, "function dead letters", "neither an on-failure"),
]  # fmt: skip

COMPOSITES = [
    Broken("composite on the way without actions", set_(WIDE, alarm_actions=[]), "action", "does not notify", "shop-errors-prod"),
    Broken("composite on the way switched off", set_(WIDE, actions_enabled=False), "action", "does not notify", "shop-impact-prod"),
    Broken("chain cut", set_(WIDE, alarm_rule='OK("shop-impact-prod")'), "action", "does not notify", "shop-errors-prod", frozenset({"rule"})),
    Broken("suppressor no longer used", set_(WIDE, actions_suppressor=None), "action", "does not notify", "shop-deploys-prod"),
    Broken("suppressor on other terms", set_("aws_cloudwatch_composite_alarm.quiet", alarm_rule="TRUE"), "action", "does not notify", "shop-deploys-prod", frozenset({"rule", "suppressor"})),
    Broken("suppressed by itself", set_(WIDE, actions_suppressor={"alarm": "shop-wide-prod", "wait_period": 1, "extension_period": 1}), "suppressor", "cannot suppress itself", "shop-wide-prod", frozenset({"action"})),
    Broken("cycle of three", lambda edited: (set_("aws_cloudwatch_composite_alarm.impact", alarm_rule="ALARM(shop-quiet-prod)")(edited), set_("aws_cloudwatch_composite_alarm.quiet", alarm_rule="ALARM(shop-wide-prod)")(edited)), "rule", "shop-impact-prod -> shop-quiet-prod -> shop-wide-prod -> shop-impact-prod", "shop-impact-prod", frozenset({"action", "suppressor"})),
    Broken("cycle that notifies nobody", lambda edited: (set_("aws_cloudwatch_composite_alarm.impact", alarm_rule="ALARM(shop-quiet-prod) OR ALARM(shop-errors-prod)")(edited), set_("aws_cloudwatch_composite_alarm.quiet", alarm_rule="ALARM(shop-impact-prod)")(edited), set_(WIDE, alarm_rule="ALARM(shop-direct-prod)", actions_suppressor=None)(edited)), "action", "does not notify", "shop-errors-prod", frozenset({"rule"})),
    Broken("silence with a runbook", described(DEPLOYS, "Owner: x\nRunbook: x.md#y"), "action", "does not notify", "shop-deploys-prod"),
    Broken("alarm with a runbook that a silence names", ruled(QUIET, 'ALARM("shop-deploys-prod") OR ALARM("shop-more-prod")', "Runbook: x"), "action", "does not notify", "shop-more-prod"),
    Broken("silence that is none", set_(QUIET, alarm_rule='NOT ALARM("shop-deploys-prod")'), "suppressor", "in ALARM while every other alarm is OK", "shop-wide-prod", frozenset({"action", "rule"})),
    Broken("heard only together", ruled(WIDE, 'ALARM("shop-impact-prod") AND ALARM("shop-more-prod")'), "action", "only through shop-wide-prod together with shop-more-prod", "shop-errors-prod"),
    Broken("heard only together on the way", ruled(IMPACT, 'ALARM("shop-errors-prod") AND ALARM("shop-more-prod")'), "action", "only through shop-wide-prod together with shop-more-prod", "shop-errors-prod"),
    Broken("heard only together with two of three", ruled(WIDE, "AT_LEAST(2, ALARM, (shop-impact-prod, shop-direct-prod, shop-more-prod))"), "action", "only through shop-wide-prod together with", "shop-more-prod"),
    Broken("never true", set_(WIDE, alarm_rule='ALARM("shop-impact-prod") AND NOT ALARM("shop-impact-prod")'), "action", "does not notify", "shop-errors-prod", frozenset({"rule"})),
    Broken("never true by what follows", set_(WIDE, alarm_rule='ALARM("shop-errors-prod") AND NOT ALARM("shop-impact-prod")'), "rule", "no alarm in the rule can make it true", "shop-wide-prod", frozenset({"action"})),
    Broken("always true", set_(IMPACT, alarm_rule='ALARM("shop-errors-prod") OR NOT ALARM("shop-errors-prod")'), "rule", "true while every alarm is OK", "shop-impact-prod", frozenset({"action"})),
    Broken("suppressed by its child", suppressed(WIDE, "shop-impact-prod"), "suppressor", "suppressor shop-impact-prod is in ALARM whenever shop-impact-prod is the cause", "shop-wide-prod", frozenset({"action"})),
    Broken("suppressed by its child alone of two", lambda edited: (suppressed(WIDE, "shop-more-prod")(edited), ruled(WIDE, 'ALARM("shop-impact-prod") OR ALARM("shop-more-prod")', "Runbook: x")(edited)), "action", "does not notify", "shop-more-prod", frozenset({"suppressor"})),
    Broken("suppressed by what its child is of", set_(QUIET, alarm_rule='ALARM("shop-deploys-prod") OR ALARM("shop-impact-prod")'), "suppressor", "suppressor shop-quiet-prod is in ALARM whenever shop-impact-prod", "shop-wide-prod", frozenset({"action"})),
    Broken("suppressed by its own chain", set_(QUIET, alarm_rule='ALARM("shop-deploys-prod") OR ALARM("shop-wide-prod")'), "suppressor", "suppressor shop-quiet-prod is in ALARM whenever", "shop-wide-prod", frozenset({"action"})),
    Broken("suppressed by its own chain at times", set_(QUIET, alarm_rule='ALARM("shop-deploys-prod") AND ALARM("shop-wide-prod")'), "suppressor", "shop-wide-prod -> shop-wide-prod", "shop-wide-prod"),
    Broken("silent while each other speaks", lambda edited: (set_(QUIET, alarm_rule='ALARM("shop-deploys-prod") OR ALARM("shop-other-prod")')(edited), other("shop-wide-prod")(edited)), "suppressor", "shop-other-prod -> shop-wide-prod -> shop-other-prod", "shop-other-prod"),
    Broken("listed but not alone", ruled(WIDE, '(ALARM("shop-errors-prod") OR ALARM("shop-impact-prod")) AND (ALARM("shop-direct-prod") OR ALARM("shop-errors-prod"))', says="Any of: errors, direct, impact"), "rule", 'lists "direct" in "Any of", but shop-direct-prod alone', "shop-wide-prod", frozenset({"action"})),
    Broken("suppressed by all its children", lambda edited: (set_(WIDE, alarm_rule='ALARM("shop-impact-prod") AND ALARM("shop-direct-prod")')(edited), set_(QUIET, alarm_rule='ALARM("shop-impact-prod") AND ALARM("shop-direct-prod")')(edited)), "suppressor", "suppressor shop-quiet-prod is in ALARM whenever", "shop-wide-prod", frozenset({"action"})),
    Broken("alarm that a silence only yields to", ruled(QUIET, 'ALARM("shop-deploys-prod") AND NOT ALARM("shop-more-prod")'), "action", "does not notify", "shop-more-prod"),
    Broken("listed but not named", described(WIDE, "Wide.\nAny of: impact, log-impact"), "rule", 'lists "log-impact" in "Any of", but the rule does not reference it', "shop-wide-prod"),
]  # fmt: skip


WELL = {
    "silence that yields": set_(QUIET, alarm_rule='((ALARM("shop-deploys-prod") AND NOT ALARM("shop-errors-prod")) OR ALARM("shop-direct-prod"))'),
    "silence that needs two": set_(QUIET, alarm_rule='ALARM("shop-deploys-prod") AND ALARM("shop-direct-prod")'),
    "alarm that yields": set_(WIDE, alarm_rule='ALARM("shop-impact-prod") AND NOT ALARM("shop-deploys-prod")'),
    "one condition over two windows": ruled(IMPACT, 'ALARM("shop-errors-prod") AND ALARM("shop-more-prod")', metric={"period": 300}),
    "listed": described(WIDE, "Wide.\nAny of: impact"),
    "part that only sums up": lambda edited: (
        edited.add("monitoring", f"{COMPOSITE}.sum", alarm_name="shop-sum-prod", alarm_rule='ALARM("shop-errors-prod")'),
        set_(WIDE, alarm_rule='ALARM("shop-impact-prod") OR (ALARM("shop-sum-prod") AND ALARM("shop-direct-prod"))')(edited),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", WELL.values(), ids=WELL)
def test_what_reaches_people_is_not_refused(change: Any) -> None:
    """Rules that negate, windows of one condition, parts of which each alarm is heard without them."""
    edited = Edited(stacks())
    change(edited)
    assert edited.stacks != stacks()
    assert prove(edited.stacks).faults == ()


def test_a_way_says_with_whom() -> None:
    """Those come first that need nobody else; of several that would do, as few as possible are named."""
    edited = Edited(stacks())
    rule = "(ALARM(shop-deploys-prod) AND ALARM(shop-direct-prod)) OR ALARM(shop-direct-prod)"
    edited.body(WIDE)["alarm_rule"] = f"ALARM(shop-errors-prod) AND ALARM(shop-impact-prod) AND ({rule})"
    other("shop-quiet-prod", rule="ALARM(shop-errors-prod)")(edited)
    (route,) = (pair for pair in prove(edited.stacks).routes if pair.name == "shop-errors-prod")
    assert route.through == ("shop-other-prod", "shop-wide-prod together with shop-direct-prod")


def test_everything_is_as_it_has_to_be() -> None:
    """The environment of these tests has no fault, so that each of them is the only one."""
    proof = prove(stacks())
    assert proof.faults == ()
    assert set(proof.suppressors) == {"shop-deploys-prod", "shop-quiet-prod"}


def test_the_ways_are_told_with_those_whom_they_reach() -> None:
    """Through the nearest composites that notify, and through the function to its mail."""
    everyone = (
        "function shop-notifier-prod",
        "via shop-notifier-prod: email oncall@example.com",
        "queue shop-alarms-prod",
    )
    topics = ("shop-critical-prod",)
    assert set(prove(stacks()).routes) == {
        Route("shop-errors-prod", ("shop-wide-prod",), topics, everyone),
        Route("shop-impact-prod", ("shop-wide-prod",), topics, everyone),
        Route("shop-wide-prod", ("itself",), topics, everyone),
        Route("shop-direct-prod", ("itself",), topics, everyone),
        Route("event rule shop-tasks-prod", ("itself",), topics, everyone, is_event=True),
    }


@each("broken", FUNCTIONS, ids=str)
def test_a_broken_link_through_a_function_is_found(broken: Broken) -> None:
    """For every alarm whose topic invokes it, and for the rule of events."""
    for subject in (*HEARD, "event rule shop-tasks-prod"):
        check(stacks(), broken, subject)


@each("broken", EVENTS, ids=str)
def test_a_broken_link_behind_a_rule_of_events_is_found(broken: Broken) -> None:
    """By the rule's name."""
    check(stacks(), broken, "event rule shop-tasks-prod")


@each("broken", COMPOSITES, ids=str)
def test_a_broken_link_between_alarms_is_found(broken: Broken) -> None:
    """By the name of the alarm that nobody would hear of."""
    check(stacks(), broken, broken.subject)


def test_managed_policies_of_the_stacks_count() -> None:
    """Attached, inline and listed policies of a role are as good as one of its own."""
    for way in ("attached", "listed", "inline"):
        edited = Edited(stacks())
        policy = edited.body(ROLE)["policy"]
        edited.remove(ROLE)
        edited.add("monitoring", "aws_iam_policy.x", name="x", policy=policy)
        if way == "attached":
            edited.add(
                "monitoring",
                "aws_iam_role_policy_attachment.x",
                role="shop-notifier-prod",
                policy_arn="${aws_iam_policy.x.arn}",
            )
        elif way == "listed":
            edited.body("aws_iam_role.notifier")["managed_policy_arns"] = [
                "arn:aws:iam::aws:policy/x",
                "${aws_iam_policy.x.arn}",
            ]
        else:
            edited.body("aws_iam_role.notifier")["inline_policy"] = [{"name": "x", "policy": policy}]
        assert prove(edited.stacks).faults == (), way


def test_policies_and_redrives_may_be_resources_of_their_own() -> None:
    """As the provider offers: of topics, queues and keys."""
    edited = Edited(stacks())
    queue, key = edited.body("aws_sqs_queue.alarms"), edited.body(KEY)
    url = "${aws_sqs_queue.alarms.url}"
    edited.add("monitoring", "aws_sqs_queue_policy.x", queue_url=url, policy=queue.pop("policy"))
    edited.add(
        "monitoring",
        "aws_sqs_queue_redrive_policy.x",
        queue_url=url,
        redrive_policy=queue.pop("redrive_policy"),
    )
    edited.add("security", "aws_kms_key_policy.x", key_id="${aws_kms_key.main.id}", policy=key.pop("policy"))
    topic = edited.body("aws_sns_topic.critical")
    topic["policy"] = edited.body(TOPIC_POLICY)["policy"]
    edited.remove(TOPIC_POLICY)
    letters = {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"arn:aws:sqs:{REGION}:{ACCOUNT}:shop-alarms-prod"],
    }
    edited.add(
        "monitoring",
        "aws_sqs_queue_redrive_allow_policy.x",
        queue_url="${aws_sqs_queue.letters.id}",
        redrive_allow_policy="${jsonencode(" + str(letters).replace("'", '"') + ")}",
    )
    assert prove(edited.stacks).faults == ()
    edited.body("aws_sqs_queue_redrive_allow_policy.x")["redrive_allow_policy"] = (
        '{"redrivePermission": "byQueue"}'
    )
    assert [fault.link for fault in prove(edited.stacks).faults] == ["dead-letter queue"] * 3


def test_an_alarm_reaches_those_of_its_own_topic_and_of_its_composites() -> None:
    """Both are told, its own first."""
    edited = Edited(stacks())
    edited.body("aws_cloudwatch_metric_alarm.errors")["alarm_actions"] = ["${aws_sns_topic.mail.arn}"]
    (route,) = (pair for pair in prove(edited.stacks).routes if pair.name == "shop-errors-prod")
    assert route.through == ("itself", "shop-wide-prod")
    assert route.topics == ("shop-mail-prod", "shop-critical-prod")
    assert {"email oncall@example.com", "queue shop-alarms-prod"} < set(route.endpoints)


def with_json() -> Stacks:
    """Return the stacks with the mail topic in the JSON of a variable, and the other one as a key of it."""
    edited = Edited(stacks())
    edited.body(FUNCTION)["environment"]["variables"] = {
        "RECIPIENTS": '{"critical": {"slack": [], "mail": ["${aws_sns_topic.mail.arn}"], "on": true}}',
        "TOPICS": '{"${aws_sns_topic.critical.arn}": "critical"}',
    }
    return edited.stacks


def test_a_topic_in_the_json_of_a_variable_is_followed() -> None:
    """As a value, however deep; as a key it is where notifications come from."""
    assert prove(with_json()) == prove(stacks())


@pytest.mark.parametrize(
    "broken",
    [
        Broken("nobody gets the mail", remove("aws_sns_topic_subscription.mail"), "subscription", "topic shop-mail-prod has no subscriptions"),
        Broken("role may not publish", named(ROLE, "Mail"), "function role", "allow sns:Publish"),
        Broken("mail topic gone", remove(MAIL), "function topic", "variable RECIPIENTS"),
    ],
    ids=str,
)  # fmt: skip
def test_a_broken_link_behind_the_json_of_a_variable_is_found(broken: Broken) -> None:
    """As behind a variable that is the topic."""
    check(with_json(), broken, "shop-direct-prod")


def test_a_permission_compares_as_lambda_does() -> None:
    """Its source ARN is a text with wildcards, which reach over the parts of an ARN."""
    edited = Edited(stacks())
    edited.body(PERMISSION)["source_arn"] = "arn:aws:sns:*shop-critical-prod"
    assert prove(edited.stacks).faults == ()


def test_a_function_that_publishes_to_its_own_topic_does_not_go_on_for_ever() -> None:
    """What is being walked already adds nothing."""
    edited = Edited(stacks())
    edited.body(FUNCTION)["environment"]["variables"]["AGAIN"] = "${aws_sns_topic.critical.arn}"
    edited.add_statement(ROLE, Effect="Allow", Action="sns:Publish", Resource="*")
    assert prove(edited.stacks).faults == ()


def test_one_cause_is_one_line_that_counts_whom_it_concerns() -> None:
    """Three are named; a missing policy of a topic would otherwise be a line for every alarm."""
    edited = Edited(stacks())
    for number in range(5):
        body = {**edited.body("aws_cloudwatch_metric_alarm.direct"), "alarm_name": f"shop-{number}-prod"}
        edited.add("monitoring", f"aws_cloudwatch_metric_alarm.x{number}", **body)
    edited.remove(TOPIC_POLICY)
    (alarms, events) = lines(prove(edited.stacks).faults)
    assert alarms == (
        "alarm shop-direct-prod, alarm shop-0-prod, alarm shop-1-prod and 4 more: topic policy: topic "
        "shop-critical-prod: it has no aws_sns_topic_policy: allow sns:Publish for cloudwatch.amazonaws.com, "
        "with conditions that match its request"
    )
    assert events == (
        "event rule shop-tasks-prod: topic policy: topic shop-critical-prod: it has no aws_sns_topic_policy: allow "
        "sns:Publish for events.amazonaws.com, without conditions (it sends no aws:SourceArn or aws:SourceAccount here)"
    )
