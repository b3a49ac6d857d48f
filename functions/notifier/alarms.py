"""CloudWatch's notification about an alarm, metric or composite, as a `Notice`.

Keys of the message: as recorded; AWS documents none. A composite's has `AlarmRule` and `TriggeringChildren`
and no `Trigger`; `AlarmDescription` is null when nobody wrote one; metric math has `Trigger.Metrics` and no
`MetricName`, an anomaly band a `ThresholdMetricId` and no `Threshold`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from functions.notifier import console
from functions.notifier.description import Description, read_description
from functions.notifier.fields import mapping, mappings, text
from functions.notifier.notice import Fact, Link, Notice, Severity, State
from functions.notifier.reason import read_reason
from functions.notifier.settings import Settings
from functions.notifier.trigger import metric_of, threshold_of, watched
from functions.notifier.wording import clip, one_line, read_time, utc

MAX_KEY = 255
"""PagerDuty's limit for `dedup_key` (Events API v2); an alarm's ARN can be longer."""

_STATES = {"OK": "OK", "ALARM": "in alarm", "INSUFFICIENT_DATA": "without data"}
_SINCE = {"OK": "Over since", "ALARM": "Since", "INSUFFICIENT_DATA": "Blind since"}
_CHILD = re.compile(r"arn:aws[\w-]*:cloudwatch:[\w-]*:\d*:alarm:(.+?) transitioned to (\w+)")
_CHILDREN_NAMED, _CHILDREN_LINKED = 10, 3  # of at most 100; all are on the alarm's page
_RULE_SHOWN = 300  # characters; CloudWatch takes 10,240


def is_alarm(message: Mapping[str, Any]) -> bool:
    """Tell whether a message is CloudWatch's, by what everything below relies on."""
    named = text(message, "AlarmName") != "" and text(message, "AlarmArn") != ""
    return named and text(message, "NewStateValue") in _STATES


def read_alarm(
    message: Mapping[str, Any], severity: Severity, settings: Settings, *, sent_at: datetime
) -> Notice:
    """Turn a notification into a notice.

    Args:
        message: What `is_alarm` takes for one.
        severity: The topic's.
        settings: Names and Region.
        sent_at: When SNS took the message.
    """
    name, arn = one_line(text(message, "AlarmName")), text(message, "AlarmArn")
    state = cast("State", message["NewStateValue"])
    description = read_description(message.get("AlarmDescription"), environment=settings.environment)
    at = read_time(message.get("StateChangeTime")) or sent_at
    what = description.what or _undescribed(name, mapping(message, "Trigger"))
    return Notice(
        state=state,
        severity=severity,
        environment=settings.environment,
        service=description.service,
        what=what,
        sentence=description.sentence or f"{what}. Nobody has described this alarm.",
        advice="" if state == "OK" else description.advice,
        facts=tuple(_facts(message, description, name, at)),
        links=tuple(_links(message, description, settings, name, console.around(at, sent_at))),
        occurred_at=at,
        key=arn if len(arn) <= MAX_KEY else f"alarm/{hashlib.sha256(arn.encode()).hexdigest()}",
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


def _facts(message: Mapping[str, Any], description: Description, name: str, at: datetime) -> Iterator[Fact]:
    trigger, account = mapping(message, "Trigger"), one_line(text(message, "AWSAccountId"))
    region = console.region_of(message["AlarmArn"], otherwise="")
    yield from _findings(message, at)
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


def _findings(message: Mapping[str, Any], at: datetime) -> Iterator[Fact]:
    """Yield what CloudWatch saw: values and threshold, or the alarms below a composite, and since when."""
    trigger, reason = mapping(message, "Trigger"), one_line(text(message, "NewStateReason"))
    children, rule = _children(message), one_line(text(message, "AlarmRule"))
    reading = None if children else read_reason(reason, trigger)
    state = message["NewStateValue"]
    if children:
        shown = [f"{child} ({_STATES.get(its, its)})" for child, its in children[:_CHILDREN_NAMED]]
        more = len(children) - len(shown)
        title = "Ended by" if state == "OK" else "Caused by"
        yield Fact(title, ", ".join(shown) + (f" and {more} more" if more else ""))
    elif rule:
        yield Fact("Rule", clip(rule, _RULE_SHOWN))
    elif reading:
        yield Fact("Value", reading.value)
    elif threshold_of(trigger):
        yield Fact("Threshold", threshold_of(trigger))
    if reason and not children and not reading:
        yield Fact("Reason", reason)
    first = f", first bad datapoint {reading.first_at:%H:%M}" if reading and reading.first_at else ""
    yield Fact(_SINCE[state], utc(at) + (first if state == "ALARM" else ""))


def _was(message: Mapping[str, Any]) -> str:
    before_it = _STATES.get(text(message, "OldStateValue"))
    return f" (was {before_it})" if before_it else ""


def _links(
    message: Mapping[str, Any],
    description: Description,
    settings: Settings,
    name: str,
    window: tuple[datetime, datetime],
) -> Iterator[Link]:
    region = console.region_of(message["AlarmArn"], otherwise=settings.region)
    if description.runbook:
        yield Link("Runbook", description.runbook)
    if description.dashboard:
        yield Link("Dashboard", console.dashboard(region, description.dashboard))
    if description.log_group:
        yield Link("Errors in the log", console.errors(region, description.log_group, window))
    xray_service = settings.of_service(description.service) if description.service else ""
    yield Link("Trace map", console.trace_map(region, xray_service))
    yield Link("Alarm", console.alarm(region, name))
    for child, _ in _children(message)[:_CHILDREN_LINKED]:
        yield Link(f"Alarm {child}", console.alarm(region, child))


def _children(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and state of the alarms that moved a composite, from the list or from the reason's text."""
    found = [
        (one_line(text(child, "Arn").split(":alarm:", 1)[-1]), text(mapping(child, "State"), "Value"))
        for child in mappings(message, "TriggeringChildren")
    ]
    found = [(name, state) for name, state in found if name]
    return found or _CHILD.findall(one_line(text(message, "NewStateReason")))
