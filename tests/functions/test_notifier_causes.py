"""What a composite's message says of the alarms below it, and how CloudWatch is asked about them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Container, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import catalog
from catalog.specs import Alarm, Composite
from config.loader import load
from functions.notifier import lookup, mail, pagerduty, slack
from functions.notifier.causes import names_in
from functions.notifier.described import Described, NotDescribedError, read_answer
from functions.notifier.notice import Notice
from tests.functions.notifier_events import alarms, event, facts, links, notice, notice_of, record_of
from tests.functions.test_notifier_delivery import (  # noqa: F401 (fixtures)
    HOOK,
    World,
    _notifier_environment,
    paths,
    record,
    world,
)
from tests.functions.test_notifier_formats import all_places, any_json, check_all, replace
from tests.support.invoking import Context, unhurried
from tests.support.tables import each
from tests.unit.catalog.catalogs import rendered

MADE = catalog.build(load("prod", variables={}))
NOTIFYING = [composite for composite in MADE.composites if composite.topic in {"critical", "warning"}]
ARN = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:"
CROSSED = "Threshold Crossed: 1 datapoint [{} (22/11/26 02:42:00)] was greater than the threshold ({})."
over_composites = pytest.mark.parametrize(
    "composite", NOTIFYING, ids=[composite.key for composite in NOTIFYING]
)


def described(name: str, value: float = 6, limit: float = 5, **changes: Any) -> Described:
    """Return a metric alarm that fires at this value above this limit."""
    found = {
        "name": name,
        "state": "ALARM",
        "description": f"{name} says it.",
        "reason": CROSSED.format(float(value), float(limit)),
        "trigger": {"Threshold": limit, "ComparisonOperator": "GreaterThanThreshold"},
    }
    return Described(**{**found, **changes})


def told(*known: Described, children: Sequence[str] = (), rule: str = "TRUE", **changes: object) -> Notice:
    """Return the notice of a composite with these children, of which CloudWatch knows these."""
    (one,) = event("composite_degraded")["Records"]
    message = {
        **json.loads(one["Sns"]["Message"]),
        "AlarmRule": rule,
        "NewStateReason": "",
        "TriggeringChildren": [{"Arn": ARN + name, "State": {"Value": "ALARM"}} for name in children],
        **changes,
    }
    return notice_of(record_of(message), ask=lambda names: [item for item in known if item.name in names])


def caused(item: Notice) -> list[str]:
    """Return the lines about causes."""
    return [fact.value for fact in item.facts if fact.name.startswith("Caused by")]


def answer_of(alarm: Alarm | Composite, *, state: str = "ALARM") -> dict[str, Any]:
    """Return what DescribeAlarms says of an alarm of the catalog."""
    entry: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "StateValue": state,
    }
    if isinstance(alarm, Composite):
        return entry | {"AlarmRule": rendered(alarm.rule, MADE), "StateReason": "its rule is true"}
    limit = {} if alarm.threshold is None else {"Threshold": alarm.threshold}
    return entry | limit | {"ComparisonOperator": alarm.comparison, "StateReason": CROSSED.format(7.25, 5.0)}


def everything(*, state: str = "ALARM", quiet: Container[str] = ()) -> list[Described]:
    """Return all alarms of the catalog as CloudWatch describes them; those with these keys are OK."""
    kinds: dict[str, list[dict[str, Any]]] = {"MetricAlarms": [], "CompositeAlarms": []}
    for alarm in MADE.all_alarms:
        kinds["CompositeAlarms" if isinstance(alarm, Composite) else "MetricAlarms"].append(
            answer_of(alarm, state="OK" if alarm.key in quiet else state)
        )
    return read_answer(kinds)


def of_catalog(composite: Composite, children: Sequence[str]) -> Notice:
    """Return the notice of a composite of the catalog whose children of these names fire."""
    fired = {key for key in composite.children() if MADE.alarm_name(key) in children}
    return told(
        *everything(quiet=set(composite.children()) - fired if fired else ()),
        children=children,
        rule=rendered(composite.rule, MADE),
        AlarmName=composite.name,
        AlarmArn=ARN + composite.name,
        AlarmDescription=composite.description,
    )


@over_composites
def test_every_composite_of_ours_says_what_its_children_say(composite: Composite) -> None:
    """For each child alone: its sentence, its value with the threshold and its runbook, in every format."""
    assert [MADE.alarm_name(key) for key in composite.children()] == names_in(rendered(composite.rule, MADE))
    by_key = {found.key: found for found in MADE.all_alarms}
    for key in composite.children():
        child = by_key[key]
        notice_ = of_catalog(composite, [child.name])
        check_all(notice_)
        assert child.summary.split(". ")[0] in caused(notice_)[0]
        if isinstance(child, Alarm):
            assert "7.25" in caused(notice_)[0]
            assert ("threshold" in caused(notice_)[0]) == (child.threshold is not None)
        runbooks = {link.target for link in notice_.links if link.title.startswith("Runbook")}
        assert {f"docs/runbooks/{found.runbook}" for found in (composite, child) if found.runbook} <= runbooks
        for text in (mail.subject(notice_), slack.payload(notice_)["text"], notice_.explanation):
            assert composite.summary[:20].lower() in text.lower()
        if composite.service is None and child.service:
            assert notice_.summary.startswith(f"The whole system: {composite.summary}: ")
            assert child.service in notice_.summary
        elif child.summary != composite.summary:
            assert child.summary.split(". ")[0] in notice_.summary
            assert child.summary.split(". ")[0] in pagerduty.event(notice_, "key")["payload"]["summary"]
        else:
            assert notice_.summary == composite.summary


@over_composites
def test_without_children_in_the_message_those_of_the_rule_are_found(composite: Composite) -> None:
    """A state that was set by hand names none; what is in ALARM now is told, and nothing that is not."""
    keys = dict.fromkeys(composite.children())
    assert len(caused(of_catalog(composite, []))) >= min(len(keys), 10)
    quiet = told(*everything(state="OK"), rule=rendered(composite.rule, MADE))
    assert (caused(quiet), facts(quiet)["Rule"][:5]) == ([], rendered(composite.rule, MADE)[:5])


def test_a_composite_below_is_followed_by_the_metric_alarms_in_it() -> None:
    """One level down, those in ALARM alone; what is over by now says so; their pages are linked to."""
    one = notice("composite_nested")
    assert [line.split("; reveille-")[0] for line in caused(one)] == [
        "requests are lost because of errors or high latency at high concurrency",
        "invocations end with an exception or a timeout: 31 (threshold > 5)",
        "the number of concurrent executions is high: 112 → 111 → 110 (threshold > 100)",
        "invocations reach the timeout and fail: 988 → 1,204 ms (threshold >= 9,500)",
    ]
    below = "reveille-payment-handler-critical-prod"
    assert [f"part of {below}" in line for line in caused(one)] == [False, True, True, False]
    assert "(in alarm, now OK)" in caused(one)[3]
    assert {f"Alarm {below}", "Alarm reveille-payment-handler-errors-prod"} <= links(one).keys()
    assert links(one)["Runbook of reveille-payment-handler-errors-prod"] == "docs/runbooks/lambda.md#errors"


def test_nothing_is_told_twice_and_nothing_two_levels_down() -> None:
    """A child is not repeated below another; a composite in a composite is not opened."""
    top = described("top", rule='ALARM("deep") AND ALARM("low") AND ALARM("shared")', reason="", trigger={})
    deep = described("deep", rule='ALARM("deepest")', reason="", trigger={})
    known = [top, deep, described("low"), described("shared"), described("deepest")]
    one = told(*known, children=["top", "shared"])
    assert [line.split("; ")[1].split(" ")[0] for line in caused(one)] == ["top", "low", "shared"]


@each(
    ("known", "worst"),
    [
        ([described("a", 6, 5), described("b", 60, 50), described("c", 20, 5)], "c"),
        ([described("a", 6, 5), described("b", 500, 0), described("c", 9, 5)], "b"),
        ([described("a", 50, 5, state="OK"), described("b", 6, 5)], "b"),
        ([described("a", 6, 5), described("b", 6, 5)], "a"),
        ([described("a", 50, 5, description=""), described("b", 6, 5)], "b"),
        (
            [
                described("a", 6, 5),
                described("b", reason="no datapoints were received for 1 period and 1 missing datapoint was "
                          "treated as [Breaching]"),
            ],
            "b",
        ),
        (
            [
                described("a", 8, 5),
                described("b", reason="[0.5 (22/11/26 02:42:00)] was less than the threshold (4.0)",
                          trigger={"Threshold": 4, "ComparisonOperator": "LessThanThreshold"}),
            ],
            "b",
        ),
        (
            [
                described("a", 6, 5),
                described("b", reason="[30.0 (22/11/26 02:42:00)] was greater than upper thresholds [10.0]",
                          trigger={}),
            ],
            "b",
        ),
        (
            [
                described("a", 9, 5),
                described("b", rule='ALARM("x") OR ALARM("y")', reason="", trigger={}),
                described("x", 6, 5),
                described("y", 50, 5),
            ],
            "b",
        ),
    ],
)  # fmt: skip
def test_the_headline_has_the_words_of_the_worst_child(known: list[Described], worst: str) -> None:
    """Furthest beyond its own threshold, and not over by now; the first of equals; only those with words."""
    children = [item.name for item in known if item.name in "abc"]
    one = told(*known, children=children)
    assert one.summary == f"the service works, but with errors or delays: {worst} says it"
    assert one.explanation == f"The service works, but with errors or delays: {worst} says it."
    assert one.headline in pagerduty.event(one, "key")["payload"]["summary"]
    assert len(caused(one)) == len(known)


def test_the_alarm_about_the_whole_system_names_the_services_that_fail() -> None:
    """Their own pages are suppressed. All of them, not only the one that moved it; none that is over."""
    assert notice("composite_system").summary.endswith("at the same time: checkout-api, payment-handler")
    assert notice("composite_alarm").summary == "users are affected: too many invocations fail"


def test_children_beyond_the_tenth_are_named_and_of_a_hundred_none_is_hidden() -> None:
    """Ten are described; the message says how many there are."""
    names = [f"alarm-{number:03}" for number in range(100)]
    one = told(*map(described, names), children=names)
    check_all(one)
    assert len(caused(one)) == 10
    assert facts(one)["Also"].startswith("alarm-010, alarm-011")
    assert facts(one)["Also"].endswith("alarm-019 and 80 more")
    eleven = told(*map(described, names), children=names[:11])
    assert facts(eleven)["Also"] == "alarm-010"
    assert "Also" not in facts(told(*map(described, names), children=names[:10]))


def test_no_more_than_a_hundred_names_are_asked_for_at_a_time_and_that_is_said() -> None:
    """CloudWatch refuses more; below composites there can be more."""
    asked: list[list[str]] = []

    def ask(names: Sequence[str]) -> list[Described]:
        asked.append(list(names))
        rule = " OR ".join(f'ALARM("{name}-{number:02}")' for name in names for number in range(60))
        return [described(name, rule=rule if len(asked) == 1 else "") for name in names]

    (one,) = event("composite_set_by_hand")["Records"]
    message = json.loads(one["Sns"]["Message"])
    found = notice_of(record_of({**message, "AlarmRule": 'ALARM("a") OR ALARM("b")'}), ask=ask)
    assert [len(names) for names in asked] == [2, 100]
    assert facts(found)["Note"] == "details could not be read (120 alarms, only 100 were requested)"


def test_a_child_that_cloudwatch_does_not_know_is_named_all_the_same() -> None:
    """Renamed since, perhaps; and one that nobody has described still shows its value."""
    one = told(described("known", description=""), children=["gone", "known"])
    assert caused(one) == ["gone (in alarm)", "6 (threshold > 5); known (in alarm)"]
    assert one.summary == "the service works, but with errors or delays"


@pytest.mark.parametrize("failing", [1, 2])
def test_what_could_not_be_read_is_said_and_everything_else_told(failing: int) -> None:
    """The first question or the second: names stay, and the reason is in the message."""
    count = 0
    answer = read_answer(alarms("composite_nested"))

    def ask(names: Sequence[str]) -> list[Described]:
        nonlocal count
        count += 1
        if count == failing:
            message = "AccessDenied"
            raise NotDescribedError(message)
        return [item for item in answer if item.name in names]

    (record_,) = event("composite_nested")["Records"]
    one = notice_of(record_, ask=ask)
    check_all(one)
    assert facts(one)["Note"] == "details could not be read (AccessDenied)"
    for name in ("reveille-payment-handler-critical-prod", "reveille-payment-handler-timeouts-prod"):
        assert any(name in line for line in caused(one))
    assert ("requests are lost" in one.summary) == (failing == 2)
    assert count == failing


def test_nothing_is_noted_when_everything_was_read() -> None:
    """Only a message without details says so."""
    read = ("composite_alarm", "composite_nested", "composite_ok", "metric_alarm")
    assert not [name for name in read if "Note" in facts(notice(name))]
    assert "Note" in facts(notice("composite_degraded"))


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ('ALARM("a b") OR (NOT OK(c) AND INSUFFICIENT_DATA("d"))', ["a b", "c", "d"]),
        ('AT_LEAST(2, ALARM, ("a", "b", c))', ["a", "b", "c"]),
        ("AT_LEAST(50%, NOT OK, (a, b))", ["a", "b"]),
        (f'ALARM("{ARN}a:b") OR ALARM({ARN}c) OR ALARM("a:b")', ["a:b", "c"]),
        (r'ALARM("quo\"ted") OR TRUE', ['quo"ted']),
        ("TRUE", []),
        ("", []),
    ],
)
def test_the_names_in_a_rule_are_found_however_they_are_written(rule: str, names: list[str]) -> None:
    """Quoted, bare, by ARN, of a list; each once."""
    assert names_in(rule) == names


@unhurried
@given(changes=st.lists(st.tuples(st.integers(0, 200), any_json), min_size=1, max_size=3))
def test_whatever_cloudwatch_answers_the_message_goes_out(changes: list[tuple[int, Any]]) -> None:
    """Any value of an answer may become any other or vanish."""
    answer = alarms("composite_nested")
    assert len(list(all_places(answer))) > 30
    for place, value in changes:
        replace(answer, place, value)
    known = read_answer(answer)
    (record_,) = event("composite_nested")["Records"]
    check_all(notice_of(record_, ask=lambda names: [item for item in known if item.name in names]))


def test_cloudwatch_is_asked_once_for_both_kinds_and_a_hundred(world: World) -> None:  # noqa: F811
    """By default it would describe no composite, and at most fifty; the message is that of the recording."""
    assert world.tell(record("composite_alarm")).error is None
    assert world.wire.asked == [
        {
            "AlarmNames": ["reveille-payment-handler-error-rate-prod"],
            "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
            "MaxRecords": 100,
        }
    ]
    (sent,) = world.wire.mails
    assert sent["Message"] == mail.body(notice("composite_alarm"))
    assert sent["Subject"].endswith("users are affected: too many invocations fail")
    summary = dict(world.wire.posts)["/v2/enqueue"]["payload"]["summary"]
    assert summary.endswith("users are affected: too many invocations fail")


def test_what_is_below_a_composite_is_one_more_question(world: World) -> None:  # noqa: F811
    """Two in all, however many alarms there are."""
    world.wire.alarms = alarms("composite_nested")
    assert world.tell(record("composite_nested")).error is None
    assert [len(entry["AlarmNames"]) for entry in world.wire.asked] == [2, 3]
    (sent,) = world.wire.mails
    assert sent["Message"] == mail.body(notice("composite_nested"))


@pytest.mark.parametrize(
    "name", ["composite_ok", "metric_alarm", "metric_missing_data", "ecs_deployment_failed", "text"]
)
def test_nothing_is_asked_about_what_needs_no_details(world: World, name: str) -> None:  # noqa: F811
    """A metric alarm brings its own, and at its end nothing below a composite is in ALARM."""
    assert world.tell(record(name)).error is None
    assert world.wire.asked == []


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "InternalFailure", "ServiceUnavailable"])
def test_a_refusal_costs_one_question_and_no_receiver(world: World, code: str) -> None:  # noqa: F811
    """No repetition: in an incident everybody asks. The message goes out to all, and says what it lacks."""
    world.wire.alarms_error = code
    assert world.tell(record("composite_nested")).result == {"sent": 4}
    assert len(world.wire.asked) == 1
    (sent,) = world.wire.mails
    assert f"details could not be read ({code})" in sent["Message"]
    assert "reveille-payment-handler-critical-prod" in sent["Message"]


def test_an_answer_that_does_not_come_costs_two_seconds(world: World) -> None:  # noqa: F811
    """For both questions together; everybody is told without it."""
    world.wire.alarms = alarms("composite_nested")
    late = threading.Event()
    world.wire.before_alarms = lambda: late.wait(1.2)
    started = time.monotonic()
    assert world.tell(record("composite_nested")).result == {"sent": 4}
    spent_s = time.monotonic() - started
    late.set()
    assert 1.9 < spent_s < 4
    assert len(world.wire.asked) == 2
    (sent,) = world.wire.mails
    assert "details could not be read (no response in time)" in sent["Message"]
    assert "requests are lost" in sent["Message"]


def test_no_question_takes_the_time_of_the_delivery(
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With no more left than an attempt and the margin need, the message goes out as it is."""
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 10_000)
    monkeypatch.setattr(lookup, "CONNECT_S", 4.0)
    world.tell(record("composite_alarm"))
    assert world.wire.asked == []
    assert "details could not be read (no time left)" in world.wire.mails[0]["Message"]


def test_a_broken_answer_is_no_reason_to_be_silent(
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not what CloudWatch says, but a proxy's page: the message says so and goes out."""
    monkeypatch.setattr(world.wire, "_described", lambda _: (200, "<html>"))
    assert world.tell(record("composite_alarm")).result == {"sent": 4}
    assert "details could not be read (" in world.wire.mails[0]["Message"]
    assert HOOK in paths(world)
