"""Convert CloudWatch's notification about a metric alarm or composite alarm to a `Notice`.

AWS does not document the keys of the message; they are as recorded. A composite has `AlarmRule` and
`TriggeringChildren` and no `Trigger`; `AlarmDescription` is null without a description; metric math has
`Trigger.Metrics` and no `MetricName`, an anomaly band a `ThresholdMetricId` and no `Threshold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from functions.notifier import console
from functions.notifier.cause_words import NAMED, STATES, and_more, details, runbooks, worst_words
from functions.notifier.causes import Causes, children_of, find_causes
from functions.notifier.described import Describe, describe_none
from functions.notifier.fields import mapping, text
from functions.notifier.notice import Fact, Link, Notice, Severity, State
from functions.notifier.problem_key import problem_key
from functions.notifier.reason import read_reason
from functions.notifier.settings import Settings
from functions.notifier.trigger import metric_of, threshold_of, watched
from functions.notifier.wording import clean, clip, one_line, read_time, utc
from functions.shared.description import Description, read_description

_SINCE = {"OK": "OK since", "ALARM": "Since", "INSUFFICIENT_DATA": "No data since"}
_CHILDREN_LINKED = 3  # of at most 100; the alarm's page lists all
_RULE_SHOWN = 300  # characters; CloudWatch allows 10,240


def is_alarm(message: Mapping[str, Any]) -> bool:
    """Return whether a message is an alarm's notification: whether it has name, ARN and state."""
    has_name_and_arn = one_line(text(message, "AlarmName")) != "" and text(message, "AlarmArn") != ""
    return has_name_and_arn and text(message, "NewStateValue") in STATES


def read_alarm(
    message: Mapping[str, Any],
    severity: Severity,
    settings: Settings,
    *,
    sent_at: datetime,
    describe: Describe = describe_none,
) -> Notice:
    """Convert an alarm's notification to a notice.

    Args:
        message: A message for which `is_alarm` is true.
        severity: Severity of the topic.
        settings: Names and Region.
        sent_at: When SNS received the message.
        describe: Returns the descriptions of the children of a composite that fires.
    """
    name, arn = one_line(text(message, "AlarmName")), text(message, "AlarmArn")
    state = cast("State", message["NewStateValue"])
    description = read_description(clean(text(message, "AlarmDescription")), environment=settings.environment)
    at = read_time(message.get("StateChangeTime")) or sent_at
    is_composite = not message.get("Trigger")
    causes = Causes()
    if state == "ALARM" and is_composite:
        causes = find_causes(
            message, describe, environment=settings.environment, of_one_service=bool(description.service)
        )
    summary = description.headline or _undescribed(name, mapping(message, "Trigger"))
    sentence = description.sentence or f"{summary}. This alarm has no description."
    worst = worst_words(causes, description)
    if worst:
        summary = f"{summary}: {worst}"
        sentence = f"{sentence.rstrip('. ')}: {worst}."
    return Notice(
        state=state,
        severity=severity,
        environment=settings.environment,
        service=description.service,
        summary=summary,
        sentence=sentence,
        advice="" if state == "OK" else description.advice,
        facts=tuple(_facts(message, description, name, at, causes)),
        links=tuple(_links(message, description, settings, console.around(at, sent_at), causes)),
        occurred_at=at,
        key=problem_key("alarm", arn),
        source=name,
        group=settings.group,
        is_first_evaluation=_is_first_evaluation(message),
    )


def _is_first_evaluation(message: Mapping[str, Any]) -> bool:
    """Return whether a new composite alarm is OK at its first evaluation, which needs no notification.

    The state of a composite alarm is INSUFFICIENT_DATA only before its first evaluation (CloudWatch API
    Reference, PutCompositeAlarm). A metric alarm has this state also without data; its OK may end an ALARM.
    """
    states = (text(message, "OldStateValue"), text(message, "NewStateValue"))
    return states == ("INSUFFICIENT_DATA", "OK") and not message.get("Trigger")


def _undescribed(name: str, trigger: Mapping[str, Any]) -> str:
    """Return the metric and threshold of an alarm without a description, if they are known."""
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
        yield Fact("Delayed", "the state changed earlier; a mute rule delayed this notification")


def _findings(
    message: Mapping[str, Any], description: Description, at: datetime, causes: Causes
) -> Iterator[Fact]:
    """Yield values and threshold, or the alarms of a composite's rule, and the time of the change."""
    trigger, reason = mapping(message, "Trigger"), one_line(text(message, "NewStateReason"))
    children, rule = children_of(message), one_line(text(message, "AlarmRule"))
    reading = None if children else read_reason(reason, trigger, unit=description.unit)
    described = list(details(causes))
    state = message["NewStateValue"]
    if described:
        yield from described
    elif children:
        named = [f"{child} ({STATES.get(value, value)})" for child, value in children[:NAMED]]
        more = len(children) - len(named)
        title = "Ended by" if state == "OK" else "Caused by"
        yield Fact(title, ", ".join(named) + and_more(more))
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
    first = f", first breaching datapoint {reading.first_at:%H:%M}" if reading and reading.first_at else ""
    yield Fact(_SINCE[state], utc(at) + (first if state == "ALARM" else ""))


def _was(message: Mapping[str, Any]) -> str:
    """Return the previous state in words."""
    previous = STATES.get(text(message, "OldStateValue"))
    return f" (was {previous})" if previous else ""


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
    names = [cause.name for cause in causes.all] or [child for child, _ in children_of(message)]
    for child in names[:_CHILDREN_LINKED]:
        yield Link(f"Alarm {child}", console.alarm(region, child))
