"""Lambda handler of the notifier: subscribed to the topics of the alarms.

SNS invokes it asynchronously. When it fails, Lambda repeats the invocation and finally puts the event into
the function's dead-letter queue ("Error handling for asynchronous invocation", Lambda Developer Guide); so it
fails whenever somebody was not told, after everybody else was.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.notifier.channels import CHANNELS
from functions.notifier.delivery import Failure, Receiver, deliver_all, receivers_of
from functions.notifier.lookup import Lookup
from functions.notifier.memory import Delivered
from functions.notifier.messages import read_message, read_record
from functions.notifier.settings import read_settings
from functions.shared.errors import SafeError
from functions.shared.telemetry import Outcome, Telemetry, correlation_id, fault_details, publishable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN_S = 2.0
"""Seconds of the function's time that are kept for the log, the metrics and the trace."""

_METRICS = {"mail": "Mail", **{key: channel.TITLE for key, channel in CHANNELS.items()}}

settings = read_settings(os.environ, CHANNELS)
telemetry = Telemetry(latency_metric="NotificationLatency")
delivered = Delivered()


class NotAnSnsEventError(SafeError):
    """The event has no records: somebody invoked the function by hand, or subscribed it to something else."""


class NotDeliveredError(SafeError):
    """At least one receiver was not told; the message names each, and its answer."""


@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
@telemetry.logger.inject_lambda_context(clear_state=True, log_event=False)
@telemetry.tracer.capture_lambda_handler(capture_response=False)
def handle(event: object, context: LambdaContext) -> dict[str, Any]:
    """Pass on every message of an event to everybody whom its severity concerns.

    Args:
        event: An SNS event ("Using AWS Lambda with Amazon SNS", Lambda Developer Guide).
        context: Lambda's context object.

    Returns:
        `{"sent": <deliveries made>}`.

    Raises:
        NotAnSnsEventError: The event is no SNS event.
        NotDeliveredError: Not all were told.
    """
    deadline_s = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN_S
    telemetry.logger.set_correlation_id(context.aws_request_id)  # until a message brings its own
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        error = NotAnSnsEventError("expected an SNS event with at least one record")
        telemetry.finish(unreadable(error), started_s=time.perf_counter())
        raise error
    sent, problems = 0, []
    for record in records:
        count, found = process_record(record, context.aws_request_id, deadline_s=deadline_s)
        sent += count
        problems += found
    if problems:
        raise NotDeliveredError("; ".join(problems))
    return {"sent": sent}


def process_record(record: object, request_id: str, *, deadline_s: float) -> tuple[int, list[str]]:
    """Pass on one message; return how many were told, and the problems with those who were not."""
    started_s = time.perf_counter()
    try:
        envelope = read_record(record, settings, now=datetime.now(timezone.utc))
        notice = read_message(envelope, settings, Lookup(deadline_s=deadline_s))
    except Exception as error:  # noqa: BLE001 (one record that breaks must not silence the others)
        telemetry.finish(unreadable(error), started_s=started_s)
        return 0, [str(publishable(error))]
    telemetry.logger.set_correlation_id(correlation_id(envelope.message_id, otherwise=request_id))
    wanted = receivers_of(notice, settings.recipients[envelope.severity])
    receivers = [receiver for receiver in wanted if not delivered.has(envelope.message_id, receiver)]
    failures = deliver_all(notice, receivers, settings, deadline_s=deadline_s)
    reached = [
        receiver for receiver in receivers if receiver not in {failure.receiver for failure in failures}
    ]
    for receiver in reached:
        delivered.add(envelope.message_id, receiver)
    _count(reached, failures)
    details: dict[str, object] = {
        "message_id": envelope.message_id,
        "severity": notice.severity,
        "state": notice.state,
        "about": notice.source,
        "sent": [str(receiver) for receiver in reached],
        "sent_before": len(wanted) - len(receivers),
    }
    if failures:
        details |= {"failed": [str(failure) for failure in failures], **_stack(failures)}
        outcome = Outcome("ERROR", "notification failed", "NotificationsFailed", details)
    elif wanted:
        outcome = Outcome("INFO", "notification sent", "NotificationsSent", details)
    else:
        outcome = Outcome("INFO", "notification for nobody", "NotificationsForNobody", details)
    telemetry.finish(outcome, started_s=started_s)
    return len(reached), [str(failure) for failure in failures]


def unreadable(error: Exception) -> Outcome:
    """Return how it ends for what is no notification at all."""
    return Outcome("ERROR", "notification unreadable", "NotificationsUnreadable", fault_details(error))


def _count(reached: Sequence[Receiver], failures: Sequence[Failure]) -> None:
    """Count deliveries by channel: `MailSent`, `SlackFailed` and so on."""
    for receiver in reached:
        _add(f"{_METRICS[receiver.channel]}Sent")
    for failure in failures:
        _add(f"{_METRICS[failure.receiver.channel]}Failed")


def _add(metric: str) -> None:
    telemetry.metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)


def _stack(failures: Sequence[Failure]) -> dict[str, str]:
    """Return the stack of the first failure that is a bug; a receiver's refusal needs none."""
    bugs = [failure.error for failure in failures if not isinstance(failure.error, SafeError)]
    return fault_details(bugs[0]) if bugs else {}
