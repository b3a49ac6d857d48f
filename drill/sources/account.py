"""The alarms of a live account, or of the local AWS: as they are there now. Nothing is changed.

Needs these actions, all of which read:

    {"Effect": "Allow", "Resource": "*", "Action": [
        "cloudwatch:DescribeAlarms", "logs:DescribeMetricFilters", "sns:ListSubscriptionsByTopic",
        "sns:ListTagsForResource", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"]}

Source: Service Authorization Reference, actions of CloudWatch, CloudWatch Logs, SNS and SQS.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from cloudwatch import api, validation
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.errors import RecordError
from cloudwatch.publishing import MetricFilter
from cloudwatch.records import Record
from drill.model import System
from drill.sources import names
from drill.sources.calls import Client, Progress, explained_client, pages
from drill.sources.errors import SourceError
from drill.sources.names import Affixes
from drill.sources.told import Told

_T = TypeVar("_T", MetricAlarm, CompositeAlarm, MetricFilter)

_KINDS: Final = {"AlarmName": "alarm", "filterName": "metric filter"}
"""What has its name in this member."""
_LISTED: Final = 5
"""Unreadable alarms that a message tells of before it counts."""


def system(
    client: Client, *, known: System | None = None, prefix: str = "", progress: Progress = lambda _: None
) -> System:
    """Return what is rehearsed of an account and region.

    Args:
        client: makes clients of services, such as `boto3.Session(region_name="eu-west-1").client`.
        known: what the alarms' environment says of them; services, units and Terraform names are from there.
        prefix: only alarms whose names begin so.
        progress: is told, in a few words, what has been read.

    Raises:
        SourceError: a call is not possible or not allowed, or an alarm is of a kind that is not rehearsed.
    """
    client = explained_client(client)
    cloudwatch = client("cloudwatch")
    selected = {"AlarmNamePrefix": prefix} if prefix else {}
    rows = list(
        pages(cloudwatch, "describe_alarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"], **selected)
    )
    of_alarms = [alarm for page in rows for alarm in page.get("MetricAlarms", ())]
    of_composites = [alarm for page in rows for alarm in page.get("CompositeAlarms", ())]
    progress(f"{len(of_alarms)} metric alarms, {len(of_composites)} composite alarms")
    of_filters = [
        entry for page in pages(client("logs"), "describe_metric_filters") for entry in page["metricFilters"]
    ]
    progress(f"{len(of_filters)} metric filters")
    unread: list[str] = []
    metric_alarms = _read(of_alarms, "AlarmName", _metric_alarm, unread)
    composites = _read(of_composites, "AlarmName", api.composite_alarm, unread)
    made = _Made(metric_alarms, composites, _filters(of_filters, metric_alarms, unread))
    if unread:
        shown = "\n  ".join(unread[:_LISTED])
        more = f"\n  and {len(unread) - _LISTED} more" if len(unread) > _LISTED else ""
        message = f"not all can be rehearsed (a prefix selects among alarms):\n  {shown}{more}"
        raise SourceError(message)
    actions = [
        *(alarm.actions for alarm in made.alarms),
        *(composite.actions for composite in made.composites),
    ]
    account = _account([*of_alarms, *of_composites])
    told = Told.of(client, account, actions, known)
    progress(f"{len(told.topics)} topics, {len(told.queues)} queues")
    region = cloudwatch.meta.region_name
    named = _named(made, told, known, f"{region} of {account}" if account else region)
    return dataclasses.replace(named, prefix=prefix)


@dataclasses.dataclass(frozen=True, slots=True)
class _Made:
    """What was read of CloudWatch."""

    alarms: tuple[MetricAlarm, ...]
    composites: tuple[CompositeAlarm, ...]
    filters: tuple[MetricFilter, ...]


def _read(
    rows: Iterable[Mapping[str, Any]], called: str, read: Callable[[Record], _T], unread: list[str]
) -> tuple[_T, ...]:
    """Return what is read of rows; why one cannot be is added to `unread`."""
    tried = [_tried(row, called, read) for row in rows]
    unread += [str(entry) for entry in tried if isinstance(entry, RecordError)]
    return tuple(entry for entry in tried if not isinstance(entry, RecordError))


def _tried(row: Mapping[str, Any], called: str, read: Callable[[Record], _T]) -> _T | RecordError:
    try:
        return read(Record(f"{_KINDS[called]} {row.get(called)}", row))
    except RecordError as error:
        return error


def _metric_alarm(record: Record) -> MetricAlarm:
    """Return a metric alarm that can be evaluated.

    Raises:
        RecordError: it cannot.
    """
    alarm = api.metric_alarm(record)
    for problem in validation.metric_alarm(alarm):
        raise RecordError(record.where, str(problem))
    return alarm


def _filters(
    rows: Iterable[Mapping[str, Any]], of: Iterable[MetricAlarm], unread: list[str]
) -> tuple[MetricFilter, ...]:
    """Return metric filters; one that cannot be read matters if an alarm watches what it publishes."""
    watched = {
        (statistic.metric.namespace, statistic.metric.name) for alarm in of for statistic in alarm.statistics
    }
    made: list[MetricFilter] = []
    for row in rows:
        why: list[str] = []
        made += _read([row], "filterName", api.metric_filter, why)
        published = row.get("metricTransformations") or [{}]
        if any((entry.get("metricNamespace"), entry.get("metricName")) in watched for entry in published):
            unread += why
    return tuple(made)


def _account(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return whose the alarms are, as their ARNs say; empty if there are none."""
    return next((str(row["AlarmArn"]).split(":")[4] for row in rows), "")


def _named(made: _Made, told: Told, known: System | None, title: str) -> System:
    """Return it all with the services and names that the environment knows."""
    whole = [
        *(alarm.name for alarm in made.alarms),
        *(composite_alarm.name for composite_alarm in made.composites),
    ]
    short = [(told.short(name), name) for name in whole]
    if known:
        short += [(key, name) for key, name in known.short_names.items() if name in set(whole)]
    metric = {alarm.name: alarm for alarm in known.alarms} if known else {}
    composite = (
        {composite_alarm.name: composite_alarm.service for composite_alarm in known.composites}
        if known
        else {}
    )
    return System(
        title=title,
        alarms=tuple(_as_known(alarm, metric.get(alarm.name)) for alarm in made.alarms),
        composites=tuple(
            dataclasses.replace(composite_alarm, service=composite[composite_alarm.name])
            if composite_alarm.name in composite
            else composite_alarm
            for composite_alarm in made.composites
        ),
        filters=made.filters,
        topics=told.topics,
        queues=told.queues,
        log_groups=known.log_groups if known else _log_groups(made.filters, told.affixes),
        short_names=names.unambiguous(short),
    )


def _as_known(alarm: MetricAlarm, by: MetricAlarm | None) -> MetricAlarm:
    """Return an alarm with what its environment knows of it and AWS does not."""
    return dataclasses.replace(alarm, service=by.service, unit=by.unit) if by else alarm


def _log_groups(of: Iterable[MetricFilter], affixes: Affixes) -> Mapping[str, str]:
    """Return log groups by the last part of their names: `/aws/lambda/pay` is `pay`."""
    groups = {metric_filter.log_group for metric_filter in of}
    return names.unambiguous((affixes.short(group.rpartition("/")[2]), group) for group in sorted(groups))
