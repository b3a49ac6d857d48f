"""Requests that ask to fail: each form in which functions read them, and the clock they are sent by."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from catalog import environment
from config.errors import CommandError
from config.models import Environment
from config.paths import ROOT
from drill.live.clock import Clock, sped_up
from drill.live.sender import MEMBER, with_parameters
from functions.shared import drills
from functions.shared.http import read_request

EVENTS = ROOT / "tests" / "events"
ASKED = {"fault": "error", "slow_ms": 5}


def recorded(name: str) -> Any:
    """Return a recorded event."""
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the functions' own reading of a drill be on."""
    monkeypatch.setenv(drills.VARIABLE, "allowed")


@pytest.mark.parametrize("name", ["payment_ok", "payment_ok_rest_api", "payment_ok_http_api"])
def test_a_payment_asks_as_the_function_reads_it(name: str) -> None:
    """Invoked directly or through API Gateway, with a plain body or a base64 one."""
    event = recorded(name)
    rest, drill = drills.take_out(read_request(with_parameters(event, ASKED)))
    assert drill == drills.Drill(fault="error", slow_ms=5)
    assert rest == read_request(event)


@pytest.mark.parametrize("name", ["order_batch", "order_batch_fault"])
def test_every_message_of_a_batch_asks_as_the_function_reads_it(name: str) -> None:
    """And keeps all else that it has."""
    event = recorded(name)
    bodies = [json.loads(record["body"]) for record in event["Records"]]
    for before, record, body in zip(
        event["Records"], with_parameters(event, ASKED)["Records"], bodies, strict=True
    ):
        rest, drill = drills.take_out(json.loads(record["body"]))
        assert drill == drills.Drill(fault="error", slow_ms=5)
        assert rest == {key: value for key, value in body.items() if key != MEMBER}
        assert {**record, "body": ""} == {**before, "body": ""}


def test_what_asks_for_nothing_is_sent_as_it_is() -> None:
    """Such as the requests among which others fail."""
    event = recorded("payment_ok")
    assert with_parameters(event, {}) == event


@pytest.mark.parametrize(
    "event",
    [
        {"Records": [{"body": "no JSON"}]},
        {"Records": [{"body": "[]"}]},
        {"Records": [{}]},
        {"Records": ["x"]},
        {"requestContext": {}, "body": None},
        {"requestContext": {}, "body": "{}", "isBase64Encoded": True},
        {"requestContext": {}, "body": base64.b64encode(b"\xff").decode(), "isBase64Encoded": True},
    ],
)
def test_an_event_in_which_nothing_can_be_asked_for_is_refused(event: dict[str, Any]) -> None:
    """Rather than sent without the question."""
    with pytest.raises(CommandError, match="so it cannot request a fault"):
        with_parameters(event, ASKED)


class LocalAws:
    """A server with the clock's contract (local_aws/clock.py), and what it was told."""

    def __init__(self) -> None:
        """Go at a speed that somebody has chosen."""
        self.state: dict[str, Any] = {"speed": 5.0, "evaluating": False, "now_s": 1.0}
        self.status = 200
        self.told: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is http.server's
                """Say how the clock goes."""
                assert self.path == "/_reveille/clock"
                body = json.dumps(outer.state).encode()
                self.send_response(outer.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self) -> None:  # the name is http.server's
                """Set it."""
                wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.told.append(wanted)
                outer.state.update(wanted)
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    """A local AWS that has only a clock."""
    made = LocalAws()
    yield made
    made.server.shutdown()
    made.server.server_close()


def local(aws: LocalAws) -> Environment:
    """Return the local environment at this local AWS."""
    url = f"http://127.0.0.1:{aws.server.server_address[1]}"
    return environment.read("local", variables={"REVEILLE_ENDPOINT": url})[0]


@pytest.mark.parametrize("failing", [True, False])
def test_the_local_aws_goes_faster_meanwhile_and_as_before_afterwards(
    aws: LocalAws, *, failing: bool
) -> None:
    """Whatever ends the drill."""

    def drill() -> None:
        with sped_up(local(aws), 60) as clock:
            assert (clock.speed, clock.afterwards) == (60, 5)
            assert aws.state == {"speed": 60, "evaluating": True, "now_s": 1.0}
            if failing:
                raise KeyboardInterrupt

    if failing:
        with pytest.raises(KeyboardInterrupt):
            drill()
    else:
        drill()
    assert aws.told == [{"speed": 60, "evaluating": True}, {"speed": 5.0, "evaluating": False}]


@pytest.mark.parametrize("broken", ["status", "members", "gone"])
def test_an_aws_without_such_a_clock_is_refused(aws: LocalAws, broken: str) -> None:
    """With its endpoint, and what to do."""
    env = local(aws)
    if broken == "status":
        aws.status = 404
    elif broken == "members":
        aws.state = {"speed": 1}
    else:
        aws.server.shutdown()
        aws.server.server_close()
    with (
        pytest.raises(
            CommandError, match=rf"^the clock of the AWS at {env.endpoint} cannot be set"
        ) as refused,
        sped_up(env, 60),
    ):
        pytest.fail("it went on")
    assert "make local-stop" in str(refused.value)
    assert aws.told == []


def test_an_accounts_clock_is_the_worlds() -> None:
    """Nothing is asked of it."""
    with sped_up(environment.read("dev", variables={})[0], 60) as clock:
        assert (clock.speed, clock.afterwards) == (1, 1)


def test_the_drills_time_passes_at_its_speed_from_its_beginning_on() -> None:
    """Also when it begins again."""
    now = [100.0]
    clock = Clock(20, seconds=lambda: now[0])
    now[0] += 3
    assert clock.now_s() == 60
    assert clock.real_s(60) == 3
    clock.restart()
    assert clock.now_s() == 0
    now[0] += 1
    assert clock.now_s() == 20


def test_a_clock_that_slows_down_goes_on_from_where_it_is(aws: LocalAws) -> None:
    """And the local AWS with it, down to the world's speed and no further; afterwards it is as before."""
    with sped_up(local(aws), 3) as clock:
        before_s = clock.now_s()
        assert clock.slow_down()
        assert (clock.speed, aws.state["speed"]) == (1.5, 1.5)
        assert before_s <= clock.now_s() < before_s + 60
        assert not clock.slow_down()
        assert (clock.speed, aws.state["speed"]) == (1.5, 1.5)
    assert aws.told[-1] == {"speed": 5.0, "evaluating": False}
    with sped_up(environment.read("dev", variables={})[0], 60) as clock:
        assert not clock.slow_down()
    now = [0.0]
    told: list[float] = []
    made = Clock(60, seconds=lambda: now[0], set_speed=told.append)
    now[0] = 1
    assert made.slow_down()
    now[0] = 2
    assert (made.now_s(), told) == (90, [30])
