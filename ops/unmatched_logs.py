"""Logs of deployed services in which no line ever matched a metric filter: their alarms cannot fire.

CloudWatch Logs counts the lines of a log group in `IncomingLogEvents` (User Guide, "Monitoring usage with
CloudWatch metrics"), and each filter publishes what it matched. A filter with a default value publishes it in
minutes without a match: of such a metric the sum counts, of the others the number of samples.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from aws.clients import client
from catalog import Catalog
from catalog.kinds.logs import OF_FORMAT
from catalog.specs import LogFilter
from cloudwatch import quotas
from config.errors import CommandError
from config.explain import counted
from config.models import Environment
from config.services import LoggingService

_DAYS = 7
"""Days in which a line must have matched."""
_LINES = "IncomingLogEvents"


def check(env: Environment, catalog: Catalog) -> str:
    """Return how many logs have lines that their filters count.

    Raises:
        CommandError: a log whose `duration_key` is configured has lines, and none matched; with its service.
        BotoCoreError, ClientError: CloudWatch cannot be asked.
    """
    sums = _sums(env, catalog)
    groups = {group.key: group.name for group in catalog.log_groups}
    lines = {key: sums["AWS/Logs", _LINES, name] for key, name in groups.items()}
    with_lines = {
        service: [item for item in own if lines[item.log_group_key]]
        for service, own in _by_service(catalog).items()
        if any(lines[item.log_group_key] for item in own)
    }
    unmatched = [
        service
        for service, own in with_lines.items()
        if not any(sums[item.namespace, item.metric, ""] for item in own)
    ]
    # Without durations, a log in which nothing matches can be one without errors.
    unread = [service for service in unmatched if _sets_durations(env, service)]
    if unread:
        raise CommandError("\n".join(_message(env, unread)))
    return ", ".join(_finding(len(with_lines), unmatched))


def _by_service(catalog: Catalog) -> dict[str, list[LogFilter]]:
    """Return the filters of each service for the format of its log: own metrics show nothing of it."""
    services: dict[str, list[LogFilter]] = {}
    for item in catalog.filters:
        if item.service is not None and item.metric in OF_FORMAT:
            services.setdefault(item.service, []).append(item)
    return services


def _sets_durations(env: Environment, service: str) -> bool:
    """Return whether the file sets the key of durations; users of a format may log no durations."""
    config = env.services[service]
    return isinstance(config, LoggingService) and bool(
        env.logs.settings(config.kind, config.logs).duration_key
    )


def _finding(with_lines: int, unmatched: Sequence[str]) -> Iterator[str]:
    yield f"{counted(with_lines, 'log')} with lines in {_DAYS} days"
    if unmatched:
        names = ", ".join(unmatched)
        yield f"of which no line matched a metric filter: {names} (`make logs` shows what counts)"


def _message(env: Environment, services: Sequence[str]) -> Iterator[str]:
    yield f"no line of {counted(len(services), 'log')} matched a metric filter in {_DAYS} days:"
    yield from (f"  {service}" for service in services)
    command = f"`make logs ENV={env.environment} SERVICE={services[0]} FILE=sample.log`"
    yield f"Their alarms on errors and latency cannot fire. Save some lines of the log, and run {command}:"
    yield "it shows what counts, and proposes the format to set in services.<name>.logs."


def _sums(env: Environment, catalog: Catalog) -> dict[tuple[str, str, str], float]:
    """Return the sum, or the number of samples, of each metric: namespace, name and log group -> number."""
    wanted: dict[tuple[str, str, str], dict[str, Any]] = {}
    for group in catalog.log_groups:
        dimensions = [{"Name": "LogGroupName", "Value": group.name}]
        wanted["AWS/Logs", _LINES, group.name] = _query(_LINES, "AWS/Logs", "Sum", dimensions)
    for item in (item for own in _by_service(catalog).values() for item in own):
        stat = "SampleCount" if item.default_value is None else "Sum"
        wanted[item.namespace, item.metric, ""] = _query(item.metric, item.namespace, stat, [])
    cloudwatch = client(env, "cloudwatch")
    ends = dt.datetime.now(dt.timezone.utc)
    sums = dict.fromkeys(wanted, 0.0)
    keys = list(wanted)
    for begin in range(0, len(keys), quotas.METRIC_DATA_QUERIES):
        part = keys[begin : begin + quotas.METRIC_DATA_QUERIES]
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[{"Id": f"m{number}", **wanted[key]} for number, key in enumerate(part)],
            StartTime=ends - dt.timedelta(days=_DAYS),
            EndTime=ends,
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                sums[part[int(result["Id"][1:])]] += sum(result["Values"])
    return sums


def _query(name: str, namespace: str, stat: str, dimensions: list[dict[str, str]]) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    return {"MetricStat": {"Metric": metric, "Period": quotas.DAY_S, "Stat": stat}}
