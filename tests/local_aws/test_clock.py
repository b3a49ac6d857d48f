"""The clock of the local AWS."""

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
from local_aws.http import Request
from tests.local_aws.support import set_clock
from tests.support.tables import each


class Seconds:
    """A monotonic clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.mark.parametrize(("value", "speed"), [("", 1), ("1", 1), ("20", 20), ("0.5", 0.5)])
def test_the_initial_speed_is_in_the_variable(value: str, speed: float) -> None:
    """Without the variable, simulated time is real time."""
    assert clock.initial_speed({clock.VARIABLE: value}) == speed
    assert clock.initial_speed({}) == 1


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "inf", "nan"])
def test_a_speed_that_is_not_valid_is_rejected(speed: str) -> None:
    """The message has the variable and the allowed values."""
    with pytest.raises(ValueError, match=rf"LOCAL_AWS_SPEED must be a positive number.*found: {speed}"):
        clock.initial_speed({clock.VARIABLE: speed})
    with pytest.raises(ValueError, match="speed must be a positive number"):
        Clock().set_speed(float(speed) if speed != "fast" else True)


def test_simulated_time_starts_at_real_time_and_passes_at_its_speed() -> None:
    """A change of speed does not change the time that has passed."""
    seconds = Seconds()
    simulated = Clock(60, seconds)
    start_s = simulated.now_s()
    assert abs(start_s - time.time()) < 5
    seconds.now_s = 2
    assert simulated.now_s() == pytest.approx(start_s + 120, rel=0, abs=1e-3)
    simulated.set_speed(1)
    assert simulated.now_s() == pytest.approx(start_s + 120, rel=0, abs=1e-3)
    seconds.now_s = 12
    assert simulated.now_s() == pytest.approx(start_s + 130, rel=0, abs=1e-3)
    simulated.set_speed(600)
    seconds.now_s = 13
    assert simulated.now_s() == pytest.approx(start_s + 730, rel=0, abs=1e-3)
    assert simulated.real_now_s() == pytest.approx(start_s + 13, rel=0, abs=1e-3)


def test_each_time_of_one_clock_has_one_of_the_other() -> None:
    """Converting there and back, before, in and after each segment; the order is kept."""
    seconds = Seconds()
    simulated_clock = Clock(20, seconds)
    start_s = simulated_clock.now_s()
    for at_s, speed in ((5, 1), (5, 3), (9, 0.5), (11, 1000)):
        seconds.now_s = at_s
        simulated_clock.set_speed(speed)
    times = [start_s + tenth / 10 for tenth in range(-50, 200)]
    simulated = [simulated_clock.simulated_s(at_s) for at_s in times]
    assert simulated == sorted(set(simulated))
    assert [simulated_clock.real_s(at_s) for at_s in simulated] == pytest.approx(times, rel=0, abs=1e-3)
    assert simulated[:50] == times[:50]
    assert [*simulated_clock.simulated(np.array(times))] == pytest.approx(simulated, rel=0, abs=1e-3)


def test_a_wait_follows_the_speed() -> None:
    """A wait of an hour ends soon after the speed is increased."""

    async def wait() -> float:
        simulated = Clock()
        waiting = asyncio.create_task(simulated.sleep_until(simulated.now_s() + 3600))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        simulated.set_speed(36_000)
        await asyncio.wait_for(waiting, 5)
        return simulated.now_s() - simulated.real_now_s()

    assert asyncio.run(wait()) > 3590


def _ask(simulated: Clock, body: object = None, method: str = "PUT") -> tuple[int, dict[str, Any]]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = control.answer(Request(method, control.PATH, "", (), content), simulated)
    return response.status, json.loads(response.body)


def test_the_clock_is_read_and_set() -> None:
    """Each member can be set alone; the other does not change."""
    simulated = Clock()
    status, state = _ask(simulated, method="GET")
    assert (status, state["speed"], state["evaluating"]) == (200, 1, True)
    assert state["now_s"] == pytest.approx(time.time(), rel=0, abs=60)
    assert _ask(simulated, {"speed": 60})[1]["speed"] == 60
    assert (simulated.speed, simulated.evaluating) == (60, True)
    assert _ask(simulated, {"evaluating": False})[1] | {"now_s": 0} == {
        "speed": 60, "evaluating": False, "now_s": 0,
    }  # fmt: skip
    assert (simulated.speed, simulated.evaluating) == (60, False)


@each(
    ("body", "message"),
    [
        (b"{", "not JSON"),
        ([], "a JSON object with speed or evaluating, or both"),
        ({}, "a JSON object with speed or evaluating, or both"),
        ({"sped": 2}, "'sped' is not a member of the clock; allowed: speed, evaluating"),
        ({"speed": 0, "evaluating": False}, r"speed must be a positive number, such as 60 (found: 0)"),
        ({"evaluating": False, "speed": True}, "(found: true)"),
        ({"speed": "60"}, '(found: "60")'),
        (b'{"speed": Infinity}', "(found: Infinity)"),
        ({"speed": 2, "evaluating": 1}, "evaluating must be true or false (found: 1)"),
    ],
)
def test_what_cannot_be_set_changes_nothing(body: object, message: str) -> None:
    """The message has the reason in one sentence."""
    simulated = Clock(7)
    status, answer = _ask(simulated, body)
    assert status == 400
    assert message in answer["error"]
    assert (simulated.speed, simulated.evaluating) == (7, True)


def test_the_clock_allows_only_get_and_put() -> None:
    """Only GET and PUT are allowed."""
    assert _ask(Clock(), {"speed": 2}, method="POST")[0] == 405


def test_a_running_local_aws_answers_for_its_clock(endpoint: str) -> None:
    """Without a signature, at a path that cannot be a bucket."""
    before = set_clock(endpoint)
    assert set_clock(endpoint, speed=3)["speed"] == 3
    assert set_clock(endpoint, speed=before["speed"]) | {"now_s": 0} == before | {"now_s": 0}
    with pytest.raises(urllib.error.HTTPError, match="400"):
        set_clock(endpoint, speed="fast")
