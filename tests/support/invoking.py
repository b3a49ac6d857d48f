"""Invokes a function's handler as Lambda does, and reads what it writes."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no failure: how long an example may take is not what these tests are about.
unhurried = settings(deadline=None)

EVENTS = Path(__file__).resolve().parent.parent / "events"
ENVIRONMENT = {
    "POWERTOOLS_SERVICE_NAME": "sample-service",
    "POWERTOOLS_METRICS_NAMESPACE": "Reveille/test",
    "PAYMENT_GATEWAY": "sample",
    "INVENTORY": "sample",
    "DRILLS": "allowed",
}


@dataclass
class Context:
    """What the handlers use of Lambda's context object."""

    aws_request_id: str
    function_name: str = "reveille-test"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:111122223333:function:reveille-test"

    def get_remaining_time_in_millis(self) -> int:
        """Return what a timeout of 30 s leaves at the beginning."""
        return 30_000


@dataclass(frozen=True)
class Invocation:
    """What came of one invocation."""

    result: Any
    error: Exception | None
    request_id: str
    output: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines; every line of the output must be JSON."""
        return [line for line in map(json.loads, self.output.splitlines()) if "_aws" not in line]

    @property
    def metrics(self) -> dict[str, list[float]]:
        """The values of every EMF metric, but for the cold start's, by name."""
        blobs = [blob for blob in map(json.loads, self.output.splitlines()) if "_aws" in blob]
        return {
            metric["Name"]: blob[metric["Name"]]
            for blob in blobs
            for metric in blob["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            if metric["Name"] != "ColdStart"
        }


Invoke = Callable[[object], Invocation]


def recorded(name: str) -> Any:
    """Return a recorded event."""
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def invoker(module_name: str) -> Invoke:
    """Return a function that invokes a module's handler and collects its output."""
    module = importlib.import_module(module_name)

    def invoke(event: object) -> Invocation:
        output = io.StringIO()
        handler = module.telemetry.logger.registered_handler
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(output)
        context, result, error = Context(str(uuid.uuid4())), None, None
        with contextlib.redirect_stdout(output):
            try:
                result = module.handle(event, context)
            except Exception as raised:  # noqa: BLE001 (Lambda catches everything, too)
                error = raised
        return Invocation(result, error, context.aws_request_id, output.getvalue())

    return invoke


def environment() -> Iterator[None]:
    """Set what the platform sets, as a fixture of the whole run: handlers read it when they are imported."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield
