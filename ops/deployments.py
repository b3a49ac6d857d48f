"""Record the start of a deployment in CloudWatch: graphs mark it, and it suppresses alarms for a while."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws import clients
from catalog import Catalog
from cloudwatch import quotas
from config.errors import CommandError
from config.models import Environment


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
