"""CloudWatch's notification about an alarm, metric or composite, as a `Notice`.

Keys of the message: as recorded; AWS documents none. A composite's has `AlarmRule` and `TriggeringChildren`
and no `Trigger`; `AlarmDescription` is null when nobody wrote one; metric math has `Trigger.Metrics` and no
`MetricName`, an anomaly band a `ThresholdMetricId` and no `Threshold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from functions.notifier import console
from functions.notifier.cause_words import NAMED, STATES, and_more, details, runbooks, worst_words
from functions.notifier.causes import Causes, children_of, find_causes
from functions.notifier.described import Ask, ask_nobody
from functions.notifier.fields import mapping, text
from functions.notifier.notice import Fact, Link, Notice, Severity, State
from functions.notifier.problem_key import problem_key
from functions.notifier.reason import read_reason
from functions.notifier.settings import Settings
from functions.notifier.trigger import metric_of, threshold_of, watched
from functions.notifier.wording import clean, clip, one_line, read_time, utc
from functions.shared.description import Description, read_description

_SINCE = {"OK": "Over since", "ALARM": "Since", "INSUFFICIENT_DATA": "Blind since"}
_CHILDREN_LINKED = 3  # of at most 100; all are on the alarm's page
_RULE_SHOWN = 300  # characters; CloudWatch takes 10,240


def is_alarm(message: Mapping[str, Any]) -> bool:
    """Tell whether a message is CloudWatch's, by what everything below relies on."""
    named = one_line(text(message, "AlarmName")) != "" and text(message, "AlarmArn") != ""
    return named and text(message, "NewStateValue") in STATES


def read_alarm(
    message: Mapping[str, Any],
    severity: Severity,
    settings: Settings,
    *,
    sent_at: datetime,
    ask: Ask = ask_nobody,
) -> Notice:
    """Turn a notification into a notice.

    Args:
        message: What `is_alarm` takes for one.
        severity: The topic's.
        settings: Names and Region.
        sent_at: When SNS took the message.
        ask: Describes the children of a composite that fires.
    """
    name, arn = one_line(text(message, "AlarmName")), text(message, "AlarmArn")
    state = cast("State", message["NewStateValue"])
    description = read_description(clean(text(message, "AlarmDescription")), environment=settings.environment)
    at = read_time(message.get("StateChangeTime")) or sent_at
    is_composite = not message.get("Trigger")
    causes = Causes()
    if state == "ALARM" and is_composite:
        causes = find_causes(
            message, ask, environment=settings.environment, of_one_service=bool(description.service)
        )
    what = description.headline or _undescribed(name, mapping(message, "Trigger"))
    sentence = description.sentence or f"{what}. Nobody has described this alarm."
    worst = worst_words(causes, description)
    if worst:
        what = f"{what}: {worst}"
        sentence = f"{sentence.rstrip('. ')}: {worst}."
    return Notice(
        state=state,
        severity=severity,
        environment=settings.environment,
        service=description.service,
        what=what,
        sentence=sentence,
        advice="" if state == "OK" else description.advice,
        facts=tuple(_facts(message, description, name, at, causes)),
        links=tuple(_links(message, description, settings, console.around(at, sent_at), causes)),
        occurred_at=at,
        key=problem_key("alarm", arn),
        source=name,
        group=settings.whole,
        is_first_look=_is_first_look(message),
    )


def _is_first_look(message: Mapping[str, Any]) -> bool:
    """Tell whether a composite that was just made is OK: every deployment of new ones would say so of each.

    A composite is without a state only before its first evaluation (CloudWatch API Reference,
    PutCompositeAlarm); a metric alarm also when its data stopped, and then its OK may end an ALARM.
    """
    states = (text(message, "OldStateValue"), text(message, "NewStateValue"))
    return states == ("INSUFFICIENT_DATA", "OK") and not message.get("Trigger")


def _undescribed(name: str, trigger: Mapping[str, Any]) -> str:
    """Say what an alarm without a description watches, as far as its configuration tells."""
    metric, threshold = metric_of(trigger), threshold_of(trigger)
    return f"{metric} {threshold} (alarm {name})" if metric and threshold else f"alarm {name}"


def _facts(
    message: Mapping[str, Any], description: Description, name: str, at: datetime, causes: Causes
) -> Iterator[Fact]:
    trigger, account = mapping(message, "Trigger"), one_line(text(message, "AWSAccountId"))
    region = console.region_of(message["AlarmArn"], otherwise="")
    yield from _findings(message, description, at, causes)
    yield from (
        Fact(title, value)
        for title, value in (
            ("Service", description.service),
            ("Owner", description.owner),
            ("Metric", watched(trigger)),
            ("Alarm", name + _was(message)),
            ("Account", ", ".join(filter(None, (account, region)))),
        )
        if value
    )
    if message.get("ActionExecutedAfterMuteWindow") is True:
        yield Fact("Late", "the state changed earlier; a mute rule held this message back")


def _findings(
    message: Mapping[str, Any], description: Description, at: datetime, causes: Causes
) -> Iterator[Fact]:
    """Yield what CloudWatch saw: values and threshold, or the alarms below a composite, and since when."""
    trigger, reason = mapping(message, "Trigger"), one_line(text(message, "NewStateReason"))
    children, rule = children_of(message), one_line(text(message, "AlarmRule"))
    reading = None if children else read_reason(reason, trigger, unit=description.unit)
    found = list(details(causes))
    state = message["NewStateValue"]
    if found:
        yield from found
    elif children:
        shown = [f"{child} ({STATES.get(its, its)})" for child, its in children[:NAMED]]
        more = len(children) - len(shown)
        title = "Ended by" if state == "OK" else "Caused by"
        yield Fact(title, ", ".join(shown) + and_more(more))
    elif rule:
        yield Fact("Rule", clip(rule, _RULE_SHOWN))
    elif reading:
        yield Fact("Value", reading.value)
    elif threshold_of(trigger):
        yield Fact("Threshold", threshold_of(trigger))
    if causes.unread:
        yield Fact("Note", f"details could not be read ({clip(causes.unread, 80)})")
    if reason and not children and not reading:
        yield Fact("Reason", reason)
    first = f", first bad datapoint {reading.first_at:%H:%M}" if reading and reading.first_at else ""
    yield Fact(_SINCE[state], utc(at) + (first if state == "ALARM" else ""))


def _was(message: Mapping[str, Any]) -> str:
    before_it = STATES.get(text(message, "OldStateValue"))
    return f" (was {before_it})" if before_it else ""


def _links(
    message: Mapping[str, Any],
    description: Description,
    settings: Settings,
    window: tuple[datetime, datetime],
    causes: Causes,
) -> Iterator[Link]:
    region = console.region_of(message["AlarmArn"], otherwise=settings.region)
    name = one_line(text(message, "AlarmName"))
    if description.runbook:
        yield Link("Runbook", description.runbook)
    yield from runbooks(causes, description)
    if description.dashboard:
        yield Link("Dashboard", console.dashboard(region, description.dashboard))
    if description.log_group:
        yield Link("Errors in the log", console.errors(region, description.log_group, window))
    xray_service = settings.of_service(description.service) if description.service else ""
    yield Link("Trace map", console.trace_map(region, xray_service))
    yield Link("Alarm", console.alarm(region, name))
    named = [cause.name for cause in causes.all] or [child for child, _ in children_of(message)]
    for child in named[:_CHILDREN_LINKED]:
        yield Link(f"Alarm {child}", console.alarm(region, child))
