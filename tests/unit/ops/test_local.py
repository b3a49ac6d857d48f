"""What answers at the endpoint of a local environment: an AWS, a failing one, or another program."""

from __future__ import annotations

import pytest

from config.errors import CommandError
from config.loader import load
from ops import local
from tests.support.tables import each
from tests.unit.servers import answering, respond

PAGE = b"<html><body>It works</body></html>"
ERROR = b"<ErrorResponse><Error><Code>InternalFailure</Code><Message>no</Message></Error></ErrorResponse>"


@each("body", [b"", b"text", PAGE, b'{"a": 1}', b"\xff\x00"])
@each("status", [200, 301, 404])
def test_another_program_is_named_by_its_status(status: int, body: bytes) -> None:
    """Whatever it answers; the next step is another port."""
    headers = {"Location": "/elsewhere"} if status == 301 else {}
    with answering(lambda asked: respond(asked, status, body, **headers)) as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        with pytest.raises(CommandError) as refused:
            local.answers(env)
    said = str(refused.value)
    assert said.startswith(
        f"the endpoint {endpoint} is not an AWS (it answers with status {status}): stop the "
    )
    assert "REVEILLE_ENDPOINT" in said
    assert "\n" not in said


@each("body", [b"", b"text", PAGE, ERROR])
@each("status", [500, 502, 503])
def test_an_endpoint_that_fails_is_named_by_its_status(status: int, body: bytes) -> None:
    """A proxy answers with a page, AWS with an error; both fail."""
    with answering(lambda asked: respond(asked, status, body)) as endpoint:
        env = load("local", variables={"REVEILLE_ENDPOINT": endpoint})
        with pytest.raises(CommandError) as refused:
            local.answers(env)
    said = str(refused.value)
    assert said.startswith(f"the endpoint {endpoint} fails. ")
    assert f"status {status}" in said
    assert "ParserError" not in said
    assert "\n" not in said
