"""What is read of Terraform's expressions and of composite rules, and what is left unknown."""

# ruff: noqa: E501  # what is said of a case reads best on one line

from __future__ import annotations

from typing import Any

import pytest

from cloudwatch import rules as cloudwatch_rules
from cloudwatch.errors import RuleError
from cloudwatch.quotas import is_period
from terraform.configuration import Configuration, ConfigurationError
from terraform.expressions import UnknownValueError, is_known, path, resolved
from tests.support.tables import each
from tests.unit.verify.delivery import ACCOUNT, REGION, stacks
from verify import rules
from verify.arns import account_and_region, arn_like
from verify.rules import AmbiguousRuleError, Reference

VALUES: dict[tuple[str, ...], Any] = {
    ("a", "b", "c"): "value",
    ("a", "b", "map", "k-1"): "inner",
    ("a", "b", "number"): 3,
}


def lookup(parts: tuple[str, ...]) -> Any:
    """Return one of the values above."""
    if parts not in VALUES:
        raise UnknownValueError(".".join(parts))
    return VALUES[parts]


@each(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${a.b.c}", "value"),
        ("${a.b.number}", 3),
        ("<${a.b.c}|${a.b.number}>", "<value|3>"),
        ('${a.b.map["k-1"]}', "inner"),
        ("$${a.b.c}", "${a.b.c}"),
        ("x$${y}${a.b.c}", "x${y}value"),
        ("${a.b.x}", "${a.b.x}"),
        ("<${a.b.x}>${a.b.c}", "<${a.b.x}>value"),
        ('${a.b.map["x"]}', '${a.b.map["x"]}'),
        ("${jsonencode({})}", "{}"),
        ('${jsonencode({"k" = a.b.c, "n" = 3, t = true, l = [1, "x"], z = null})}',
         '{"k": "value", "n": 3, "t": true, "l": [1, "x"], "z": null}'),
        ('${jsonencode({"k": a.b.map["k-1"]})}', '{"k": "inner"}'),
        ('${jsonencode("<${a.b.c}>")}', '"<value>"'),
        ('${jsonencode({"k" = a.b.x})}', '{"k": "${a.b.x}"}'),
        ('${jsonencode("a \\"b\\"")}', '"a \\"b\\""'),
        ('${upper("x")}', '${upper("x")}'),
        ("${a.b.c + 1}", "${a.b.c + 1}"),
        ("${jsonencode({)}", "${jsonencode({)}"),
        ("${a.b.c", "${a.b.c"),
        ('${jsonencode("}")}', '"}"'),
    ],
)  # fmt: skip
def test_an_expression_has_its_value_or_stays_as_it_is(text: str, value: Any) -> None:
    """Nested in lists and objects too."""
    assert resolved(text, lookup) == value
    assert resolved({"x": [text, 1]}, lookup) == {"x": [value, 1]}


def test_a_reference_has_parts() -> None:
    """With dots, hyphens and quoted keys."""
    assert path('data.x.y-z.outputs.m["k.1"]') == ("data", "x", "y-z", "outputs", "m", "k.1")


@pytest.mark.parametrize(
    ("value", "known"), [("x", True), ("${x}", False), ({"a": ["${x}"]}, False), ([1, {"a": "x"}], True)]
)
def test_what_an_expression_is_left_in_is_not_known(value: Any, known: bool) -> None:  # noqa: FBT001
    """However deep."""
    assert is_known(value) == known


ARNS = {
    "aws_sns_topic.critical": f"arn:aws:sns:{REGION}:{ACCOUNT}:shop-critical-prod",
    "aws_sqs_queue.alarms": f"arn:aws:sqs:{REGION}:{ACCOUNT}:shop-alarms-prod",
    "aws_lambda_function.notifier": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop-notifier-prod",
    "aws_cloudwatch_metric_alarm.errors": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:shop-errors-prod",
    "aws_cloudwatch_log_group.tasks": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/shop-tasks-prod",
    "aws_cloudwatch_event_rule.tasks": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/shop-tasks-prod",
    "aws_cloudwatch_event_rule.bus": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/orders/x",
    "aws_iam_role.notifier": f"arn:aws:iam::{ACCOUNT}:role/shop-notifier-prod",
    "aws_iam_role.path": f"arn:aws:iam::{ACCOUNT}:role/service/x",
    "aws_kms_key.main": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/<security.aws_kms_key.main.key_id>",
    "aws_kms_alias.main": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/shop",
}


def configuration() -> Configuration:
    """Return the environment of the tests of delivery, with a bus and a path."""
    made = stacks()
    resources = made["monitoring"]["resource"]
    resources["aws_cloudwatch_event_rule"]["bus"] = {"name": "x", "event_bus_name": "orders"}
    resources["aws_iam_role"]["path"] = {"name": "x", "path": "/service/"}
    resources["aws_loop"] = {"x": {"name": "${aws_loop.x.name}"}}
    resources["aws_ids"] = {
        "x": {
            "queue": "${aws_sqs_queue.alarms.id}",
            "topic": "${aws_sns_topic.critical.id}",
            "key": "${data.terraform_remote_state.security.outputs.kms_key_arn}",
            "missing": "${data.terraform_remote_state.security.outputs.x}",
            "elsewhere": "${data.terraform_remote_state.x.outputs.x}",
            "account": "${data.aws_caller_identity.x.account_id}",
            "region": "${data.aws_region.x.name}",
            "partition": "${data.aws_partition.x.partition}",
            "other": "${data.aws_vpc.x.id}",
            "made_up": "${aws_sqs_queue.alarms.x}",
            "self": "${aws_loop.x.name}",
        }
    }
    return Configuration(made)


@each("address", ARNS)
def test_arns_follow_from_names(address: str) -> None:
    """Of everything on the way, with buses and paths."""
    kind, _, key = address.partition(".")
    (resource,) = (item for item in configuration().of_type(kind) if item.key == key)
    assert resource.arn == ARNS[address]


def test_references_lead_through_outputs_and_ids() -> None:
    """What AWS makes up is a text of its own; what is not there stays a reference."""
    (ids,) = configuration().of_type("aws_ids")
    assert ids.body == {
        "queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/shop-alarms-prod",
        "topic": ARNS["aws_sns_topic.critical"],
        "key": ARNS["aws_kms_key.main"],
        "missing": "${data.terraform_remote_state.security.outputs.x}",
        "elsewhere": "${data.terraform_remote_state.x.outputs.x}",
        "account": ACCOUNT,
        "region": REGION,
        "partition": "aws",
        "other": "${data.aws_vpc.x.id}",
        "made_up": "<monitoring.aws_sqs_queue.alarms.x>",
        "self": "${aws_loop.x.name}",
    }


def test_a_local_value_is_known_and_a_variable_is_not() -> None:
    """A run may give a variable another value than its default, so nothing is proved by that."""
    content = {
        "locals": {"of_local": "${local.plain}-${var.given}", "plain": "x", "own": "${local.own}"},
        "variable": {"given": {"default": "y"}, "open": {}},
        "resource": {
            "aws_sns_topic": {
                "one": {
                    "name": "${local.of_local}",
                    "a": "${local.own}",
                    "b": "${var.open}",
                    "c": "${local.no}",
                }
            }
        },
    }
    for has_defaults, name in ((False, "x-${var.given}"), (True, "x-y")):
        (topic,) = Configuration({"s": content}, has_defaults=has_defaults).of_type("aws_sns_topic")
        assert topic.body == {"name": name, "a": "${local.own}", "b": "${var.open}", "c": "${local.no}"}


def test_stacks_of_several_accounts_or_regions_are_refused() -> None:
    """ARNs would be wrong, and so would what they prove."""
    for name, value in (("region", "us-east-1"), ("allowed_account_ids", ["1", "2"])):
        made = stacks()
        made["compute"]["provider"] = {"aws": {**made["compute"]["provider"]["aws"][0], name: value}}
        with pytest.raises(ConfigurationError, match="ARNs cannot be computed"):
            assert Configuration(made).by_arn


def test_an_arn_names_its_account_and_region() -> None:
    """Other texts name none."""
    assert account_and_region(ARNS["aws_sqs_queue.alarms"]) == (ACCOUNT, REGION)
    assert account_and_region("https://a:b:c:d:e:f") == account_and_region("arn:x") == ("", "")


def test_a_wildcard_stays_within_its_part() -> None:
    """But for the last part, which has no colons of its own to mean."""
    assert arn_like("arn:aws:logs:a:b:log-group:x:log-stream:y", "arn:aws:logs:*:b:log-group:x:*")
    assert not arn_like("arn:aws:logs:a:b:log-group:x", "arn:aws:*:b:log-group:x:*")
    assert not arn_like("no ARN", "arn:*:*:*:*:*")
    assert not arn_like("arn:aws:logs", "arn:aws:logs:*:*:*")
    with pytest.raises(UnknownValueError):
        arn_like("arn:aws:logs:a:b:c", "arn:aws:logs:*")


@each(
    ("text", "mentions", "elements"),
    [
        ('ALARM("a")', [("a", True)], 3),
        ("ALARM(a)", [("a", True)], 3),
        ('OK("a")', [("a", False)], 3),
        ('NOT OK("a")', [("a", True)], 3),
        ('NOT ALARM("a")', [("a", False)], 3),
        ('NOT (ALARM("a") OR NOT ALARM(b))', [("a", False), ("b", True)], 8),
        ('INSUFFICIENT_DATA("a")', [("a", False)], 3),
        ('(ALARM("a") AND (ALARM("b c") OR TRUE))', [("a", True), ("b c", True)], 11),
        ('ALARM("a \\"b\\" (c)")', [('a "b" (c)', True)], 3),
        ("ALARM(arn:aws:cloudwatch:r:1:alarm:x:y)", [("x:y", True)], 3),
        ('AT_LEAST(2, ALARM, (a, "b", c))', [("a", True), ("b", True), ("c", True)], 7),
        ("AT_LEAST(50%, NOT OK, (a))", [("a", True)], 5),
        ("AT_LEAST(1, NOT ALARM, (a))", [("a", False)], 5),
        ("TRUE", [], 1),
        ("FALSE OR TRUE", [], 2),
    ],
)
def test_a_rule_is_read(text: str, mentions: list[tuple[str, bool]], elements: int) -> None:
    """Which alarms it names, whether each speaks for ALARM, and its size."""
    rule = rules.read(text)
    assert rule.references == tuple(Reference(*mention) for mention in mentions)
    assert cloudwatch_rules.elements(cloudwatch_rules.parse(text)) == elements


@each(
    "text",
    [
        "", "ALARM", "ALARM(", "ALARM()", "ALARM(a", "ALARM(a))", "alarm(a)", "ALARM(a) ALARM(b)", "AND",
        "ALARM(a) XOR ALARM(b)", "ALARM(a) OR ALARM(b) AND ALARM(c)", "NOT", "(ALARM(a)", '"ALARM"(a)', 'ALARM("a', "ALARM(a,b)", "a",
        "AT_LEAST(x, ALARM, (a))", "AT_LEAST(1, x, (a))", "AT_LEAST(1, ALARM, a)", "AT_LEAST(1, ALARM, (a,))",
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text: str) -> None:
    """Rather than read as far as it goes; what joins by AND and OR at once, for that."""
    with pytest.raises(RuleError) as caught:
        rules.read(text)
    assert isinstance(caught.value, AmbiguousRuleError) == (" OR ALARM(b) AND " in text)


@each(
    ("period_s", "of_alarm", "of_graph"),
    [
        (60, True, True), (10, True, True), (30, True, True), (1, False, True), (5, False, True), (0, False, False),
        (15, False, False), (90, False, False), (86_400, True, True), ("60", False, False), (True, False, False),
        (None, False, False), (-60, False, False),
    ],
)  # fmt: skip
def test_periods_are_those_of_cloudwatch(period_s: Any, of_alarm: bool, of_graph: bool) -> None:  # noqa: FBT001
    """Graphs have shorter ones than alarms."""
    assert is_period(period_s, of_alarm=True) == of_alarm
    assert is_period(period_s, of_alarm=False) == of_graph
