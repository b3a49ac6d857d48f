"""Violations of assumptions about AWS, for tests of their probes (`probe.assumptions`).

A probe that the local AWS always passes proves nothing. If the server was started with
`LOCAL_AWS_VIOLATIONS=1`, as tests do, it can be set to behave unlike AWS:

    PUT /_reveille/violations {"violated": ["fill"]}    -> 200 {"violated": ["fill"]}

The list replaces the previous one; `NAMES` has its possible members. Without the variable, the path answers
404, so that nothing else can change how the local AWS behaves.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from local_aws.http import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.calls import Store
    from local_aws.http import Request

PATH = "/_reveille/violations"
VARIABLE = "LOCAL_AWS_VIOLATIONS"

NAMES: Mapping[str, str] = {
    "evaluation-range": "an alarm evaluates N datapoints, whether or not data are missing",
    "missing-data": "missing data are treated as `missing`, whatever the alarm is configured for",
    "fill": "gaps in the newest datapoints are not filled",
    "suppression-wait": "actions do not wait for the suppressor",
    "suppression-extension": "actions are performed as soon as the suppressor has left ALARM",
    "topic-policy": "an alarm does not meet the conditions in the policy of a topic without a key",
    "key-policy": "an alarm cannot use the key of an encrypted topic",
    "event-key": "EventBridge cannot use the key of an encrypted topic",
    "log-group-key": "CloudWatch Logs cannot use the key",
    "event-line": "an input transformer cannot select an element of an array",
    "field-separators": "tabs do not separate fields",
    "alarm-message": "the message of a metric alarm has no dimensions",
    "state-reason": "the state reason has another form",
}
"""The id of an assumption, and how the local AWS behaves if it is violated."""


def is_violated(store: Store, name: str) -> bool:
    """Return whether the local AWS is set to violate an assumption."""
    return name in store.table("violations").get("names", ())


def is_enabled(variables: Mapping[str, str] = os.environ) -> bool:
    """Return whether the server was started for tests of probes."""
    return variables.get(VARIABLE) == "1"


def answer(request: Request, store: Store) -> Response:
    """Set the violated assumptions."""
    if not is_enabled():
        return _response(404, {"error": f"violations are for tests: start the server with {VARIABLE}=1"})
    try:
        names = json.loads(request.body)["violated"]
        unknown = sorted(set(names) - NAMES.keys())
    except (KeyError, TypeError, ValueError):
        return _response(400, {"error": 'the body must be {"violated": [...]}, a list of names'})
    if unknown:
        error = f"unknown: {', '.join(unknown)}; allowed: {', '.join(NAMES)}"
        return _response(400, {"error": error})
    store.table("violations")["names"] = frozenset(names)
    return _response(200, {"violated": sorted(names)})


def _response(status: int, body: Mapping[str, object]) -> Response:
    return Response(status, (("content-type", "application/json"),), json.dumps(body).encode())
