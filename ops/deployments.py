"""Say in CloudWatch that a deployment begins: graphs mark it, and services are quiet until it has settled."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from catalog import Catalog
from config.models import Environment
from ops import clients
from ops.errors import OpsError


def begin(env: Environment, catalog: Catalog) -> None:
    """Put one sample of the metric of deployments, now.

    Raises:
        OpsError: CloudWatch does not take it, which the deployment's own alarms would meet next.
    """
    metric = catalog.deployments
    try:
        clients.client(env, "cloudwatch").put_metric_data(
            Namespace=metric.namespace,
            MetricData=[{"MetricName": metric.name, "Value": 1, "Unit": "Count"}],
        )
    except (BotoCoreError, ClientError) as error:
        message = (
            f"cannot say to CloudWatch that a deployment begins ({error}): cloudwatch:PutMetricData in the "
            f"namespace {metric.namespace} is needed. Nothing was changed."
        )
        raise OpsError(message) from error
