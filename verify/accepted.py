"""Whether AWS accepts alarms and metric filters, and whether the metrics that alarms watch exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from cloudwatch import validation
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.errors import RecordError
from terraform.alarms import LOG_METRIC_FILTER, metric_filter
from terraform.configuration import Configuration, Resource
from verify import composites
from verify.alarms import Alarms
from verify.faults import Fault
from verify.metrics import Metrics

T = TypeVar("T")


def faults(configuration: Configuration, alarms: Alarms, metrics: Metrics) -> Iterator[Fault]:
    """Yield what AWS would refuse, and metrics that would never have data."""
    unread: list[Fault] = []
    read = list(_read(alarms.all, "alarm", alarms.read, unread))
    filters = _read(configuration.of_type(LOG_METRIC_FILTER), "metric filter", metric_filter, unread)
    metric_alarms = [alarm for alarm in read if isinstance(alarm, MetricAlarm)]
    composite_alarms = [alarm for alarm in read if isinstance(alarm, CompositeAlarm)]
    names = alarms.by_name.keys()
    for problem in validation.problems(metric_alarms, composite_alarms, filters, others=names):
        yield Fault(problem.subject, problem.key or "metric filter", problem.text)
    yield from unread
    yield from composites.faults(alarms)
    for alarm in metric_alarms:
        for statistic in alarm.statistics:
            yield from (finding.of(f"alarm {alarm.name}") for finding in metrics.why_not(statistic.metric))


def _read(
    resources: Iterable[Resource], what: str, read: Callable[[Resource], T], unread: list[Fault]
) -> Iterator[T]:
    """Yield what resources are; of those that cannot be read, `unread` says why."""
    for resource in resources:
        try:
            yield read(resource)
        except RecordError as error:  # noqa: PERF203  # each by itself
            text = str(error).removeprefix(f"{resource.where}: ")
            unread.append(Fault(f"{what} {resource.name}", "arguments", text))
