"""Lambda: limits of asynchronous invocation, described only when they were set.

MiniStack fills in the limits that hold when nothing is set (two retries, six hours); AWS leaves them out.

Source: AWS Lambda API Reference, FunctionEventInvokeConfig.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from local_aws import functions, invocations
from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.protocols import Value
    from local_aws.wire import Response

_LIMITS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")
_THROTTLED = 429
"""The status of an invocation for which there was no concurrency left (Invoke, TooManyRequestsException)."""

_SETTINGS = (*_LIMITS, "DestinationConfig")


def _key(call: Call) -> str:
    """Return which configuration a call is about: function name and qualifier, however they were given."""
    name = str(call.input["FunctionName"]).rpartition(":function:")[2]
    function, _, qualifier = name.partition(":")
    return f"{function}:{call.input.get('Qualifier', qualifier)}"


def _described(config: Value, given: frozenset[str]) -> Value:
    return {name: value for name, value in config.items() if name not in _LIMITS or name in given}


async def put(call: Call) -> Value:
    """Set limits and destinations."""
    answer: Value = json.loads((await call.forward()).body)
    given = frozenset(name for name in _LIMITS if name in call.input)
    call.table("limits")[_key(call)] = given
    return _described(answer, given)


async def update(call: Call) -> Value:
    """Change the limits or destinations that the call names: MiniStack can only set them all at once."""
    before = await get(call)
    kept = {name: before[name] for name in _SETTINGS if name in before}
    body = {**kept, **{name: call.input[name] for name in _SETTINGS if name in call.input}}
    request = replace(call.request, method="PUT").with_content(json.dumps(body).encode())
    return await put(replace(call, request=request, input={**call.input, **body}))


async def get(call: Call) -> Value:
    """Return the limits that were set."""
    request = replace(call.request, method="GET").with_content(b"")
    answer: Value = json.loads((await replace(call, request=request).forward()).body)
    return _described(answer, call.table("limits").get(_key(call), frozenset(_LIMITS)))


async def delete(call: Call) -> Response:
    """Forget the limits."""
    response = await call.forward()
    call.table("limits").pop(_key(call), None)
    return response


async def invoke(call: Call) -> Response:
    """Let MiniStack invoke a function, and note what its log does not tell: that it could not start."""
    response = await call.upstream(call.request)
    name = _key(call).partition(":")[0]
    if response.status == _THROTTLED:
        functions.refused(call, name)
    elif response.header("x-amz-function-error") and invocations.failed_to_start(_error_type(response)):
        functions.failed(call, name)
    return response


def _error_type(response: Response) -> str:
    try:
        found = json.loads(response.body)
    except ValueError:
        found = None
    return str(found.get("errorType", "")) if isinstance(found, dict) else ""


_ANSWERS: dict[str, Answer] = {
    "Invoke": invoke,
    "PutFunctionEventInvokeConfig": put,
    "UpdateFunctionEventInvokeConfig": update,
    "GetFunctionEventInvokeConfig": get,
    "DeleteFunctionEventInvokeConfig": delete,
}

SERVICE = Service("lambda", _ANSWERS)
