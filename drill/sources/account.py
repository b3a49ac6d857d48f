"""The current alarms of a live account, or of the local AWS. Nothing is changed.

Requires these actions, all of which only read:

    {"Effect": "Allow", "Resource": "*", "Action": [
        "cloudwatch:DescribeAlarms", "logs:DescribeMetricFilters", "sns:ListSubscriptionsByTopic",
        "sns:ListTagsForResource", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"]}

Source: Service Authorization Reference, actions of CloudWatch, CloudWatch Logs, SNS and SQS.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from catalog.baseline import Baseline
from cloudwatch import api
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.errors import RecordError
from cloudwatch.publishing import MetricFilter
from cloudwatch.records import Record
from drill import leaving_out
from drill.leaving_out import MetricName
from drill.model import LeftOut, System
from drill.sources import names
from drill.sources.account_routes import AccountRoutes
from drill.sources.calls import Client, Progress, explained_client, pages
from drill.sources.names import Affixes

_T = TypeVar("_T", MetricAlarm, CompositeAlarm, MetricFilter)

_KINDS: Final = {"AlarmName": "alarm", "filterName": "metric filter"}
"""Member with the name -> type of the resource."""
_TYPES: Final = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
"""The types of alarms. Without them only metric alarms are returned (API Reference, DescribeAlarms)."""


def system(
    client: Client, *, known: System | None = None, prefix: str = "", progress: Progress = lambda _: None
) -> System:
    """Return the system of an account and region.

    Args:
        client: the factory of clients, such as `boto3.Session(region_name="eu-west-1").client`.
        known: the system of the catalog, for services, units and names in Terraform.
        prefix: the prefix of alarm names.
        progress: receives progress messages.

    Raises:
        SourceError: a call failed or is not allowed, or no alarm can be rehearsed.
    """
    client = explained_client(client)
    cloudwatch = client("cloudwatch")
    selected = {"AlarmNamePrefix": prefix} if prefix else {}
    rows = list(pages(cloudwatch, "describe_alarms", AlarmTypes=list(_TYPES), **selected))
    of_alarms = [alarm for page in rows for alarm in page.get("MetricAlarms", ())]
    of_composites = [alarm for page in rows for alarm in page.get("CompositeAlarms", ())]
    of_logs = [alarm for page in rows for alarm in page.get("LogAlarms", ())]
    progress(f"{len(of_alarms)} metric alarms, {len(of_composites)} composite alarms")
    of_filters = [
        entry for page in pages(client("logs"), "describe_metric_filters") for entry in page["metricFilters"]
    ]
    progress(f"{len(of_filters)} metric filters")
    left_out = [LeftOut(str(row.get("AlarmName")), "it is a log alarm") for row in of_logs]
    metric_alarms = _read(of_alarms, "AlarmName", api.metric_alarm, left_out)
    composites = _read(of_composites, "AlarmName", api.composite_alarm, left_out)
    filters, unpublished = _filters(of_filters)
    read = _Read(metric_alarms, composites, filters)
    actions = [
        *(alarm.actions for alarm in read.alarms),
        *(composite.actions for composite in read.composites),
    ]
    account = _account([*of_alarms, *of_composites])
    routes = AccountRoutes.of(client, account, actions, known)
    progress(f"{len(routes.topics)} topics, {len(routes.queues)} queues")
    region = cloudwatch.meta.region_name
    named = _named(read, routes, known, f"{region} of {account}" if account else region)
    complete = leaving_out.without(dataclasses.replace(named, prefix=prefix), left_out, unpublished)
    return leaving_out.some(leaving_out.rehearsable(complete, is_deployed=True))


@dataclasses.dataclass(frozen=True, slots=True)
class _Read:
    """Alarms and metric filters of an account."""

    alarms: tuple[MetricAlarm, ...]
    composites: tuple[CompositeAlarm, ...]
    filters: tuple[MetricFilter, ...]


def _read(
    rows: Iterable[Mapping[str, Any]], name_key: str, parse: Callable[[Record], _T], left_out: list[LeftOut]
) -> tuple[_T, ...]:
    """Return parsed rows; those that cannot be read are added to `left_out`."""
    read: list[_T] = []
    for row in rows:
        result = _parsed(row, name_key, parse)
        if isinstance(result, RecordError):
            left_out.append(LeftOut(str(row.get(name_key)), str(result)))
        else:
            read.append(result)
    return tuple(read)


def _parsed(row: Mapping[str, Any], name_key: str, parse: Callable[[Record], _T]) -> _T | RecordError:
    try:
        return parse(Record(f"{_KINDS[name_key]} {row.get(name_key)}", row))
    except RecordError as error:
        return error


def _filters(
    rows: Iterable[Mapping[str, Any]],
) -> tuple[tuple[MetricFilter, ...], Mapping[MetricName, str]]:
    """Return metric filters, and the metrics of those that cannot be read, each with the reason."""
    read: list[MetricFilter] = []
    unpublished: dict[MetricName, str] = {}
    for row in rows:
        left_out: list[LeftOut] = []
        read += _read([row], "filterName", api.metric_filter, left_out)
        for published in row.get("metricTransformations") or () if left_out else ():
            metric = (str(published.get("metricNamespace")), str(published.get("metricName")))
            unpublished[metric] = left_out[0].reason
    return tuple(read), unpublished


def _account(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the account in the ARNs of alarms; empty if there are none."""
    return next((str(row["AlarmArn"]).split(":")[4] for row in rows), "")


def _named(read: _Read, routes: AccountRoutes, known: System | None, title: str) -> System:
    """Return the system, with services and names of the catalog."""
    all_names = [
        *(alarm.name for alarm in read.alarms),
        *(composite.name for composite in read.composites),
    ]
    short = [(routes.short(name), name) for name in all_names]
    if known:
        short += [(key, name) for key, name in known.short_names.items() if name in set(all_names)]
    known_alarms = {alarm.name: alarm for alarm in known.alarms} if known else {}
    services = {composite.name: composite.service for composite in known.composites} if known else {}
    return System(
        title=title,
        alarms=tuple(_as_known(alarm, known_alarms.get(alarm.name)) for alarm in read.alarms),
        composites=tuple(
            dataclasses.replace(composite, service=services[composite.name])
            if composite.name in services
            else composite
            for composite in read.composites
        ),
        filters=read.filters,
        topics=routes.topics,
        queues=routes.queues,
        log_groups=known.log_groups if known else _log_groups(read.filters, routes.affixes),
        short_names=names.unambiguous(short),
        baseline=known.baseline if known else Baseline(),
    )


def _as_known(alarm: MetricAlarm, known: MetricAlarm | None) -> MetricAlarm:
    """Return an alarm with service and unit of the catalog, which AWS does not have."""
    return dataclasses.replace(alarm, service=known.service, unit=known.unit) if known else alarm


def _log_groups(of: Iterable[MetricFilter], affixes: Affixes) -> Mapping[str, str]:
    """Return log groups by the last part of their names: `/aws/lambda/pay` is `pay`."""
    groups = {metric_filter.log_group for metric_filter in of}
    return names.unambiguous((affixes.short(group.rpartition("/")[2]), group) for group in sorted(groups))
