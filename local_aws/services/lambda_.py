"""Lambda: settings of asynchronous invocation, and errors of invocations.

MiniStack describes the default limits of asynchronous invocation (two retries, six hours) as if they were
set; AWS omits limits that are not set.

Source: AWS Lambda API Reference, FunctionEventInvokeConfig.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from local_aws import functions, invocations
from local_aws.calls import Answer, Call, Service

if TYPE_CHECKING:
    from local_aws.http import Response
    from local_aws.protocols import Value

_LIMITS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")
_THROTTLED = 429
"""The status of a throttled invocation (Invoke, TooManyRequestsException)."""

_SETTINGS = (*_LIMITS, "DestinationConfig")


def _key(call: Call) -> str:
    """Return function name and qualifier of a call, whether they are in the name, an ARN or a parameter."""
    name = str(call.input["FunctionName"]).rpartition(":function:")[2]
    function, _, qualifier = name.partition(":")
    return f"{function}:{call.input.get('Qualifier', qualifier)}"


def _described(config: Value, limits: frozenset[str]) -> Value:
    """Return a configuration without the limits that are not set."""
    return {name: value for name, value in config.items() if name not in _LIMITS or name in limits}


async def put(call: Call) -> Value:
    """Set limits and destinations."""
    answer: Value = json.loads((await call.forward()).body)
    limits = frozenset(name for name in _LIMITS if name in call.input)
    call.table("limits")[_key(call)] = limits
    return _described(answer, limits)


async def update(call: Call) -> Value:
    """Change the limits or destinations in the input. MiniStack can only set all of them together."""
    config = await get(call)
    settings = {name: config[name] for name in _SETTINGS if name in config}
    body = {**settings, **{name: call.input[name] for name in _SETTINGS if name in call.input}}
    request = replace(call.request, method="PUT").with_content(json.dumps(body).encode())
    return await put(replace(call, request=request, input={**call.input, **body}))


async def get(call: Call) -> Value:
    """Return the limits and destinations that are set."""
    request = replace(call.request, method="GET").with_content(b"")
    answer: Value = json.loads((await replace(call, request=request).forward()).body)
    return _described(answer, call.table("limits").get(_key(call), frozenset(_LIMITS)))


async def delete(call: Call) -> Response:
    """Delete limits and destinations."""
    response = await call.forward()
    call.table("limits").pop(_key(call), None)
    return response


async def invoke(call: Call) -> Response:
    """Invoke a function in MiniStack; record errors that are not in its log (throttled, failed to start)."""
    response = await call.upstream(call.request)
    name, _, qualifier = _key(call).partition(":")
    if response.status == _THROTTLED:
        functions.record_throttled_call(call, name)
    elif response.header("x-amz-function-error") and invocations.failed_to_start(_error_type(response)):
        functions.record_error(call, name, qualifier)
    return response


def _error_type(response: Response) -> str:
    try:
        error = json.loads(response.body)
    except ValueError:
        error = None
    return str(error.get("errorType", "")) if isinstance(error, dict) else ""


_ANSWERS: dict[str, Answer] = {
    "Invoke": invoke,
    "PutFunctionEventInvokeConfig": put,
    "UpdateFunctionEventInvokeConfig": update,
    "GetFunctionEventInvokeConfig": get,
    "DeleteFunctionEventInvokeConfig": delete,
}

SERVICE = Service("lambda", _ANSWERS)
