"""Samples that the local AWS emits: metrics of AWS services, of metric filters and of log lines.

Samples are emitted once per simulated minute, for the minutes that are over. A metric filter reports its
default value for a minute with lines of which none matched. A line that arrives after its minute was reported
is reported for its own minute; the default value is not removed.

Metrics: those of metric filters and of the embedded metric format; AWS/Logs IncomingBytes, IncomingLogEvents,
EMFParsingErrors and EMFValidationErrors; AWS/Lambda (`local_aws.invocations`); AWS/SQS (`local_aws.queues`).
`REPORTED` lists those of AWS services. Other metrics of AWS cannot be measured here and are not emitted.

Sources: Amazon CloudWatch Logs User Guide, "Creating metrics from log events using filters" and "Monitoring
with CloudWatch metrics"; Amazon CloudWatch Logs API Reference, PutMetricFilter, MetricTransformation.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING

from cloudwatch import embedded
from cloudwatch.quotas import MINUTE_S
from local_aws import functions, metric_filters, queues
from local_aws.invocations import NAMESPACE as LAMBDA
from local_aws.log_lines import Line, new_lines
from local_aws.metrics import KEPT_S, Metric, Sample, metrics_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from local_aws.calls import Call

LOGS = "AWS/Logs"

REPORTED: Mapping[str, frozenset[str]] = MappingProxyType({
    LAMBDA: frozenset({"Invocations", "Errors", "Duration", "Throttles", "ConcurrentExecutions"}),
    LOGS: frozenset({"IncomingBytes", "IncomingLogEvents", *embedded.ERRORS}),
    queues.NAMESPACE: queues.REPORTED,
})  # fmt: skip
"""Namespace -> the metrics of AWS services that the local AWS emits."""

_MS = 1000

log = logging.getLogger("local_aws.cloudwatch")


async def report(call: Call, until_s: float) -> None:
    """Emit the samples of everything that happened before a simulated time.

    Args:
        call: a call of the account and region.
        until_s: the end of a simulated minute that is over, in seconds since 1970.
    """
    state = call.store.table(call.account, call.region, "emission")
    metrics = metrics_of(call.store, call.account, call.region)
    pending: list[Line] = [*state.get("pending", []), *await new_lines(call)]
    # After an error, the next evaluation processes all of them again.
    state["pending"] = pending
    lines = [line for line in pending if call.clock.simulated_s(line.at_ms / _MS) < until_s]
    at_s = call.clock.real_s(until_s - MINUTE_S / 2)
    samples = [
        *_of_lines(call, lines),
        *_of_filters(call, lines, await metric_filters.find(call), state.get("until_s", 0.0)),
        *await functions.samples(call, lines, at_s),
        *await queues.samples(call, at_s),
    ]
    for metric, sample in samples:
        metrics.add(metric, sample)
    state["pending"] = [line for line in pending if call.clock.simulated_s(line.at_ms / _MS) >= until_s]
    state["until_s"] = until_s
    metrics.forget_before(call.clock.real_s(until_s - KEPT_S))


def _of_lines(call: Call, lines: Iterable[Line]) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples of AWS/Logs per log group and minute, and the samples embedded in lines."""
    for (group, _), minute_lines in _by_minute(call, lines).items():
        at_s = minute_lines[0].at_ms / _MS
        values = {
            "IncomingBytes": (sum(len(line.text.encode()) for line in minute_lines), "Bytes"),
            "IncomingLogEvents": (len(minute_lines), "None"),
        }
        for name, (value, unit) in values.items():
            yield Metric.of(LOGS, name, {"LogGroupName": group}), Sample.of(at_s, value, unit)
        for line in minute_lines:
            yield from _embedded(line)


def _embedded(line: Line) -> list[tuple[Metric, Sample]]:
    """Return the samples embedded in a line, or a sample of the error metric if they are not valid."""
    try:
        samples = embedded.samples(line.text)
        for sample in samples:
            embedded.check_time(sample, line.at_ms / _MS)
        return [
            (
                Metric.of(sample.metric.namespace, sample.metric.name, dict(sample.metric.dimensions)),
                Sample.of(sample.at_s, sample.value, sample.unit),
            )
            for sample in samples
        ]
    except embedded.EmbeddedMetricError as error:
        log.warning("log group %s: a line is not valid in the embedded metric format: %s", line.group, error)
        error_metric = Metric.of(LOGS, error.metric, {"LogGroupName": line.group})
        return [(error_metric, Sample.of(line.at_ms / _MS, 1))]


def _of_filters(
    call: Call, lines: Iterable[Line], filters: Iterable[metric_filters.Filter], reported_s: float
) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples of metric filters per minute, from lines ingested since each filter was created."""
    minutes = _by_minute(call, lines)
    for metric_filter in filters:
        for (group, minute), minute_lines in minutes.items():
            filtered = [line for line in minute_lines if line.ingested_ms >= metric_filter.created_ms]
            if group == metric_filter.group and filtered:
                is_late = (minute + 1) * MINUTE_S <= reported_s
                yield from metric_filter.samples(filtered, is_late=is_late)


def _by_minute(call: Call, lines: Iterable[Line]) -> dict[tuple[str, int], list[Line]]:
    """Return lines by log group and simulated minute, oldest first."""
    minutes = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.at_ms):
        minutes[line.group, int(call.clock.simulated_s(line.at_ms / _MS) // MINUTE_S)].append(line)
    return minutes
