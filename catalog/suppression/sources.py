"""Deployments and maintenance windows: metrics that the platform writes, and the alarms over them.

One sample is written when a deployment or a window begins. An alarm looks back as far as suppression lasts,
and is in ALARM while it finds the sample. Missing samples are zeros (`FILL`), since CloudWatch would look
further back than that for a real one (CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing
data"). A deployment suppresses the service that is deployed; a window all services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.naming import Names
from catalog.specs import (
    Alarm,
    Math,
    Metric,
    PublishedMetric,
    Window,
)
from catalog.texts import Writer, duration
from config.models import Environment

_MINUTE_S = 60

Deployed = tuple[Writer, Metric]
"""Who writes about a service, and the metric that has a sample for each of its deployments."""


def deployments(names: Names, of: str | None = None) -> Metric:
    """Return the metric that has a sample for each deployment, of all services or of one.

    Args:
        names: the environment's names.
        of: what a deployment of the service is known by, `Kind.deployed`.
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
            name=names.of_thing("maintenance", name),
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


def published(env: Environment, names: Names, deployed: Iterable[Deployed]) -> Iterator[PublishedMetric]:
    """Yield the metrics that the platform itself writes."""
    for metric in (deployments(names), *(metric for _, metric in deployed)):
        yield PublishedMetric(
            namespace=metric.namespace, name=metric.name, dimensions=metric.dimensions, by="make deploy"
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


def alarms(env: Environment, names: Names, deployed: Iterable[Deployed]) -> Iterator[Alarm]:
    """Yield the alarms that are in ALARM during deployments and windows; they notify nobody."""
    minutes = env.deployments.quiet_s // _MINUTE_S
    for writer, metric in deployed if minutes else ():
        name = str(writer.service)
        yield _begun(
            writer,
            (deploying(name), names.of_thing(name, "deploying")),
            metric,
            minutes=minutes,
            says=f"a deployment of {name} has begun: its notifications are suppressed until it has settled",
        )
    for window in windows(env, names):
        yield _begun(
            platform(env),
            (window.alarm, window.name),
            window.metric,
            minutes=window.duration_min,
            says=f"maintenance window {window.key}: {window.reason}",
        )


def platform(env: Environment) -> Writer:
    """Return the writer of what suppresses alarms of all services."""
    return Writer(env, label="Suppression", owner=env.owner)


def _begun(writer: Writer, named: tuple[str, str], metric: Metric, *, minutes: int, says: str) -> Alarm:
    """Return the alarm, of this key and name, that looks for a sample in the last minutes."""
    key, name = named
    condition = f"in the last {duration(minutes * _MINUTE_S)}"
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
        says=says,
        description=writer.describe(says, condition=condition),
    )
