"""Record the start of a deployment in CloudWatch: graphs mark it, and it suppresses alarms for a while."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws import clients
from catalog import Catalog
from catalog.specs import Metric
from catalog.texts import duration
from cloudwatch import quotas
from config.errors import CommandError
from config.models import Environment
from config.words import did_you_mean


def begin(env: Environment, catalog: Catalog, changed: Collection[str]) -> None:
    """Put a datapoint to the deployments metric of the environment and of each service that changes.

    Args:
        env: the environment.
        catalog: its catalog.
        changed: the Terraform addresses in `compute` that are about to change.

    Raises:
        CommandError: CloudWatch rejects the call; without the datapoint, the deployment would notify.
    """
    keys = {address.partition(".")[2] for address in changed}
    _put(
        env,
        catalog,
        [service.deployments for service in catalog.services if service.name in keys and service.deployments],
    )


def record(env: Environment, catalog: Catalog, name: str) -> str:
    """Put a datapoint to the deployments metric of an existing service that others deploy.

    Args:
        env: the environment.
        catalog: its catalog.
        name: the service.

    Returns:
        what was recorded, in a sentence.

    Raises:
        CommandError: the service does not exist, its deployments are counted otherwise or not at all, or
            CloudWatch rejects the call.
    """
    services = {service.name: service for service in catalog.services}
    recorded = [one.name for one in services.values() if one.counted_by == "reveille deployment"]
    known = f"services whose deployments are recorded: {', '.join(recorded) or 'none'}"
    service = services.get(name)
    if service is None:
        message = f"service '{name}' does not exist in {env.environment}; {known}"
        raise CommandError(message + did_you_mean(name, services))
    if service.deployments is None or service.counted_by != "reveille deployment":
        because = {
            "make deploy": "`make deploy` records them",
            "AWS events": "the events of ECS count them",
            None: f"deployments of the kind {service.kind} are not counted",
        }[service.counted_by]
        message = f"deployments of {name} need no command: {because}. Nothing was recorded; {known}"
        raise CommandError(message)
    _put(env, catalog, [service.deployments])
    suppressed = duration(env.deployments.suppression_s)
    effect = f"its notifications are suppressed for {suppressed}" if env.deployments.suppression_s else ""
    effect = effect or "nothing is suppressed (deployments.suppression_s: 0)"
    return f"Recorded a deployment of {name} in {env.environment}: {effect}."


def _put(env: Environment, catalog: Catalog, metrics: Sequence[Metric]) -> None:
    """Put a datapoint to these metrics, and to that of all deployments; without metrics, to none.

    Raises:
        CommandError: CloudWatch rejects the call.
    """
    if not metrics:
        return
    data: list[dict[str, Any]] = [
        {
            "MetricName": metric.name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in metric.dimensions.items()],
            "Value": 1,
            "Unit": "Count",
        }
        for metric in (catalog.deployments, *metrics)
    ]
    namespace = catalog.deployments.namespace
    try:
        for first in range(0, len(data), quotas.DATA):
            clients.client(env, "cloudwatch").put_metric_data(
                Namespace=namespace, MetricData=data[first : first + quotas.DATA]
            )
    except (BotoCoreError, ClientError) as error:
        message = (
            f"cannot record the start of the deployment in CloudWatch ({error}). It requires "
            f"cloudwatch:PutMetricData in the namespace {namespace}. Nothing was changed."
        )
        raise CommandError(message) from error
