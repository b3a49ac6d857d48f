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
from cloudwatch import api, validation
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.errors import RecordError
from cloudwatch.publishing import MetricFilter
from cloudwatch.records import Record
from drill.model import System
from drill.sources import names
from drill.sources.account_routes import AccountRoutes
from drill.sources.calls import Client, Progress, explained_client, pages
from drill.sources.errors import SourceError
from drill.sources.names import Affixes

_T = TypeVar("_T", MetricAlarm, CompositeAlarm, MetricFilter)

_KINDS: Final = {"AlarmName": "alarm", "filterName": "metric filter"}
"""Member with the name -> type of the resource."""
_LISTED: Final = 5
"""Maximum number of alarms that are not valid in a message."""


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
        SourceError: a call failed or is not allowed, or an alarm is not supported.
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
    problems: list[str] = []
    metric_alarms = _read(of_alarms, "AlarmName", _metric_alarm, problems)
    composites = _read(of_composites, "AlarmName", api.composite_alarm, problems)
    read = _Read(metric_alarms, composites, _filters(of_filters, metric_alarms, problems))
    if problems:
        listed = "\n  ".join(problems[:_LISTED])
        more = f"\n  and {len(problems) - _LISTED} more" if len(problems) > _LISTED else ""
        message = f"not all alarms can be rehearsed (--prefix selects alarms):\n  {listed}{more}"
        raise SourceError(message)
    actions = [
        *(alarm.actions for alarm in read.alarms),
        *(composite.actions for composite in read.composites),
    ]
    account = _account([*of_alarms, *of_composites])
    routes = AccountRoutes.of(client, account, actions, known)
    progress(f"{len(routes.topics)} topics, {len(routes.queues)} queues")
    region = cloudwatch.meta.region_name
    named = _named(read, routes, known, f"{region} of {account}" if account else region)
    return dataclasses.replace(named, prefix=prefix)


@dataclasses.dataclass(frozen=True, slots=True)
class _Read:
    """Alarms and metric filters of an account."""

    alarms: tuple[MetricAlarm, ...]
    composites: tuple[CompositeAlarm, ...]
    filters: tuple[MetricFilter, ...]


def _read(
    rows: Iterable[Mapping[str, Any]], name_key: str, parse: Callable[[Record], _T], problems: list[str]
) -> tuple[_T, ...]:
    """Return parsed rows; errors are added to `problems`."""
    results = [_parsed(row, name_key, parse) for row in rows]
    problems += [str(result) for result in results if isinstance(result, RecordError)]
    return tuple(result for result in results if not isinstance(result, RecordError))


def _parsed(row: Mapping[str, Any], name_key: str, parse: Callable[[Record], _T]) -> _T | RecordError:
    try:
        return parse(Record(f"{_KINDS[name_key]} {row.get(name_key)}", row))
    except RecordError as error:
        return error


def _metric_alarm(record: Record) -> MetricAlarm:
    """Return a valid metric alarm.

    Raises:
        RecordError: it is not valid.
    """
    alarm = api.metric_alarm(record)
    for problem in validation.metric_alarm(alarm):
        raise RecordError(record.where, str(problem))
    return alarm


def _filters(
    rows: Iterable[Mapping[str, Any]], of: Iterable[MetricAlarm], problems: list[str]
) -> tuple[MetricFilter, ...]:
    """Return metric filters. One that is not valid is a problem only if an alarm uses its metric."""
    used = {
        (statistic.metric.namespace, statistic.metric.name) for alarm in of for statistic in alarm.statistics
    }
    read: list[MetricFilter] = []
    for row in rows:
        errors: list[str] = []
        read += _read([row], "filterName", api.metric_filter, errors)
        published = row.get("metricTransformations") or [{}]
        if any((entry.get("metricNamespace"), entry.get("metricName")) in used for entry in published):
            problems += errors
    return tuple(read)


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
