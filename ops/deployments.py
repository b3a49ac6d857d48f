"""Say in CloudWatch that a deployment begins: graphs mark it, and services are quiet until it has settled."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws import clients
from catalog import Catalog
from config.errors import CommandError
from config.models import Environment

_AT_ONCE = 1000
"""Samples of one call (CloudWatch API Reference, PutMetricData)."""


def begin(env: Environment, catalog: Catalog, changed: Collection[str]) -> None:
    """Put a sample of the metric of deployments, now, and one for each service that changes.

    Args:
        env: the environment.
        catalog: what is watched in it.
        changed: the addresses in `compute` that are about to change.

    Raises:
        CommandError: CloudWatch does not take it, which the deployment's own alarms would meet next.
    """
    keys = {address.partition(".")[2] for address in changed}
    metrics = [
        service.deployments for service in catalog.services if service.name in keys and service.deployments
    ]
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
        for first in range(0, len(data), _AT_ONCE):
            clients.client(env, "cloudwatch").put_metric_data(
                Namespace=namespace, MetricData=data[first : first + _AT_ONCE]
            )
    except (BotoCoreError, ClientError) as error:
        message = (
            f"cannot say to CloudWatch that a deployment begins ({error}): cloudwatch:PutMetricData in the "
            f"namespace {namespace} is needed. Nothing was changed."
        )
        raise CommandError(message) from error
