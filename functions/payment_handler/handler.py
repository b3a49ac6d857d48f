"""Lambda handler of the payment service.

Approved, declined and invalid are normal results. A fault (the provider is unavailable, a setting is missing,
a bug) fails the invocation, so that `AWS/Lambda` `Errors` counts it and API Gateway returns 502. An event of
another source fails it as well: behind a queue or stream, the messages are not lost.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from functions.payment_handler.gateway import PaymentDeclinedError, gateway
from functions.payment_handler.payment import FIELDS, read_payment
from functions.shared import drills
from functions.shared.errors import InvalidRequestError
from functions.shared.http import answer, caller_correlation_id, read_request
from functions.shared.sources import WrongSourceError, is_direct, is_http
from functions.shared.telemetry import Outcome, Telemetry, correlation_id, fault_details, publishable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry(latency_metric="PaymentLatency")


@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
@telemetry.logger.inject_lambda_context(clear_state=True, log_event=False)
@telemetry.tracer.capture_lambda_handler(capture_response=False)
def handle(event: object, context: LambdaContext) -> dict[str, Any]:
    """Charge a payment.

    Args:
        event: The payment (`payment.Payment`'s fields), or an HTTP event with it as JSON body.
        context: Lambda's context object.

    Returns:
        `{"status": "approved", "payment_id", "charge_id"}`, `{"status": "declined", "payment_id",
        "reason"}` or `{"status": "invalid", "problems"}`; for HTTP in a response 201, 402 or 400.

    Raises:
        WrongSourceError: The event is neither a payment nor an HTTP event.
        SafeError: A fault; the log line of this request has its stack.
    """
    started_s = time.perf_counter()
    telemetry.begin(correlation_id(caller_correlation_id(event), otherwise=context.aws_request_id))
    if not is_http(event) and not is_direct(event, FIELDS):
        wrong = WrongSourceError(f"expected an HTTP event, or an object with {', '.join(sorted(FIELDS))}")
        outcome = Outcome("ERROR", "payment request unreadable", "PaymentsFailed", fault_details(wrong))
        telemetry.finish(outcome, started_s=started_s)
        raise wrong
    try:
        outcome, result = take_payment(event, context)
    except Exception as error:  # noqa: BLE001 (every fault gets its line, then fails the invocation)
        outcome = Outcome("ERROR", "payment failed", "PaymentsFailed", fault_details(error))
        telemetry.finish(outcome, started_s=started_s)
        raise publishable(error) from None
    telemetry.finish(outcome, started_s=started_s)
    return answer(result, http=is_http(event))


def take_payment(event: object, context: LambdaContext) -> tuple[Outcome, dict[str, Any]]:
    """Validate a payment and charge it; return the outcome and the result for the caller.

    Raises:
        Exception: A fault; `RequestedFaultError` if a drill requested it.
    """
    try:
        request, drill = drills.take_out(read_request(event))
        payment = read_payment(request)
    except InvalidRequestError as error:
        invalid = {"invalid_fields": sorted(error.problems)}
        outcome = Outcome("WARNING", "payment invalid", "PaymentsInvalid", invalid)
        return outcome, {"status": "invalid", "problems": error.problems}
    if drill is not None:
        telemetry.mark(drill)
        drill.act(telemetry.logger, context)
    identifiers = {"payment_id": payment.payment_id}
    try:
        charge_id = gateway().charge(payment)
    except PaymentDeclinedError as error:
        details = {**identifiers, "reason": error.reason}
        outcome = Outcome("WARNING", "payment declined", "PaymentsDeclined", details)
        return outcome, {"status": "declined", **details}
    details = {**identifiers, "charge_id": charge_id}
    outcome = Outcome("INFO", "payment approved", "PaymentsApproved", details)
    return outcome, {"status": "approved", **details}
