"""What answers at the endpoint of a local environment: an AWS, a failing one, or another program."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.errors import CommandError
from config.loader import load
from ops import local


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str]) -> Iterator[str]:
    """Yield the URL of an endpoint that answers everything alike."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


PAGE = b"<html><body>It works</body></html>"
ERROR = b"<ErrorResponse><Error><Code>InternalFailure</Code><Message>no</Message></Error></ErrorResponse>"


@pytest.mark.parametrize("body", [b"", b"text", PAGE, b'{"a": 1}', b"\xff\x00"])
@pytest.mark.parametrize("status", [200, 301, 404])
def test_another_program_is_named_by_its_status(status: int, body: bytes) -> None:
    """Whatever it answers; the next step is another port."""
    with answering(status, body, {"Location": "/elsewhere"} if status == 301 else {}) as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        with pytest.raises(CommandError) as refused:
            local.answers(env)
    said = str(refused.value)
    assert said.startswith(
        f"the endpoint {endpoint} is not an AWS (it answers with status {status}): end the "
    )
    assert "REVEILLE_ENDPOINT" in said
    assert "\n" not in said


@pytest.mark.parametrize("body", [b"", b"text", PAGE, ERROR])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_endpoint_that_fails_is_named_by_its_status(status: int, body: bytes) -> None:
    """A proxy answers with a page, AWS with an error; both fail."""
    with answering(status, body, {}) as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        with pytest.raises(CommandError) as refused:
            local.answers(env)
    said = str(refused.value)
    assert said.startswith(f"the endpoint {endpoint} fails. ")
    assert f"status {status}" in said
    assert "ParserError" not in said
    assert "\n" not in said
