"""What functions' own lines say of their invocations: the metrics of AWS/Lambda.

MiniStack writes START, END and REPORT around what each invocation prints, whether it was called, invoked
asynchronously (each try of it) or by a queue. Nothing says how it ended, but what it printed last:
MiniStack's runtime for Python prints where the handler failed, and what went wrong around it. An invocation
that fails before its code runs prints nothing; of such a one only its caller hears (`failed_to_start`).

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
"""The outermost frame of what a handler raised: MiniStack's loop, which calls it."""
_LAST = re.compile(
    r"Task timed out after [\d.]+ seconds|Worker process died|No JSON response from worker after \d+ lines"
)
"""The last line of an invocation that was ended."""

_LOGGED = frozenset({"Runtime.HandlerError", "Sandbox.Timedout"})
"""Errors of which MiniStack prints a line; of others only the caller hears."""

_MS = 1000


class Invocation(NamedTuple):
    """One run of a function.

    Args:
        group: the log group it wrote to.
        ended_s: when it ended, in the world's seconds since 1970.
        duration_s: how long it took.
        failed: whether it ended in an error.
    """

    group: str
    ended_s: float
    duration_s: float
    failed: bool


def invocations(lines: Iterable[Line]) -> Iterator[Invocation]:
    """Yield the invocations whose lines these are, each stream's lines in their order."""
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
    """Tell by what it printed whether an invocation of a Python function failed."""
    if printed and _LAST.fullmatch(printed[-1]):
        return True
    return any(
        first == _TRACEBACK and _WORKER.fullmatch(second) for first, second in itertools.pairwise(printed)
    )


def failed_to_start(error_type: str) -> bool:
    """Tell by what a caller was answered whether an invocation failed without a line in the log."""
    return error_type not in _LOGGED


def samples(
    function: str, ran: Sequence[Invocation], before: Sequence[Invocation], clock: Clock
) -> Iterator[tuple[Metric, Sample]]:
    """Yield what a function reports of its invocations, by its name and for all functions together.

    A duration is one of simulated time, too: that is how long before its end an invocation was begun.
    Concurrency is counted as each begins: itself, and who had begun and not ended.

    Args:
        function: its name.
        ran: the invocations to report.
        before: those that were reported before, as far as they may have run at the same time.
        clock: simulated time.
    """
    all_ran = [*before, *ran]
    for run in ran:
        began_s = run.ended_s - run.duration_s
        at_s = clock.real_s(clock.simulated_s(run.ended_s) - run.duration_s)
        concurrent = sum(
            other.ended_s - other.duration_s <= began_s < other.ended_s or other is run for other in all_ran
        )
        reported = {
            "Invocations": (1.0, "Count"),
            "Errors": (float(run.failed), "Count"),
            "Throttles": (0.0, "Count"),
            "Duration": (run.duration_s * _MS, "Milliseconds"),
            "ConcurrentExecutions": (float(concurrent), "Count"),
        }
        for name, (value, unit) in reported.items():
            yield of(function, name), Sample.of(at_s, value, unit)


def of(function: str, name: str) -> Metric:
    """Return a metric of a function."""
    return Metric.of(NAMESPACE, name, {"FunctionName": function})
