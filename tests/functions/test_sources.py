"""Every source of events against the functions of the shop: an event is theirs, or it is an error."""

from __future__ import annotations

from functions.shared.sources import WrongSourceError
from tests.support.aws_events import AWS_EVENTS, HTTP
from tests.support.invoking import Invoke
from tests.support.tables import each


@each("source", AWS_EVENTS)
def test_a_payment_is_taken_from_its_own_sources_only(pay: Invoke, source: str) -> None:
    """A success would make a queue, a stream or an asynchronous caller forget the event."""
    invocation = pay(AWS_EVENTS[source])
    (line,) = invocation.lines
    if source in {"direct, a payment", *HTTP}:
        assert (invocation.error, line["message"]) == (None, "payment approved")
        return
    assert isinstance(invocation.error, WrongSourceError)
    assert (line["level"], line["message"]) == ("ERROR", "payment request unreadable")
    assert invocation.metrics["PaymentsFailed"] == [1.0]
    assert "tok_approved" not in invocation.output + str(invocation.error)


@each("source", AWS_EVENTS)
def test_an_order_is_taken_from_sqs_only(process: Invoke, source: str) -> None:
    """What is not an order is returned to the queue; what is no queue's fails the invocation."""
    invocation = process(AWS_EVENTS[source])
    (line,) = invocation.lines
    if source == "SQS":
        message_id = AWS_EVENTS[source]["Records"][0]["messageId"]
        assert invocation.result == {"batchItemFailures": [{"itemIdentifier": message_id}]}
        return
    assert isinstance(invocation.error, WrongSourceError)
    assert (line["level"], line["message"]) == ("ERROR", "order batch unreadable")
