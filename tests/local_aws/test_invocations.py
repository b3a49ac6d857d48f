"""Invocations in log lines, and the metrics of functions."""

from __future__ import annotations

import pytest

from local_aws.clock import Clock
from local_aws.invocations import Invocation, failed_to_start, invocations, samples
from local_aws.log_lines import Line
from tests.support.tables import each

_TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/tmp/x/ministack-lambda-f-ab12/_worker.py", line 128, in run',
    "    result = handler_fn(event, context)",
    "ValueError: no",
    "way",
)
_OWN_TRACEBACK = ("Traceback (most recent call last):", '  File "main.py", line 1, in f', "ValueError: no")


_STACK = (
    "Error: connect ECONNREFUSED 127.0.0.1:1",
    "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1634:16)",
)


def lines(
    *printed: str, identity: str = "1", stream: str = "s", report: str | None = None, version: str = "$LATEST"
) -> list[Line]:
    """Return the lines of one invocation of 250 ms that ended at 10 s."""
    texts = (
        f"START RequestId: {identity} Version: {version}",
        *printed,
        f"END RequestId: {identity}",
        report
        or f"REPORT RequestId: {identity}\tDuration: 250 ms\tBilled Duration: 250 ms\tMemory Size: 128 MB",
    )
    return [Line("/g", stream, 10_000, 10_000, text) for text in texts]


@each(
    ("printed", "failed"),
    [
        ((), False),
        (("hello", "END RequestId: 2"), False),
        (_OWN_TRACEBACK, False),
        ((*_OWN_TRACEBACK, "handled"), False),
        (("Task timed out after 3.00 seconds", "tried again"), False),
        (("hello", *_TRACEBACK), True),
        ((*_OWN_TRACEBACK, *_TRACEBACK), True),
        (("hello", "Task timed out after 3.00 seconds"), True),
        (("Worker process died",), True),
        (_STACK, False),
    ],
)
def test_an_invocation_fails_as_the_runtime_says(printed: tuple[str, ...], failed: bool) -> None:  # noqa: FBT001
    """The output of the runtime decides, not the output of the function."""
    assert list(invocations(lines(*printed))) == [Invocation("/g", 10.0, 0.25, failed=failed)]


@each(
    ("printed", "failed"),
    [
        ((), False),
        (_STACK, True),
        (("hello", *_STACK), True),
        (("hello", "TypeError: fetch failed"), True),
        (("Error: no",), True),
        (("AssertionError [ERR_ASSERTION]: no",), True),
        (("Task timed out after 3.00 seconds",), True),
        ((*_STACK, "handled"), False),
        (("Errors: 0",), False),
        (("2026-11-30 Error: handled",), False),
        (('{"level":50,"err":{"stack":"Error: no\\n    at f (main.js:1:2)"}}',), False),
    ],
)
def test_a_function_in_node_fails_as_its_last_line_says(printed: tuple[str, ...], failed: bool) -> None:  # noqa: FBT001
    """The runtime prints the stack of the error last; a stack in Python has no meaning."""
    assert [invocation.failed for invocation in invocations(lines(*printed), {"/g"})] == [failed]


def test_invocations_of_streams_are_told_apart() -> None:
    """The lines of streams may be mixed; a stream may have several invocations in sequence."""
    first, second = lines(*_TRACEBACK), lines("b", "c", "d", "e", "f", identity="2", stream="t")
    mixed = [line for invocation in zip(first, second, strict=True) for line in invocation]
    parsed = list(invocations([*mixed, *lines("g", identity="3", stream="t")]))
    assert [invocation.failed for invocation in parsed] == [True, False, False]


def test_what_is_not_whole_is_no_invocation() -> None:
    """A REPORT line needs its START line."""
    assert list(invocations(lines("a")[1:])) == []
    assert list(invocations(lines("a")[:-1])) == []
    assert list(invocations(lines("a", report="REPORT RequestId: 2\tDuration: 250 ms\tBilled"))) == []


@pytest.mark.parametrize(
    ("kind", "has_no_line"),
    [("Runtime.HandlerError", False), ("Sandbox.Timedout", False), ("RuntimeError", True), ("", True)],
)
def test_only_the_caller_gets_the_error_of_a_failed_start(kind: str, has_no_line: bool) -> None:  # noqa: FBT001
    """Other errors have a log line and are counted from it."""
    assert failed_to_start(kind) is has_no_line


def test_a_function_reports_each_invocation() -> None:
    """At its start in simulated time, which is its end minus its duration."""
    clock = Clock(60)
    ended_s = clock.real_now_s() + 100
    emitted = list(samples("f", [Invocation("/g", ended_s, 12.0, failed=True)], [], clock, {"2": "live"}))
    assert {metric.name: sample.total for metric, sample in emitted} == {
        "Invocations": 1, "Errors": 1, "Throttles": 0, "Duration": 12_000, "ConcurrentExecutions": 1,
    }  # fmt: skip
    assert {metric.dimensions for metric, _ in emitted} == {(("FunctionName", "f"),)}
    assert {metric.namespace for metric, _ in emitted} == {"AWS/Lambda"}
    assert [sample.at_s for _, sample in emitted] == pytest.approx([ended_s - 12 / 60] * 5, rel=0, abs=1e-3)


def test_concurrency_is_counted_at_the_start_of_each_invocation() -> None:
    """The invocation and earlier ones that have not ended; one that ends at that time is not counted."""
    clock = Clock()
    at_s = clock.real_now_s()
    ran = [
        Invocation("/g", at_s + 5, 5, failed=False),
        Invocation("/g", at_s + 6, 5, failed=False),
        Invocation("/g", at_s + 9, 4, failed=False),
    ]
    before = [Invocation("/g", at_s + 1.5, 3, failed=False), Invocation("/g", at_s - 1, 3, failed=False)]
    concurrency = [
        sample.total
        for metric, sample in samples("f", ran, before, clock, {})
        if metric.name == "ConcurrentExecutions"
    ]
    assert concurrency == [2, 3, 2]


def test_an_alias_reports_the_invocations_of_its_version() -> None:
    """Those of the function have all of them. The concurrency is that of the function alone."""
    (invocation,) = invocations(lines(version="2"))
    emitted = [metric for metric, _ in samples("f", [invocation], [], Clock(), {"2": "live", "3": "old"})]
    function, alias = {("FunctionName", "f")}, {("FunctionName", "f"), ("Resource", "f:live")}
    assert {metric.name for metric in emitted if set(metric.dimensions) == alias} == {
        "Invocations", "Errors", "Throttles", "Duration",
    }  # fmt: skip
    assert len([metric for metric in emitted if set(metric.dimensions) == function]) == 5
    assert len(emitted) == 9
