"""Validation of alarms and metric filters, and of the existence of the metrics that alarms use."""

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
    """Yield what AWS rejects, and metrics that never have data."""
    unreadable: list[Fault] = []
    valid_alarms = list(_read(alarms.all, "alarm", alarms.read, unreadable))
    filters = _read(configuration.of_type(LOG_METRIC_FILTER), "metric filter", metric_filter, unreadable)
    metric_alarms = [alarm for alarm in valid_alarms if isinstance(alarm, MetricAlarm)]
    composite_alarms = [alarm for alarm in valid_alarms if isinstance(alarm, CompositeAlarm)]
    names = alarms.by_name.keys()
    for problem in validation.problems(metric_alarms, composite_alarms, filters, others=names):
        yield Fault(problem.subject, problem.key or "metric filter", problem.text)
    yield from unreadable
    yield from composites.faults(alarms)
    for alarm in metric_alarms:
        for statistic in alarm.statistics:
            findings = metrics.problems(statistic.metric)
            yield from (finding.of(f"alarm {alarm.name}") for finding in findings)


def _read(
    resources: Iterable[Resource], kind: str, read: Callable[[Resource], T], unreadable: list[Fault]
) -> Iterator[T]:
    """Yield the records of resources; add a fault to `unreadable` for each resource without one."""
    for resource in resources:
        try:
            yield read(resource)
        except RecordError as error:  # noqa: PERF203  # one error per resource
            message = str(error).removeprefix(f"{resource.where}: ")
            unreadable.append(Fault(f"{kind} {resource.name}", "arguments", message))
