"""Takes a payment, directly or through API Gateway; only `tok_approved` is approved."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from functions.shared import drills
from functions.shared.errors import InvalidRequestError
from functions.shared.http import answer, caller_correlation_id, read_request
from functions.shared.sources import WrongSourceError, is_direct, is_http
from functions.shared.telemetry import Outcome, Telemetry, correlation_id, fault_details, publishable
from functions.shared.validation import MAX_AMOUNT_MINOR, Fields

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry(latency_metric="PaymentLatency")
_FIELDS = frozenset({"amount_minor", "currency", "payment_token", "idempotency_key"})
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")


@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
@telemetry.logger.inject_lambda_context(clear_state=True, log_event=False)
@telemetry.tracer.capture_lambda_handler(capture_response=False)
def handle(event: object, context: LambdaContext) -> dict[str, Any]:
    """Take one payment."""
    started_s = time.perf_counter()
    telemetry.begin(correlation_id(caller_correlation_id(event), otherwise=context.aws_request_id))
    if not is_http(event) and not is_direct(event, _FIELDS):
        wrong = WrongSourceError(f"expected an HTTP event, or an object with {', '.join(sorted(_FIELDS))}")
        outcome = Outcome("ERROR", "payment request unreadable", "PaymentsFailed", fault_details(wrong))
        telemetry.finish(outcome, started_s=started_s)
        raise wrong
    try:
        outcome, result = _take(event, context)
    except Exception as error:  # noqa: BLE001 (every fault gets its line, then fails the invocation)
        outcome = Outcome("ERROR", "payment failed", "PaymentsFailed", fault_details(error))
        telemetry.finish(outcome, started_s=started_s)
        raise publishable(error) from None
    telemetry.finish(outcome, started_s=started_s)
    return answer(result, http=is_http(event))


def charge(token: str) -> bool:
    """Return whether the payment is approved."""
    return token == "tok_approved"  # noqa: S105 (a test token)


def _take(event: object, context: LambdaContext) -> tuple[Outcome, dict[str, Any]]:
    try:
        request, drill = drills.take_out(read_request(event))
        fields = Fields(request, names=_FIELDS)
        token = fields.text("payment_token", _WORD, "a token")
        fields.text("idempotency_key", _WORD, "a key")
        fields.integer("amount_minor", minimum=1, maximum=MAX_AMOUNT_MINOR)
        fields.currency("currency")
        fields.finish()
    except InvalidRequestError as error:
        details = {"invalid_fields": sorted(error.problems)}
        result = {"status": "invalid", "problems": error.problems}
        return Outcome("WARNING", "payment invalid", "PaymentsInvalid", details), result
    if drill is not None:
        telemetry.mark(drill)
        drill.act(telemetry.logger, context)
    if charge(token):
        return Outcome("INFO", "payment approved", "PaymentsApproved"), {"status": "approved"}
    return Outcome("WARNING", "payment declined", "PaymentsDeclined"), {"status": "declined"}
