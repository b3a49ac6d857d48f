"""The drill's clock: AWS's own, or that of a local AWS, which goes faster as long as the drill lasts.

The contract of the local AWS's clock is in `local_aws/clock.py`.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from config.models import Environment
from local_aws.control import PATH
from ops.errors import OpsError

_ANSWERS_IN_S = 10
_OK = 200


@dataclass(frozen=True)
class Clock:
    """Seconds since the drill began, of which so many pass in one of the world's."""

    speed: float = 1.0
    afterwards: float = 1.0
    """As many of AWS's seconds pass in one of the world's once the drill is over."""
    seconds: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin now."""
        object.__setattr__(self, "began", self.seconds())

    def restarted(self) -> Clock:
        """Return this clock as it is when a drill begins now."""
        return replace(self)

    def now_s(self) -> float:
        """Return the drill's time."""
        return (self.seconds() - self.began) * self.speed

    def real_s(self, drill_s: float) -> float:
        """Return how many of the world's seconds so many of the drill's take."""
        return drill_s / self.speed


@contextmanager
def sped_up(env: Environment, speed: float) -> Iterator[Clock]:
    """Yield the drill's clock; a local AWS goes so much faster meanwhile, and afterwards as before.

    Raises:
        OpsError: the local AWS has no clock that can be set.
    """
    if not env.is_local:
        yield Clock()
        return
    before = _ask(env, "GET")
    _ask(env, "PUT", {"speed": speed, "evaluating": True})
    try:
        yield Clock(speed, float(before["speed"]))
    finally:
        _ask(env, "PUT", {name: before[name] for name in ("speed", "evaluating")})


def _ask(env: Environment, method: str, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
    url = urlsplit(str(env.endpoint))
    connection = http.client.HTTPConnection(str(url.hostname), url.port or 80, timeout=_ANSWERS_IN_S)
    try:
        connection.request(method, PATH, body=json.dumps(wanted) if wanted else None)
        answer = connection.getresponse()
        body = answer.read()
        found = json.loads(body) if answer.status == _OK else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        found, body = None, str(error).encode()
    finally:
        connection.close()
    if not isinstance(found, dict) or not {"speed", "evaluating"} <= found.keys():
        told = body[:200].decode("utf-8", errors="replace")
        message = (
            f"the AWS at {env.endpoint} has no clock that can be set ({method} {PATH} answered: {told}). It "
            "must be this project's local AWS, of this version: `make local-stop`, then `make deploy`."
        )
        raise OpsError(message)
    return found
