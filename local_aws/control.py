"""The HTTP interface of the clock, `/_reveille/clock`. `local_aws.clock` documents its members."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local_aws.clock import is_speed
from local_aws.http import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.clock import Clock
    from local_aws.http import Request

PATH = "/_reveille/clock"
"""A bucket cannot have this name, because of the underscore (Amazon S3 User Guide, "Bucket naming rules")."""

_MEMBERS = {
    "speed": (is_speed, "a positive number, such as 60"),
    "evaluating": (lambda value: isinstance(value, bool), "true or false"),
}


def answer(request: Request, clock: Clock) -> Response:
    """Return the state of the clock; a PUT request changes it first."""
    if request.method not in {"GET", "PUT"}:
        error = {"error": f"the method {request.method} is not allowed for the clock; allowed: GET, PUT"}
        return _response(405, error, ("allow", "GET, PUT"))
    if request.method == "PUT":
        try:
            settings = _read(request.body)
        except ValueError as error:
            return _response(400, {"error": str(error)})
        if "speed" in settings:
            clock.set_speed(settings["speed"])
        if "evaluating" in settings:
            clock.evaluating = bool(settings["evaluating"])
    state = {"speed": clock.speed, "evaluating": clock.evaluating, "now_s": round(clock.now_s(), 3)}
    return _response(200, state)


def _read(body: bytes) -> dict[str, float | bool]:
    """Return the settings in the body of a PUT request.

    Raises:
        ValueError: the body is not valid.
    """
    try:
        settings = json.loads(body)
    except ValueError as error:
        message = "the body is not JSON"
        raise ValueError(message) from error
    if not isinstance(settings, dict) or not settings:
        message = f"the body must be a JSON object with {' or '.join(_MEMBERS)}, or both"
        raise ValueError(message)
    for name, value in settings.items():
        if name not in _MEMBERS:
            message = f"{name!r} is not a member of the clock; allowed: {', '.join(_MEMBERS)}"
            raise ValueError(message)
        is_valid, allowed = _MEMBERS[name]
        if not is_valid(value):
            message = f"{name} must be {allowed} (found: {json.dumps(value)})"
            raise ValueError(message)
    return settings


def _response(status: int, body: Mapping[str, object], *headers: tuple[str, str]) -> Response:
    return Response(status, (("content-type", "application/json"), *headers), json.dumps(body).encode())
