"""The metrics of an account's Lambda functions, computed from their log lines.

A line does not name its function. MiniStack writes to the log group in the function's configuration, so the
log group identifies the function. A log group that several functions share identifies none of them. A line
names the version that ran, which identifies the alias, unless several aliases use this version.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from local_aws import invocations
from local_aws.calls import CLOUDWATCH, ask, signed_for
from local_aws.invocations import Invocation
from local_aws.metrics import Sample, metrics_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from local_aws.calls import Call
    from local_aws.log_lines import Line
    from local_aws.metrics import Metric
    from local_aws.protocols import Value

_LIST = "/2015-03-31/functions/"
_ALL_TIME_S = 10**10
"""A period that includes all datapoints since 1970."""

_OVERLAP_S = 900.0
"""The maximum duration of an invocation (AWS Lambda Developer Guide, "Lambda quotas")."""


async def samples(call: Call, lines: Iterable[Line], at_s: float) -> list[tuple[Metric, Sample]]:
    """Return the samples of AWS/Lambda: of the invocations in log lines, and of throttled invocations.

    Args:
        call: a call of the account and region.
        lines: log lines of any log groups.
        at_s: the real time of the samples of throttled invocations, in seconds since 1970.
    """
    functions = {function["FunctionName"]: function async for function in _pages(call, _LIST, "Functions")}
    groups = {name: _group(function) for name, function in functions.items()}
    of_node = {groups[name] for name, function in functions.items() if _is_node(function)}
    by_group: dict[str, list[Invocation]] = {}
    for invocation in invocations.invocations(lines, of_node):
        by_group.setdefault(invocation.group, []).append(invocation)
    owners = Counter(groups.values())
    emitted: list[tuple[Metric, Sample]] = []
    reported: dict[str, list[Invocation]] = call.store.table(call.account, call.region, "invocations")
    for name, group in groups.items():
        if group in by_group and owners[group] == 1:
            new = by_group[group]
            earliest_s = min(invocation.ended_s for invocation in new) - _OVERLAP_S
            overlapping = [
                invocation for invocation in reported.get(group, []) if invocation.ended_s > earliest_s
            ]
            is_published = any(invocation.version != invocations.LATEST for invocation in new)
            aliases = await _aliases(call, name) if is_published else {}
            emitted += invocations.samples(name, new, overlapping, call.clock, aliases)
            reported[group] = [*overlapping, *new]
        throttles = await _throttles(call, name)
        if throttles > 0:
            metric = invocations.metric(name, "Throttles")
            emitted.append((metric, Sample.of(at_s, 1, "Count", number=throttles)))
    return emitted


def record_error(call: Call, function: str, qualifier: str) -> None:
    """Add an error that is reported only to the caller, not in the log.

    Args:
        call: a call of the account and region.
        function: the function's name.
        qualifier: the alias or version in the call, or an empty string.
    """
    metrics = metrics_of(call.store, call.account, call.region)
    for resource in {"", qualifier}:
        metric = invocations.metric(function, "Errors", resource)
        metrics.add(metric, Sample.of(call.clock.real_now_s(), 1, "Count"))


def record_throttled_call(call: Call, function: str) -> None:
    """Count a synchronous invocation that was throttled."""
    calls = call.store.table(call.account, call.region, "throttled calls")
    calls[function] = calls.get(function, 0) + 1


async def _throttles(call: Call, function: str) -> float:
    """Return the number of invocations of any type that were throttled since the last call.

    MiniStack counts throttled invocations, but counts each synchronous one twice.
    """
    parameters = {
        "Namespace": invocations.NAMESPACE,
        "MetricName": "Throttles",
        "Dimensions": [{"Name": "FunctionName", "Value": function}],
        "StartTime": 0,
        "EndTime": call.clock.real_now_s() + _OVERLAP_S,
        "Period": _ALL_TIME_S,
        "Statistics": ["Sum"],
    }
    answer = await ask(call, "monitoring", f"{CLOUDWATCH}.GetMetricStatistics", parameters)
    total = sum(datapoint["Sum"] for datapoint in answer["Datapoints"])
    throttled_calls = call.store.table(call.account, call.region, "throttled calls").get(function, 0)
    totals = call.store.table(call.account, call.region, "throttles")
    new = float(total - throttled_calls - totals.get(function, 0))
    totals[function] = total - throttled_calls
    return new


def _group(function: Value) -> str:
    """Return the log group of a function."""
    return function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function['FunctionName']}"


def _is_node(function: Value) -> bool:
    return str(function.get("Runtime", "")).startswith("nodejs")


async def _aliases(call: Call, function: str) -> dict[str, str]:
    """Return version -> alias of a function, without versions that several aliases use."""
    users: dict[str, list[str]] = {}
    async for alias in _pages(call, f"{_LIST}{function}/aliases", "Aliases"):
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        for version in {alias["FunctionVersion"], *weights}:
            users.setdefault(version, []).append(alias["Name"])
    return {version: names[0] for version, names in users.items() if len(names) == 1}


async def _pages(call: Call, path: str, member: str) -> AsyncIterator[Value]:
    """Yield the entries of all pages of a list of Lambda."""
    marker = ""
    while True:
        query = f"Marker={marker}" if marker else ""
        request = replace(signed_for(call.request, "lambda"), method="GET", path=path, query=query)
        answer = json.loads((await call.upstream(request)).body)
        for entry in answer.get(member, []):
            yield entry
        marker = answer.get("NextMarker") or ""
        if not marker:
            return
