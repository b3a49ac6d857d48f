"""Which function wrote which lines, and what the functions of an account report of their invocations.

Lines do not name their function; the log group does: MiniStack writes to the group of the function's
configuration. Of a group that several functions share, nobody can tell.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from local_aws import invocations
from local_aws.calls import signed_for
from local_aws.invocations import Invocation
from local_aws.metrics import Sample, metrics_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_aws.calls import Call
    from local_aws.log_lines import Line
    from local_aws.metrics import Metric

_LIST = "/2015-03-31/functions/"
_OVERLAP_S = 900.0
"""The longest that an invocation may take (AWS Lambda Developer Guide, "Lambda quotas")."""


async def samples(call: Call, lines: Iterable[Line]) -> list[tuple[Metric, Sample]]:
    """Return what functions report of the invocations that these lines tell of."""
    by_group: dict[str, list[Invocation]] = {}
    for one in invocations.invocations(lines):
        by_group.setdefault(one.group, []).append(one)
    if not by_group:
        return []
    before: dict[str, list[Invocation]] = call.store.table(call.account, call.region, "invocations")
    names = await _names(call)
    found: list[tuple[Metric, Sample]] = []
    for group, ran in by_group.items():
        if group in names:
            earliest_s = min(one.ended_s for one in ran) - _OVERLAP_S
            known = [one for one in before.get(group, []) if one.ended_s > earliest_s]
            found += invocations.samples(names[group], ran, known, call.clock)
            before[group] = [*known, *ran]
    return found


def note(call: Call, function: str, name: str) -> None:
    """Keep a sample of what a caller was answered, and the function's log does not tell."""
    metrics = metrics_of(call.store, call.account, call.region)
    metrics.add(invocations.of(function, name), Sample.of(call.clock.real_now_s(), 1, "Count"))


async def _names(call: Call) -> dict[str, str]:
    """Return the functions by the log group that is theirs alone."""
    owners: dict[str, list[str]] = {}
    marker = ""
    while True:
        query = f"Marker={marker}" if marker else ""
        request = replace(signed_for(call.request, "lambda"), method="GET", path=_LIST, query=query)
        answer = json.loads((await call.upstream(request)).body)
        for function in answer.get("Functions", []):
            name = function["FunctionName"]
            group = function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
            owners.setdefault(group, []).append(name)
        marker = answer.get("NextMarker") or ""
        if not marker:
            return {group: names[0] for group, names in owners.items() if len(names) == 1}
