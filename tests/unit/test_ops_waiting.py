"""While nothing else is printed, a line says what is waited for and since when."""

from __future__ import annotations

import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import BotoCoreError

from config.loader import load
from ops import clients, waiting

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

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            ended.wait(20)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            ended.set()
            server.shutdown()
            thread.join()


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
