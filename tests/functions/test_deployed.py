"""The zip itself, in a process set up as Lambda (and the local AWS) sets one up."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from config.paths import ROOT
from ops.package import Package, Target, package
from tests.support.invoking import ENVIRONMENT, EVENTS
from tests.support.shop import FUNCTIONS

TRACE = "Root=1-68e1f2a0-4b5c6d7e8f9a0b1c2d3e4f50;Parent=53995c3f42cd8ad8;Sampled=1"
# Runs one invocation the way Lambda does: the unpacked zip first on the path, the handler by its name.
RUNNER = """
import importlib, json, sys, types
sys.path.insert(0, sys.argv[1])
module, function = sys.argv[2].rsplit(".", 1)
handle = getattr(importlib.import_module(module), function)
import functions, wrapt
assert all(m.__file__.startswith(sys.argv[1]) for m in (functions, wrapt)), "not imported from the zip"
context = types.SimpleNamespace(function_name="f", memory_limit_in_mb=256, invoked_function_arn="arn:f",
                                aws_request_id="c0ffee00-0000-4000-8000-000000000000")
handle(json.load(open(sys.argv[3])), context)
"""


@pytest.fixture(scope="session", params=["payment_handler", "order_processor"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Package, Path]:
    """Each function's zip for this machine, and the folder it is unpacked into."""
    folder = tmp_path_factory.mktemp(request.param)
    one = package(
        FUNCTIONS / request.param, target=Target.host(), out_dir=folder, shared=ROOT / "functions" / "shared"
    )
    with zipfile.ZipFile(one.path) as archive:
        archive.extractall(folder / "task")
    return one, folder / "task"


def run(
    built: tuple[Package, Path], event: str, **environment: str
) -> tuple[list[dict[str, Any]], subprocess.CompletedProcess[str]]:
    """Invoke the unpacked function with a recorded event; return its log lines and the process."""
    one, task = built
    variables = {**os.environ, **ENVIRONMENT, "LAMBDA_TASK_ROOT": str(task), **environment}
    arguments = ["-I", "-c", RUNNER, str(task), one.handler, str(EVENTS / f"{event}.json")]
    result = subprocess.run(
        [sys.executable, *arguments], check=False, env=variables, cwd=task, capture_output=True, text=True
    )
    return [json.loads(line) for line in result.stdout.splitlines()], result


def event_for(built: tuple[Package, Path], payment: str, order: str) -> str:
    """Return the name of the event for this function."""
    return payment if built[0].name == "payment_handler" else order


@pytest.mark.slow
def test_the_zip_runs_without_the_repository(built: tuple[Package, Path]) -> None:
    """The import path of the tests is the import path in Lambda; its time is UTC wherever it runs."""
    lines, result = run(built, event_for(built, "payment_ok", "order_batch"), TZ="Asia/Tokyo")
    assert result.returncode == 0, result.stderr
    assert lines[0]["message"] in {"payment approved", "order accepted"}
    assert lines[0]["timestamp"].endswith("+00:00")


@pytest.mark.parametrize("trace", [TRACE, ""])
def test_without_an_x_ray_daemon_nothing_fails_waits_or_speaks(
    built: tuple[Package, Path], trace: str
) -> None:
    """A lost trace costs a request nothing, with tracing on and with tracing off."""
    started = time.monotonic()
    lines, result = run(built, event_for(built, "payment_ok", "order_batch"), _X_AMZN_TRACE_ID=trace)
    assert time.monotonic() - started < 5
    assert (result.returncode, result.stderr) == (0, "")
    assert {line["level"] for line in lines if "level" in line} == {"INFO"}
    assert ("xray_trace_id" in lines[0]) == bool(trace)


def test_the_trace_carries_the_outcome_and_the_fault_but_no_payload(built: tuple[Package, Path]) -> None:
    """What X-Ray stores can be searched by outcome, and holds nothing of the request."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(10)
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        event = event_for(built, "payment_fault", "order_batch_fault")
        _, result = run(built, event, _X_AMZN_TRACE_ID=TRACE, AWS_XRAY_DAEMON_ADDRESS=address)
        assert result.returncode == 1
        datagram = daemon.recv(65536).decode()
    segment = json.loads(datagram.split("\n", 1)[1])
    assert segment["trace_id"] == TRACE.split(";", maxsplit=1)[0].removeprefix("Root=")
    assert segment["fault"] is True
    assert segment["annotations"]["Outcome"] in {"PaymentsFailed", "OrdersFailed"}
    assert "tok_approved" not in datagram
    assert "MUG-BLUE" not in datagram
