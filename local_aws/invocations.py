"""The metrics of AWS/Lambda, computed from the log lines of invocations.

MiniStack writes the lines START, END and REPORT around the output of each invocation: synchronous,
asynchronous (each attempt) or by a queue. Whether an invocation failed is detected from its last lines:
MiniStack's runtime for Python prints a traceback or an error of the runtime. An invocation that fails before
its code runs prints nothing; its error is only in the answer to the caller (`failed_to_start`).

Sources: AWS Lambda Developer Guide, "Types of metrics for Lambda functions" (names; "the timestamp on a
metric reflects when the function was invoked") and "Understanding concurrency"; MiniStack 1.5.33 for the
lines.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from local_aws.metrics import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local_aws.clock import Clock
    from local_aws.log_lines import Line

NAMESPACE = "AWS/Lambda"

_START = re.compile(r"START RequestId: (\S+) Version: ")
_END = re.compile(r"END RequestId: (\S+)")
_REPORT = re.compile(r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\t")
_TRACEBACK = "Traceback (most recent call last):"
_WORKER = re.compile(r'  File ".*[/\\]ministack-lambda-[^/\\]+[/\\]_worker\.py", line \d+, in run')
"""The outermost frame of a traceback of the handler: MiniStack's loop, which calls the handler."""
_LAST = re.compile(
    r"Task timed out after [\d.]+ seconds|Worker process died|No JSON response from worker after \d+ lines"
)
"""The last line of an invocation that the runtime ended."""

_LOGGED = frozenset({"Runtime.HandlerError", "Sandbox.Timedout"})
"""Error types for which MiniStack writes a log line. Others are only in the answer to the caller."""

_MS = 1000


class Invocation(NamedTuple):
    """An invocation of a function.

    Args:
        group: its log group.
        ended_s: its end in real time, in seconds since 1970.
        duration_s: its duration in seconds.
        failed: whether it ended with an error.
    """

    group: str
    ended_s: float
    duration_s: float
    failed: bool


def invocations(lines: Iterable[Line]) -> Iterator[Invocation]:
    """Yield the invocations in log lines. The lines of each stream must be in their order."""
    running: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for line in lines:
        stream = line.group, line.stream
        if match := _START.match(line.text):
            running[stream] = (match[1], [])
            continue
        identity, printed = running.get(stream, ("", []))
        match = _REPORT.match(line.text)
        if match and match[1] == identity:
            del running[stream]
            if printed and (end := _END.fullmatch(printed[-1])) and end[1] == identity:
                printed.pop()
            yield Invocation(line.group, line.at_ms / _MS, float(match[2]) / _MS, has_failed(printed))
        elif identity:
            printed.append(line.text)


def has_failed(printed: Sequence[str]) -> bool:
    """Return whether an invocation of a Python function failed, detected from its output."""
    if printed and _LAST.fullmatch(printed[-1]):
        return True
    return any(
        first == _TRACEBACK and _WORKER.fullmatch(second) for first, second in itertools.pairwise(printed)
    )


def failed_to_start(error_type: str) -> bool:
    """Return whether an invocation with this error type failed without a log line."""
    return error_type not in _LOGGED


def samples(
    function: str, new: Sequence[Invocation], overlapping: Sequence[Invocation], clock: Clock
) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples of a function's invocations.

    The start of an invocation is its end in simulated time minus its duration. Concurrency is counted at the
    start of each invocation: the invocation itself, and those that have started and not ended.

    Args:
        function: the function's name.
        new: the invocations to report.
        overlapping: invocations reported earlier that may have run at the same time.
        clock: simulated time.
    """
    invocations_of_function = [*overlapping, *new]
    for invocation in new:
        started_s = invocation.ended_s - invocation.duration_s
        at_s = clock.real_s(clock.simulated_s(invocation.ended_s) - invocation.duration_s)
        concurrent = sum(
            other.ended_s - other.duration_s <= started_s < other.ended_s or other is invocation
            for other in invocations_of_function
        )
        values = {
            "Invocations": (1.0, "Count"),
            "Errors": (float(invocation.failed), "Count"),
            "Throttles": (0.0, "Count"),
            "Duration": (invocation.duration_s * _MS, "Milliseconds"),
            "ConcurrentExecutions": (float(concurrent), "Count"),
        }
        for name, (value, unit) in values.items():
            yield metric(function, name), Sample.of(at_s, value, unit)


def metric(function: str, name: str) -> Metric:
    """Return a metric of AWS/Lambda of a function."""
    return Metric.of(NAMESPACE, name, {"FunctionName": function})
