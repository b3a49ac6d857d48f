"""Lambda handler of the notifier, which is subscribed to the alarm topics.

SNS invokes it asynchronously. If it fails, Lambda retries the invocation and finally sends the event to the
function's dead-letter queue ("Error handling for asynchronous invocation", Lambda Developer Guide). It
therefore fails if no recipient has the message. If some have it, it invokes itself for each delivery that
failed (`redelivery`), so that a retry sends the message to no recipient twice.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.notifier.channels import CHANNELS
from functions.notifier.delivery import Failure, Recipient, deliver_all, recipients_of
from functions.notifier.lookup import Lookup
from functions.notifier.memory import Delivered
from functions.notifier.messages import read_message, read_record
from functions.notifier.redelivery import RECIPIENT, event_for, invoke_all
from functions.notifier.settings import read_settings
from functions.shared.errors import SafeError
from functions.shared.telemetry import Outcome, Telemetry, correlation_id, fault_details, publishable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN_S = 2.0
"""Seconds of the function's time that are reserved for redelivery, the log, the metrics and the trace."""
_LOG_S = 0.5  # of these, for the log, the metrics and the trace

_METRICS = {"mail": "Mail", **{key: channel.TITLE for key, channel in CHANNELS.items()}}

settings = read_settings(os.environ, CHANNELS)
telemetry = Telemetry(latency_metric="NotificationLatency")
delivered = Delivered()


class NotAnSnsEventError(SafeError):
    """The event has no SNS records: the function was invoked manually, or by another service."""


class NotDeliveredError(SafeError):
    """At least one delivery failed; the message has each recipient and its error."""


@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
@telemetry.logger.inject_lambda_context(clear_state=True, log_event=False)
@telemetry.tracer.capture_lambda_handler(capture_response=False)
def handle(event: object, context: LambdaContext) -> dict[str, Any]:
    """Deliver every message of an event to the recipients of its severity.

    Args:
        event: An SNS event ("Using AWS Lambda with Amazon SNS", Lambda Developer Guide).
        context: Lambda's context object.

    Returns:
        `{"sent": <number of deliveries>}`.

    Raises:
        NotAnSnsEventError: The event is not an SNS event.
        NotDeliveredError: All deliveries failed, or some failed and Lambda did not accept their repetition.
    """
    deadline_s = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN_S
    telemetry.logger.set_correlation_id(context.aws_request_id)  # replaced by that of each message
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        error = NotAnSnsEventError("expected an SNS event with at least one record")
        telemetry.finish(unreadable(error), started_s=time.perf_counter())
        raise error
    only = event.get(RECIPIENT) if isinstance(event, dict) else None
    results = [
        process_record(record, context.aws_request_id, deadline_s=deadline_s, only=only) for record in records
    ]
    events = [event for result in results for event in result.failed]
    if events and not (
        any(result.delivered for result in results)
        and invoke_all(context.invoked_function_arn, events, deadline_s=deadline_s + MARGIN_S - _LOG_S)
    ):
        raise NotDeliveredError("; ".join(problem for result in results for problem in result.problems))
    return {"sent": sum(result.sent for result in results)}


@dataclass(frozen=True)
class Result:
    """What became of a record.

    Attributes:
        sent: Number of deliveries.
        delivered: Number of recipients that have the message, from this or an earlier invocation.
        failed: The events that repeat what failed.
        problems: The error of each.
    """

    sent: int
    delivered: int
    failed: tuple[dict[str, Any], ...] = ()
    problems: tuple[str, ...] = ()


def process_record(record: object, request_id: str, *, deadline_s: float, only: object) -> Result:
    """Deliver a message, to one recipient if `only` is its name.

    A repetition for a recipient that the message no longer has fails, so that the message reaches the
    dead-letter queue. The other recipients have it already.
    """
    started_s = time.perf_counter()
    try:
        envelope = read_record(record, settings, now=datetime.now(timezone.utc))
        notice = read_message(envelope, settings, Lookup(deadline_s=deadline_s))
    except Exception as error:  # noqa: BLE001 (a record that fails must not stop the others)
        telemetry.finish(unreadable(error), started_s=started_s)
        return Result(0, 0, (event_for(record),), (str(publishable(error)),))
    telemetry.logger.set_correlation_id(correlation_id(envelope.message_id, otherwise=request_id))
    possible = recipients_of(notice, settings.recipients[envelope.severity])
    selected = [recipient for recipient in possible if only is None or str(recipient) == only]
    recipients = [recipient for recipient in selected if not delivered.has(envelope.message_id, recipient)]
    failures = deliver_all(notice, recipients, settings, deadline_s=deadline_s)
    reached = [
        recipient for recipient in recipients if recipient not in {failure.recipient for failure in failures}
    ]
    for recipient in reached:
        delivered.add(envelope.message_id, recipient)
    _count(reached, failures)
    details: dict[str, object] = {
        "message_id": envelope.message_id,
        "severity": notice.severity,
        "state": notice.state,
        "about": notice.source,
        "sent": [str(recipient) for recipient in reached],
        "sent_before": len(selected) - len(recipients),
    }
    failed = [(event_for(record, str(failure.recipient)), str(failure)) for failure in failures]
    if only is not None and not selected:
        failed = [({**event_for(record), RECIPIENT: only}, _not_a_recipient(possible, notice.severity))]
    if failed:
        details |= {"failed": [problem for _, problem in failed], **_stack(failures)}
        outcome = Outcome("ERROR", "notification failed", "NotificationsFailed", details)
    elif selected:
        outcome = Outcome("INFO", "notification sent", "NotificationsSent", details)
    else:
        outcome = Outcome("INFO", "notification without recipients", "NotificationsForNobody", details)
    telemetry.finish(outcome, started_s=started_s)
    return Result(
        len(reached),
        len(selected) - len(failures),
        tuple(event for event, _ in failed),
        tuple(problem for _, problem in failed),
    )


def unreadable(error: Exception) -> Outcome:
    """Return the outcome for a record that is not a notification."""
    return Outcome("ERROR", "notification unreadable", "NotificationsUnreadable", fault_details(error))


def _not_a_recipient(possible: Sequence[Recipient], severity: str) -> str:
    """Return the error of a repetition; it does not contain the event's value, which may be anything."""
    names = ", ".join(map(str, possible)) or "none"
    return f"{RECIPIENT}: is not a recipient of this {severity} message; its recipients are: {names}"


def _count(reached: Sequence[Recipient], failures: Sequence[Failure]) -> None:
    """Count deliveries by channel: `MailSent`, `SlackFailed` and so on."""
    for recipient in reached:
        _add(f"{_METRICS[recipient.channel]}Sent")
    for failure in failures:
        _add(f"{_METRICS[failure.recipient.channel]}Failed")


def _add(metric: str) -> None:
    telemetry.metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)


def _stack(failures: Sequence[Failure]) -> dict[str, str]:
    """Return the stack of the first failure that is a bug; a rejection by a recipient has no stack."""
    bugs = [failure.error for failure in failures if not isinstance(failure.error, SafeError)]
    return fault_details(bugs[0]) if bugs else {}
