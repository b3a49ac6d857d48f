"""order_processor, from recorded SQS batches to its log, metrics and partial failures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.order_processor import inventory as inventory_module
from functions.shared.batch import BatchFailedError, NotABatchError
from tests.support.aws_events import AWS_EVENTS
from tests.support.invoking import Invoke, invoker, recorded, unhurried
from tests.support.tables import each

CARD_NUMBER = "4111111111111111"
# In the order of order_batch_partial.json.
KINDS = {"accepted": "INFO", "rejected": "WARNING", "poison": "WARNING", "failed": "ERROR"}


@pytest.fixture(scope="session")
def process(platform_environment: None) -> Invoke:
    """Invokes the function."""
    del platform_environment
    return invoker("functions.order_processor.handler")


def batch(*kinds: str) -> dict[str, Any]:
    """Return a batch with one message of each kind, each with its own message id."""
    records = dict(zip(KINDS, recorded("order_batch_partial")["Records"], strict=True))
    return {"Records": [{**records[kind], "messageId": f"{n:08x}"} for n, kind in enumerate(kinds)]}


def failures(result: dict[str, list[dict[str, str]]]) -> list[str]:
    """Return the message ids that a result reports as failed."""
    return [item["itemIdentifier"] for item in result["batchItemFailures"]]


def with_body(body: object) -> dict[str, Any]:
    """Return a batch of one message with this body."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"Records": [{**recorded("order_batch")["Records"][0], "body": text}]}


def an_order() -> dict[str, Any]:
    """Return a valid order."""
    order: dict[str, Any] = json.loads(recorded("order_batch")["Records"][0]["body"])
    return order


def test_a_good_batch_reports_no_failure(process: Invoke) -> None:
    """An empty list tells SQS to delete every message."""
    invocation = process(recorded("order_batch"))
    assert invocation.result == {"batchItemFailures": []}
    assert [line["message"] for line in invocation.lines] == ["order accepted"] * 2
    assert invocation.metrics["OrdersAccepted"] == [1.0, 1.0]
    assert len(invocation.metrics["OrderLatency"]) == 2


def test_each_message_gets_its_own_line_with_the_keys_the_platform_reads(process: Invoke) -> None:
    """The latency filter takes one `duration_ms` per message, whatever became of it."""
    invocation = process(recorded("order_batch_partial"))
    assert [(line["level"], line["message"]) for line in invocation.lines] == [
        (level, f"order {kind}") for kind, level in KINDS.items()
    ]
    for line in invocation.lines:
        assert line["service"] == "sample-service"
        assert line["function_request_id"] == invocation.request_id
        assert isinstance(line["duration_ms"], float)
        assert line["correlation_id"] == line["message_id"]
        assert isinstance(line["receive_count"], int)


def test_only_poison_and_faults_are_reported_as_failed(process: Invoke) -> None:
    """A sold-out order is done: delivering it again would not fill the shelf."""
    event = recorded("order_batch_partial")
    invocation = process(event)
    assert invocation.error is None
    assert failures(invocation.result) == [record["messageId"] for record in event["Records"][2:]]
    counts = {name: values for name, values in invocation.metrics.items() if name != "OrderLatency"}
    assert counts.keys() == {"OrdersAccepted", "OrdersRejected", "OrdersPoison", "OrdersFailed"}


@unhurried
@given(kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=10))
def test_an_invocation_fails_only_when_all_messages_did_and_a_fault_is_among_the_reasons(
    process: Invoke, kinds: list[str]
) -> None:
    """`AWS/Lambda` `Errors` means that something is broken, not that a producer sends rubbish."""
    invocation = process(batch(*kinds))
    hopeless = {"failed"} <= set(kinds) <= {"failed", "poison"}
    assert isinstance(invocation.error, BatchFailedError) == hopeless
    if not hopeless:
        expected = [f"{n:08x}" for n, kind in enumerate(kinds) if kind in {"failed", "poison"}]
        assert failures(invocation.result) == expected
    assert [line["message"] for line in invocation.lines] == [f"order {kind}" for kind in kinds]


def test_poison_alone_is_a_warning_and_goes_back_for_the_dead_letter_queue(process: Invoke) -> None:
    """Deleting it would lose an order; failing the invocation would blame the function."""
    event = recorded("order_batch_poison")
    invocation = process(event)
    assert invocation.error is None
    assert failures(invocation.result) == [event["Records"][0]["messageId"]]
    (line,) = invocation.lines
    assert (line["level"], line["message"]) == ("WARNING", "order poison")
    assert line["invalid_fields"] == ["items[0].quantity", "request"]
    assert "shopper@example.com" not in invocation.output


def test_a_batch_of_faults_fails_the_invocation(process: Invoke) -> None:
    """Lambda then counts an error and slows the polling down, and SQS keeps every message."""
    invocation = process(recorded("order_batch_fault"))
    assert isinstance(invocation.error, BatchFailedError)
    assert [line["level"] for line in invocation.lines] == ["ERROR", "ERROR"]
    assert [line["exception_name"] for line in invocation.lines] == ["RequestedFaultError"] * 2
    assert invocation.metrics["OrdersFailed"] == [1.0, 1.0]


@each("source", [source for source in AWS_EVENTS if source != "SQS"])
def test_something_that_is_no_sqs_batch_is_a_fault_with_a_line(process: Invoke, source: str) -> None:
    """The function is connected to a wrong source."""
    invocation = process(AWS_EVENTS[source])
    assert isinstance(invocation.error, NotABatchError)
    (line,) = invocation.lines
    assert (line["level"], line["message"]) == ("ERROR", "order batch unreadable")
    assert line["correlation_id"] == invocation.request_id


def test_the_producers_correlation_id_is_taken_from_the_message_attribute(process: Invoke) -> None:
    """One order can then be followed across services; without one, SQS's message id stands in."""
    first, second = process(recorded("order_batch")).lines
    assert first["correlation_id"] == "8c1d6f2a-3b4e-4a59-9d70-e2f1b5c8a763"
    assert second["correlation_id"] == second["message_id"]


@pytest.mark.parametrize("body", ["", "null", "[]", "[" * 100_000, '{"order_id": 1}'])
def test_a_body_that_is_no_order_is_poison(process: Invoke, body: str) -> None:
    """It will be no order next time either."""
    assert [line["message"] for line in process(with_body(body)).lines] == ["order poison"]


@unhurried
@given(
    change=st.fixed_dictionaries(
        {},
        optional={
            "order_id": st.text(max_size=40) | st.integers(),
            "currency": st.just("XXX") | st.none(),
            "items": st.just([]) | st.lists(st.none(), min_size=1) | st.text(),
            CARD_NUMBER: st.none(),
        },
    ).filter(bool)
)
def test_nothing_of_a_refused_order_is_logged(process: Invoke, change: dict[str, Any]) -> None:
    """Neither values nor names of fields that the contract does not know."""
    order = {**an_order(), **change}
    order["items"] = [*order["items"], {CARD_NUMBER: CARD_NUMBER}]
    output = process(with_body(order)).output
    assert "order poison" in output
    assert CARD_NUMBER not in output


def test_too_many_items_are_refused(process: Invoke) -> None:
    """An order has a size; what is longer is a producer gone wrong."""
    item = an_order()["items"][0]
    assert process(with_body({**an_order(), "items": [item] * 100})).lines[0]["message"] == "order accepted"
    assert process(with_body({**an_order(), "items": [item] * 101})).lines[0]["message"] == "order poison"


def test_true_is_not_a_quantity(process: Invoke) -> None:
    """Python counts with booleans, JSON does not."""
    order = an_order()
    order["items"][0]["quantity"] = True
    assert process(with_body(order)).lines[0]["invalid_fields"] == ["items[0].quantity"]


def test_a_bug_fails_one_message_and_is_reported_without_its_message(
    process: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the batch goes on; the exception's text, which may quote the order, stays inside."""
    calls: list[object] = []

    def broken_once(_inventory: object, order: object) -> None:
        calls.append(order)
        if len(calls) == 1:
            raise ValueError(CARD_NUMBER)

    monkeypatch.setattr(inventory_module.SampleInventory, "reserve", broken_once)
    invocation = process(recorded("order_batch"))
    assert [line["message"] for line in invocation.lines] == ["order failed", "order accepted"]
    assert invocation.lines[0]["exception_name"] == "ValueError"
    assert failures(invocation.result) == [recorded("order_batch")["Records"][0]["messageId"]]
    assert CARD_NUMBER not in invocation.output
