"""Samples of what happens in the local AWS: what AWS itself reports, and what the logs hold.

Everything is made once a simulated minute, for the minutes that are over: metric filters report by the
minute, and a minute in which lines came and none matched is worth the filter's default value. A line that
comes after its minute was reported is still reported, for its own minute; the default value is not taken
back.

What is made: metrics of metric filters and of the embedded metric format; AWS/Logs IncomingBytes and
IncomingLogEvents, EMFParsingErrors and EMFValidationErrors; AWS/Lambda by `local_aws.invocations`; AWS/SQS
by `local_aws.queues`. `REPORTED` lists them. What is not there cannot be known here, and is not made up.

Sources: Amazon CloudWatch Logs User Guide, "Creating metrics from log events using filters" and "Monitoring
with CloudWatch metrics"; Amazon CloudWatch Logs API Reference, PutMetricFilter, MetricTransformation.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING

from cloudwatch.quotas import MINUTE_S
from local_aws import embedded_metrics, functions, metric_filters, queues
from local_aws.invocations import NAMESPACE as LAMBDA
from local_aws.log_lines import Line, new_lines
from local_aws.metrics import KEPT_S, Metric, Sample, metrics_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from local_aws.calls import Call

LOGS = "AWS/Logs"

REPORTED: Mapping[str, frozenset[str]] = MappingProxyType({
    LAMBDA: frozenset({"Invocations", "Errors", "Duration", "Throttles", "ConcurrentExecutions"}),
    LOGS: frozenset({"IncomingBytes", "IncomingLogEvents", "EMFParsingErrors", "EMFValidationErrors"}),
    queues.NAMESPACE: queues.REPORTED,
})  # fmt: skip
"""AWS's own metrics that the local AWS reports, by namespace."""

_MS = 1000

log = logging.getLogger("local_aws.cloudwatch")


async def report(call: Call, until_s: float) -> None:
    """Make the samples of all that happened before a simulated time.

    Args:
        call: whose account and region it is done for.
        until_s: the end of a simulated minute that is over.
    """
    state = call.store.table(call.account, call.region, "emission")
    metrics = metrics_of(call.store, call.account, call.region)
    waiting: list[Line] = [*state.get("waiting", []), *await new_lines(call)]
    # Should anything fail, the next round begins with all of them.
    state["waiting"] = waiting
    over = [line for line in waiting if call.clock.simulated_s(line.at_ms / _MS) < until_s]
    at_s = call.clock.real_s(until_s - MINUTE_S / 2)
    found = [
        *_of_lines(call, over),
        *_of_filters(call, over, await metric_filters.find(call), state.get("until_s", 0.0)),
        *await functions.samples(call, over, at_s),
        *await queues.samples(call, at_s),
    ]
    for metric, sample in found:
        metrics.add(metric, sample)
    state["waiting"] = [line for line in waiting if call.clock.simulated_s(line.at_ms / _MS) >= until_s]
    state["until_s"] = until_s
    metrics.forget_before(call.clock.real_s(until_s - KEPT_S))


def _of_lines(call: Call, lines: Iterable[Line]) -> Iterator[tuple[Metric, Sample]]:
    """Yield what CloudWatch Logs reports of the lines of each group and minute, and what they embed."""
    for (group, _), part in _by_minute(call, lines).items():
        at_s = part[0].at_ms / _MS
        counted = {
            "IncomingBytes": (sum(len(line.text.encode()) for line in part), "Bytes"),
            "IncomingLogEvents": (len(part), "None"),
        }
        for name, (value, unit) in counted.items():
            yield Metric.of(LOGS, name, {"LogGroupName": group}), Sample.of(at_s, value, unit)
        for line in part:
            yield from _embedded(line)


def _embedded(line: Line) -> list[tuple[Metric, Sample]]:
    """Return the samples that a line embeds, or that it was to embed some and is wrong."""
    try:
        return list(embedded_metrics.samples(line.text))
    except embedded_metrics.EmbeddedMetricError as error:
        log.warning("a line in %s is no embedded metric: %s", line.group, error)
        wrong = Metric.of(LOGS, error.metric, {"LogGroupName": line.group})
        return [(wrong, Sample.of(line.at_ms / _MS, 1))]


def _of_filters(
    call: Call, lines: Iterable[Line], filters: Iterable[metric_filters.Filter], reported_s: float
) -> Iterator[tuple[Metric, Sample]]:
    """Yield what metric filters report of each minute, of the lines that came since each filter is there."""
    minutes = _by_minute(call, lines)
    for item in filters:
        for (group, minute), part in minutes.items():
            seen = [line for line in part if line.ingested_ms >= item.created_ms]
            if group == item.group and seen:
                is_late = (minute + 1) * MINUTE_S <= reported_s
                yield from item.samples(seen, is_late=is_late)


def _by_minute(call: Call, lines: Iterable[Line]) -> dict[tuple[str, int], list[Line]]:
    """Return lines by log group and simulated minute, the oldest first."""
    found = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.at_ms):
        found[line.group, int(call.clock.simulated_s(line.at_ms / _MS) // MINUTE_S)].append(line)
    return found
