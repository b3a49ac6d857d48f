"""Convert CloudWatch's notification about an alarm to a `Notice`.

AWS documents only parts of the message ("Log alarms", CloudWatch User Guide); the other keys are as recorded.
`AlarmDescription` is null without a description. The kind of the alarm follows from the keys:

- metric: `Trigger.MetricName`; metric math and Metrics Insights: `Trigger.Metrics`; anomaly band: also
  `ThresholdMetricId` and no `Threshold`
- composite: `AlarmRule` and `TriggeringChildren`, and no `Trigger`
- log alarm: none of these, `NewStateReasonData`
- a contributor of a Metrics Insights, PromQL or log alarm: also `AlarmContributorId`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from functions.notifier import console
from functions.notifier.alarm_events import SUPPRESSED
from functions.notifier.cause_words import NAMED, STATES, and_more, details, runbooks, worst_words
from functions.notifier.causes import Causes, children_of, find_causes
from functions.notifier.contributor import Contributor, contributor_of
from functions.notifier.described import Describe, describe_none
from functions.notifier.fields import text
from functions.notifier.notice import Fact, Link, Notice, Severity, State
from functions.notifier.problem_key import problem_key
from functions.notifier.reason import read_reason
from functions.notifier.settings import Settings
from functions.notifier.trigger import metric_of, subjects, threshold_of, trigger_of
from functions.notifier.wording import clean, clip, one_line, read_time, utc
from functions.shared.description import Description, read_description

_SINCE = {"OK": "OK since", "ALARM": "Since", "INSUFFICIENT_DATA": "No data since"}
_CHILDREN_LINKED = 3  # of at most 100; the alarm's page lists all
_RULE_SHOWN = 300  # characters; CloudWatch allows 10,240
_REASON_SHOWN = 300  # characters of a reason for suppression; CloudWatch allows 1,024
_CONTRIBUTOR_SHOWN = 500  # characters; a contributor has up to 150 attributes


def is_alarm(message: Mapping[str, Any]) -> bool:
    """Return whether a message is an alarm's notification: whether it has a name and a state."""
    return one_line(text(message, "AlarmName")) != "" and text(message, "NewStateValue") in STATES


def read_alarm(
    message: Mapping[str, Any],
    severity: Severity,
    settings: Settings,
    *,
    sent_at: datetime,
    describe: Describe = describe_none,
) -> Notice:
    """Convert an alarm's notification to a notice.

    The ALARM of a composite whose actions are suppressed is information only. When the suppression ends,
    CloudWatch takes the actions ("Suppressing composite alarm actions", CloudWatch User Guide).

    Args:
        message: A message for which `is_alarm` is true.
        severity: Severity of the topic.
        settings: Names and Region.
        sent_at: When SNS received the message.
        describe: Returns the descriptions of the children of a composite that fires.
    """
    name, trigger = one_line(text(message, "AlarmName")), trigger_of(message)
    state = cast("State", message["NewStateValue"])
    description = read_description(clean(text(message, "AlarmDescription")), environment=settings.environment)
    at = read_time(message.get("StateChangeTime")) or sent_at
    contributor = contributor_of(message)
    causes = Causes()
    if state == "ALARM" and _is_composite(message):
        causes = find_causes(
            message, describe, environment=settings.environment, of_one_service=bool(description.service)
        )
    summary = description.headline or _undescribed(name, trigger)
    sentence = description.sentence or f"{summary}. This alarm has no description."
    worst = worst_words(causes, description)
    if worst:
        summary = f"{summary}: {worst}"
        sentence = f"{sentence.rstrip('. ')}: {worst}."
    if contributor:  # first in the headline: the end of a long one is cut
        summary = f"{contributor.short}: {summary}"
        sentence = f"{sentence.rstrip('. ')} ({contributor.short})."
    # As the alarm itself, which takes no action. Its OK may end an incident from before the suppression.
    suppressed = clip(one_line(text(message, SUPPRESSED)), _REASON_SHOWN) if state == "ALARM" else ""
    if suppressed:
        summary = f"suppressed: {summary}"
        sentence = f"The actions of this alarm are suppressed ({suppressed}). It is in ALARM: {sentence}"
    return Notice(
        state="INFO" if suppressed else state,
        severity=severity,
        environment=settings.environment,
        service=description.service,
        summary=summary,
        sentence=sentence,
        advice="" if state == "OK" else description.advice,
        facts=tuple(_facts(message, description, at, causes, contributor)),
        links=tuple(_links(message, description, settings, console.around(at, sent_at), causes)),
        occurred_at=at,
        key=_key(message, contributor),
        source=name,
        group=settings.group,
        is_first_evaluation=_is_first_evaluation(message),
    )


def _is_composite(message: Mapping[str, Any]) -> bool:
    return not message.get("Trigger") and bool(message.get("AlarmRule") or message.get("TriggeringChildren"))


def _key(message: Mapping[str, Any], contributor: Contributor | None) -> str:
    """Return the key of an alarm, or of its contributor: the end of one does not end the other.

    Without an ARN, the account of the alarm is not known. Then the key is never that of an alarm with an ARN.
    """
    alarm = text(message, "AlarmArn") or f"name/{one_line(text(message, 'AlarmName'))}"
    return problem_key("alarm", f"contributor/{contributor.identity}/{alarm}" if contributor else alarm)


def _is_first_evaluation(message: Mapping[str, Any]) -> bool:
    """Return whether a new composite alarm is OK at its first evaluation, which needs no notification.

    The state of a composite alarm is INSUFFICIENT_DATA only before its first evaluation (CloudWatch API
    Reference, PutCompositeAlarm). Other alarms have this state also without data; their OK may end an ALARM.
    """
    states = (text(message, "OldStateValue"), text(message, "NewStateValue"))
    return states == ("INSUFFICIENT_DATA", "OK") and _is_composite(message)


def _undescribed(name: str, trigger: Mapping[str, Any]) -> str:
    """Return the metric and threshold of an alarm without a description, if they are known."""
    metric, threshold = metric_of(trigger), threshold_of(trigger)
    return f"{metric} {threshold} (alarm {name})" if metric and threshold else f"alarm {name}"


def _facts(
    message: Mapping[str, Any],
    description: Description,
    at: datetime,
    causes: Causes,
    contributor: Contributor | None,
) -> Iterator[Fact]:
    account = one_line(text(message, "AWSAccountId"))
    region = console.region_of(message.get("AlarmArn"), otherwise="")
    yield from _findings(message, description, at, causes)
    yield from (
        Fact(title, value)
        for title, value in (
            ("Service", description.service),
            ("Owner", description.owner),
            ("Contributor", clip(contributor.words, _CONTRIBUTOR_SHOWN) if contributor else ""),
            *subjects(trigger_of(message)),
            ("Alarm", one_line(text(message, "AlarmName")) + _was(message)),
            ("Account", ", ".join(filter(None, (account, region)))),
            (SUPPRESSED, one_line(text(message, SUPPRESSED))),
        )
        if value
    )
    if message.get("ActionExecutedAfterMuteWindow") is True:
        yield Fact("Delayed", "the state changed earlier; a mute rule delayed this notification")


def _findings(
    message: Mapping[str, Any], description: Description, at: datetime, causes: Causes
) -> Iterator[Fact]:
    """Yield values and threshold, or the alarms of a composite's rule, and the time of the change."""
    trigger, reason = trigger_of(message), one_line(text(message, "NewStateReason"))
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
    region = console.region_of(message.get("AlarmArn"), otherwise=settings.region)
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
