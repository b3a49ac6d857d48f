"""Record the start of a deployment in CloudWatch: graphs mark it, and it suppresses alarms for a while."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws import clients
from catalog import Catalog
from catalog.specs import Metric, ServiceView
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


def recorded(env: Environment, catalog: Catalog, name: str) -> ServiceView:
    """Return an existing service whose deployments `record` records.

    Args:
        env: the environment.
        catalog: its catalog.
        name: the service.

    Raises:
        CommandError: the service does not exist, or its deployments are counted otherwise or not at all.
    """
    services = {service.name: service for service in catalog.services}
    names = [service.name for service in services.values() if service.counted_by == "reveille deployment"]
    known = f"services whose deployments are recorded: {', '.join(names) or 'none'}"
    service = services.get(name)
    if service is None:
        message = f"service '{name}' does not exist in {env.environment}; {known}"
        raise CommandError(message + did_you_mean(name, services))
    if service.counted_by != "reveille deployment":
        because = {
            "make deploy": "need no command: `make deploy` records them",
            "AWS events": "need no command: the events of ECS count them",
            None: f"are not counted, as all of the kind {service.kind}, and suppress nothing",
        }[service.counted_by]
        message = f"deployments of {name} {because}. Nothing was recorded; {known}"
        raise CommandError(message)
    return service


def record(env: Environment, catalog: Catalog, service: ServiceView) -> str:
    """Put a datapoint to the deployments metric of an existing service that others deploy.

    Args:
        env: the environment.
        catalog: its catalog.
        service: the service, as `recorded` returns it.

    Returns:
        what was recorded, in a sentence.

    Raises:
        CommandError: CloudWatch rejects the call.
    """
    _put(env, catalog, [service.deployments] if service.deployments else [])
    suppression_s = env.deployments.suppression_s
    effect = (
        f"its notifications are suppressed for {duration(suppression_s)}"
        if suppression_s
        else "nothing is suppressed (deployments.suppression_s: 0)"
    )
    return f"Recorded a deployment of {service.name} in {env.environment}: {effect}."


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
