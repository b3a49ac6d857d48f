"""The notifier's three formats, over every recorded event and over whatever else can arrive."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notifier import mail, pagerduty, slack
from functions.notifier.notice import Notice
from tests.functions.notifier_events import event, facts, links, names, notice, notice_of, notices, record_of
from tests.support.invoking import unhurried

NOTICES = [(name, item) for name in names() for item in notices(name)]
over_all = pytest.mark.parametrize("item", [item for _, item in NOTICES], ids=[name for name, _ in NOTICES])

HEADLINES = {
    "anomaly_alarm": ("WARNING prod payment-handler: the service writes far more log data than expected"),
    "anomaly_ok": (
        "RESOLVED (warning) prod payment-handler: it writes far more or far less log than usual at this time"
    ),
    "aws_test_notification": 'WARNING prod: Auto Scaling: test notification for group "bastion"',
    "composite_alarm": ("CRITICAL prod payment-handler: users are affected: too many invocations fail"),
    "composite_burn_rate": (
        "CRITICAL prod payment-handler: the burn rate of the SLO availability is above 14.4; at this rate, "
        "the error budget is used up in 50 hours"
    ),
    "composite_degraded": "WARNING prod payment-handler: the service works, but with errors or delays",
    "composite_nested": (
        "CRITICAL prod payment-handler: users are affected: "
        "requests are lost because of errors or high latency at high concurrency"
    ),
    "composite_null_description_no_children": "CRITICAL prod: alarm created-by-hand-system",
    "composite_ok": "RESOLVED (critical) prod payment-handler: users are affected",
    "composite_set_by_hand": (
        "CRITICAL prod: The whole system: Lambda and ECS services fail at the same time: "
        "order-processor, checkout-api"
    ),
    "composite_system": (
        "CRITICAL prod: The whole system: Lambda and ECS services fail at the same time: "
        "checkout-api, payment-handler"
    ),
    "ecs_deployment_completed": "INFO prod search-api: a deployment is complete",
    "ecs_deployment_failed": "CRITICAL prod search-api: a deployment failed",
    "metric_alarm": (
        "WARNING prod order-processor: messages failed all retries; "
        "the dead-letter queue keeps them for 14 days"
    ),
    "metric_insufficient_data": (
        "NO DATA (warning) prod search-api: its containers use nearly all CPU that they have"
    ),
    "metric_long_non_ascii": (
        "CRITICAL prod café-handler: Zahlungen für Käufer scheitern \N{EN DASH} 支払いが失敗する: `rate > 5 "
        "%` && `p99 <= 3 s` hält nicht; see *bold*, _this_ & <that>, “quoted” 😀"
    ),
    "metric_math_alarm": "CRITICAL prod payment-handler: more than 5 % of invocations fail",
    "metric_math_ok": "RESOLVED (critical) prod payment-handler: more than 5 % of invocations fail",
    "metric_missing_data": "WARNING prod inventory-worker: has stopped logging",
    "metric_null_description": "CRITICAL prod: AWS/Lambda Errors Sum >= 1 (alarm created-by-hand)",
    "metric_percentile_muted": "WARNING prod payment-handler: one call in a hundred takes too long",
    "metric_set_by_hand": (
        "WARNING prod order-processor: messages failed all retries; "
        "the dead-letter queue keeps them for 14 days"
    ),
    "other_json": "CRITICAL prod: AWS Health Event",
    "text": "CRITICAL prod: Hello from the console",
    "text_without_subject": (
        "WARNING prod: The disk of the bastion is full: ünïcödé ☃ very very very very "
        "very very very very very very very very very very very v…"
    ),
    "two_records": "CRITICAL prod payment-handler: users are affected",
}
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


def all_texts(value: object) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from all_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from all_texts(inner)


def sections(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all blocks of a Slack message."""
    return [
        *payload["blocks"],
        *(block for attachment in payload["attachments"] for block in attachment["blocks"]),
    ]


def check_mail(item: Notice) -> None:
    """Hold a mail against what SNS takes and what a reader of plain text can read."""
    subject, body = mail.subject(item), mail.body(item)
    assert re.fullmatch(r"[!-~][ -~]{0,98}", subject)
    assert subject.startswith(f"{item.label} {item.environment}")
    assert len(body.encode()) < 256 * 1024
    # (?<!…): a form feed is a line break to splitlines, not to a mail program
    for line in body.split("\n"):
        assert len(line) <= 78 or max(map(len, line.split())) > 40, line
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", body)


def check_slack(item: Notice) -> None:
    """Hold a message against Slack's limits and its control characters."""
    payload = slack.payload(item)
    assert payload["text"]
    assert [block["type"] for block in payload["blocks"]][:2] == ["header", "section"]
    header = payload["blocks"][0]["text"]
    assert header["type"] == "plain_text"
    assert 1 <= len(header["text"]) <= 150
    assert len(sections(payload)) <= 50
    marked = [block["text"]["text"] for block in sections(payload) if block["type"] == "section"]
    assert all(1 <= len(text) <= 3000 for text in marked)
    for text in [payload["text"], *marked]:
        bare = re.sub(r"<https?://[^<>|\s]+\|[^<>|]+>", "", text)
        assert not re.search(r"[<>`]|&(?!(amp|lt|gt);)", bare), bare
    assert re.fullmatch(r"#[0-9a-f]{6}", payload["attachments"][0]["color"])


def check_pagerduty(item: Notice) -> None:
    """Hold an event against the limits of the Events API."""
    if not pagerduty.accepts(item):
        assert item.state in {"INSUFFICIENT_DATA", "INFO"}
        assert not item.is_end
        return
    event_ = pagerduty.event(item, "R" * 32)
    assert event_["routing_key"] == "R" * 32
    assert event_["event_action"] == ("resolve" if item.state == "OK" or item.is_end else "trigger")
    assert 1 <= len(event_["dedup_key"]) <= 255
    payload = event_["payload"]
    assert 1 <= len(payload["summary"]) <= 1024
    assert payload["severity"] == item.severity
    assert payload["source"]
    assert payload["custom_details"]["Environment"] == item.environment
    assert all(payload["custom_details"].values())
    assert all(link["href"].startswith("https://") and link["text"] for link in event_["links"])
    assert len(json.dumps(event_)) < 512 * 1024


def check_all(item: Notice) -> None:
    """Hold all three formats against their limits."""
    check_mail(item)
    check_slack(item)
    check_pagerduty(item)


@over_all
def test_every_recorded_event_fits_every_format(item: Notice) -> None:
    """Nothing that arrives is refused by SNS, Slack or PagerDuty for its form."""
    check_all(item)


def test_every_recorded_event_has_the_headline_that_a_person_would_write() -> None:
    """How bad, which environment, which service, what: in one line, without AWS's grammar."""
    assert {name: item.headline for name, item in reversed(NOTICES)} == HEADLINES


@over_all
def test_every_text_names_environment_and_service_and_never_none(item: Notice) -> None:
    """Whoever is woken must not have to guess where to look."""
    texts = [mail.subject(item) + mail.body(item), json.dumps(slack.payload(item), ensure_ascii=False)]
    if pagerduty.accepts(item):
        texts.append(json.dumps(pagerduty.event(item, "key"), ensure_ascii=False))
    for text in texts:
        assert "prod" in text
        assert item.service in text
        assert not re.search(r"\b(None|null|nan)\b", text)


@over_all
def test_every_format_says_everything_that_the_notice_says(item: Notice) -> None:
    """No fact and no link gets lost between the formats."""
    body = " ".join(mail.body(item).split())
    said = " ".join(" ".join(all_texts(slack.payload(item))).split())
    for fact in item.facts:
        assert " ".join(f"{fact.name} {fact.value}".split()) in body
        assert slack.escape(fact.value, 600) in said
    for link in item.links:
        assert link.target in body
        assert slack.escape(link.target, 3000) in said
    for words in (item.explanation, item.advice):
        assert " ".join(words.split()) in body
        assert " ".join(slack.escape(words, 3000).split()) in said
    if pagerduty.accepts(item):
        event_ = pagerduty.event(item, "key")
        details, hrefs = event_["payload"]["custom_details"], {link["href"] for link in event_["links"]}
        assert facts(item).items() <= details.items()
        assert {link.target for link in item.links} <= hrefs | set(details.values())
        assert {item.explanation, item.advice} - {""} <= set(details.values())


@over_all
def test_every_link_can_be_opened_or_is_a_path_to_a_runbook(item: Notice) -> None:
    """A link without its Region, name or log group would end on an error page."""
    assert item.links
    for link in item.links:
        if not link.is_url:
            assert link.title.startswith("Runbook")
            assert link.target.startswith("docs/runbooks/")
            continue
        assert re.fullmatch(r"https://[a-z0-9.-]+/[!-;=?-~]+", link.target), link.target
        if not link.title.startswith("Runbook"):
            assert link.target.startswith("https://eu-west-1.console.aws.amazon.com/")
            assert "region=eu-west-1" in link.target
            assert not re.search(r"None|alarm/$|dashboard/$|//health|\(~'\)", link.target)


@over_all
def test_an_alarm_says_why_it_fired_and_since_when(item: Notice) -> None:
    """Value, missing data, the alarms below it or at least CloudWatch's own words; and a time in UTC."""
    if item.state in {"EVENT", "INFO"}:
        return
    known = facts(item)
    assert known.keys() & {"Value", "Caused by", "Ended by", "Reason"}
    since = {"OK": "OK since", "INSUFFICIENT_DATA": "No data since"}.get(item.state, "Since")
    assert re.match(r"2026-11-22 0[23]:\d\d:12 UTC", known[since])
    assert known["Account"] == "111122223333, eu-west-1"
    assert {"Trace map", "Alarm"} <= links(item).keys()


@over_all
def test_the_end_says_that_it_is_over_and_gives_no_advice(item: Notice) -> None:
    """An all-clear that reads like the alarm would send somebody to work."""
    over = item.explanation.startswith("The alarm is resolved.")
    assert over == (item.state == "OK")
    assert not (over and item.advice)
    assert item.explanation.startswith("The alarm has no data") == (item.state == "INSUFFICIENT_DATA")


def test_the_end_of_an_alarm_has_the_key_of_its_beginning() -> None:
    """PagerDuty closes what has the same key, also when the alarm's ARN is longer than a key may be."""
    for begin, end in (("metric_math_alarm", "metric_math_ok"), ("composite_alarm", "composite_ok")):
        assert notice(begin).key == notice(end).key
        assert notice(begin).key.startswith("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:reveille-")
        arns = [f"{notice(begin).key}{'x' * 255}{last}" for last in "ab"]
        keys = [notice(begin, AlarmArn=arn).key for arn in arns]
        assert keys == [notice(end, AlarmArn=arn).key for arn in arns]
        assert keys[0] != keys[1]
    assert len({item.key for _, item in NOTICES if item.source.startswith("reveille-payment-handler")}) == 7


def test_the_longest_that_aws_allows_fits_every_format() -> None:
    """Names of 255, a description of 1,024, a hundred children, a message of 256 KB, in wide characters."""
    wide = "😀" * 255
    child = {"Arn": f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{wide}", "State": {"Value": "ALARM"}}
    changes = {
        "AlarmName": wide,
        "AlarmArn": child["Arn"],
        "AlarmDescription": f"{'<&>' * 250}.\n{'& ' * 90}\nService: {'s' * 64}\nLog group: /{'/' * 511}",
        "TriggeringChildren": [child] * 100,
        "AlarmRule": f'ALARM("{wide}")' * 40,
    }
    one = notice("composite_alarm", **changes)
    check_all(one)
    assert facts(one)["Caused by"].endswith(" and 90 more")
    check_all(
        notice("composite_alarm", **{**changes, "TriggeringChildren": [], "NewStateReason": "<" * 1023})
    )
    for text in (
        "ä" * 130_000,
        "< " * 130_000,
        "\n" * 260_000,
        "x\n" * 130_000,
        "[" * 100_000,
        "a\x00\x1b[31m\ud800\x7f\x9bb",
        "",
    ):
        check_all(notice_of(record_of(text)))
        check_all(notice_of(record_of({"detail-type": text, "a": text})))


def test_a_description_with_tabs_bars_and_brackets_breaks_no_line_and_no_link() -> None:
    """A tab is a control character in a subject, a bar ends an address in Slack."""
    text = "it\tfails\there\nRunbook: https://example.com/a|b>c d\nLog group: a|b"
    one = notice("metric_alarm", AlarmDescription=text)
    check_all(one)
    assert "<https://example.com/a%7Cb&gt;c%20d|Runbook>" in " ".join(all_texts(slack.payload(one)))


@unhurried
@given(
    name=st.sampled_from([name for name in names() if name != "two_records"]),
    changes=st.lists(st.tuples(st.integers(0, 200), any_json), min_size=1, max_size=3),
)
def test_whatever_aws_changes_is_still_delivered(name: str, changes: list[tuple[int, Any]]) -> None:
    """Any value of a message, however deep, may become any other or vanish: it fits every format still."""
    (record,) = event(name)["Records"]
    try:
        message = json.loads(record["Sns"]["Message"])
    except ValueError:
        message = {"text": record["Sns"]["Message"]}
    for place, value in changes:
        replace(message, place, value)
    check_all(notice_of({"Sns": {**record["Sns"], "Message": json.dumps(message)}}))


def replace(message: Any, place: int, value: object) -> None:
    """Put a value at one of all places of a JSON object, or take away what is there when it is None."""
    places = list(all_places(message))
    if not places:
        return
    container, key = places[place % len(places)]
    if value is None:
        del container[key]
    else:
        container[key] = value


def all_places(value: object) -> Iterator[tuple[Any, Any]]:
    """Yield every container with every key of it, the outer ones first."""
    inner: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    yield from ((value, key) for key, _ in inner)
    for _, item in inner:
        yield from all_places(item)


@unhurried
@given(
    message=any_json | st.text(),
    sns=st.dictionaries(st.sampled_from(["Subject", "Timestamp", "MessageId"]), any_json),
)
def test_whatever_somebody_publishes_is_delivered(message: object, sns: dict[str, Any]) -> None:
    """Never dropped: not even what is neither an alarm nor an event, with any subject and any time."""
    one = notice_of(record_of(message, **sns))
    check_all(one)
    assert one.state == "EVENT"


def test_what_is_not_understood_is_passed_on_as_it_came() -> None:
    """Line breaks, indents and all signs of a plain text stay; JSON is laid out, and keeps its letters."""
    text = "first\n  second `third` & <fourth>"
    assert text in mail.body(notice_of(record_of(text)))
    body = mail.body(notice_of(record_of({"größe": ["1", {"b": None}]})))
    assert json.loads(body[body.index("{") : body.rindex("}") + 1]) == {"größe": ["1", {"b": None}]}
