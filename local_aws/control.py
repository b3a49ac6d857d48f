"""The clock by HTTP: `/_reveille/clock`, whose members `local_aws.clock` describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local_aws.clock import is_speed
from local_aws.wire import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.clock import Clock
    from local_aws.wire import Request

PATH = "/_reveille/clock"
"""No bucket can have this name: they have no underscore (Amazon S3 User Guide, "Bucket naming rules")."""

_MEMBERS = {
    "speed": (is_speed, "a positive number, such as 60"),
    "evaluating": (lambda value: isinstance(value, bool), "true or false"),
}


def answer(request: Request, clock: Clock) -> Response:
    """Say how the clock goes, after setting it when the request is a PUT."""
    if request.method not in {"GET", "PUT"}:
        error = {"error": f"the clock is asked by GET and set by PUT, not by {request.method}"}
        return _response(405, error, ("allow", "GET, PUT"))
    if request.method == "PUT":
        try:
            given = _read(request.body)
        except ValueError as error:
            return _response(400, {"error": str(error)})
        if "speed" in given:
            clock.set_speed(given["speed"])
        if "evaluating" in given:
            clock.evaluating = bool(given["evaluating"])
    found = {"speed": clock.speed, "evaluating": clock.evaluating, "now_s": round(clock.now_s(), 3)}
    return _response(200, found)


def _read(body: bytes) -> dict[str, float | bool]:
    """Return what a PUT sets.

    Raises:
        ValueError: the body is something else, and why.
    """
    try:
        given = json.loads(body)
    except ValueError as error:
        message = "the body is not JSON"
        raise ValueError(message) from error
    known = " and ".join(_MEMBERS)
    if not isinstance(given, dict) or not given:
        message = f"the body must be a JSON object with {known} (either, or both)"
        raise ValueError(message)
    for name, value in given.items():
        if name not in _MEMBERS:
            message = f"the clock has no {name!r}: only {known} can be set"
            raise ValueError(message)
        is_right, allowed = _MEMBERS[name]
        if not is_right(value):
            message = f"{name} must be {allowed} (found: {json.dumps(value)})"
            raise ValueError(message)
    return given


def _response(status: int, body: Mapping[str, object], *headers: tuple[str, str]) -> Response:
    return Response(status, (("content-type", "application/json"), *headers), json.dumps(body).encode())
