"""Deployments and maintenance windows: metrics that the platform publishes, and the alarms on them.

One sample is written when a deployment or a window begins. The evaluation range of an alarm is the
duration of the suppression: the alarm is in ALARM while the sample is in it. Missing samples are zeros
(`FILL`), because CloudWatch would evaluate older samples otherwise (CloudWatch User Guide, "Configuring how
CloudWatch alarms treat missing data"). A deployment suppresses notifications of the deployed service, a
window those of all services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catalog.naming import Names
from catalog.specs import (
    Alarm,
    CountedBy,
    Math,
    Metric,
    PublishedMetric,
    Window,
)
from catalog.texts import Writer, duration
from config.models import Environment

_MINUTE_S = 60


class CountedDeployments(NamedTuple):
    """A service whose deployments are counted."""

    writer: Writer
    metric: Metric
    """The metric with a sample for each deployment."""
    counted_by: CountedBy


def deployments(names: Names, of: str | None = None) -> Metric:
    """Return the metric with a sample for each deployment, of all services or of one.

    Args:
        names: the environment's names.
        of: dimension value of the service, `Kind.deployed`; None for all services.
    """
    return Metric(
        namespace=names.metrics_namespace,
        name="Deployments",
        dimensions={"Resource": of} if of else {},
        stat="Sum",
        period_s=_MINUTE_S,
        label="deployments",
    )


def windows(env: Environment, names: Names) -> Iterator[Window]:
    """Yield the maintenance windows of `env`."""
    for name, window in env.maintenance.items():
        yield Window(
            key=name,
            name=names.schedule(name),
            cron=window.cron,
            timezone=window.timezone,
            duration_min=window.duration_min,
            reason=window.reason,
            metric=Metric(
                namespace=names.metrics_namespace,
                name="MaintenanceStarted",
                dimensions={"Window": name},
                stat="Sum",
                period_s=_MINUTE_S,
                label="begun",
            ),
            alarm=f"maintenance_{name}",
        )


def published(
    env: Environment, names: Names, deployed: Iterable[CountedDeployments]
) -> Iterator[PublishedMetric]:
    """Yield the metrics that the platform publishes."""
    total = deployments(names)
    yield PublishedMetric(namespace=total.namespace, name=total.name, by="make deploy")
    for _, metric, counted_by in deployed:
        yield PublishedMetric(
            namespace=metric.namespace, name=metric.name, dimensions=metric.dimensions, by=counted_by
        )
    for window in windows(env, names):
        yield PublishedMetric(
            namespace=window.metric.namespace,
            name=window.metric.name,
            dimensions=window.metric.dimensions,
            by=f"the schedule {window.name}",
        )


def deploying(service: str) -> str:
    """Return the key of the alarm that is in ALARM while a service is being deployed."""
    return f"{service}_deploying"


def alarms(env: Environment, names: Names, deployed: Iterable[CountedDeployments]) -> Iterator[Alarm]:
    """Yield the alarms that are in ALARM during deployments and windows; they do not notify."""
    minutes = env.deployments.suppression_s // _MINUTE_S
    for writer, metric, _ in deployed if minutes else ():
        name = str(writer.service)
        yield _started(
            writer,
            (deploying(name), names.resource(name, "deploying")),
            metric,
            minutes=minutes,
            summary=f"a deployment of {name} has started; its page and its tickets are suppressed",
            condition=f"> 0 deployments in the last {duration(minutes * _MINUTE_S)}",
        )
    for window in windows(env, names):
        yield _started(
            platform(env),
            (window.alarm, names.resource("maintenance", window.key)),
            window.metric,
            minutes=window.duration_min,
            summary=f"the maintenance window {window.key} is open: {window.reason}",
            condition=f"> 0 starts of the window in the last {duration(window.duration_min * _MINUTE_S)}",
        )


def platform(env: Environment) -> Writer:
    """Return the writer of suppressors of all services."""
    return Writer(env, label="Suppression", owner=env.owner)


def _started(  # noqa: PLR0913 - what differs between deployments and windows
    writer: Writer, named: tuple[str, str], metric: Metric, *, minutes: int, summary: str, condition: str
) -> Alarm:
    """Return the alarm with this key and name that is in ALARM with a sample in the last `minutes`."""
    key, name = named
    return Alarm(
        key=key,
        name=name,
        service=writer.service,
        kind_key=key,
        owner=writer.owner,
        watches=Math(expression="FILL(begun, 0)", metrics={"begun": metric}, label=metric.label),
        comparison="GreaterThanThreshold",
        threshold=0,
        unit="Count",
        condition=condition,
        evaluation_periods=minutes,
        datapoints_to_alarm=1,
        treat_missing_data="notBreaching",  # nothing has begun
        severity="warning",
        summary=summary,
        description=writer.describe(summary, condition=condition),
    )
