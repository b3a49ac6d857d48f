"""The clock of a drill: real time, or the time of a local AWS, which is faster during a drill.

The contract of that clock is in `local_aws/clock.py`.
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
    """Seconds since the start of the drill, at a multiple of real time.

    Attributes:
        afterwards: the speed of AWS after the drill, as a multiple of real time.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        afterwards: float = 1.0,
        seconds: Callable[[], float] = time.monotonic,
        set_speed: Callable[[float], object] | None = None,
    ) -> None:
        """Start now.

        Args:
            speed: the speed, as a multiple of real time.
            afterwards: the speed of AWS after the drill.
            seconds: a monotonic clock.
            set_speed: changes the speed of AWS; None if that is not possible.
        """
        self.afterwards = afterwards
        self._seconds = seconds
        self._set_speed = set_speed
        # One tuple, as another thread reads it: a real time, the drill time then, the speed since then.
        self._since = (seconds(), 0.0, speed)

    @property
    def speed(self) -> float:
        """The current speed, as a multiple of real time."""
        return self._since[2]

    def restart(self) -> None:
        """Restart at 0."""
        self._since = (self._seconds(), 0.0, self.speed)

    def now_s(self) -> float:
        """Return the drill time."""
        real_s, drill_s, speed = self._since
        return drill_s + (self._seconds() - real_s) * speed

    def real_s(self, drill_s: float) -> float:
        """Return the real seconds of a duration in drill time."""
        return drill_s / self.speed

    def slow_down(self) -> bool:
        """Halve the speed; return whether that was possible. Only a local AWS can, down to real time."""
        slower = self.speed / 2
        if self._set_speed is None or slower < 1:
            return False
        self._set_speed(slower)
        self._since = (self._seconds(), self.now_s(), slower)
        return True


@contextmanager
def sped_up(env: Environment, speed: float) -> Iterator[Clock]:
    """Yield the clock of a drill. A local AWS runs at `speed` meanwhile, then at its previous speed.

    Raises:
        CommandError: the clock of the local AWS cannot be set.
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


def _ask(env: Environment, method: str, new: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        status, body = within(_ANSWERS_IN_S, lambda: _answer(env, method, new))
        settings = json.loads(body) if status == _OK else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        settings, body = None, str(error).encode()
    if not isinstance(settings, dict) or not {"speed", "evaluating"} <= settings.keys():
        answer = visible(body[:200].decode("utf-8", errors="replace"))
        message = (
            f"the clock of the AWS at {env.endpoint} cannot be set ({method} {PATH} answered: {answer}). It "
            "must be this project's local AWS, of this version: `make local-stop`, then `make deploy`."
        )
        raise CommandError(message)
    return settings


def _answer(env: Environment, method: str, new: dict[str, Any] | None) -> tuple[int, bytes]:
    """Return the status and the body of the answer of the clock."""
    url = urlsplit(str(env.endpoint))
    connection = http.client.HTTPConnection(str(url.hostname), url.port or 80, timeout=_ANSWERS_IN_S)
    try:
        connection.request(method, PATH, body=json.dumps(new) if new else None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
