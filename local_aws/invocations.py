"""The metrics of AWS/Lambda, computed from the log lines of invocations.

MiniStack writes the lines START, END and REPORT around the output of each invocation: synchronous,
asynchronous (each attempt) or by a queue. Whether an invocation failed is detected from its last lines:
MiniStack's runtimes for Python and Node.js print a traceback or stack trace, or an error of the runtime. An
invocation that fails before its code runs prints nothing; its error is only in the answer to the caller
(`failed_to_start`).

Sources: AWS Lambda Developer Guide, "Types of metrics for Lambda functions" (names; "the timestamp on a
metric reflects when the function was invoked"; the dimensions FunctionName and Resource) and "Understanding
concurrency"; MiniStack 1.5.33 for the lines.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from local_aws.metrics import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from local_aws.clock import Clock
    from local_aws.log_lines import Line

NAMESPACE = "AWS/Lambda"

LATEST = "$LATEST"
"""The version of a function that is not published."""

_START = re.compile(r"START RequestId: (\S+) Version: (\S+)")
_END = re.compile(r"END RequestId: (\S+)")
_REPORT = re.compile(r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\t")
_TRACEBACK = "Traceback (most recent call last):"
_WORKER = re.compile(r'  File ".*[/\\]ministack-lambda-[^/\\]+[/\\]_worker\.py", line \d+, in run')
"""The outermost frame of a traceback of the handler: MiniStack's loop, which calls the handler."""
_LAST = re.compile(
    r"Task timed out after [\d.]+ seconds|Worker process died|No JSON response from worker after \d+ lines"
)
"""The last line of an invocation that the runtime ended."""
_LAST_OF_NODE = re.compile(r"    at .+|[A-Z]\w*(?:Error|Exception)(?: \[\w+\])?: .*|Error: .*")
"""The last line of the `stack` of an error in Node.js: a frame, or its first line if it has no frame.

The runtime prints it last. Nothing distinguishes it from one that the function prints last.
"""

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
        version: the version of the function that ran.
    """

    group: str
    ended_s: float
    duration_s: float
    failed: bool
    version: str = LATEST


def invocations(lines: Iterable[Line], of_node: Collection[str] = ()) -> Iterator[Invocation]:
    """Yield the invocations in log lines. The lines of each stream must be in their order.

    Args:
        lines: log lines of any log groups.
        of_node: the log groups of functions in Node.js.
    """
    running: dict[tuple[str, str], tuple[str, str, list[str]]] = {}
    for line in lines:
        stream = line.group, line.stream
        if match := _START.match(line.text):
            running[stream] = (match[1], match[2], [])
            continue
        identity, version, printed = running.get(stream, ("", "", []))
        match = _REPORT.match(line.text)
        if match and match[1] == identity:
            del running[stream]
            if printed and (end := _END.fullmatch(printed[-1])) and end[1] == identity:
                printed.pop()
            failed = has_failed(printed, is_node=line.group in of_node)
            yield Invocation(line.group, line.at_ms / _MS, float(match[2]) / _MS, failed, version)
        elif identity:
            printed.append(line.text)


def has_failed(printed: Sequence[str], *, is_node: bool) -> bool:
    """Return whether an invocation failed, detected from its output.

    Args:
        printed: the lines of the invocation.
        is_node: whether the function is in Node.js; otherwise it is in Python.
    """
    last = printed[-1] if printed else ""
    if _LAST.fullmatch(last) or (is_node and _LAST_OF_NODE.fullmatch(last)):
        return True
    return any(
        first == _TRACEBACK and _WORKER.fullmatch(second) for first, second in itertools.pairwise(printed)
    )


def failed_to_start(error_type: str) -> bool:
    """Return whether an invocation with this error type failed without a log line."""
    return error_type not in _LOGGED


def samples(
    function: str,
    new: Sequence[Invocation],
    overlapping: Sequence[Invocation],
    clock: Clock,
    aliases: Mapping[str, str],
) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples of a function's invocations, and those of its aliases.

    The start of an invocation is its end in simulated time minus its duration. Concurrency is counted at the
    start of each invocation: the invocation itself, and those that have started and not ended.

    Args:
        function: the function's name.
        new: the invocations to report.
        overlapping: invocations reported earlier that may have run at the same time.
        clock: simulated time.
        aliases: version -> the alias through which it was invoked.
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
            sample = Sample.of(at_s, value, unit)
            yield metric(function, name), sample
            if invocation.version in aliases and name != "ConcurrentExecutions":
                yield metric(function, name, aliases[invocation.version]), sample


def metric(function: str, name: str, qualifier: str = "") -> Metric:
    """Return a metric of AWS/Lambda of a function, or of one of its aliases or versions."""
    resource = {"Resource": f"{function}:{qualifier}"} if qualifier else {}
    return Metric.of(NAMESPACE, name, {"FunctionName": function, **resource})
