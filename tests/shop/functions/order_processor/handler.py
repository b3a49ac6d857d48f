"""Takes batches of orders from SQS; an order with the SKU `SAMPLE-SOLD-OUT` is rejected."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from functions.shared import drills
from functions.shared.batch import BatchFailedError, NotABatchError, is_fault
from functions.shared.errors import InvalidRequestError
from functions.shared.sources import is_batch
from functions.shared.telemetry import Outcome, Telemetry, fault_details, publishable
from functions.shared.validation import UUID, Fields, parse_json

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry(latency_metric="OrderLatency")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
@telemetry.logger.inject_lambda_context(clear_state=True, log_event=False)
@telemetry.tracer.capture_lambda_handler(capture_response=False)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Process one batch."""
    telemetry.begin(context.aws_request_id)
    if not is_batch(event):
        error = NotABatchError("expected an SQS event with at least one record")
        outcome = Outcome("ERROR", "order batch unreadable", "OrdersFailed", fault_details(error))
        telemetry.finish(outcome, started_s=time.perf_counter())
        raise error
    response = process_partial_response(
        event=event, record_handler=_process, processor=processor, context=context
    )
    if len(processor.fail_messages) == len(event["Records"]) and any(map(is_fault, processor.exceptions)):
        message = f"all {len(event['Records'])} messages failed; each has its own log line"
        raise BatchFailedError(message)
    return dict(response)


def reserve(items: list[Any]) -> bool:
    """Return whether everything is in stock."""
    return all(item.get("sku") != "SAMPLE-SOLD-OUT" for item in items)


def _process(record: SQSRecord, lambda_context: LambdaContext) -> None:
    started_s = time.perf_counter()
    telemetry.begin(record.message_id)
    try:
        outcome = _take(record.body, lambda_context)
    except InvalidRequestError as error:
        details = {"invalid_fields": sorted(error.problems)}
        telemetry.finish(Outcome("WARNING", "order poison", "OrdersPoison", details), started_s=started_s)
        raise
    except Exception as error:  # noqa: BLE001 (every fault gets its line and is reported as failed)
        telemetry.finish(
            Outcome("ERROR", "order failed", "OrdersFailed", fault_details(error)), started_s=started_s
        )
        raise publishable(error) from None
    telemetry.finish(outcome, started_s=started_s)


def _take(body: str, context: LambdaContext) -> Outcome:
    request, drill = drills.take_out(parse_json(body, field="body"))
    fields = Fields(request, names=frozenset({"order_id", "currency", "items"}))
    fields.text("order_id", UUID, "a UUID")
    items = fields.array("items", maximum=100)
    fields.finish()
    if drill is not None:
        telemetry.mark(drill)
        drill.act(telemetry.logger, context)
    if reserve(items):
        return Outcome("INFO", "order accepted", "OrdersAccepted")
    return Outcome("WARNING", "order rejected", "OrdersRejected")
