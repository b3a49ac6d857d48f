"""Invoke a deployed function and show its result and its log."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from rich.console import Console

from aws.clients import client
from config import files
from config.errors import CommandError
from config.models import Environment
from config.services import ExistingFunction, LambdaService
from config.words import did_you_mean
from ops import state

_MOST_BYTES = 6_291_456
"""Maximum size of an event: 6 MB (AWS Lambda Developer Guide, "Lambda quotas", invocation payload)."""


def require_created(env: Environment, name: str, event: Path) -> None:
    """Stop if a service is not a function that `invoke` can invoke.

    Args:
        env: the environment.
        name: the service.
        event: the file of the event, for the command that invokes an existing function.

    Raises:
        CommandError: the service does not exist, or is not a function that the platform creates.
    """
    service = env.services.get(name)
    if isinstance(service, LambdaService):
        return
    if isinstance(service, ExistingFunction):
        qualified = f"{service.function_name}:{service.alias}" if service.alias else service.function_name
        message = (
            f"{name} is an existing function, which this project does not invoke. To invoke it: `aws lambda "
            f"invoke --region {env.region} --function-name {qualified} --payload fileb://{event} out`"
        )
        raise CommandError(message)
    known = ", ".join(env.functions) or "none"
    is_none = "does not exist" if service is None else f"is a service of the kind {service.kind}"
    message = f"function '{name}' {is_none}; functions: {known}{did_you_mean(name, env.functions)}"
    raise CommandError(message)


def invoke(env: Environment, name: str, content: bytes, console: Console) -> bool:
    """Invoke a function that `created` returns with an event; return whether it succeeded.

    Raises:
        CommandError: the function is not deployed.
    """
    outputs = state.outputs(env, "compute") if state.bucket_exists(env) else None
    function = (outputs or {}).get("lambda_function_names", {}).get(name)
    if function is None:
        what = "compute" if outputs is None else f"function '{name}'"
        message = f"{what} is not deployed in {env.environment}: `make deploy ENV={env.environment}`."
        raise CommandError(message)
    # A single attempt, with a timeout above the function's own: a retry would be a second payment.
    lambda_ = client(env, "lambda", answers_in_s=env.functions[name].timeout_s + 30, attempts=1)
    answer = lambda_.invoke(FunctionName=function, Payload=content, LogType="Tail")
    failed = "FunctionError" in answer
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", errors="replace")
    console.print(f"{'failed' if failed else 'result'}:", highlight=False)
    console.print(_pretty(answer["Payload"].read().decode()), highlight=False, markup=False, soft_wrap=True)
    console.print("\nlog (its last 4 KB):", highlight=False)
    console.print(log.rstrip() or "(empty)", highlight=False, markup=False, soft_wrap=True)
    return not failed


def payload(event: Path) -> bytes:
    """Return the content of an event file, a JSON object.

    Raises:
        CommandError: the file cannot be read, is too large, or is not a JSON object.
    """
    try:
        data = files.text(event, _MOST_BYTES)
        parsed = json.loads(data)
    except files.FileError as error:
        message = f"event {event} {error}."
        raise CommandError(message) from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        message = f"event {event} is not JSON: {reason}."
        raise CommandError(message) from error
    if not isinstance(parsed, dict):
        message = f"event {event} is not a JSON object. AWS services invoke functions with objects only."
        raise CommandError(message)
    return data.encode()


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
