"""The drill's clock: AWS's own, or that of a local AWS, which goes faster as long as the drill lasts.

The contract of the local AWS's clock is in `local_aws/clock.py`.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from aws.deadline import within
from config.errors import CommandError, visible
from config.models import Environment
from local_aws.control import PATH

_ANSWERS_IN_S = 10
_OK = 200


class Clock:
    """Seconds since the drill began, of which so many pass in one of the world's.

    Attributes:
        afterwards: as many of AWS's seconds pass in one of the world's once the drill is over.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        afterwards: float = 1.0,
        seconds: Callable[[], float] = time.monotonic,
        set_speed: Callable[[float], object] | None = None,
    ) -> None:
        """Begin now.

        Args:
            speed: how many times faster than the world's the drill's time passes.
            afterwards: how many times faster AWS's does when the drill is over.
            seconds: a clock that does not jump.
            set_speed: what makes AWS go at another speed; nothing if it cannot.
        """
        self.afterwards = afterwards
        self._seconds = seconds
        self._set_speed = set_speed
        # In one value, as another thread reads it: a time of the world, the drill's then, the speed since.
        self._since = (seconds(), 0.0, speed)

    @property
    def speed(self) -> float:
        """How many times faster than the world's the drill's time passes now."""
        return self._since[2]

    def restart(self) -> None:
        """Let the drill begin now."""
        self._since = (self._seconds(), 0.0, self.speed)

    def now_s(self) -> float:
        """Return the drill's time."""
        real_s, drill_s, speed = self._since
        return drill_s + (self._seconds() - real_s) * speed

    def real_s(self, drill_s: float) -> float:
        """Return how many of the world's seconds so many of the drill's take."""
        return drill_s / self.speed

    def slow_down(self) -> bool:
        """Go half as fast; tell whether it could: only a local AWS can, and not slower than the world."""
        slower = self.speed / 2
        if self._set_speed is None or slower < 1:
            return False
        self._set_speed(slower)
        self._since = (self._seconds(), self.now_s(), slower)
        return True


@contextmanager
def sped_up(env: Environment, speed: float) -> Iterator[Clock]:
    """Yield the drill's clock; a local AWS goes so much faster meanwhile, and afterwards as before.

    Raises:
        CommandError: the local AWS has no clock that can be set.
    """
    if not env.is_local:
        yield Clock()
        return
    before = _ask(env, "GET")
    try:
        _ask(env, "PUT", {"speed": speed, "evaluating": True})
        yield Clock(
            speed,
            afterwards=float(before["speed"]),
            set_speed=lambda slower: _ask(env, "PUT", {"speed": slower}),
        )
    finally:
        _ask(env, "PUT", {name: before[name] for name in ("speed", "evaluating")})


def _ask(env: Environment, method: str, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        answer, body = within(_ANSWERS_IN_S, lambda: _answer(env, method, wanted))
        found = json.loads(body) if answer == _OK else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        found, body = None, str(error).encode()
    if not isinstance(found, dict) or not {"speed", "evaluating"} <= found.keys():
        told = visible(body[:200].decode("utf-8", errors="replace"))
        message = (
            f"the AWS at {env.endpoint} has no clock that can be set ({method} {PATH} answered: {told}). It "
            "must be this project's local AWS, of this version: `make local-stop`, then `make deploy`."
        )
        raise CommandError(message)
    return found


def _answer(env: Environment, method: str, wanted: dict[str, Any] | None) -> tuple[int, bytes]:
    """Return the status and the body of what the clock answers."""
    url = urlsplit(str(env.endpoint))
    connection = http.client.HTTPConnection(str(url.hostname), url.port or 80, timeout=_ANSWERS_IN_S)
    try:
        connection.request(method, PATH, body=json.dumps(wanted) if wanted else None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
