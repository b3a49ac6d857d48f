"""payment_handler, from recorded events to its log, metrics and answers."""

from __future__ import annotations

import importlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.payment_handler import gateway as gateway_module
from functions.payment_handler.payment import FIELDS
from functions.shared.errors import ConfigurationError, DependencyUnavailableError, UnexpectedFaultError
from functions.shared.sources import WrongSourceError
from functions.shared.validation import CURRENCIES, MAX_AMOUNT_MINOR
from tests.support.aws_events import AWS_EVENTS, HTTP
from tests.support.invoking import Invoke, invoker, recorded, unhurried
from tests.support.tables import each

EVENTS = [
    "payment_ok",
    "payment_ok_rest_api",
    "payment_ok_http_api",
    "payment_declined",
    "payment_invalid",
    "payment_fault",
]
CARD_NUMBER = "4111111111111111"
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture(scope="session")
def pay(platform_environment: None) -> Invoke:
    """Invokes the function."""
    del platform_environment
    return invoker("functions.payment_handler.handler")


@pytest.mark.parametrize("name", EVENTS)
def test_every_request_writes_one_line_with_the_keys_the_platform_reads(pay: Invoke, name: str) -> None:
    """Metric filters and queries rely on these keys being there, with these types."""
    invocation = pay(recorded(name))
    (line,) = invocation.lines
    assert line["service"] == "sample-service"
    assert line["function_name"] == "reveille-test"
    assert line["function_request_id"] == invocation.request_id
    assert isinstance(line["message"], str)
    assert isinstance(line["duration_ms"], float)
    assert 0 < line["duration_ms"] < 1000
    assert isinstance(line["cold_start"], bool)
    assert line["timestamp"].endswith("+00:00")
    assert uuid.UUID(line["correlation_id"])


@pytest.mark.parametrize("name", EVENTS)
def test_every_request_emits_its_latency_and_one_count_with_the_service_as_dimension(
    pay: Invoke, name: str
) -> None:
    """The embedded metric format carries namespace, unit and dimension; CloudWatch reads nothing else."""
    blobs = [json.loads(line) for line in pay(recorded(name)).output.splitlines() if "_aws" in line]
    (directive,) = blobs[-1]["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Reveille/test"
    assert directive["Dimensions"] == [["service"]]
    assert blobs[-1]["service"] == "sample-service"
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units.pop("PaymentLatency") == "Milliseconds"
    assert list(units.values()) == ["Count"]


def test_an_approved_payment_is_an_info_line_and_a_result(pay: Invoke) -> None:
    """Charged, counted, answered."""
    invocation = pay(recorded("payment_ok"))
    (line,) = invocation.lines
    assert (line["level"], line["message"]) == ("INFO", "payment approved")
    assert invocation.metrics["PaymentsApproved"] == [1.0]
    assert invocation.result["status"] == "approved"
    assert invocation.result["charge_id"] == line["charge_id"]
    assert invocation.result["payment_id"] == line["payment_id"]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("tok_declined", "card_declined"),
        ("tok_expired", "expired_card"),
        ("tok_insufficient_funds", "insufficient_funds"),
        ("tok_nobody_knows", "unknown_token"),
    ],
)
def test_a_declined_payment_is_a_warning_and_an_answer_not_an_error(
    pay: Invoke, token: str, reason: str
) -> None:
    """A declined payment is not a fault: no alarm counts it."""
    invocation = pay({**recorded("payment_declined"), "payment_token": token})
    (line,) = invocation.lines
    assert invocation.error is None
    assert (line["level"], line["message"], line["reason"]) == ("WARNING", "payment declined", reason)
    assert invocation.metrics["PaymentsDeclined"] == [1.0]
    assert invocation.result["status"] == "declined"
    assert invocation.result["reason"] == reason


def test_an_invalid_payment_is_told_every_problem_at_once(pay: Invoke) -> None:
    """A caller who must repeat the request wants the whole list."""
    invocation = pay(recorded("payment_invalid"))
    (line,) = invocation.lines
    assert invocation.error is None
    assert (line["level"], line["message"]) == ("WARNING", "payment invalid")
    assert line["invalid_fields"] == ["amount_minor", "currency"]
    assert invocation.metrics["PaymentsInvalid"] == [1.0]
    assert invocation.result["status"] == "invalid"
    assert invocation.result["problems"].keys() == {"amount_minor", "currency"}


def test_a_fault_is_an_error_with_its_stack_and_fails_the_invocation(
    pay: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda counts an error only when the handler raises."""

    def unavailable(_gateway: object, _payment: object) -> str:
        message = "the payment provider does not answer"
        raise DependencyUnavailableError(message)

    monkeypatch.setattr(gateway_module.SamplePaymentGateway, "charge", unavailable)
    invocation = pay(recorded("payment_ok"))
    (line,) = invocation.lines
    assert isinstance(invocation.error, DependencyUnavailableError)
    assert (line["level"], line["message"]) == ("ERROR", "payment failed")
    assert line["exception_name"] == "DependencyUnavailableError"
    assert "in unavailable" in line["exception"]
    assert "drill" not in line
    assert line["exception"].endswith("DependencyUnavailableError: the payment provider does not answer")
    assert invocation.metrics["PaymentsFailed"] == [1.0]


@pytest.mark.parametrize("name", ["payment_ok_rest_api", "payment_ok_http_api"])
@pytest.mark.parametrize(
    ("change", "status_code"),
    [({}, 201), ({"payment_token": "tok_declined"}, 402), ({"amount_minor": 0}, 400)],
)
def test_api_gateway_gets_an_http_response(
    pay: Invoke, name: str, change: dict[str, Any], status_code: int
) -> None:
    """Both proxy formats, with a plain and with a base64 body, are answered with status code and JSON."""
    event = recorded(name)
    if change:
        body = json.dumps({**recorded("payment_ok"), **change})
        event = {**event, "body": body, "isBase64Encoded": False}
    response = pay(event).result
    assert response["statusCode"] == status_code
    assert response["headers"] == {"content-type": "application/json"}
    assert json.loads(response["body"])["status"] in {"approved", "declined", "invalid"}


@pytest.mark.parametrize(
    ("body", "encoded"),
    [
        (None, False),
        ("{", False),
        ("[" * 100_000, False),
        ("%" + recorded("payment_ok_http_api")["body"], True),
        ("/////w==", True),
    ],
)
def test_an_unreadable_http_body_is_an_invalid_request(
    pay: Invoke, body: str | None, *, encoded: bool
) -> None:
    """No body, broken JSON, bottomless JSON, broken base64, not UTF-8: the sender's mistake each time."""
    event = {**recorded("payment_ok_rest_api"), "body": body, "isBase64Encoded": encoded}
    invocation = pay(event)
    assert invocation.result["statusCode"] == 400
    assert invocation.lines[0]["invalid_fields"] == ["body"]


@each("source", [source for source in AWS_EVENTS if source not in {"direct, a payment", *HTTP}])
def test_an_event_of_another_source_fails_the_invocation(pay: Invoke, source: str) -> None:
    """Behind a queue or stream, a success would lose the messages."""
    invocation = pay(AWS_EVENTS[source])
    assert isinstance(invocation.error, WrongSourceError)
    (line,) = invocation.lines
    assert (line["level"], line["message"]) == ("ERROR", "payment request unreadable")


@each("source", sorted(HTTP))
def test_every_source_of_http_gets_a_response(pay: Invoke, source: str) -> None:
    """API Gateway, function URLs and load balancers pass it to the caller."""
    assert pay(AWS_EVENTS[source]).result["statusCode"] == 201
    assert pay({**AWS_EVENTS[source], "body": None}).result["statusCode"] == 400


@each("field", sorted(FIELDS))
def test_an_incomplete_payment_is_a_payment(pay: Invoke, field: str) -> None:
    """The response names the fields that it lacks."""
    assert pay({field: None}).result["status"] == "invalid"


@each(
    ("field", "value"),
    [
        ("amount_minor", 0),
        ("amount_minor", MAX_AMOUNT_MINOR + 1),
        ("amount_minor", 19.99),
        ("amount_minor", 1999.0),
        ("amount_minor", True),
        ("currency", "EURO"),
        ("currency", ["EUR"]),
        ("payment_token", CARD_NUMBER),
        ("payment_token", "tok_approved\n"),
        ("idempotency_key", "too-short"),
        ("idempotency_key", "x" * 65),
        ("card_number", CARD_NUMBER),
    ],
)
def test_a_field_that_breaks_the_contract_is_refused(pay: Invoke, field: str, value: object) -> None:
    """No value is rounded, cut or guessed, and an unknown field is rejected."""
    invocation = pay({**recorded("payment_ok"), field: value})
    known = field if field in recorded("payment_ok") else "request"
    assert list(invocation.result["problems"]) == [known]


@unhurried
@given(
    amount=st.integers(1, MAX_AMOUNT_MINOR),
    currency=st.sampled_from(sorted(CURRENCIES)),
    key=st.from_regex(r"[A-Za-z0-9_-]{16,64}", fullmatch=True),
)
def test_every_valid_payment_is_approved_with_an_id_that_follows_from_its_key(
    pay: Invoke, amount: int, currency: str, key: str
) -> None:
    """A repeated attempt must not become a second payment, whatever else changed."""
    payment = {
        "amount_minor": amount,
        "currency": currency,
        "payment_token": "tok_approved",
        "idempotency_key": key,
    }
    first, again = pay(payment).result, pay({**payment, "amount_minor": 1}).result
    assert first["status"] == "approved"
    assert (first["payment_id"], first["charge_id"]) == (again["payment_id"], again["charge_id"])


@unhurried
@given(
    field=st.sampled_from(["amount_minor", "currency", "payment_token", "idempotency_key", "card_number"]),
    value=any_json,
    secret=st.sampled_from([CARD_NUMBER, "shopper@example.com", "Jo Bloggs"]),
)
def test_nothing_of_a_refused_request_is_logged_or_repeated(
    pay: Invoke, field: str, value: object, secret: str
) -> None:
    """A card number is never logged: not as a value, inside one, or as the name of a field."""
    for event in (
        {**recorded("payment_ok"), field: secret},
        {**recorded("payment_ok"), field: [value, {"nested": secret}]},
        {**recorded("payment_ok"), secret: value},
    ):
        invocation = pay(event)
        assert secret not in invocation.output
        assert secret not in json.dumps(invocation.result)


@pytest.mark.parametrize("event", ["payment_ok", "payment_declined", "payment_fault"])
def test_neither_token_nor_key_nor_amount_is_logged(pay: Invoke, event: str) -> None:
    """The log identifies a payment by our own id, whatever becomes of it."""
    secrets = {"amount_minor": 87654321, "idempotency_key": CARD_NUMBER}
    payment = {**recorded(event), **secrets}
    secrets["payment_token"] = payment["payment_token"]
    output = pay(payment).output
    assert '"message":"payment ' in output
    for secret in secrets.values():
        assert str(secret) not in output


def test_a_bug_is_reported_by_type_and_stack_without_its_message(
    pay: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message of a foreign exception may quote the request, and Lambda logs what is raised."""

    def broken(_gateway: object, _payment: object) -> str:
        raise KeyError(CARD_NUMBER)

    monkeypatch.setattr(gateway_module.SamplePaymentGateway, "charge", broken)
    invocation = pay(recorded("payment_ok"))
    (line,) = invocation.lines
    assert line["level"] == "ERROR"
    assert line["exception_name"] == "KeyError"
    assert "in broken" in line["exception"]
    assert isinstance(invocation.error, UnexpectedFaultError)
    assert invocation.error.__suppress_context__
    assert CARD_NUMBER not in invocation.output + str(invocation.error)


@pytest.mark.parametrize("value", [None, "", "production"])
def test_without_a_known_gateway_every_payment_is_a_fault_that_names_the_variable(
    pay: Invoke, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """A missing setting must not select the sandbox."""
    monkeypatch.delenv("PAYMENT_GATEWAY")
    if value is not None:
        monkeypatch.setenv("PAYMENT_GATEWAY", value)
    gateway_module.gateway.cache_clear()
    invocation = pay(recorded("payment_ok"))
    assert isinstance(invocation.error, ConfigurationError)
    assert "PAYMENT_GATEWAY must be one of: sample" in invocation.lines[0]["exception"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("payment_ok_rest_api", "0b2f7c3e-8a4d-4f61-9c7e-52d1a6b3e8f0"),
        ("payment_ok_http_api", "5d9e1a7b-2c3f-4e80-b6d4-91f0c7a2e3b8"),
    ],
)
def test_the_callers_correlation_id_is_taken_whatever_the_headers_case(
    pay: Invoke, name: str, expected: str
) -> None:
    """REST APIs pass header names on as sent, HTTP APIs in lower case."""
    assert pay(recorded(name)).lines[0]["correlation_id"] == expected


def test_a_correlation_id_that_is_no_uuid_is_replaced_by_the_request_id(pay: Invoke) -> None:
    """Free text from outside does not get into the log."""
    event = recorded("payment_ok_rest_api")
    invocation = pay({**event, "headers": {"X-Correlation-Id": CARD_NUMBER}})
    assert invocation.lines[0]["correlation_id"] == invocation.request_id
    assert CARD_NUMBER not in invocation.output


def test_without_the_header_the_id_of_api_gateway_correlates(pay: Invoke) -> None:
    """Then access log and function log can be joined."""
    event = {**recorded("payment_ok_rest_api"), "headers": None}
    assert pay(event).lines[0]["correlation_id"] == "c6af9ac6-7b61-4e2d-9f0a-3d5b8e7c1f24"


def test_a_warm_start_carries_nothing_over(pay: Invoke) -> None:
    """Keys of one request must not show up in the next one's line, however they were added."""
    declined = pay(recorded("payment_declined"))
    importlib.import_module("functions.payment_handler.handler").telemetry.logger.append_keys(reason="old")
    approved = pay(recorded("payment_ok"))
    assert "reason" in declined.lines[0]
    assert "reason" not in approved.lines[0]
    assert approved.lines[0]["cold_start"] is False
    assert approved.metrics.keys() == {"PaymentsApproved", "PaymentLatency"}


@pytest.fixture(autouse=True)
def _fresh_gateway() -> None:
    """Choose the gateway again for every test."""
    gateway_module.gateway.cache_clear()
