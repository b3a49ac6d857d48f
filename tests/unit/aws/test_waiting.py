"""While nothing else is printed, a line says what is waited for and since when."""

from __future__ import annotations

import http.server
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ReadTimeoutError

from aws import clients, waiting
from aws import errors as aws_errors
from config.errors import CommandError
from config.loader import load
from drill.live import clock
from local_aws import ports
from tests.unit.servers import answering, respond, served

MOST_S = 30
"""Seconds without a line that nobody has to endure."""


def test_the_interval_leaves_no_half_minute_without_a_line() -> None:
    """Printing looks every fifth of it."""
    assert waiting.INTERVAL_S * 1.2 < MOST_S


def test_a_wait_is_said_again_and_again_until_it_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In seconds since it began; a short one is not mentioned."""
    monkeypatch.setattr(waiting, "INTERVAL_S", 0.3)
    with waiting.waiting_for("nothing"):
        pass
    with waiting.waiting_for("something"):
        time.sleep(1.2)
    said = capsys.readouterr().err.splitlines()
    time.sleep(0.6)
    assert capsys.readouterr().err == ""
    assert len(said) >= 2
    assert all(re.fullmatch(r"waiting for something \(\d+ s\)", line) for line in said)


@contextmanager
def silent() -> Iterator[str]:
    """Yield the URL of an endpoint that accepts requests and never answers."""
    ended = threading.Event()
    with answering(lambda _: ended.wait(20)) as url:
        try:
            yield url
        finally:
            ended.set()


HEADER = b"HTTP/1.1 200 OK\r\nX-Slow: "
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nContent-Type: text/xml\r\n\r\n"


@contextmanager
def dripping(begin: bytes) -> Iterator[str]:
    """Yield the URL of an endpoint whose answer goes on, a byte at a time, and never ends."""
    ended = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            with suppress(OSError):
                self.request.sendall(begin)
                while not ended.wait(0.1):
                    self.request.sendall(b" ")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with served(Server(("127.0.0.1", 0), Handler)) as url:
        try:
            yield url
        finally:
            ended.set()


@pytest.mark.slow
@pytest.mark.parametrize("begin", [HEADER, BODY])
@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("sts", "get_caller_identity", {}),
        ("s3", "get_object", {"Bucket": "some-bucket", "Key": "state"}),
        ("lambda", "invoke", {"FunctionName": "handler"}),
    ],
)
def test_a_call_of_aws_that_goes_on_without_end_is_ended(
    service: Any,
    operation: str,
    arguments: dict[str, str],
    begin: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A timeout of a socket begins anew with every byte; the limit is of the call, its body included."""
    monkeypatch.setattr(clients, "_CONNECT_S", 0.1)
    monkeypatch.setattr(clients, "_BACKOFF_S", 0.1)
    with dripping(begin) as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        call = getattr(clients.client(env, service, answers_in_s=1, attempts=1), operation)
        started = time.monotonic()
        with pytest.raises(ReadTimeoutError) as ended:
            call(**arguments)
        assert time.monotonic() - started < 10
    assert aws_errors.explain(ended.value).startswith("AWS accepts connections and does not answer: ")


@pytest.mark.parametrize("begin", [HEADER, BODY])
def test_a_front_whose_answer_never_ends_is_none(begin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks for a local AWS at a port goes on."""
    monkeypatch.setattr(ports, "_HEALTH_LIMIT_S", 0.5)
    with dripping(begin) as endpoint:
        assert ports.health(int(endpoint.rpartition(":")[2])) == {}


@pytest.mark.parametrize("begin", [HEADER, BODY])
def test_a_clock_whose_answer_never_ends_is_refused(begin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live drill does not begin."""
    monkeypatch.setattr(clock, "_ANSWERS_IN_S", 0.5)
    with dripping(begin) as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        with (
            pytest.raises(CommandError, match=r"cannot be set .*no answer in 0\.5 s"),
            clock.sped_up(env, 2),
        ):
            pass


def test_a_call_of_aws_that_hangs_is_said_and_bounded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the endpoint, the service and the operation; nothing is said once it has failed."""
    monkeypatch.setattr(waiting, "INTERVAL_S", 0.3)
    with silent() as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        with pytest.raises(BotoCoreError):
            clients.client(env, "sts", answers_in_s=1, attempts=1).get_caller_identity()
    assert f"waiting for {endpoint} to answer sts:GetCallerIdentity (" in capsys.readouterr().err
    time.sleep(0.6)
    assert capsys.readouterr().err == ""


def test_a_call_that_was_ended_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that failed for the command must not happen later, behind its back."""
    monkeypatch.setattr(clients, "_CONNECT_S", 0.1)
    monkeypatch.setattr(clients, "_BACKOFF_S", -3)  # the limit is 0.5 s then: within the first attempt
    asked: list[float] = []

    def refuse_late(asking: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(time.monotonic())
        time.sleep(0.8)
        respond(asking, 503)

    with answering(refuse_late) as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        s3 = clients.client(env, "s3", answers_in_s=1, attempts=3)
        with pytest.raises(ReadTimeoutError):
            s3.put_object(Bucket="some-bucket", Key="state", Body=b"{}")
        time.sleep(3)
    assert len(asked) == 1
