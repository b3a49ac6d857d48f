"""Invoke a deployed function and show its result and its log."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from rich.console import Console

from aws.clients import client
from config import files
from config.errors import CommandError
from config.limits import LAMBDA_TIMEOUT_S
from config.models import Environment
from config.services import ExistingFunction
from config.words import did_you_mean
from ops import state

_MOST_BYTES = 6_291_456
"""Maximum size of an event: 6 MB (AWS Lambda Developer Guide, "Lambda quotas", invocation payload)."""


def invoke(env: Environment, function: str, event: Path, console: Console) -> bool:
    """Invoke `function` with the event in a file; return whether it succeeded.

    Raises:
        CommandError: the function or the file does not exist, compute is not deployed, or the function is not
            one that the platform creates.
    """
    existing = env.services.get(function)
    if isinstance(existing, ExistingFunction):
        name = f"{existing.function_name}:{existing.alias}" if existing.alias else existing.function_name
        message = (
            f"{function} is an existing function, which this project does not invoke. To invoke it: "
            f"`aws lambda invoke --region {env.region} --function-name {name} --payload fileb://{event} out`"
        )
        raise CommandError(message)
    outputs = state.outputs(env, "compute") if state.bucket_exists(env) else None
    if outputs is None:
        message = f"compute is not deployed in {env.environment}: `make deploy ENV={env.environment}`."
        raise CommandError(message)
    names: dict[str, str] = outputs["lambda_function_names"]
    if function not in names:
        known = ", ".join(names)
        message = f"function '{function}' does not exist; functions: {known}{did_you_mean(function, names)}"
        raise CommandError(message)
    content = payload(event)
    # A single attempt, with a timeout above the function's own: a retry would be a second payment.
    timeout_s = env.functions[function].timeout_s if function in env.functions else LAMBDA_TIMEOUT_S
    lambda_ = client(env, "lambda", answers_in_s=timeout_s + 30, attempts=1)
    answer = lambda_.invoke(FunctionName=names[function], Payload=content, LogType="Tail")
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
