"""The evaluator of policies: it allows what is documented to be allowed, and nothing else."""

# what is said of a case reads best on one line

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.tables import each
from verify.callers import Role, Service
from verify.policies import why_denied, why_not_granted, why_refused

ALARM = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:shop-errors-prod"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:shop-critical-prod"
CLOUDWATCH = Service("cloudwatch.amazonaws.com", ALARM, "111122223333")
REQUEST = CLOUDWATCH.request("sns:Publish", TOPIC)
ALLOW: dict[str, Any] = {
    "Sid": "One",
    "Effect": "Allow",
    "Principal": {"Service": "cloudwatch.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": TOPIC,
}


def policy(*statements: dict[str, Any]) -> str:
    """Return a policy."""
    return json.dumps({"Statement": list(statements)})


def changed(**elements: Any) -> dict[str, Any]:
    """Return the statement that allows with other elements; None takes one away."""
    return {name: value for name, value in {**ALLOW, **elements}.items() if value is not None}


def when(operator: str, key: str, *values: Any) -> dict[str, Any]:
    """Return the statement that allows under a condition."""
    return changed(Condition={operator: {key: list(values)}})


ALLOWED = {
    "plainly": ALLOW,
    "everybody": changed(Principal="*"),
    "every AWS principal": changed(Principal={"AWS": "*"}),
    "one of several principals": changed(
        Principal={"Service": ["s3.amazonaws.com", "cloudwatch.amazonaws.com"]}
    ),
    "an action in other letters": changed(Action="SNS:publish"),
    "a family of actions": changed(Action=["sqs:*", "sns:Pub*"]),
    "any action": changed(Action="*"),
    "all but another action": changed(Action=None, NotAction="sns:Subscribe"),
    "any resource": changed(Resource="*"),
    "a family of resources": changed(Resource="arn:aws:sns:*:111122223333:shop-*-prod"),
    "one character of a name": changed(Resource=TOPIC.replace("prod", "pro?")),
    "all but another resource": changed(Resource=None, NotResource=TOPIC + "-2"),
    "one of several values": when("StringEquals", "aws:SourceAccount", "9", "111122223333"),
    "a key in other letters": when("StringEquals", "AWS:sourceaccount", "111122223333"),
    "text like": when("StringLike", "aws:SourceArn", "arn:aws:*:alarm:shop-*"),
    "text other than": when("StringNotEquals", "aws:SourceAccount", "9"),
    "text unlike": when("StringNotLike", "aws:SourceArn", "arn:aws:s3:*"),
    "an ARN": when("ArnEquals", "aws:SourceArn", ALARM),
    "a pattern with ArnEquals": when("ArnEquals", "aws:SourceArn", ALARM.replace("errors", "*")),
    "an ARN like": when("ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:*:*:alarm:*"),
    "an ARN other than": when("ArnNotEquals", "aws:SourceArn", ALARM + "2"),
    "an ARN unlike": when("ArnNotLike", "aws:SourceArn", "arn:aws:cloudwatch:*:*:alarm:x*"),
    "over TLS": when("Bool", "aws:SecureTransport", "true"),
    "truth as JSON has it": changed(Condition={"Bool": {"aws:SecureTransport": True}}),
    "a key that is there": when("Null", "aws:SourceArn", "false"),
    "beside what is not known": when("ArnLike", "aws:SourceArn", "${x}", ALARM),
    "an action beside what is not known": changed(Action=["${x}", "sns:Publish"]),
}

REFUSED = {
    "another principal": (changed(Principal={"Service": "s3.amazonaws.com"}), "no statement allows"),
    "a service named as an account": (changed(Principal={"AWS": "cloudwatch.amazonaws.com"}), "no statement"),
    "a family of services": (changed(Principal={"Service": "*"}), "no statement"),
    "nobody": (changed(Principal=None), "no statement"),
    "everybody but others": (changed(Principal=None, NotPrincipal={"AWS": "x"}), "no statement"),
    "another action": (changed(Action="sns:Subscribe"), "Action does not cover sns:Publish"),
    "all but this action": (changed(Action=None, NotAction="sns:*"), "Action does not cover"),
    "no action": (changed(Action=None), "Action is missing"),
    "an action that is not known": (changed(Action="${x}"), "Action does not cover"),
    "all but what is not known": (
        changed(Action=None, NotAction="${x}"),
        "NotAction contains a value that is not known",
    ),
    "another resource": (changed(Resource=TOPIC + "2"), "Resource does not cover"),
    "a resource in other letters": (changed(Resource=TOPIC.upper()), "Resource does not cover"),
    "part of a resource": (changed(Resource="arn:aws:sns:*"), "is not supported"),
    "no resource": (changed(Resource=None), "Resource is missing"),
    "all but this resource": (changed(Resource=None, NotResource="*"), "Resource does not cover"),
    "a wildcard over parts": (changed(Resource="arn:aws:sns:*:shop-critical-prod"), "is not supported"),
    "another account": (when("StringEquals", "aws:SourceAccount", "9"), "aws:SourceAccount must be 9"),
    "a pattern with StringEquals": (when("StringEquals", "aws:SourceArn", "arn:*"), "must be arn:*"),
    "a text unlike": (when("StringLike", "aws:SourceArn", "arn:aws:s3:*"), "must be arn:aws:s3:*"),
    "not this account": (when("StringNotEquals", "aws:SourceAccount", "111122223333"), "must not be 1111"),
    "another ARN": (when("ArnEquals", "aws:SourceArn", ALARM + "2"), "prod2"),
    "a wildcard into the next part": (
        when("ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:*:alarm:x:y"),
        "aws:SourceArn must be",
    ),
    "no ARN": (when("ArnLike", "aws:SourceArn", "*"), "not an ARN of six parts"),
    "not this ARN": (when("ArnNotLike", "aws:SourceArn", "arn:aws:*:*:*:*"), "must not be arn:aws:*:*:*:*"),
    "not over TLS": (when("Bool", "aws:SecureTransport", "false"), "must be false"),
    "a key that is not there": (when("Null", "aws:SourceArn", "true"), "aws:SourceArn is present"),
    "an operator that is not read": (when("DateGreaterThan", "aws:SourceArn", "x"), "DateGreaterThan"),
    "an operator for keys that may be missing": (
        when("StringEqualsIfExists", "aws:SourceAccount", "111122223333"),
        "StringEqualsIfExists is not supported",
    ),
    "a key that is not known": (when("StringEquals", "aws:PrincipalOrgID", "o"), "not documented to send"),
    "a key that is not known to be missing": (when("Null", "aws:PrincipalOrgID", "true"), "not documented"),
    "a value that is not known": (when("ArnLike", "aws:SourceArn", "${x}"), "must be ${x}"),
    "other than what is not known": (
        when("ArnNotLike", "aws:SourceArn", "${x}"),
        "a value that is not known",
    ),
    "an element that is not read": (changed(Resources="x"), "no statement allows"),
    "one of two conditions": (
        changed(Condition={"StringEquals": {"aws:SourceAccount": "9"}, "ArnLike": {"aws:SourceArn": ALARM}}),
        "aws:SourceAccount must be 9",
    ),
    "a denial": (changed(Effect="Deny"), "statement One denies"),
    "nothing": ({}, "no statement allows sns:Publish for cloudwatch.amazonaws.com"),
}

NOT_DENIED: dict[str, dict[str, Any]] = {
    "of another action": {"Action": "sns:Subscribe", "Resource": "*"},
    "of another resource": {"Action": "*", "Resource": TOPIC + "2"},
    "of others": {"Action": "*", "Resource": "*", "Principal": {"AWS": "arn:aws:iam::9:root"}},
    "without TLS": {
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
    "of other accounts": {
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "StringNotEquals": {"aws:SourceAccount": "111122223333"},
            "StringEquals": {"aws:PrincipalOrgID": "o"},
        },
    },
}

DENIED: dict[str, tuple[dict[str, Any], str]] = {
    "plainly": ({"Action": "*", "Resource": "*"}, "denies"),
    "by an unread operator": (
        {"Action": "*", "Resource": "*", "Condition": {"NumericEquals": {"aws:SourceAccount": "1"}}},
        "may deny",
    ),
    "by an unknown key": (
        {"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o"}}},
        "may deny",
    ),
    "by an unknown resource": ({"Action": "*", "Resource": "${x}"}, "may deny"),
    "by part of a resource": ({"Action": "*", "Resource": "arn:aws:sns:*"}, "may deny"),
    "by an unknown value": (
        {"Action": "*", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "${x}"}}},
        "may deny",
    ),
    "to all but some": ({"Action": "*", "Resource": "*", "Principal": None, "NotPrincipal": "x"}, "may deny"),
    "with an element that is not read": ({"Action": "*", "Resource": "*", "Where": "x"}, "may deny"),
}


@each("name", ALLOWED)
def test_what_a_statement_allows(name: str) -> None:
    """Alone, and beside a statement that has nothing to do with it."""
    other = changed(Principal={"Service": "s3.amazonaws.com"})
    assert why_refused(REQUEST, policy(ALLOWED[name])) is None
    assert why_refused(REQUEST, policy(other, ALLOWED[name])) is None
    assert why_refused(REQUEST, policy(other), policy(ALLOWED[name])) is None


@each("name", REFUSED)
def test_what_a_statement_does_not_surely_allow(name: str) -> None:
    """With the reason, of the statement that is nearest to allowing it."""
    statement, says = REFUSED[name]
    assert says in str(why_refused(REQUEST, policy(statement)))


@pytest.mark.parametrize("name", NOT_DENIED)
def test_a_denial_of_something_else_is_none(name: str) -> None:
    """It surely does not apply, whatever else in it is not known."""
    denial = {"Effect": "Deny", "Principal": "*", **NOT_DENIED[name]}
    assert why_refused(REQUEST, policy(ALLOW, denial)) is None
    assert why_denied(policy(denial), REQUEST) is None


@each("name", DENIED)
def test_a_denial_that_may_apply_is_one(name: str) -> None:
    """Before or after the statement that allows, or in another policy."""
    elements, says = DENIED[name]
    denial = {"Sid": "No", "Effect": "Deny", "Principal": "*", **elements}
    denial = {key: value for key, value in denial.items() if value is not None}
    for given in ([policy(ALLOW, denial)], [policy(denial, ALLOW)], [policy(ALLOW), policy(denial)]):
        assert f"statement No {says}" in str(why_refused(REQUEST, *given))
    assert f"statement No {says}" in str(why_denied(policy(denial), REQUEST))


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"Statement": []}', '{"Statement": "x"}', "${x}"])
def test_what_is_no_policy_allows_nothing(text: str) -> None:
    """And may deny."""
    assert why_refused(REQUEST, text) == "policy is not JSON with statements"
    assert why_denied(text, REQUEST) == "policy is not JSON with statements"


def test_one_statement_may_stand_without_a_list() -> None:
    """As IAM's grammar has it."""
    assert why_refused(REQUEST, json.dumps({"Statement": ALLOW})) is None


def test_a_role_is_meant_by_its_account() -> None:
    """By its own ARN, its account's root or number; its own policies name nobody."""
    role = Role("arn:aws:iam::111122223333:role/x", "x", "111122223333", "eu-west-1")
    request = role.request("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1", through="sns")
    for name in (role.arn, "arn:aws:iam::111122223333:root", "111122223333"):
        one = {"Effect": "Allow", "Principal": {"AWS": name}, "Action": "kms:*", "Resource": "*"}
        assert why_refused(request, policy(one)) is None
    for name in (role.arn + "2", "arn:aws:iam::999999999999:root"):
        one = {"Effect": "Allow", "Principal": {"AWS": name}, "Action": "kms:*", "Resource": "*"}
        assert why_refused(request, policy(one))
    own = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    assert why_not_granted([policy(own)], request) is None
    assert why_not_granted([], request) == "no statement allows kms:Decrypt for role x"
    for through, granted in (("sns", True), ("sqs", False)):
        bound = {"StringEquals": {"kms:ViaService": f"{through}.eu-west-1.amazonaws.com"}}
        assert (why_not_granted([policy({**own, "Condition": bound})], request) is None) == granted


def test_a_key_is_asked_for_with_what_it_encrypts() -> None:
    """The encryption context names the topic, whoever asks; EventBridge says nothing else of itself."""
    events = Service("events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/x", "111122223333")
    context = ("aws:sns:topicArn", TOPIC)
    for service, says_source in ((CLOUDWATCH, True), (events, False)):
        request = service.request("kms:Decrypt", "arn:aws:kms:a:b:key/1", key_context=context)
        assert request.context["kms:encryptioncontext:aws:sns:topicarn"] == TOPIC
        assert ("aws:sourcearn" in request.context) == says_source
        assert ("aws:sourceaccount" in request.context) == says_source
    assert "aws:sourcearn" in events.request("sqs:SendMessage", "arn:aws:sqs:a:b:c").context
