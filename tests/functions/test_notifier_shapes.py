"""Every documented shape of an alarm's message, in every channel, and what is left of a mutilated one."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.notifier import mail, pagerduty, slack
from functions.notifier.channels import CHANNELS
from functions.notifier.messages import read_message, read_record
from functions.notifier.notice import Notice
from tests.functions.notifier_events import NOW, SETTINGS, facts, notice_of, record_of
from tests.functions.notifier_shapes import ARN, SHAPES, UNKNOWN, Shape, contributed, notified
from tests.functions.test_notifier_formats import all_places, all_texts, any_json, check_all, replace
from tests.support.invoking import unhurried
from tests.support.tables import each


def told(message: object) -> Notice:
    """Return the notice of a message that SNS delivers."""
    return notice_of(record_of(message))


def said(notice: Notice) -> dict[str, str]:
    """Return the whole text of a notice in each channel."""
    texts = {"mail": mail.subject(notice) + mail.body(notice)}
    for name, channel in CHANNELS.items():
        _, content = channel.request(notice, "https://example.com/secret", SETTINGS)
        texts[name] = " ".join(all_texts(content))
    return {name: " ".join(text.split()) for name, text in texts.items()}


@each("name", SHAPES)
def test_every_shape_is_an_alarm_whose_name_and_subject_are_in_every_channel(name: str) -> None:
    """None is taken for a text of an unknown form, and whoever is woken sees what it is about."""
    shape = SHAPES[name]
    notice = told(shape.message)
    check_all(notice)
    assert (notice.state, notice.source) == ("ALARM", shape.name)
    assert shape.name in facts(notice)["Alarm"]
    texts = said(notice)
    assert texts.keys() == {"mail", "slack", "pagerduty"}
    for text in texts.values():
        for word in (shape.name, *shape.about):
            assert word in text
    if shape.value:
        assert shape.value in {facts(notice).get("Value"), facts(notice).get("Reason")}


@each("name", SHAPES)
def test_a_message_says_what_kind_of_alarm_it_is(name: str) -> None:
    """Metric, query with its language, or alarms below it; never the words of another kind."""
    shape = SHAPES[name]
    known = facts(told(shape.message))
    watched = [(title, known[title]) for title in ("Metric", "Query") if title in known]
    assert watched == ([shape.watched] if shape.watched else [])
    assert ("Caused by" in known) == ("composite" in name)
    assert ("Contributor" in known) == ("contributor" in name)


@each("name", SHAPES)
def test_an_ok_ends_what_the_alarm_began(name: str) -> None:
    """Also after missing data, except for a new composite."""
    shape = SHAPES[name]
    begun = told(shape.message)
    ended = told(shape.in_state("OK", before="ALARM"))
    check_all(ended)
    assert (ended.state, ended.key) == ("OK", begun.key)
    assert pagerduty.event(ended, "key")["event_action"] == "resolve"
    assert slack.payload(ended)["blocks"][0]["text"]["text"].startswith("RESOLVED")
    after_silence = told(shape.in_state("OK", before="INSUFFICIENT_DATA"))
    assert after_silence.is_first_evaluation == ("composite" in name)


def test_an_incident_is_that_of_one_alarm_or_one_contributor() -> None:
    """Notification and event of the same thing have one key; all other keys differ."""
    shared = {
        "metric": {"event, metric", "event of the second source", "lambda action"},
        "metric math": {"event, metric math"},
        "anomaly band": {"event, anomaly band"},
        "metrics insights, contributor": {"event, contributor"},
        "metrics insights, alarm": {"event, alarm of several series"},
        "composite": {"event, composite"},
    }
    same = {other: name for name, others in shared.items() for other in others}
    keys = {name: told(shape.message).key for name, shape in SHAPES.items()}
    for name, key in keys.items():
        others = {other for other in keys if keys[other] == key}
        assert {same.get(other, other) for other in others} <= {same.get(name, name), *_SAME_CONTRIBUTOR}, (
            name
        )
    assert told(notified("x", **contributed(a="1"))).key != told(notified("y", **contributed(a="1"))).key


_SAME_CONTRIBUTOR = {"promql, contributor", "promql, nothing but the contributor"}


@each(
    "one, other",
    [
        ({"AlarmContributorId": "a"}, {"AlarmContributorId": "b"}),
        ({"AlarmContributorId": "a"}, {}),
        ({"AlarmContributorId": 7}, {}),
        ({"AlarmContributorAttributes": {"a": "1"}}, {"AlarmContributorAttributes": {"a": "2"}}),
        ({"AlarmContributorAttributes": "?"}, {}),
    ],
)
def test_the_end_of_one_contributor_ends_nothing_else(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Not another contributor's incident, and not the alarm's, even if it cannot be read."""
    assert told(notified("many", **one)).key != told(notified("many", **other)).key
    assert told(notified("many", **one, NewStateValue="OK")).key == told(notified("many", **one)).key


def test_null_is_no_contributor() -> None:
    """A key without a value is a message about the alarm."""
    nulls = {"AlarmContributorId": None, "AlarmContributorAttributes": None}
    assert told(notified("many", **nulls)).key == told(notified("many")).key == f"{ARN}many"


def test_the_headline_begins_with_the_contributor() -> None:
    """Else all contributors of an alarm with a long description have the same subject."""
    one = told(notified("many", AlarmDescription="word " * 40, **contributed(QueueName="orders")))
    assert "QueueName=orders" in mail.subject(one)
    assert one.sentence.endswith("(QueueName=orders).")


def test_the_largest_contributor_fits_every_channel() -> None:
    """150 attributes with values of 1,024 characters."""
    attributes = {f"attribute{number}": "<&>" * 341 for number in range(150)}
    check_all(told(notified("many", **contributed(**attributes))))


def suppressed(value: str, suppressor: str | None = None, **keys: Any) -> Notice:
    """Return the notice of a composite's event with these keys in its state."""
    message = copy.deepcopy(SHAPES["event, composite"].in_state(value, before="ALARM"))
    message["detail"]["state"].update(keys)
    if suppressor:
        message["detail"]["configuration"]["actionsSuppressor"] = suppressor
    return told(message)


@each(
    "suppressor, keys, words",
    [
        (
            None,
            {"actionsSuppressedReason": "Actions suppressed by WaitPeriod"},
            "Actions suppressed by WaitPeriod",
        ),
        (
            "deploying",
            {"actionsSuppressedBy": "Alarm", "actionsSuppressedReason": "Actions suppressed by Alarm"},
            "Actions suppressed by Alarm (suppressor alarm deploying)",
        ),
        (
            f"{ARN}deploying",
            {"actionsSuppressedBy": "ExtensionPeriod"},
            "by ExtensionPeriod (suppressor alarm deploying)",
        ),
    ],
)
def test_a_composite_whose_actions_are_suppressed_informs_and_pages_nobody(
    suppressor: str | None, keys: dict[str, Any], words: str
) -> None:
    """EventBridge has its event all the same."""
    notice = suppressed("ALARM", suppressor, **keys)
    check_all(notice)
    assert (notice.state, notice.label, facts(notice)["Suppressed"]) == ("INFO", "INFO", words)
    assert notice.summary.startswith("suppressed: ")
    assert notice.explanation.startswith(f"The actions of this alarm are suppressed ({words}).")
    assert not pagerduty.accepts(notice)
    assert notice.key == told(SHAPES["event, composite"].message).key


def test_the_end_of_a_suppressed_composite_ends_its_incident() -> None:
    """It may have fired before it was suppressed; without an incident, PagerDuty ignores the end."""
    ended = suppressed("OK", actionsSuppressedBy="Alarm")
    assert (ended.state, facts(ended)["Suppressed"]) == ("OK", "by Alarm")
    assert pagerduty.event(ended, "key")["event_action"] == "resolve"


@each("keys", [{}, {"actionsSuppressedBy": None}, {"actionsSuppressedReason": ""}])
def test_a_composite_with_a_suppressor_that_does_not_suppress_pages(keys: dict[str, Any]) -> None:
    """The event names the suppressor in any case."""
    notice = suppressed("ALARM", "deploying", **keys)
    assert notice.state == "ALARM"
    assert "Suppressed" not in facts(notice)


@each("name", UNKNOWN)
def test_another_shape_is_delivered_whole_with_a_title_of_its_own(name: str) -> None:
    """Nothing of it is lost, and it ends no incident."""
    message, title = UNKNOWN[name]
    notice = told(message)
    check_all(notice)
    assert (notice.state, notice.summary) == ("EVENT", title)
    for text in said(notice).values():
        for word in all_texts(message):
            assert " ".join(slack.escape(word, 3000).split()) in text or " ".join(word.split()) in text


def test_a_long_message_of_another_shape_is_whole_in_every_channel() -> None:
    """Slack allows 3,000 characters in a section, so it gets several; an entity is not cut."""
    words = [f"<{number}&" for number in range(1000)]
    notice = told({"words": words})
    check_all(notice)
    texts = said(notice)
    texts["slack"] = "".join(section["text"]["text"] for section in slack.payload(notice)["blocks"])
    for name, text in texts.items():
        found = "".join(text.split())
        assert not [
            word for word in words if (slack.escape(word, 99) if name == "slack" else word) not in found
        ]
    check_all(told("<" * 250_000))
    check_all(told("a" + "\n" * 10_000 + "b"))


def _marked(shape: Shape) -> dict[str, Any]:
    """Return the message as if another account had sent it."""
    return json.loads(json.dumps(shape.message).replace("111122223333", "999988887777"))  # type: ignore[no-any-return]


@each("name", [name for name in SHAPES if "document" not in name])
def test_an_alarm_of_another_account_is_marked_in_every_shape(name: str) -> None:
    """It neither joins nor ends an incident of the platform's alarms."""
    notice = told(_marked(SHAPES[name]))
    check_all(notice)
    assert notice.summary.startswith("not from this account: ")
    assert notice.key != told(SHAPES[name].message).key


def test_an_alarm_without_an_arn_is_never_that_of_the_platform() -> None:
    """Anybody can publish a name: its end ends only what came without an ARN as well."""
    bare = {"AlarmName": "queue-age", "NewStateValue": "OK"}
    asked: list[object] = []

    def ask(names: object) -> list[Any]:
        asked.append(names)
        return []

    composite = {**bare, "NewStateValue": "ALARM", "AlarmRule": "ALARM(x)"}
    notice = read_message(read_record(record_of(composite), SETTINGS, now=NOW), SETTINGS, ask)
    assert notice.key == told(bare).key != told(SHAPES["metric"].message).key
    assert asked == []


@unhurried
@given(
    name=st.sampled_from(sorted(SHAPES)),
    changes=st.lists(st.tuples(st.integers(0, 200), any_json), min_size=1, max_size=3),
)
def test_whatever_is_missing_or_different_is_delivered_with_a_title(
    name: str, changes: list[tuple[int, Any]]
) -> None:
    """Any value, however deep, may become any other or vanish; nothing raises, and nothing is suppressed."""
    message = copy.deepcopy(SHAPES[name].message)
    for place, value in changes:
        replace(message, place, value)
    notice = told(message)
    check_all(notice)
    assert notice.summary
    assert not notice.is_first_evaluation


@each("name", SHAPES)
def test_each_key_may_be_missing_or_have_the_longest_value(name: str) -> None:
    """One after the other, at every depth."""
    for value in (None, "😀" * 2000, 10**400):
        for place in range(len(list(all_places(SHAPES[name].message)))):
            message = copy.deepcopy(SHAPES[name].message)
            replace(message, place, value)
            notice = told(message)
            check_all(notice)
            assert notice.summary
