"""Which function wrote which lines, and what the functions of an account report of their invocations.

Lines do not name their function; the log group does: MiniStack writes to the group of the function's
configuration. Of a group that several functions share, nobody can tell.
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
    from collections.abc import Iterable

    from local_aws.calls import Call
    from local_aws.log_lines import Line
    from local_aws.metrics import Metric

_LIST = "/2015-03-31/functions/"
_EVER_S = 10**10
"""A period that has been all the time."""

_OVERLAP_S = 900.0
"""The longest that an invocation may take (AWS Lambda Developer Guide, "Lambda quotas")."""


async def samples(call: Call, lines: Iterable[Line], at_s: float) -> list[tuple[Metric, Sample]]:
    """Return what functions report: the invocations that lines tell of, and those that were refused.

    Args:
        call: whose functions.
        lines: lines of any log groups.
        at_s: the time of the world that refusals are reported for.
    """
    by_group: dict[str, list[Invocation]] = {}
    for invocation in invocations.invocations(lines):
        by_group.setdefault(invocation.group, []).append(invocation)
    groups = await _groups(call)
    owners = Counter(groups.values())
    found: list[tuple[Metric, Sample]] = []
    before: dict[str, list[Invocation]] = call.store.table(call.account, call.region, "invocations")
    for name, group in groups.items():
        if group in by_group and owners[group] == 1:
            ran = by_group[group]
            earliest_s = min(run.ended_s for run in ran) - _OVERLAP_S
            known = [run for run in before.get(group, []) if run.ended_s > earliest_s]
            found += invocations.samples(name, ran, known, call.clock)
            before[group] = [*known, *ran]
        refused = await _refused(call, name)
        if refused > 0:
            metric = invocations.of(name, "Throttles")
            found.append((metric, Sample.of(at_s, 1, "Count", number=refused)))
    return found


def failed(call: Call, function: str) -> None:
    """Keep an error that only the caller heard of."""
    metrics = metrics_of(call.store, call.account, call.region)
    metrics.add(invocations.of(function, "Errors"), Sample.of(call.clock.real_now_s(), 1, "Count"))


def refused(call: Call, function: str) -> None:
    """Note that a caller was refused for want of concurrency."""
    told = call.store.table(call.account, call.region, "refused callers")
    told[function] = told.get(function, 0) + 1


async def _refused(call: Call, function: str) -> float:
    """Return how many invocations were refused since the last time, by whomever they were invoked.

    MiniStack counts a refusal itself, and that of a caller twice.
    """
    given = {
        "Namespace": invocations.NAMESPACE,
        "MetricName": "Throttles",
        "Dimensions": [{"Name": "FunctionName", "Value": function}],
        "StartTime": 0,
        "EndTime": call.clock.real_now_s() + _OVERLAP_S,
        "Period": _EVER_S,
        "Statistics": ["Sum"],
    }
    answer = await ask(call, "monitoring", f"{CLOUDWATCH}.GetMetricStatistics", given)
    total = sum(datapoint["Sum"] for datapoint in answer["Datapoints"])
    callers = call.store.table(call.account, call.region, "refused callers").get(function, 0)
    known = call.store.table(call.account, call.region, "refused")
    new = float(total - callers - known.get(function, 0))
    known[function] = total - callers
    return new


async def _groups(call: Call) -> dict[str, str]:
    """Return the log group of each function."""
    found: dict[str, str] = {}
    marker = ""
    while True:
        query = f"Marker={marker}" if marker else ""
        request = replace(signed_for(call.request, "lambda"), method="GET", path=_LIST, query=query)
        answer = json.loads((await call.upstream(request)).body)
        for function in answer.get("Functions", []):
            name = function["FunctionName"]
            found[name] = function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
        marker = answer.get("NextMarker") or ""
        if not marker:
            return found
