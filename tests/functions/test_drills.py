"""Failing on request: what each function does when a drill asks, and that nobody else can."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.shared import drills
from functions.shared.batch import BatchFailedError
from functions.shared.drills import RequestedFaultError
from tests.support.invoking import Invocation, Invoke, recorded

Ask = Callable[[object], Invocation]

REFUSED: list[tuple[object, list[str]]] = [
    (None, ["drill"]),
    (True, ["drill"]),
    ("error", ["drill"]),
    ([], ["drill"]),
    ({}, ["drill"]),
    ({"fault": "error", "why": "4111111111111111"}, ["drill"]),
    ({"fault": "crash"}, ["drill.fault"]),
    ({"fault": None}, ["drill.fault"]),
    ({"fault": ["error"]}, ["drill.fault"]),
    ({"slow_ms": 0}, ["drill.slow_ms"]),
    ({"slow_ms": 900_001}, ["drill.slow_ms"]),
    ({"slow_ms": True}, ["drill.slow_ms"]),
    ({"slow_ms": 1.5}, ["drill.slow_ms"]),
    ({"log_level": "INFO"}, ["drill.log_level"]),
    ({"log_level": "error"}, ["drill.log_level"]),
    ({"fault": 1, "slow_ms": "1", "log_level": 5}, ["drill.fault", "drill.log_level", "drill.slow_ms"]),
]


@pytest.fixture(params=["payment", "http", "order"])
def ask(request: pytest.FixtureRequest, pay: Invoke, process: Invoke) -> Ask:
    """Ask each function, in each form in which a request reaches it, for a drill."""

    def asked(drill: object) -> Invocation:
        if request.param == "payment":
            return pay({**recorded("payment_ok"), "drill": drill})
        if request.param == "http":
            body = json.dumps({**recorded("payment_ok"), "drill": drill})
            return pay({**recorded("payment_ok_rest_api"), "body": body, "isBase64Encoded": False})
        record = recorded("order_batch")["Records"][0]
        body = json.dumps({**json.loads(record["body"]), "drill": drill})
        return process({"Records": [{**record, "body": body}]})

    return asked


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the functions wait, in seconds, instead of time that goes by."""
    waits: list[float] = []
    monkeypatch.setattr("functions.shared.drills.time.sleep", waits.append)
    return waits


@pytest.fixture
def work(pay: Invoke, process: Invoke, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was charged or reserved."""
    del pay, process  # imported by now
    done: list[object] = []

    def note(what: object) -> bool:
        done.append(what)
        return True

    monkeypatch.setattr("tests.shop.functions.payment_handler.handler.charge", note)
    monkeypatch.setattr("tests.shop.functions.order_processor.handler.reserve", note)
    return done


def test_a_requested_error_is_a_fault_whose_line_says_that_it_is_a_drill(
    ask: Ask, work: list[object]
) -> None:
    """Counted as any other fault by filters and by Lambda; nobody is charged."""
    invocation = ask({"fault": "error"})
    assert isinstance(invocation.error, RequestedFaultError | BatchFailedError)
    (line,) = invocation.lines
    assert (line["level"], line["drill"]) == ("ERROR", {"fault": "error"})
    assert line["message"] in {"payment failed", "order failed"}
    assert isinstance(line["duration_ms"], float)
    assert line["exception_name"] == "RequestedFaultError"
    assert line["exception"].endswith("RequestedFaultError: a drill requested this fault: error")
    assert len(invocation.metrics.get("PaymentsFailed") or invocation.metrics["OrdersFailed"]) == 1
    assert work == []


def test_a_requested_timeout_waits_until_lambda_has_ended_the_invocation(
    ask: Ask, slept: list[float], work: list[object]
) -> None:
    """A line says why before it waits; where nobody ends it, it is a fault in the end."""
    invocation = ask({"fault": "timeout"})
    assert sum(slept) > 30
    first, last = invocation.lines
    assert (first["level"], first["message"]) == ("WARNING", "drill: waiting for the timeout")
    assert "duration_ms" not in first
    assert first["drill"] == last["drill"] == {"fault": "timeout"}
    assert last["level"] == "ERROR"
    assert work == []


def test_a_slow_request_waits_and_is_then_carried_out(
    ask: Ask, slept: list[float], work: list[object]
) -> None:
    """Slowness alone is no fault."""
    invocation = ask({"slow_ms": 3500})
    assert slept == [3.5]
    assert invocation.error is None
    (line,) = invocation.lines
    assert (line["level"], line["drill"]) == ("INFO", {"slow_ms": 3500})
    assert len(work) == 1


@pytest.mark.parametrize("level", sorted(drills.LOG_LEVELS))
def test_a_requested_entry_is_a_line_beside_the_requests_own(
    ask: Ask, work: list[object], level: str
) -> None:
    """As of a function that logs what it handles: the invocation succeeds, and is counted once."""
    invocation = ask({"log_level": level})
    entry, line = invocation.lines
    assert (entry["level"], entry["message"]) == (level, "drill: entry of the requested level")
    assert "duration_ms" not in entry
    assert entry["drill"] == line["drill"] == {"log_level": level}
    assert line["level"] == "INFO"
    assert invocation.error is None
    assert len(work) == 1


def test_all_of_it_can_be_asked_for_at_once(ask: Ask, slept: list[float], work: list[object]) -> None:
    """Entry, wait, fault, in this order."""
    asked = {"fault": "error", "slow_ms": 20, "log_level": "CRITICAL"}
    invocation = ask(asked)
    assert [line["level"] for line in invocation.lines] == ["CRITICAL", "ERROR"]
    assert all(line["drill"] == asked for line in invocation.lines)
    assert slept == [0.02]
    assert work == []


@pytest.mark.parametrize(("drill", "fields"), REFUSED, ids=[json.dumps(item) for item, _ in REFUSED])
def test_a_request_for_something_else_is_refused(
    ask: Ask, work: list[object], drill: object, fields: list[str]
) -> None:
    """With what is wrong, and nothing of what was sent."""
    invocation = ask(drill)
    (line,) = invocation.lines
    assert (line["level"], line["invalid_fields"]) == ("WARNING", fields)
    assert "4111111111111111" not in invocation.output
    assert work == []


@pytest.mark.parametrize("value", ["", "0", "false", "no", "true", "Allowed", "allowed ", None])
def test_where_drills_are_not_allowed_the_request_is_refused(
    ask: Ask, slept: list[float], work: list[object], monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """As one with a field that nobody knows: it neither fails nor charges anybody."""
    monkeypatch.delenv("DRILLS")
    if value is not None:
        monkeypatch.setenv("DRILLS", value)
    for drill in ({"fault": "error"}, {"fault": "timeout"}, {"slow_ms": 5}, {"log_level": "ERROR"}, {}, None):
        invocation = ask(drill)
        (line,) = invocation.lines
        assert (line["level"], line["invalid_fields"]) == ("WARNING", ["request"])
        assert invocation.error is None
    assert slept == work == []


@pytest.mark.parametrize("change", [{"amount_minor": 0}, {"note": "x"}])
def test_an_invalid_payment_asks_for_nothing(pay: Invoke, change: dict[str, Any]) -> None:
    """What is rehearsed is what a real request would meet."""
    invocation = pay({**recorded("payment_fault"), **change})
    assert invocation.error is None
    assert invocation.result["status"] == "invalid"
    assert list(invocation.result["problems"]) == [next(iter(change), "request").replace("note", "request")]


def test_a_drill_marks_its_own_message_of_a_batch_and_no_other(process: Invoke) -> None:
    """The next message's line is nobody's drill."""
    first, second = recorded("order_batch")["Records"]
    body = json.dumps({**json.loads(first["body"]), "drill": {"fault": "error"}})
    invocation = process({"Records": [{**first, "body": body}, second]})
    assert [line["message"] for line in invocation.lines] == ["order failed", "order accepted"]
    assert ["drill" in line for line in invocation.lines] == [True, False]


def test_a_drill_marks_no_later_invocation(pay: Invoke, process: Invoke) -> None:
    """Also not that of a batch, nor of an event that is none."""
    pay(recorded("payment_fault"))
    assert "drill" not in pay(recorded("payment_ok")).lines[0]
    process(recorded("order_batch_fault"))
    assert "drill" not in process({}).lines[0]
