"""Messages of other accounts: delivered, marked, and without a place to be led to."""

from __future__ import annotations

import json
import re

import pytest

from functions.notifier import mail, pagerduty, slack
from functions.notifier.notice import Notice
from tests.functions.notifier_events import CRITICAL, event, facts, names, notice_of, notices, record_of
from tests.functions.test_notifier_formats import check_all
from tests.support.tables import each

OTHER = "999988887777"
MARK = "not from this account"
TRAP = "See https://evil.example/x?a=b or www.evil.example, evil.example/y, mailto:me@evil.example."


def changed(name: str, **changes: object) -> Notice:
    """Return the notice of the first record of an event with a changed message, and CloudWatch at hand."""
    one = event(name)["Records"][0]
    message = {**json.loads(one["Sns"]["Message"]), **changes}
    one["Sns"]["Message"] = json.dumps({key: value for key, value in message.items() if value is not ...})

    def ask(_: object) -> list[object]:
        pytest.fail("CloudWatch was asked about a stranger's message")

    return notice_of(one, ask=ask)  # type: ignore[arg-type]


def abroad(name: str) -> list[Notice]:
    """Return an event as if another account had sent it, in each way in which a message can say so."""
    message = json.loads(event(name)["Records"][0]["Sns"]["Message"])
    if "AlarmArn" in message:
        arn = message["AlarmArn"]
        ways: list[dict[str, object]] = [
            {"AWSAccountId": OTHER},
            {"AWSAccountId": ...},
            {"AWSAccountId": None},
            {"AlarmArn": arn.replace("111122223333", OTHER)},
            {"AlarmArn": "arn"},
            {"account": OTHER},
            {"account": OTHER, "AlarmArn": ..., "AWSAccountId": ...},
        ]
    else:
        ways = [{"account": OTHER}, {"account": None}]
        ways += [{"account": ...}] if name.startswith("ecs_") else []
    return [changed(name, **way) for way in ways]


CLAIMING = [name for name in names() if not name.startswith(("text", "aws_test"))]


@each("name", CLAIMING)
def test_every_message_of_another_account_is_marked_and_leads_nowhere(name: str) -> None:
    """Alarm, event or other JSON; by account or by ARN; in all formats, and never as an end of ours."""
    for notice in abroad(name):
        check_all(notice)
        assert notice.links == ()
        assert notice.summary.startswith(f"{MARK}: ")
        assert facts(notice)["Origin"].endswith("its topic belongs to account 111122223333")
        texts = [mail.subject(notice), mail.body(notice), json.dumps(slack.payload(notice))]
        if pagerduty.accepts(notice):
            event_ = pagerduty.event(notice, "key")
            assert (event_["event_action"], event_["links"]) == ("trigger", [])
            texts.append(json.dumps(event_))
        assert all(MARK in text and "://" not in text for text in texts)
        assert notice.key not in {ours.key for ours in notices(name)}
        assert not notice.is_first_evaluation
        assert notice.state in {"EVENT", "INFO"}


@each("name", names())
def test_no_message_of_this_account_is_marked(name: str) -> None:
    """A mark on everything would be a mark on nothing."""
    assert not [notice for notice in notices(name) if MARK in mail.body(notice) or not notice.links]


def test_what_would_become_a_link_in_a_program_is_taken_out() -> None:
    """Mail programs and Slack make links of bare addresses; the words around them stay."""
    text = f"{TRAP}\nService: evil.example\nRunbook: https://evil.example/r\nDashboard: d"
    one = changed(
        "metric_alarm", AWSAccountId="www.evil.example", AlarmDescription=text, AlarmName="evil.example/z"
    )
    said = (
        mail.subject(one)
        + mail.body(one)
        + json.dumps(slack.payload(one))
        + json.dumps(pagerduty.event(one, "k"))
    )
    assert "evil" not in said
    assert "[link removed]" in said
    other = notice_of(
        record_of({"account": OTHER, "detail-type": "Gift", "detail": {"at": TRAP}}, Subject=TRAP)
    )
    said = mail.subject(other) + mail.body(other) + json.dumps(slack.payload(other))
    assert "evil" not in said


UNNAMED: list[dict[str, object]] = [
    {},
    {"AlarmArn": None},
    {"AWSAccountId": None},
    {"AlarmArn": "", "AWSAccountId": None},
]


@each("state", ["ALARM", "OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_names_no_account_keeps_its_state_and_title_and_has_no_links(state: str) -> None:
    """It may be of this account or not: the words lead nowhere, and the message says so."""
    text = f"Orders wait too long.\n{TRAP}\nService: shop\nRunbook: https://evil.example/r\nDashboard: d"
    for way in UNNAMED:
        bare = {"AlarmName": "queue-age", "NewStateValue": state, "AlarmDescription": text, **way}
        notice = notice_of(record_of(bare))
        check_all(notice)
        assert (notice.state, notice.source, notice.links) == (state, "queue-age", ())
        assert notice.summary.startswith("Orders wait too long")
        assert facts(notice)["Origin"] == "the message names no account"
        said = mail.subject(notice) + mail.body(notice) + json.dumps(slack.payload(notice))
        if pagerduty.accepts(notice):
            event_ = pagerduty.event(notice, "key")
            assert event_["links"] == []
            said += json.dumps(event_)
        assert "evil" not in said
        assert "://" not in said


def test_an_alarm_that_names_nothing_but_itself_has_no_link_to_this_account() -> None:
    """No description: not even the links that the notifier makes itself."""
    notice = notice_of(record_of({"AlarmName": "queue-age", "NewStateValue": "ALARM"}))
    assert (notice.links, notice.summary) == ((), "alarm queue-age")
    assert "Origin" not in facts(
        notice_of(
            record_of({"AlarmName": "queue-age", "NewStateValue": "ALARM", "AWSAccountId": "111122223333"})
        )
    )


def test_the_account_is_that_of_the_topic() -> None:
    """Not one that is written down anywhere: the same message is at home in another account's topic."""
    (one,) = event("metric_alarm")["Records"]
    one["Sns"]["TopicArn"] = CRITICAL
    assert MARK not in notice_of(one).summary
    assert re.search(
        rf"the message names account {OTHER},",
        facts(changed("ecs_deployment_failed", account=OTHER))["Origin"],
    )
    assert "the message names no account," in facts(changed("ecs_deployment_failed", account=...))["Origin"]


def test_problems_of_strangers_stay_apart() -> None:
    """One of theirs is not added to another of theirs, either."""
    keys = {changed(name, AWSAccountId=OTHER).key for name in ("metric_alarm", "composite_alarm")}
    assert len(keys) == 2
