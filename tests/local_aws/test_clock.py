"""The local AWS's clock: simulated time, at any speed."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
from typing import Any

import numpy as np
import pytest

from local_aws import clock, control
from local_aws.clock import Clock
from local_aws.wire import Request
from tests.local_aws.support import set_clock
from tests.support.tables import each


class Seconds:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.mark.parametrize(("given", "speed"), [("", 1), ("1", 1), ("20", 20), ("0.5", 0.5)])
def test_the_speed_of_the_beginning_is_the_variables(given: str, speed: float) -> None:
    """Without it, simulated time is the world's."""
    assert clock.initial_speed({clock.VARIABLE: given}) == speed
    assert clock.initial_speed({}) == 1


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "inf", "nan"])
def test_a_speed_that_is_none_is_refused(speed: str) -> None:
    """With the name of the variable and what it may be."""
    with pytest.raises(ValueError, match=rf"LOCAL_AWS_SPEED must be a positive number.*found: {speed}"):
        clock.initial_speed({clock.VARIABLE: speed})
    with pytest.raises(ValueError, match="a speed is a positive number"):
        Clock().set_speed(float(speed) if speed != "fast" else True)


def test_simulated_time_begins_with_the_worlds_and_passes_at_its_speed() -> None:
    """A change of speed changes nothing of what has passed."""
    seconds = Seconds()
    made = Clock(60, seconds)
    beginning_s = made.now_s()
    assert abs(beginning_s - time.time()) < 5
    seconds.now_s = 2
    assert made.now_s() == pytest.approx(beginning_s + 120, rel=0, abs=1e-3)
    made.set_speed(1)
    assert made.now_s() == pytest.approx(beginning_s + 120, rel=0, abs=1e-3)
    seconds.now_s = 12
    assert made.now_s() == pytest.approx(beginning_s + 130, rel=0, abs=1e-3)
    made.set_speed(600)
    seconds.now_s = 13
    assert made.now_s() == pytest.approx(beginning_s + 730, rel=0, abs=1e-3)
    assert made.real_now_s() == pytest.approx(beginning_s + 13, rel=0, abs=1e-3)


def test_each_time_of_one_clock_has_one_of_the_other() -> None:
    """There and back again, before, within and after each stretch; later stays later."""
    seconds = Seconds()
    made = Clock(20, seconds)
    beginning_s = made.now_s()
    for at_s, speed in ((5, 1), (5, 3), (9, 0.5), (11, 1000)):
        seconds.now_s = at_s
        made.set_speed(speed)
    times = [beginning_s + tenth / 10 for tenth in range(-50, 200)]
    simulated = [made.simulated_s(at_s) for at_s in times]
    assert simulated == sorted(set(simulated))
    assert [made.real_s(at_s) for at_s in simulated] == pytest.approx(times, rel=0, abs=1e-3)
    assert simulated[:50] == times[:50]
    assert [*made.simulated(np.array(times))] == pytest.approx(simulated, rel=0, abs=1e-3)


def test_a_wait_follows_the_speed() -> None:
    """An hour that has begun at the world's speed ends soon after the clock is sped up."""

    async def wait() -> float:
        made = Clock()
        waiting = asyncio.create_task(made.sleep_until(made.now_s() + 3600))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        made.set_speed(36_000)
        await asyncio.wait_for(waiting, 5)
        return made.now_s() - made.real_now_s()

    assert asyncio.run(wait()) > 3590


def _ask(made: Clock, body: object = None, method: str = "PUT") -> tuple[int, dict[str, Any]]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = control.answer(Request(method, control.PATH, "", (), text), made)
    return response.status, json.loads(response.body)


def test_the_clock_says_how_it_goes_and_is_set() -> None:
    """Either member is set alone; what is not named stays."""
    made = Clock()
    status, found = _ask(made, method="GET")
    assert (status, found["speed"], found["evaluating"]) == (200, 1, True)
    assert found["now_s"] == pytest.approx(time.time(), rel=0, abs=60)
    assert _ask(made, {"speed": 60})[1]["speed"] == 60
    assert (made.speed, made.evaluating) == (60, True)
    assert _ask(made, {"evaluating": False})[1] | {"now_s": 0} == {
        "speed": 60, "evaluating": False, "now_s": 0,
    }  # fmt: skip
    assert (made.speed, made.evaluating) == (60, False)


@each(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        ([], "a JSON object with speed and evaluating"),
        ({}, "a JSON object with speed and evaluating"),
        ({"sped": 2}, "the clock has no 'sped': only speed and evaluating can be set"),
        ({"speed": 0, "evaluating": False}, r"speed must be a positive number, such as 60 (found: 0)"),
        ({"evaluating": False, "speed": True}, "(found: true)"),
        ({"speed": "60"}, '(found: "60")'),
        (b'{"speed": Infinity}', "(found: Infinity)"),
        ({"speed": 2, "evaluating": 1}, "evaluating must be true or false (found: 1)"),
    ],
)
def test_what_cannot_be_set_changes_nothing(body: object, said: str) -> None:
    """The answer says why in one sentence."""
    made = Clock(7)
    status, found = _ask(made, body)
    assert status == 400
    assert said in found["error"]
    assert (made.speed, made.evaluating) == (7, True)


def test_the_clock_is_only_asked_and_set() -> None:
    """By GET and PUT."""
    assert _ask(Clock(), {"speed": 2}, method="POST")[0] == 405


def test_a_running_local_aws_answers_for_its_clock(endpoint: str) -> None:
    """Without a signature, at a path that is no bucket's."""
    before = set_clock(endpoint)
    assert set_clock(endpoint, speed=3)["speed"] == 3
    assert set_clock(endpoint, speed=before["speed"]) | {"now_s": 0} == before | {"now_s": 0}
    with pytest.raises(urllib.error.HTTPError, match="400"):
        set_clock(endpoint, speed="fast")
