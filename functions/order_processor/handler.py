"""Lambda handler of the order service: SQS batches from a standard queue, with partial failures.

Outcomes of a message ("Implementing partial batch responses", Lambda Developer Guide; the event source
mapping must have `ReportBatchItemFailures`):

- accepted, or rejected because an item is sold out: done, SQS deletes it.
- poison (not a valid order): WARNING, reported as failed. The queue's redrive policy moves it to the
  dead-letter queue, where it can be examined; deleting it would lose an order.
- fault (the inventory does not answer, a bug): ERROR, reported as failed; SQS delivers it again.

The invocation fails only if every message failed and at least one of them because of a fault: then
`AWS/Lambda` `Errors` counts it and Lambda slows down the polling. Poison alone does not fail the invocation.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from functions.order_processor.inventory import OutOfStockError, inventory
from functions.order_processor.order import read_order
from functions.shared import drills
from functions.shared.batch import BatchFailedError, NotABatchError, is_fault
from functions.shared.errors import InvalidRequestError
from functions.shared.sources import is_batch
from functions.shared.telemetry import Outcome, Telemetry, correlation_id, fault_details, publishable
from functions.shared.validation import parse_json

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry(latency_metric="OrderLatency")
# NOTE: with `raise_on_entire_batch_failure` a batch of one poison message would count as a Lambda error.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@telemetry.metrics.log_metrics(capture_cold_start_metric=True)
@telemetry.logger.inject_lambda_context(clear_state=True, log_event=False)
@telemetry.tracer.capture_lambda_handler(capture_response=False)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Process a batch.

    Args:
        event: An SQS event ("Using Lambda with Amazon SQS", Lambda Developer Guide).
        context: Lambda's context object.

    Returns:
        `{"batchItemFailures": [{"itemIdentifier": <message id>}, …]}`: the messages that SQS delivers again.

    Raises:
        NotABatchError: The event is not an SQS batch.
        BatchFailedError: Every message failed, at least one of them because of a fault.
    """
    telemetry.begin(context.aws_request_id)  # replaced by that of each message
    if not is_batch(event):
        error = NotABatchError("expected an SQS event with at least one record")
        outcome = Outcome("ERROR", "order batch unreadable", "OrdersFailed", fault_details(error))
        telemetry.finish(outcome, started_s=time.perf_counter())
        raise error
    response = process_partial_response(
        event=event, record_handler=process_record, processor=processor, context=context
    )
    if len(processor.fail_messages) == len(event["Records"]) and any(map(is_fault, processor.exceptions)):
        message = f"all {len(event['Records'])} messages failed; each has its own log line"
        raise BatchFailedError(message)
    return dict(response)


def process_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Process a message; if an exception is raised, the batch processor reports the message as failed."""
    started_s = time.perf_counter()
    attributes = record.raw_event.get("messageAttributes", {})
    caller_id = attributes.get("correlation_id", {}).get("stringValue")
    telemetry.begin(correlation_id(caller_id, otherwise=record.message_id))
    delivery = {
        "message_id": record.message_id,
        "receive_count": int(record.attributes.approximate_receive_count),
    }
    try:
        outcome = take_order(record.body, delivery, lambda_context)
    except InvalidRequestError as error:
        details = {**delivery, "invalid_fields": sorted(error.problems)}
        telemetry.finish(Outcome("WARNING", "order poison", "OrdersPoison", details), started_s=started_s)
        raise
    except Exception as error:  # noqa: BLE001 (every fault gets its line and is reported as failed)
        details = {**delivery, **fault_details(error)}
        telemetry.finish(Outcome("ERROR", "order failed", "OrdersFailed", details), started_s=started_s)
        raise publishable(error) from None
    telemetry.finish(outcome, started_s=started_s)


def take_order(body: str, delivery: dict[str, Any], context: LambdaContext) -> Outcome:
    """Validate an order and reserve it; return the outcome.

    Raises:
        InvalidRequestError: The message is poison.
        DependencyUnavailableError: The inventory does not answer.
        RequestedFaultError: A drill requested a fault.
    """
    request, drill = drills.take_out(parse_json(body, field="body"))
    order = read_order(request)
    if drill is not None:
        telemetry.mark(drill)
        drill.act(telemetry.logger, context)
    details = {**delivery, "order_id": order.order_id, "items": len(order.items)}
    try:
        inventory().reserve(order)
    except OutOfStockError:
        return Outcome("WARNING", "order rejected", "OrdersRejected", {**details, "reason": "out_of_stock"})
    return Outcome("INFO", "order accepted", "OrdersAccepted", details)
